//! Reads the file, lays the environment over it, and says precisely what is wrong and where.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Config;

/// What all variables of ours begin with.
const PREFIX: &str = "MINZHENG_";

/// Keys without a section that a variable may set; other `MINZHENG_` variables without two underscores
/// belong to someone else (tests, the command line).
const TOP_LEVEL: [&str; 4] = ["listen", "province", "workers", "supergraph"];

/// Why a configuration was refused: one sentence with the place, and a hint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The file is wrong at a line.
    #[error("{path}:{line}:{column}: {problem}{}", in_brackets(.hint))]
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A variable is wrong.
    #[error("environment variable {variable}: {problem}{}", in_brackets(.hint))]
    Variable {
        /// The variable's name.
        variable: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The whole does not fit together.
    #[error("configuration key {key}: {problem}")]
    Key {
        /// The key, with its section.
        key: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

fn in_brackets(hint: &Option<String>) -> String {
    hint.as_ref()
        .map(|hint| format!(" ({hint})"))
        .unwrap_or_default()
}

impl Config {
    /// Reads and checks the file with `env` (all environment variables, or a test's own) over it.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn from_file(
        path: &Path,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let mut config = Self::from_text(&text, path, env)?;
        config.resolve_paths(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// As [`Config::from_file`], of a text already read; `path` is only for messages.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn from_text(
        text: &str,
        path: &Path,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        // The file alone first, because only so an error has a line.
        let mut config: Config =
            toml::from_str(text).map_err(|error| file_error(text, path, &error))?;
        let mut table: Table =
            toml::from_str(text).map_err(|error| file_error(text, path, &error))?;
        let mut variables: Vec<(String, String)> = env
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        variables.sort();
        for (name, value) in variables {
            let key = name[PREFIX.len()..].to_ascii_lowercase();
            let steps: Vec<&str> = key.split("__").collect();
            if steps.len() == 1 && !TOP_LEVEL.contains(&key.as_str()) {
                continue;
            }
            config = overlay(&mut table, &steps, value).map_err(|(problem, hint)| {
                ConfigError::Variable {
                    variable: name,
                    problem,
                    hint,
                }
            })?;
        }
        config.check()?;
        Ok(config)
    }

    /// Paths in the file are relative to the file.
    fn resolve_paths(&mut self, folder: &Path) {
        let paths = self
            .supergraph
            .iter_mut()
            .chain(self.documents.trusted.iter_mut())
            .chain(self.tls.iter_mut().flat_map(super::Tls::paths))
            .chain(self.outgoing_tls.paths())
            .chain(self.identity.tls.paths())
            .chain(self.cache.redis_tls.paths())
            .chain(self.telemetry.otlp_tls.paths())
            .chain(self.signing.principal_key.iter_mut())
            .chain(self.access_log.folder.iter_mut())
            .chain(self.access_log.seal_key.iter_mut())
            .chain(
                self.signing
                    .subgraphs
                    .values_mut()
                    .filter_map(|key| key.key_file.as_mut()),
            );
        for path in paths {
            *path = folder.join(&*path);
        }
        let identity = &mut self.identity;
        let sources = identity.issuers.iter_mut().map(|issuer| &mut issuer.jwks);
        for source in sources.chain(identity.revocation.list.iter_mut()) {
            if !source.starts_with("http:") && !source.starts_with("https:") {
                *source = folder.join(&*source).to_string_lossy().into_owned();
            }
        }
    }
}

/// Sets one key and reads the whole again, so that an error is surely this variable's.
fn overlay(
    table: &mut Table,
    steps: &[&str],
    value: String,
) -> Result<Config, (String, Option<String>)> {
    let (last, sections) = steps
        .split_last()
        .ok_or_else(|| ("names no key".to_owned(), None))?;
    let mut at = &mut *table;
    for section in sections {
        let next = at
            .entry((*section).to_owned())
            .or_insert_with(|| Value::Table(Table::new()));
        at = match next {
            Value::Table(table) => table,
            Value::Array(_) => {
                return Err((
                    format!("{section} is a list"),
                    Some("lists of sections are set in the file only".to_owned()),
                ));
            }
            _ => return Err((format!("{section} is no section"), None)),
        };
    }
    at.insert((*last).to_owned(), Value::String(value));
    table.clone().try_into().map_err(|error: toml::de::Error| {
        let (problem, hint) = sentence(error.message());
        (problem, hint)
    })
}

fn file_error(text: &str, path: &Path, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = &text.as_bytes()[..at];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let (problem, hint) = sentence(error.message());
    ConfigError::File {
        path: path.to_owned(),
        line,
        column: at - start + 1,
        problem,
        hint,
    }
}

/// The parser's message as one line, and for an unknown key the nearest known one.
fn sentence(message: &str) -> (String, Option<String>) {
    let message = message.trim().replace('\n', ", ");
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (Some(wrong), true) = (names.next(), unknown) else {
        return (message, None);
    };
    let known: Vec<&str> = names.collect();
    let hint = known
        .iter()
        .map(|name| (distance(wrong, name), *name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
        .map(|(_, name)| format!("did you mean `{name}`?"))
        .or_else(|| Some(format!("known are {}", known.join(", "))));
    let what = if message.starts_with("unknown field") {
        "key"
    } else {
        "value"
    };
    (format!("unknown {what} `{wrong}`"), hint)
}

/// How many letters must be added, dropped or changed to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
