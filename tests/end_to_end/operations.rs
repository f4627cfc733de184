//! The named operations of `tests/operations`: each is one request that an app, a counter or a
//! dashboard really makes, and its answer over the demonstration data is known to the letter.
//!
//! `NN-name.graphql` is the operation, `NN-name.variables.json` its variables, `NN-name.role` who asks (and with
//! `--case` in which open matter), `NN-name.answer.json` the answer. With `MINZHENG_BLESS=1` the answers are written anew, for a person
//! to read the difference.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::Outcome;
use crate::fixtures::{Fixtures, project};

/// One operation with what belongs to it.
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) variables: Value,
    pub(crate) role: String,
    answer: PathBuf,
}

/// All operations, in order.
pub(crate) fn all() -> Result<Vec<Operation>, String> {
    let folder = project().join("tests/operations");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .map_err(|error| error.to_string())?
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .to_str()?
                .strip_suffix(".graphql")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    names.into_iter().map(|name| read(&folder, name)).collect()
}

fn read(folder: &Path, name: String) -> Result<Operation, String> {
    let text = |suffix: &str| {
        let path = folder.join(format!("{name}.{suffix}"));
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    Ok(Operation {
        query: text("graphql")?,
        variables: serde_json::from_str(&text("variables.json")?)
            .map_err(|error| format!("{name}: {error}"))?,
        role: text("role")?.trim().to_owned(),
        answer: folder.join(format!("{name}.answer.json")),
        name,
    })
}

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    let operations = match all() {
        Ok(operations) => operations,
        Err(error) => {
            return vec![Trial::test("the_operations_can_be_read", move || {
                Err(Failed::from(error))
            })];
        }
    };
    operations
        .into_iter()
        .flat_map(|operation| {
            let operation = Arc::new(operation);
            let (one, two) = (Arc::clone(fixtures), Arc::clone(fixtures));
            let again = Arc::clone(&operation);
            [
                Trial::test(
                    format!(
                        "operation_{}_answers_as_known_in_one_process",
                        operation.name
                    ),
                    move || standalone(&one, &operation).map_err(Failed::from),
                ),
                Trial::test(
                    format!("operation_{}_answers_the_same_when_split", again.name),
                    move || split(&two, &again).map_err(Failed::from),
                ),
            ]
        })
        .collect()
}

fn standalone(fixtures: &Fixtures, operation: &Operation) -> Outcome {
    let province = fixtures.province("51")?;
    let got = province.ask(&operation.role, &operation.query, &operation.variables)?;
    if got.get("errors").is_some() {
        return Err(format!("errors: {}", got["errors"]));
    }
    if std::env::var_os("MINZHENG_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&got).map_err(|error| error.to_string())?;
        return fs::write(&operation.answer, text + "\n").map_err(|error| error.to_string());
    }
    compare(operation, &got)
}

fn split(fixtures: &Fixtures, operation: &Operation) -> Outcome {
    let split = fixtures.split()?;
    compare(
        operation,
        &split.ask(&operation.role, &operation.query, &operation.variables)?,
    )
}

fn compare(operation: &Operation, got: &Value) -> Outcome {
    let text = fs::read_to_string(&operation.answer)
        .map_err(|error| format!("{}: {error}", operation.answer.display()))?;
    let expected: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    match difference("", got, &expected) {
        None => Ok(()),
        Some(difference) => Err(difference),
    }
}

/// The first place where two answers differ, in words.
pub(crate) fn difference(path: &str, got: &Value, expected: &Value) -> Option<String> {
    match (got, expected) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            keys.into_iter()
                .find_map(|key| match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => difference(&format!("{path}/{key}"), a, b),
                    (a, b) => Some(format!("{path}/{key}: got {a:?}, expected {b:?}")),
                })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(i, (a, b))| difference(&format!("{path}/{i}"), a, b)),
        (a, b) if a == b => None,
        (a, b) => {
            let short = |value: &Value| value.to_string().chars().take(200).collect::<String>();
            Some(format!("{path}: got {}, expected {}", short(a), short(b)))
        }
    }
}
