//! The named operations of `tests/operations`: each is one request that an app, a counter or a
//! dashboard really makes, and its answer over the demonstration data is known to the letter.
//!
//! `NN-name.graphql` is the operation, `NN-name.variables.json` its variables, `NN-name.role` who asks (and with
//! `--case` in which open matter), `NN-name.answer.json` the answer. With `MINZHENG_BLESS=1` the answers are written
//! anew, for a person to read the difference.
//!
//! What must have happened before is an operation beside it, `NN-name.before.graphql` and so on, without an answer of
//! its own; a variable `{ "$before": "/data/…" }` is taken from there. What it sets off in other subsystems is asked for
//! by `NN-name.after.graphql` until it is as known.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::Outcome;
use crate::fixtures::{Fixtures, project};
use crate::steps::eventually;

/// One operation with what belongs to it.
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) variables: Value,
    pub(crate) role: String,
    answer: PathBuf,
    before: Option<Box<Operation>>,
    after: Option<Box<Operation>>,
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
                .filter(|name| !name.contains('.'))
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
    let beside = |when: &str| -> Result<Option<Box<Operation>>, String> {
        let name = format!("{name}.{when}");
        let there = folder.join(format!("{name}.graphql")).exists();
        there.then(|| read(folder, name).map(Box::new)).transpose()
    };
    Ok(Operation {
        before: beside("before")?,
        after: beside("after")?,
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

impl Operation {
    /// Its variables, once what must have happened before has.
    pub(crate) fn prepared(&self, ask: Ask<'_>) -> Result<Value, String> {
        let mut variables = self.variables.clone();
        let Some(before) = &self.before else {
            return Ok(variables);
        };
        let answer = ask(&before.role, &before.query, &before.variables)?;
        if answer.get("errors").is_some() {
            return Err(format!("{}: {}", before.name, answer["errors"]));
        }
        for value in variables
            .as_object_mut()
            .into_iter()
            .flat_map(|all| all.values_mut())
        {
            let Some(from) = value["$before"].as_str().map(str::to_owned) else {
                continue;
            };
            *value = answer
                .pointer(&from)
                .cloned()
                .ok_or_else(|| format!("{}: nothing at {from}", before.name))?;
        }
        Ok(variables)
    }
}

/// Asks as a role.
pub(crate) type Ask<'a> = &'a dyn Fn(&str, &str, &Value) -> Result<Value, String>;

fn standalone(fixtures: &Fixtures, operation: &Operation) -> Outcome {
    let province = fixtures.province("51")?;
    as_known(operation, &|role, query, variables| {
        province.ask(role, query, variables)
    })
}

fn split(fixtures: &Fixtures, operation: &Operation) -> Outcome {
    let split = fixtures.split()?;
    let ask: Ask<'_> = &|role, query, variables| split.ask(role, query, variables);
    // What is known is what one process answers.
    known(operation, &got(operation, ask)?)?;
    operation
        .after
        .iter()
        .try_for_each(|after| soon(after, ask))
}

fn got(operation: &Operation, ask: Ask<'_>) -> Result<Value, String> {
    let variables = operation.prepared(ask)?;
    ask(&operation.role, &operation.query, &variables)
}

/// Asks an operation, and compares its answer or writes it anew.
fn as_known(operation: &Operation, ask: Ask<'_>) -> Outcome {
    let answer = got(operation, ask)?;
    if answer.get("errors").is_some() {
        return Err(format!("errors: {}", answer["errors"]));
    }
    let bless = std::env::var_os("MINZHENG_BLESS").is_some();
    let write = |operation: &Operation, answer: &Value| {
        let text = serde_json::to_string_pretty(answer).map_err(|error| error.to_string())?;
        fs::write(&operation.answer, text + "\n").map_err(|error| error.to_string())
    };
    match bless {
        true => write(operation, &answer)?,
        false => known(operation, &answer)?,
    }
    let Some(after) = &operation.after else {
        return Ok(());
    };
    if bless {
        std::thread::sleep(SETTLED);
        return write(after, &got(after, ask)?);
    }
    soon(after, ask)
}

/// How long blessing waits for what an operation sets off.
const SETTLED: Duration = Duration::from_secs(5);

/// Asks an operation until its answer is as known.
fn soon(operation: &Operation, ask: Ask<'_>) -> Outcome {
    eventually(
        || got(operation, ask),
        |answer| known(operation, &json!({ "data": answer })).is_ok(),
    )
    .map_err(|last| format!("{}: {last}", operation.name))
}

fn known(operation: &Operation, got: &Value) -> Outcome {
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
