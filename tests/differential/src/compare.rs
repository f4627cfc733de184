//! Whether the gateway's answer is right.
//!
//! Where nothing fails it must be the whole's, to the byte order of its keys, without an error. Where
//! something fails a value may be null instead, if an error explains it: one whose path leads there, or
//! from there further down. A value that differs is wrong, and so is one where the whole has none.

use serde_json::Value;

use crate::evaluate::Evaluated;

/// What is wrong with an answer where nothing fails.
#[must_use]
pub fn strictly(answer: &Value, whole: &Evaluated) -> Option<String> {
    if let Some(errors) = answer.get("errors") {
        return Some(format!("errors: {errors}"));
    }
    // As text: the order of keys is that of the operation.
    let (given, right) = (answer["data"].to_string(), whole.data.to_string());
    (given != right).then(|| format!("the gateway says {given}\nthe whole says   {right}"))
}

/// What is wrong with an answer that was put together of parts, where nothing fails.
#[must_use]
pub fn in_any_order(answer: &Value, whole: &Evaluated) -> Option<String> {
    if let Some(errors) = answer.get("errors") {
        return Some(format!("errors: {errors}"));
    }
    let (given, right) = (&answer["data"], &whole.data);
    (given != right).then(|| format!("the gateway says {given}\nthe whole says   {right}"))
}

/// What is wrong with an answer where something fails.
#[must_use]
pub fn with_failures(answer: &Value, whole: &Evaluated) -> Option<String> {
    let none = Vec::new();
    let errors = answer["errors"].as_array().unwrap_or(&none);
    let mut paths = Vec::new();
    for error in errors {
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        let Some(path) = error["path"].as_array().filter(|_| !code.is_empty()) else {
            return Some(format!("an error without a code or path: {error}"));
        };
        // What no value shows is told where its request belongs.
        if code != "SUBGRAPH_UNAVAILABLE" && !ends_in_null(&answer["data"], path) {
            return Some(format!(
                "an error where there is a value: {error}\n{}",
                answer["data"]
            ));
        }
        paths.push(path.as_slice());
    }
    if answer.get("data").is_none() {
        return Some(format!("no data: {answer}"));
    }
    explained(&answer["data"], &whole.data, &mut Vec::new(), &paths)
}

fn ends_in_null(data: &Value, path: &[Value]) -> bool {
    let mut at = data;
    for step in path {
        at = match (at, step) {
            (Value::Null, _) => return true,
            (Value::Object(fields), Value::String(key)) => {
                fields.get(key).unwrap_or(&Value::Bool(true))
            }
            (Value::Array(items), Value::Number(index)) => {
                let index = index.as_u64().and_then(|at| usize::try_from(at).ok());
                index
                    .and_then(|at| items.get(at))
                    .unwrap_or(&Value::Bool(true))
            }
            _ => return false,
        };
    }
    at.is_null()
}

fn explained(
    given: &Value,
    right: &Value,
    path: &mut Vec<Value>,
    errors: &[&[Value]],
) -> Option<String> {
    match (given, right) {
        (given, right) if given == right => None,
        (Value::Null, _) => {
            let leads_here = |error: &&&[Value]| error.starts_with(path) || path.starts_with(error);
            match errors.iter().find(leads_here) {
                Some(_) => None,
                None => Some(format!(
                    "null without an error at {path:?} instead of {right}"
                )),
            }
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            a.iter().find_map(|(key, value)| {
                path.push(Value::from(key.as_str()));
                let told = match b.get(key) {
                    Some(other) => explained(value, other, path, errors),
                    None => Some(format!("{path:?} should not be there")),
                };
                path.pop();
                told
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(at, (value, other))| {
                path.push(Value::from(at));
                let told = explained(value, other, path, errors);
                path.pop();
                told
            }),
        _ => Some(format!("{path:?} is {given} instead of {right}")),
    }
}
