//! The configuration of one subgraph: a TOML file with environment variables over it, by the gateway's
//! rules (`MINZHENG_DATABASE=…`, `MINZHENG_FEEDS__FUNERAL=…`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use minzheng_gateway::config;
use serde::Deserialize;
use toml::{Table, Value};

use crate::failure::Failure;

/// What variables of ours begin with.
const PREFIX: &str = "MINZHENG_";
/// The keys without a section, which a variable may set.
const TOP_LEVEL: [&str; 11] = [
    "access_log",
    "clock",
    "listen",
    "province",
    "database",
    "schema",
    "keys",
    "peers",
    "demo",
    "log_format",
    "redis_url",
];

/// One subgraph's configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubgraphConfig {
    /// Address and port to serve on.
    pub(crate) listen: SocketAddr,
    /// The two-digit code of the province.
    #[serde(default = "default_province")]
    pub(crate) province: String,
    /// `postgres://user:password@host/database`, or `sqlite:///path/file.db`.
    pub(crate) database: String,
    /// The PostgreSQL schema; the subgraph's name when absent.
    pub(crate) schema: Option<String>,
    /// This role's key folder, as `minzheng keys init` makes it.
    pub(crate) keys: PathBuf,
    /// The folder of the key files of other provinces; a province alone has none.
    pub(crate) peers: Option<PathBuf>,
    /// Whether an empty database is filled with demonstration data.
    #[serde(default)]
    pub(crate) demo: Flag,
    /// `text` or `json`.
    #[serde(default = "default_log_format")]
    pub(crate) log_format: config::LogFormat,
    /// Stops the legal clock at an instant (RFC 3339), for demonstrations and tests.
    pub(crate) clock: Option<chrono::DateTime<chrono::Utc>>,
    /// Redis, `redis://host:port` or `rediss:` for TLS, through which commits wake those who follow them;
    /// without it they look every second.
    pub(crate) redis_url: Option<String>,
    /// How a `rediss:` address is called.
    #[serde(default)]
    pub(crate) redis_tls: config::OutgoingTls,
    /// Only for `audit`: where the gateways write the access log, `postgres://user:password@host/database`
    /// or a folder.
    pub(crate) access_log: Option<String>,
    /// Where other subgraphs' events are read: name and URL.
    #[serde(default)]
    pub(crate) feeds: BTreeMap<String, String>,
    /// How connections are accepted; plain when absent.
    pub(crate) tls: Option<config::Tls>,
    /// How `https:` feeds are called.
    #[serde(default)]
    pub(crate) outgoing_tls: config::OutgoingTls,
    /// Where traces are sent.
    #[serde(default)]
    pub(crate) telemetry: Telemetry,
}

impl SubgraphConfig {
    /// The telemetry of this role, in the terms of the shared set-up.
    pub(crate) fn telemetry(&self, name: &str) -> config::Telemetry {
        config::Telemetry {
            log_format: self.log_format,
            log_filter: std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()),
            otlp_endpoint: self.telemetry.otlp_endpoint.clone(),
            otlp_tls: self.telemetry.otlp_tls.clone(),
            service_name: format!("minzheng-{name}"),
            ..config::Telemetry::default()
        }
    }
}

/// `[telemetry]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Telemetry {
    /// OTLP over HTTP, such as `http://collector:4318/v1/traces`; none when absent.
    pub(crate) otlp_endpoint: Option<String>,
    /// How an `https:` address of the collector is called.
    #[serde(default)]
    pub(crate) otlp_tls: config::OutgoingTls,
}

/// Yes or no, also as the text of an environment variable.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Flag(pub(crate) bool);

impl TryFrom<Value> for Flag {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::Boolean(flag) => Ok(Self(flag)),
            Value::String(text) if text == "true" => Ok(Self(true)),
            Value::String(text) if text == "false" => Ok(Self(false)),
            _ => Err("must be true or false"),
        }
    }
}

fn default_province() -> String {
    "51".to_owned()
}

fn default_log_format() -> config::LogFormat {
    config::LogFormat::Text
}

impl SubgraphConfig {
    /// Reads the file with `env` over it.
    pub(crate) fn load(
        path: &Path,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(format!(
                "The configuration file {} cannot be read ({error}).",
                path.display()
            ))
        })?;
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::new(format!(
                "The configuration file {} is wrong: {error}",
                path.display()
            ))
        };
        let mut table: Table = toml::from_str(&text).map_err(|error| wrong(&error))?;
        for (name, value) in env {
            let Some(key) = name.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else {
                continue;
            };
            if TOP_LEVEL.contains(&key.as_str()) {
                table.insert(key, Value::String(value));
            } else if let Some((section, key)) = key.split_once("__")
                && let Value::Table(section) = table
                    .entry(section)
                    .or_insert_with(|| Value::Table(Table::new()))
            {
                section.insert(key.to_owned(), Value::String(value));
            }
        }
        let mut config: Self = table.try_into().map_err(|error| wrong(&error))?;
        if let Some(folder) = path.parent() {
            let own = config.tls.iter_mut().flat_map(config::Tls::paths);
            let others = config.redis_tls.paths();
            let others = others.chain(config.telemetry.otlp_tls.paths());
            for path in own.chain(config.outgoing_tls.paths()).chain(others) {
                *path = folder.join(&*path);
            }
            config.keys = folder.join(&config.keys);
            config.peers = config.peers.map(|peers| folder.join(peers));
        }
        for (section, tls) in [
            ("outgoing_tls", &config.outgoing_tls),
            ("redis_tls", &config.redis_tls),
            ("telemetry.otlp_tls", &config.telemetry.otlp_tls),
        ] {
            if let Some(problem) = tls.problem() {
                return Err(wrong(&format!("{section}: {problem}")));
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn load(text: &str, env: &[(&str, &str)]) -> Result<SubgraphConfig, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("funeral.toml");
        std::fs::write(&path, text).unwrap();
        SubgraphConfig::load(
            &path,
            env.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())),
        )
    }

    const SMALL: &str =
        "listen = \"127.0.0.1:0\"\ndatabase = \"sqlite::memory:\"\nkeys = \"keys\"\n";

    #[test]
    fn a_variable_stands_over_the_file() {
        let config = load(
            SMALL,
            &[
                ("MINZHENG_DEMO", "true"),
                ("MINZHENG_FEEDS__FUNERAL", "http://funeral:4100"),
                ("HOME", "/"),
            ],
        )
        .unwrap();
        assert!(config.demo.0);
        assert_eq!(config.feeds["funeral"], "http://funeral:4100");
        assert_eq!(config.province, "51");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let refused = load(&format!("{SMALL}databse = \"x\"\n"), &[]).unwrap_err();
        assert!(refused.to_string().contains("databse"));
    }

    #[test]
    fn the_example_configurations_follow_every_feed_their_subsystem_listens_to() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../config"));
        for subsystem in crate::subsystems::all() {
            let name = subsystem.name();
            let file = folder.join(format!("{name}.toml"));
            let config = SubgraphConfig::load(&file, []).unwrap();
            let consumers = subsystem.consumers();
            let mut followed: Vec<&str> = consumers.iter().map(|one| one.source()).collect();
            followed.sort_unstable();
            followed.dedup();
            let configured: Vec<&str> = config.feeds.keys().map(String::as_str).collect();
            assert_eq!(configured, followed, "{name}.toml");
        }
    }
}
