//! What another province is told of a person stands in the access log before it is told: for three years, for the
//! person to see; and without the log nothing is told.

use std::fs;
use std::time::Duration;

use minzheng_tests::Program;
use serde_json::{Value, json};

use crate::Outcome;
use crate::province::Kind;
use crate::world::{Wish, World, until};

/// How long the couple has to wait while one authority says nothing: longer than the question is asked anew.
const SILENCE: Duration = Duration::from_secs(4);

pub(crate) fn shared() -> Outcome {
    let world = World::start(Wish::of(Kind::Standalone))?;
    let given = |person: &Value| -> Result<Vec<Value>, String> {
        let log = "query ($f: AccessLogFilter) { accessLog(filter: $f) { nodes { \
                   role province purpose case fields persons decision } } }";
        let filter = json!({ "f": { "retention": "SHARING", "person": person } });
        let answer = world.ask("32", "auditor", log, &filter)?;
        let nodes = answer["accessLog"]["nodes"].as_array().cloned();
        nodes.ok_or_else(|| format!("no log: {answer}"))
    };
    // Provinces that greet each other tell of nobody.
    let greeted = given(&Value::Null)?;
    if !greeted.is_empty() {
        return Err(format!("a greeting is taken for sharing: {greeted:?}"));
    }
    // A file stands where 32 would record what it gives to others: it gives nothing, and nobody is married.
    let records = world.data("32").join("access-log/sharing");
    fs::write(&records, b"no folder").map_err(|error| error.to_string())?;
    let couple = world.couple()?;
    world.press(&couple)?;
    std::thread::sleep(SILENCE);
    let meanwhile = world.state(&couple)?;
    if !matches!(meanwhile.as_str(), "HOLDING" | "COMMITTING") {
        return Err(format!("without its log 32 has answered: {meanwhile}"));
    }
    fs::remove_file(&records).map_err(|error| error.to_string())?;
    let end = world.end(&couple, Duration::from_secs(90))?;
    if end != "REGISTERED" {
        return Err(format!("with its log again the couple is {end}"));
    }
    // The man reads that the other province was told, and for what; an auditor, of which transaction.
    let who = format!("citizen --citizen {}", couple.man.1);
    let own =
        "{ me { id } myAccessLog(first: 50) { nodes { role province purpose fields decision } } }";
    let answer = world.ask("32", &who, own, &json!({}))?;
    let nodes = answer["myAccessLog"]["nodes"].as_array().cloned();
    let told = |node: &Value| {
        node["role"] == "PEER"
            && node["province"] == "51"
            && node["purpose"] == "MARRIAGE_REGISTRATION"
            && node["fields"] == json!(["Mutation.interopExchange"])
            && node["decision"] == "DISCLOSED"
    };
    if !nodes.unwrap_or_default().iter().any(told) {
        return Err(format!(
            "the man does not see who was told of him: {answer}"
        ));
    }
    let me = &answer["me"]["id"];
    until(Duration::from_secs(60), || {
        let found = given(me)?;
        let whole =
            |node: &Value| told(node) && node["persons"] == json!([me]) && node["case"].is_string();
        Ok(found.iter().any(whole))
    })?;
    // Nobody else was told of.
    if let Some(other) = given(&Value::Null)?
        .iter()
        .find(|node| node["persons"] != json!([me]))
    {
        return Err(format!("a record of somebody else: {other}"));
    }
    let data = world.data("32").to_string_lossy().into_owned();
    let (status, said) = Program::run(&["access-log", "verify", "--data", &data], &[])?;
    match status.success() {
        true => Ok(()),
        false => Err(said),
    }
}
