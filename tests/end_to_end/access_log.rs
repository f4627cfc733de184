//! Nobody sees personal data without a record that was there before: with several clients at once, with
//! the process killed in between, with the log gone; and whoever was looked at can read it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libtest_mimic::Trial;
use minzheng_tests::{Client, Program, free_port, token};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::fixtures::{Fixtures, NOON, Province};
use crate::steps::eventually;
use crate::{Outcome, case};

const ME: &str =
    "{ me { maskedId maskedName } divorceDates(receivedOn: \"2026-11-22\") { windowEnds } }";

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "whoever_is_looked_at_reads_who_it_was_and_an_auditor_finds_it_without_a_value",
            looked_at,
        ),
        case(
            fixtures,
            "an_officer_sees_the_own_acts_and_a_supervisor_those_of_the_division_and_nobody_whom",
            masked,
        ),
        case(
            fixtures,
            "in_split_roles_the_log_is_in_postgresql_and_is_read_from_there",
            split,
        ),
        case(
            fixtures,
            "an_answer_was_recorded_even_when_the_gateway_is_killed_the_moment_it_is_given",
            killed,
        ),
        case(
            fixtures,
            "d6_53_one_record_deleted_or_changed_is_named_by_verify",
            damaged,
        ),
        case(
            fixtures,
            "d6_52_without_its_log_no_personal_datum_is_given_and_public_data_goes_on",
            log_gone,
        ),
        case(
            fixtures,
            "a_supervisor_sees_a_person_in_full_only_with_a_second_officer_and_it_is_kept_for_ten_years",
            reveal,
        ),
    ]
}

fn expect(what: &str, good: bool, answer: &Value) -> Outcome {
    if good {
        Ok(())
    } else {
        Err(format!("{what}: {answer}"))
    }
}

fn looked_at(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let who = "citizen --citizen 41";
    province.data(who, "{ me { maskedName } }", &json!({}))?;
    let own = "{ myAccessLog(first: 1) { nodes { role purpose fields decision province } } }";
    let answer = province.data(who, own, &json!({}))?;
    let expected = json!([{ "role": "CITIZEN", "purpose": null, "fields": ["Person.maskedName"], "decision": "DISCLOSED", "province": "51" }]);
    expect(
        "one's own reading",
        answer["myAccessLog"]["nodes"] == expected,
        &answer,
    )?;
    let log = "query ($f: AccessLogFilter) { accessLog(filter: $f, first: 1) { nodes { actor fields document decision } } }";
    let filter = json!({ "f": { "actor": "citizen-41" } });
    let answer = province.data("auditor", log, &filter)?;
    let found = &answer["accessLog"]["nodes"][0];
    expect(
        "the auditor's view",
        found["fields"] == json!(["Person.maskedName"]),
        &answer,
    )?;
    // Refusals are recorded too, and nobody else reads the log.
    let refused = province.ask("dashboard", log, &filter)?;
    expect(
        "a dashboard reads the log",
        refused["data"]["accessLog"].is_null(),
        &refused,
    )?;
    let filter = json!({ "f": { "role": "DASHBOARD", "decision": "REFUSED" } });
    // Nobody waits for the record of a refusal.
    eventually(
        || province.ask("auditor", log, &filter),
        |data| data["accessLog"]["nodes"][0]["fields"] == json!(["Query.accessLog"]),
    )?;
    let counts = "{ accessCounts(from: \"2020-01\", to: \"2029-12\") { role decision records } }";
    let answer = province.data("dashboard", counts, &json!({}))?;
    let counted = answer["accessCounts"]
        .as_array()
        .is_some_and(|all| !all.is_empty());
    expect("counts", counted, &answer)?;
    verified(province.data.path()).map(drop)
}

fn masked(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let clerk = "registrar --division 510118 --subject clerk-of-records";
    let log = "{ accessLog { nodes { id } } }";
    let refused = province.ask(clerk, log, &Value::Null)?;
    expect("the log", refused["data"]["accessLog"].is_null(), &refused)?;
    let own = "query ($f: MaskedAccessFilter) { maskedAccessLog(filter: $f, first: 1) { nodes { \
               actor role division decision fields people } } }";
    let filter = json!({ "f": { "actor": "clerk-of-records" } });
    let expected = json!([{
        "actor": "clerk-of-records", "role": "REGISTRAR", "division": "510118",
        "decision": "REFUSED", "fields": ["Query.accessLog"], "people": 0,
    }]);
    for who in [clerk, "supervisor --division 510100"] {
        // Nobody waits for the record of a refusal.
        eventually(
            || province.ask(who, own, &filter),
            |data| data["maskedAccessLog"]["nodes"] == expected,
        )?;
    }
    for who in [
        "registrar --division 510118 --subject another-clerk",
        "supervisor --division 510700",
    ] {
        let answer = province.data(who, own, &filter)?;
        let nothing = answer["maskedAccessLog"]["nodes"] == json!([]);
        expect("another's acts", nothing, &answer)?;
    }
    for who in ["public", "citizen", "dashboard", "auditor", "operator"] {
        let answer = province.ask(who, own, &filter)?;
        let nothing = answer["data"]["maskedAccessLog"].is_null();
        let code = &answer["errors"][0]["extensions"]["code"];
        let coded = code == "FORBIDDEN" || code == "UNAUTHENTICATED";
        expect(who, nothing && coded, &answer)?;
    }
    Ok(())
}

fn split(fixtures: &Fixtures) -> Outcome {
    let split = fixtures.split()?;
    let who = "citizen --citizen 42";
    let answer = split.ask(who, "{ me { maskedName } }", &json!({}))?;
    expect("me", !answer["data"]["me"]["maskedName"].is_null(), &answer)?;
    let own = "{ myAccessLog(first: 1) { nodes { role fields } } }";
    let answer = split.ask(who, own, &json!({}))?;
    let expected = json!([{ "role": "CITIZEN", "fields": ["Person.maskedName"] }]);
    expect(
        "one's own reading",
        answer["data"]["myAccessLog"]["nodes"] == expected,
        &answer,
    )
}

/// Runs `access-log verify` over a data folder that must be whole.
fn verified(data: &Path) -> Result<String, String> {
    let data = data.to_string_lossy();
    let (status, said) = Program::run(&["access-log", "verify", "--data", &data], &[])?;
    if status.success() && said.contains("The access log is whole.") {
        Ok(said)
    } else {
        Err(format!("{status}: {said}"))
    }
}

fn standalone(data: &Path) -> Result<Program, String> {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    Program::start(
        &["--listen", &address, "--data", &data.to_string_lossy()],
        &[("MINZHENG_CLOCK", NOON)],
        port,
        Duration::from_secs(120),
    )
}

/// The lines of the log, with their files.
fn lines(data: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let mut all = Vec::new();
    let mut folders = vec![data.join("access-log")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("seals.jsonl") {
                let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
                all.extend(text.lines().map(|line| (path.clone(), line.to_owned())));
            }
        }
    }
    Ok(all)
}

fn killed(_: &Fixtures) -> Outcome {
    let data = TempDir::new().map_err(|error| error.to_string())?;
    let mut shown: HashSet<String> = HashSet::new();
    for round in 0..4 {
        let mut program = standalone(data.path())?;
        let bearer = token(data.path(), &["--role", "citizen"])?;
        let (url, bearer) = (program.graphql(), format!("Bearer {bearer}"));
        let (over, seen) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let asked = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let client = Client::new();
                    while !over.load(Ordering::SeqCst) {
                        let number = asked.fetch_add(1, Ordering::SeqCst);
                        let trace = format!("{:032x}", (round + 1) * 1_000_000 + number);
                        let parent = format!("00-{trace}-00f067aa0ba902b7-01");
                        let headers = [
                            ("content-type", "application/json"),
                            ("authorization", bearer.as_str()),
                            ("traceparent", parent.as_str()),
                        ];
                        let body = json!({ "query": ME }).to_string();
                        let Ok(answer) = client.post(&url, &headers, body) else {
                            continue;
                        };
                        let Ok(answer) = serde_json::from_slice::<Value>(&answer.body) else {
                            continue;
                        };
                        if !answer["data"]["me"]["maskedName"].is_null()
                            && let Ok(mut seen) = seen.lock()
                        {
                            seen.push(trace);
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(
                400 + 130 * u64::try_from(round).unwrap_or(0),
            ));
            // A busy machine answers later.
            let began = std::time::Instant::now();
            while seen.lock().is_ok_and(|seen| seen.len() < 10)
                && began.elapsed() < Duration::from_secs(60)
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            program.kill();
            over.store(true, Ordering::SeqCst);
        });
        shown.extend(seen.into_inner().map_err(|error| error.to_string())?);
    }
    if shown.len() < 20 {
        return Err(format!("only {} answers before the kills", shown.len()));
    }
    let recorded: HashSet<String> = lines(data.path())?
        .into_iter()
        .filter_map(|(_, line)| serde_json::from_str::<Value>(&line).ok())
        .filter_map(|record| record["traceId"].as_str().map(str::to_owned))
        .collect();
    let missing = shown.difference(&recorded).count();
    if missing > 0 {
        return Err(format!(
            "{missing} of {} answers have no record",
            shown.len()
        ));
    }
    // What a crash leaves is no damage.
    verified(data.path()).map(drop)
}

fn damaged(_: &Fixtures) -> Outcome {
    let data = TempDir::new().map_err(|error| error.to_string())?;
    let mut program = standalone(data.path())?;
    let bearer = token(data.path(), &["--role", "citizen"])?;
    for _ in 0..5 {
        Client::new().graphql(&program.graphql(), Some(&bearer), ME, &json!({}))?;
    }
    if program.stop(Duration::from_secs(60)).is_none() {
        return Err("it does not stop".to_owned());
    }
    let said = verified(data.path())?;
    if !said.contains("5 records in 1 chains, 0 of them not sealed yet") {
        return Err(format!("not sealed at the stop: {said}"));
    }
    let all = lines(data.path())?;
    let (path, _) = all.first().ok_or("no record")?;
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let rows: Vec<&str> = text.lines().collect();
    for (what, damage, word) in [
        (
            "the third deleted",
            [&rows[..2], &rows[3..]].concat().join("\n"),
            "removed: number 3",
        ),
        (
            "the last deleted",
            rows[..4].join("\n"),
            "removed: number 5",
        ),
        (
            "the second changed",
            text.replacen("citizen-0", "citizen-9", 2)
                .replacen("citizen-9", "citizen-0", 1),
            "altered: number 2",
        ),
        (
            "two exchanged",
            [rows[0], rows[2], rows[1], rows[3], rows[4]].join("\n"),
            "reordered: number",
        ),
    ] {
        fs::write(path, format!("{}\n", damage.trim_end())).map_err(|error| error.to_string())?;
        let folder = data.path().to_string_lossy();
        let (status, said) = Program::run(&["access-log", "verify", "--data", &folder], &[])?;
        if status.success() || !said.contains(word) {
            return Err(format!("{what}: {status}, {said}"));
        }
    }
    fs::write(path, &text).map_err(|error| error.to_string())?;
    verified(data.path())?;
    let folder = data.path().to_string_lossy();
    let (status, said) = Program::run(&["access-log", "seal", "--data", &folder], &[])?;
    if !status.success() || !said.contains("Nothing has changed") {
        return Err(format!("seal: {status}, {said}"));
    }
    inserted(data.path(), rows[0])?;
    cut_with_its_seal(data.path(), path, &rows)
}

/// A chain of somebody's own, dated long before the last seal: its hashes fit, and yet it is told and not signed.
fn inserted(data: &Path, row: &str) -> Outcome {
    let record: Value = serde_json::from_str(row).map_err(|error| error.to_string())?;
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let chain = format!("{}x", text("chain"));
    let sha = |text: &str| {
        let digest = Sha256::digest(text.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    };
    let object = row.split(",\"hash\":").next().unwrap_or_default();
    let object = object
        .replace(&text("chain"), &chain)
        .replace(&text("at"), "2026-01-05T04:00:00.000000Z")
        .replace(
            &text("prevHash"),
            &sha(&format!("minzheng access log chain {chain}")),
        );
    let hash = sha(&format!("{object}}}"));
    let day = data.join("access-log/general/2026-01-05");
    fs::create_dir_all(&day).map_err(|error| error.to_string())?;
    let file = day.join(format!("{chain}.jsonl"));
    let line = format!("{object},\"hash\":\"{hash}\"}}\n");
    fs::write(&file, line).map_err(|error| error.to_string())?;
    let folder = data.to_string_lossy();
    for (command, word) in [
        ("verify", "inserted: number 1 of"),
        ("seal", "1 segments are not what was sealed before"),
        ("verify", "older than a seal that does not hold it"),
    ] {
        let (status, said) = Program::run(&["access-log", command, "--data", &folder], &[])?;
        if status.success() || !said.contains(word) {
            return Err(format!("inserted, {command}: {status}, {said}"));
        }
    }
    fs::remove_dir_all(&day).map_err(|error| error.to_string())?;
    verified(data).map(drop)
}

/// What is cut off together with its seals is missed by who has noted the number of the last one.
fn cut_with_its_seal(data: &Path, path: &Path, rows: &[&str]) -> Outcome {
    let folder = data.to_string_lossy();
    let verify = |more: &[&str]| {
        let arguments = [&["access-log", "verify", "--data", &folder], more].concat();
        Program::run(&arguments, &[])
    };
    let (_, said) = verify(&["--seals"])?;
    let root = said
        .lines()
        .find_map(|line| line.strip_prefix("Seal 1: ")?.strip_suffix('.'))
        .ok_or(format!("no seal is told: {said}"))?
        .to_owned();
    let noted = ["--at-least", "1", "--root", &root];
    let (status, said) = verify(&noted)?;
    if !status.success() || !said.contains(&format!("Last seal: number 1, {root}.")) {
        return Err(format!("as noted: {status}, {said}"));
    }
    let (status, said) = verify(&["--at-least", "2"])?;
    if status.success() || !said.contains("there are 1 seals, and 2 were noted") {
        return Err(format!("one seal too few: {status}, {said}"));
    }
    // The last record is cut off with all seals, and what is left is sealed anew: whole as far as it goes.
    let left = format!("{}\n", rows[..4].join("\n"));
    fs::write(path, left).map_err(|error| error.to_string())?;
    fs::remove_file(data.join("access-log/seals.jsonl")).map_err(|error| error.to_string())?;
    let (status, said) = Program::run(&["access-log", "seal", "--data", &folder], &[])?;
    if !status.success() {
        return Err(format!("sealed anew: {status}, {said}"));
    }
    verified(data)?;
    let (status, said) = verify(&noted)?;
    if status.success() || !said.contains("does not have the root that was noted") {
        return Err(format!("another seal: {status}, {said}"));
    }
    Ok(())
}

fn log_gone(_: &Fixtures) -> Outcome {
    let data = TempDir::new().map_err(|error| error.to_string())?;
    let program = standalone(data.path())?;
    let bearer = token(data.path(), &["--role", "citizen"])?;
    let ask = || Client::new().graphql(&program.graphql(), Some(&bearer), ME, &json!({}));
    let answer = ask()?;
    expect("before", answer.get("errors").is_none(), &answer)?;
    // The log's folder is taken away from under the running program, and a file put in its place.
    let folder = data.path().join("access-log");
    let aside = data.path().join("aside");
    fs::rename(&folder, &aside).map_err(|error| error.to_string())?;
    fs::write(&folder, b"no folder").map_err(|error| error.to_string())?;
    // The file that was open is still written to; a new day, class or start needs a new one.
    let answer = ask()?;
    expect(
        "an open file goes on",
        answer.get("errors").is_none(),
        &answer,
    )?;
    drop(program);
    let refused = Program::run(
        &[
            "--listen",
            "127.0.0.1:0",
            "--data",
            &data.path().to_string_lossy(),
        ],
        &[("MINZHENG_CLOCK", NOON)],
    )?;
    if refused.0.success() || !refused.1.contains("access log") {
        return Err(format!(
            "a start without its log: {} {}",
            refused.0, refused.1
        ));
    }
    fs::remove_file(&folder).map_err(|error| error.to_string())?;
    fs::rename(&aside, &folder).map_err(|error| error.to_string())?;
    let program = standalone(data.path())?;
    // The folder of the day becomes a file before the first record of this start.
    let general = folder.join("general");
    let hidden = folder.join("hidden");
    fs::rename(&general, &hidden).map_err(|error| error.to_string())?;
    fs::write(&general, b"no folder").map_err(|error| error.to_string())?;
    let ask = || Client::new().graphql(&program.graphql(), Some(&bearer), ME, &json!({}));
    let answer = ask()?;
    let me = &answer["data"]["me"];
    let withheld = me["maskedId"].is_null() && me["maskedName"].is_null() && me.is_object();
    expect("withheld", withheld, &answer)?;
    expect("public", !answer["data"]["divorceDates"].is_null(), &answer)?;
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let fine = errors.len() == 2
        && errors.iter().all(|error| {
            error["extensions"]["code"] == "ACCESS_LOG_UNAVAILABLE" && error["path"][0] == "me"
        });
    expect("errors", fine, &answer)?;
    fs::remove_file(&general).map_err(|error| error.to_string())?;
    fs::rename(&hidden, &general).map_err(|error| error.to_string())?;
    let began = std::time::Instant::now();
    loop {
        let answer = ask()?;
        if answer.get("errors").is_none() {
            return Ok(());
        }
        // The writer tries again after half a second.
        expect("after", began.elapsed() < Duration::from_secs(60), &answer)?;
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn reveal(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let officer = |name: &str| {
        format!("supervisor --division 510100 --subject {name} --purpose ARCHIVE_CHECK")
    };
    let (first, second) = (officer("li"), officer("wang"));
    let me = province.data("citizen --citizen 43", "{ me { id } }", &json!({}))?;
    let person = &me["me"]["id"];
    let propose = "mutation ($i: ProposeRevealInput!) { proposeReveal(input: $i) { case { id version state } userErrors { code } } }";
    let input =
        json!({ "i": { "requestKey": "reveal-e2e", "person": person, "reason": "核对历史档案" } });
    let answer = province.data(&first, propose, &input)?;
    let case = &answer["proposeReveal"]["case"];
    expect("proposed", case["state"] == "PROPOSED", &answer)?;
    let decide = "mutation ($i: DecideIdentityCaseInput!) { decideIdentityCase(input: $i) { case { state person { id fullIdentity(reason: \"核对历史档案\") { name idNumber } } } userErrors { code } } }";
    let input = json!({ "i": { "requestKey": "reveal-e2e-d", "case": case["id"], "version": case["version"], "approve": true } });
    let alone = province.data(&first, decide, &input)?;
    let code = &alone["decideIdentityCase"]["userErrors"][0]["code"];
    expect("alone", *code == "SECOND_OFFICER", &alone)?;
    // The one who approves may not read it; the one who asked may, once it is approved.
    let approved = province.ask(&second, decide, &input)?;
    let done = &approved["data"]["decideIdentityCase"]["case"];
    let held_back = done["state"] == "DONE" && done["person"]["fullIdentity"].is_null();
    expect("approved", held_back, &approved)?;
    let read = "query ($id: ID!) { identityCase(id: $id) { person { fullIdentity(reason: \"核对历史档案\") { name } } } }";
    let answer = stated(&province, &first, read, &json!({ "id": case["id"] }))?;
    let name = &answer["data"]["identityCase"]["person"]["fullIdentity"]["name"];
    expect("read in full", name.is_string(), &answer)?;
    let log = "query ($f: AccessLogFilter) { accessLog(filter: $f) { nodes { retention purpose fields persons } } }";
    let filter = json!({ "f": { "actor": "li", "retention": "REVEAL" } });
    let answer = province.data("auditor", log, &filter)?;
    let record = &answer["accessLog"]["nodes"][0];
    let kept = record["purpose"] == "ARCHIVE_CHECK"
        && record["persons"] == json!([person])
        && record["fields"].to_string().contains("FullIdentity.name");
    expect("recorded", kept, &answer)
}

/// Asks with a purpose stated.
fn stated(
    province: &Province,
    role: &str,
    query: &str,
    variables: &Value,
) -> Result<Value, String> {
    let bearer = format!("Bearer {}", province.token(role)?.unwrap_or_default());
    let headers = [
        ("content-type", "application/json"),
        ("authorization", bearer.as_str()),
        ("minzheng-purpose", "ARCHIVE_CHECK"),
    ];
    let body = json!({ "query": query, "variables": variables }).to_string();
    let answer = province
        .client
        .post(&province.program.graphql(), &headers, body)?;
    serde_json::from_slice(&answer.body).map_err(|error| error.to_string())
}
