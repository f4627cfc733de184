//! The clients that people use, from npm, against the program: what they expect of a server is what
//! counts, not what we take the protocols to say.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{Fixtures, Split, project};
use crate::{Outcome, case};

/// Where the queue is watched; no other case draws numbers here.
const PROVINCE: &str = "36";

/// How long a script may say nothing.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "the_public_audit_of_graphql_over_http_finds_nothing_to_say",
            audit,
        ),
        case(
            fixtures,
            "apollo_s_client_shows_what_is_deferred_after_the_rest",
            deferred,
        ),
        case(
            fixtures,
            "a_queue_that_moves_is_told_by_websocket_and_by_events_with_fields_of_other_subsystems",
            queue_moves,
        ),
        case(
            fixtures,
            "changes_of_places_are_told_from_a_cursor_on",
            places_change,
        ),
        case(
            fixtures,
            "what_a_caller_may_not_watch_is_refused_with_its_code",
            refused,
        ),
        case(
            fixtures,
            "a_subscription_outlives_the_subgraph_it_comes_from_and_repeats_nothing",
            restart,
        ),
    ]
}

/// The folder with the scripts and their packages; `None` where there is no node (`tests/run` installs
/// it).
fn scripts() -> Result<Option<&'static Path>, String> {
    static FOLDER: OnceLock<Result<Option<TempDir>, String>> = OnceLock::new();
    let made = FOLDER.get_or_init(|| {
        let there = |program: &str| {
            let asked = Command::new(program).arg("--version").output();
            asked.is_ok_and(|answer| answer.status.success())
        };
        if !there("node") || !there("npm") {
            return Ok(None);
        }
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        for name in [
            "package.json",
            "package-lock.json",
            "subscribe.mjs",
            "audit.mjs",
            "defer.mjs",
        ] {
            let from = project().join("tests/clients").join(name);
            std::fs::copy(from, folder.path().join(name)).map_err(|error| error.to_string())?;
        }
        // What the network loses is asked for again.
        let mut said = String::new();
        for _ in 0..3 {
            let installed = Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .env("npm_config_cache", folder.path().join("cache"))
                .current_dir(folder.path())
                .output()
                .map_err(|error| error.to_string())?;
            if installed.status.success() {
                return Ok(Some(folder));
            }
            said = String::from_utf8_lossy(&installed.stderr).into_owned();
        }
        Err(format!("npm cannot install the clients: {said}"))
    });
    match made {
        Ok(folder) => Ok(folder.as_ref().map(TempDir::path)),
        Err(error) => Err(error.clone()),
    }
}

/// A script that runs; it ends when this is dropped.
struct Script {
    child: Child,
    lines: Receiver<std::io::Result<String>>,
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Script {
    fn start(folder: &Path, name: &str, argument: &Value) -> Result<Self, String> {
        let script: PathBuf = folder.join(name);
        let mut child = Command::new("node")
            .arg(script)
            .arg(argument.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| error.to_string())?;
        let output = child.stdout.take().ok_or("no output")?;
        let (said, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// What it says next.
    fn next(&mut self) -> Result<Value, String> {
        let line = self.lines.recv_timeout(PATIENCE);
        let line = line.map_err(|end| format!("the script said no more: {end}"))?;
        let line = line.map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))
    }

    fn expect(&mut self, expected: &Value) -> Outcome {
        match self.next()? {
            said if said == *expected => Ok(()),
            said => Err(format!("said {said}, expected {expected}")),
        }
    }
}

fn audit(fixtures: &Fixtures) -> Outcome {
    let Some(folder) = scripts()? else {
        return Ok(());
    };
    let province = fixtures.province(PROVINCE)?;
    let argument = json!({ "url": province.program.graphql() });
    let mut script = Script::start(folder, "audit.mjs", &argument)?;
    let said = script.next()?;
    match (said["audits"].as_u64(), said["ok"].as_u64()) {
        (Some(all), Some(ok)) if all == ok && all > 50 => Ok(()),
        _ => Err(format!("the audit says: {said}")),
    }
}

/// Apollo's client gets the first answer without what is deferred, then one state after the other, with
/// what was refused and why, until it is complete.
fn deferred(fixtures: &Fixtures) -> Outcome {
    const ASKED: &str = "query ($later: Boolean!) { registries(first: 3) { nodes { id
        ... @defer(if: $later, label: \"where\") { division { id current { name } } } } }
        ... @defer(if: $later, label: \"mine\") { myMarriage { __typename } } }";
    let Some(folder) = scripts()? else {
        return Ok(());
    };
    let province = fixtures.province(PROVINCE)?;
    let ask = |later: bool| {
        let argument = json!({
            "url": province.program.graphql(), "query": ASKED, "variables": { "later": later },
        });
        Script::start(folder, "defer.mjs", &argument)
    };
    let whole = ask(false)?.next()?;
    if whole["state"] != "complete" {
        return Err(format!("told whole: {whole}"));
    }
    let mut script = ask(true)?;
    let mut states = vec![script.next()?];
    let first = &states[0]["data"]["registries"]["nodes"][0];
    if first["id"].is_null() || first.get("division").is_some() {
        return Err(format!("the first answer is {}", states[0]));
    }
    while states
        .last()
        .is_some_and(|state| state["state"] == "streaming")
    {
        states.push(script.next()?);
    }
    script.expect(&json!({ "done": true }))?;
    let refused = states.iter().any(|state| state["codes"] == whole["codes"]);
    match states.last() {
        Some(last) if last["data"] == whole["data"] && refused => Ok(()),
        _ => Err(format!("{states:?} instead of {whole}")),
    }
}

const QUEUE: &str = "subscription ($registry: ID!) { queueMoved(registry: $registry) {
    registry { id division { current { name } } } queue { drawn waiting } } }";
const TAKE: &str = "mutation ($input: TakeTicketInput!) { takeTicket(input: $input) {
    ticket { id number } userErrors { code messageEn } } }";

/// An officer's token and the registry they work at.
fn office(ask: impl Fn(&str) -> Result<Value, String>) -> Result<(String, Value), String> {
    // The story plays on a Sunday.
    const ALL: &str = "{ registries(first: 200) { nodes {
        id division { current { code } } openOn(date: \"2026-11-22\") { open } } } }";
    let all = ask(ALL)?;
    let nodes = all["registries"]["nodes"].as_array().cloned();
    let open = |registry: &Value| registry["openOn"]["open"] == true;
    let registry = nodes.unwrap_or_default().into_iter().find(open);
    let registry = registry.ok_or("no registry is open today")?;
    let code = registry["division"]["current"]["code"]
        .as_str()
        .unwrap_or_default();
    let id = registry["id"].as_str().unwrap_or_default();
    Ok((
        format!("registrar --division {code} --registry {id}"),
        registry["id"].clone(),
    ))
}

fn queue_moves(fixtures: &Fixtures) -> Outcome {
    let Some(folder) = scripts()? else {
        return Ok(());
    };
    let province = fixtures.province(PROVINCE)?;
    let (officer, registry) = office(|query| province.data("public", query, &Value::Null))?;
    for over in ["ws", "sse"] {
        let argument = json!({
            "over": over, "url": province.program.graphql(), "query": QUEUE,
            "variables": { "registry": registry }, "events": 2,
        });
        let mut script = Script::start(folder, "subscribe.mjs", &argument)?;
        let before = script.next()?;
        let now = &before["data"]["queueMoved"];
        if !now["registry"]["division"]["current"]["name"].is_string() {
            return Err(format!("{over}: the division is not filled in: {before}"));
        }
        let drawn = now["queue"]["drawn"].as_i64().unwrap_or(-1);
        let input = json!({
            "requestKey": format!("queue-{over}"), "registry": registry, "service": "MARRIAGE",
        });
        let taken = province.data(&officer, TAKE, &json!({ "input": input }))?;
        if taken["takeTicket"]["ticket"].is_null() {
            return Err(format!("no ticket: {taken}"));
        }
        let after = script.next()?;
        if after["data"]["queueMoved"]["queue"]["drawn"] != json!(drawn + 1) {
            return Err(format!("{over}: {before} was followed by {after}"));
        }
        script.expect(&json!({ "done": true }))?;
    }
    Ok(())
}

fn places_change(fixtures: &Fixtures) -> Outcome {
    const FEED: &str = "{ changesSince(first: 3) { edges { cursor node { seq kind } } } }";
    const WATCH: &str = "subscription ($since: String) { placeChanged(since: $since) {
        cursor change { seq kind } } }";
    let Some(folder) = scripts()? else {
        return Ok(());
    };
    let province = fixtures.province(PROVINCE)?;
    let feed = province.data("public", FEED, &Value::Null)?;
    let edges = feed["changesSince"]["edges"].as_array().cloned();
    let edges = edges.unwrap_or_default();
    let [first, rest @ ..] = edges.as_slice() else {
        return Err(format!("no changes to follow: {feed}"));
    };
    if rest.is_empty() {
        return Err(format!("too few changes to follow: {feed}"));
    }
    for over in ["ws", "sse"] {
        let argument = json!({
            "over": over, "url": province.program.graphql(), "query": WATCH,
            "variables": { "since": first["cursor"] }, "events": rest.len(),
        });
        let mut script = Script::start(folder, "subscribe.mjs", &argument)?;
        for edge in rest {
            let told = json!({ "cursor": edge["cursor"], "change": edge["node"] });
            script.expect(&json!({ "data": { "placeChanged": told } }))?;
        }
        script.expect(&json!({ "done": true }))?;
    }
    Ok(())
}

fn refused(fixtures: &Fixtures) -> Outcome {
    let Some(folder) = scripts()? else {
        return Ok(());
    };
    let province = fixtures.province(PROVINCE)?;
    let citizen = province.token("citizen")?;
    let mine = "subscription { myMaritalEvent { entry { seq } } }";
    let tickets = "subscription { hotlineTicketChanged { number } }";
    for (query, token, code) in [
        (mine, None, "UNAUTHENTICATED"),
        (tickets, citizen, "FORBIDDEN"),
        (
            "subscription { nothing }",
            None,
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        let argument = json!({
            "over": "ws", "url": province.program.graphql(), "query": query,
            "token": token, "events": 1,
        });
        let said = Script::start(folder, "subscribe.mjs", &argument)?.next()?;
        if said["failed"][0]["extensions"]["code"] != code {
            return Err(format!("{query}: {said}"));
        }
    }
    Ok(())
}

/// The gateway asks a subgraph over WebSocket, and again when it has come back, to go on behind what it told
/// last: a queue that did not move meanwhile is not told again, and its next number is the next event.
fn restart(_: &Fixtures) -> Outcome {
    let Some(folder) = scripts()? else {
        return Ok(());
    };
    let mut split = Split::start("clients")?;
    let data = |split: &Split, role: &str, query: &str, variables: &Value| {
        let answer = split.ask(role, query, variables)?;
        match &answer["errors"] {
            Value::Null => Ok(answer["data"].clone()),
            _ => Err(format!("{answer}")),
        }
    };
    let (officer, registry) = office(|query| data(&split, "public", query, &Value::Null))?;
    let take = |split: &Split, key: &str| {
        let input = json!({ "requestKey": key, "registry": registry, "service": "MARRIAGE" });
        let taken = data(split, &officer, TAKE, &json!({ "input": input }))?;
        match taken["takeTicket"]["ticket"].is_null() {
            true => Err(format!("no ticket: {taken}")),
            false => Ok(()),
        }
    };
    let argument = json!({
        "over": "ws", "url": split.gateway.graphql(), "query": QUEUE,
        "variables": { "registry": registry }, "events": 3,
    });
    let mut script = Script::start(folder, "subscribe.mjs", &argument)?;
    let mut told = || -> Result<Option<i64>, String> {
        Ok(script.next()?["data"]["queueMoved"]["queue"]["drawn"].as_i64())
    };
    let before = told()?;
    take(&split, "before-restart")?;
    let moved = told()?;
    split.kill("marriage");
    std::thread::sleep(Duration::from_millis(300));
    split.restart("marriage")?;
    take(&split, "after-restart")?;
    let after = told()?;
    match (before, moved, after) {
        (Some(a), Some(b), Some(c)) if b == a + 1 && c == b + 1 => Ok(()),
        all => Err(format!("told {all:?}")),
    }
}
