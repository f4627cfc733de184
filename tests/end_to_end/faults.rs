//! Faults, by really killing processes and damaging rows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use minzheng_tests::Client;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use crate::fixtures::{Fixtures, Split};
use crate::small::Small;
use crate::steps::{eventually, with_check};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "a_subgraph_that_is_killed_blanks_its_own_fields_and_nothing_else",
            killed,
        ),
        case(
            fixtures,
            "a_death_widows_once_though_marriage_is_killed_while_it_happens",
            killed_consumer,
        ),
        case(
            fixtures,
            "what_nobody_expected_is_told_by_a_reference_that_the_log_holds_and_by_nothing_else",
            unexpected,
        ),
    ]
}

fn unexpected(_: &Fixtures) -> Outcome {
    const ANSWER: &str = r#"{"data": null, "errors": [{"message": "panicked at src/secret.rs: hunter2",
        "extensions": {"code": "INTERNAL", "stacktrace": ["src/secret.rs"]}}]}"#;
    let gateway = Small::start("province = \"51\"\n", ANSWER)?;
    let told = Client::new().graphql(&gateway.program.graphql(), None, "{ word }", &Value::Null)?;
    let extensions = &told["errors"][0]["extensions"];
    let reference = extensions["reference"].as_str().unwrap_or_default();
    if extensions["code"] != "INTERNAL" || reference.len() < 16 {
        return Err(format!("no reference: {told}"));
    }
    if told.to_string().contains("hunter2") || told.to_string().contains("secret.rs") {
        return Err(format!("internals are told: {told}"));
    }
    let began = Instant::now();
    while !gateway.program.output().contains(reference) {
        if began.elapsed() > Duration::from_secs(60) {
            return Err(format!("the log does not hold {reference}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn killed(_: &Fixtures) -> Outcome {
    const ASK: &str =
        "{ divisionByCode(code: \"510118\") { current { name } orgCount registries { name } } }";
    let mut split = Split::start("faults")?;
    let whole = split.ask("public", ASK, &Value::Null)?;
    if whole["data"]["divisionByCode"]["orgCount"] != 174 {
        return Err(format!("before the fault: {whole}"));
    }
    split.kill("societies");
    // Asked in other words, so that no answer kept from before can stand in.
    let ask = ASK.replace("orgCount", "orgCount(charity: true)");
    let part = split.ask("public", &ask, &Value::Null)?;
    let division = &part["data"]["divisionByCode"];
    let error = &part["errors"][0];
    let told = error["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE"
        && error["extensions"]["service"] == "societies"
        && error["path"] == json!(["divisionByCode", "orgCount"]);
    if !told
        || division["orgCount"] != Value::Null
        || division["current"]["name"] != "新津区"
        || division["registries"][0].is_null()
    {
        return Err(format!("with societies killed: {part}"));
    }
    let status = split.gateway.stop(Duration::from_secs(90));
    if status.is_none_or(|status| !status.success()) {
        return Err(format!("the gateway does not drain: {status:?}"));
    }
    Ok(())
}

/// The officer who opens the case.
const OFFICER: &str = "registrar --division 510118";

/// A death while `marriage` is away reaches it when it is back, and once only; then one damaged row
/// in `persons` blanks itself and nothing else.
fn killed_consumer(_: &Fixtures) -> Outcome {
    const OPEN: &str = "mutation ($input: OpenFuneralCaseInput!) { openFuneralCase(input: $input) {
        case { id } userErrors { code messageEn field } } }";
    const LEDGER: &str = "{ me { maritalLedger { status entries { event } chainIntact } } }";
    const HUSBAND: &str = "citizen --citizen 0";
    let mut split = Split::start("events")?;
    let near = "{ facilitiesNear(point: {longitude: 103.83, latitude: 30.41}, kind: FUNERAL_HOME, first: 1) { facility { id } } }";
    let near = split.ask("public", near, &Value::Null)?;
    let facility = near["data"]["facilitiesNear"][0]["facility"]["id"].clone();
    let before = split.ask(HUSBAND, LEDGER, &Value::Null)?;
    if before["data"]["me"]["maritalLedger"]["status"] != "MARRIED" {
        return Err(format!("before the death: {before}"));
    }
    split.kill("marriage");
    let input = json!({ "input": {
        "requestKey": "death-1", "deceased": with_check("51990119960202002"), "deceasedName": "查无此人",
        "applicant": with_check("51990119790508005"), "applicantName": "范测试", "relation": "OTHER_RELATIVE",
        "phone": "13800000000", "paperKind": "MEDICAL", "paperNumber": "51-1", "natural": true,
        "diedOn": "2026-11-20", "facility": facility,
    } });
    let opened = split.ask(OFFICER, OPEN, &input)?;
    if opened["data"]["openFuneralCase"]["case"]["id"].is_null() {
        return Err(format!("with marriage killed: {opened}"));
    }
    split.restart("marriage")?;
    let widowed = |data: &Value| data["me"]["maritalLedger"]["status"] == "WIDOWED";
    eventually(|| split.ask(HUSBAND, LEDGER, &Value::Null), widowed)?;
    // Once more from the start: what was applied is not applied again.
    split.kill("marriage");
    split.restart("marriage")?;
    eventually(|| split.ask(HUSBAND, LEDGER, &Value::Null), widowed)?;
    let after = split.ask(HUSBAND, LEDGER, &Value::Null)?;
    let ledger = &after["data"]["me"]["maritalLedger"];
    let entries = |answer: &Value| {
        let all = answer["data"]["me"]["maritalLedger"]["entries"].as_array();
        all.map_or(0, Vec::len)
    };
    if entries(&after) != entries(&before) + 1 || ledger["chainIntact"] != true {
        return Err(format!("one death, two entries: {after}"));
    }
    one_bad_row(&split)
}

/// One row that cannot be opened blanks its own value, with its place; the others stay.
fn one_bad_row(split: &Split) -> Outcome {
    const ASK: &str = "{ openTickets(first: 20) { nodes { caller { id maskedName } } } }";
    let whole = split.ask(OFFICER, ASK, &Value::Null)?;
    let nodes = whole["data"]["openTickets"]["nodes"].as_array().cloned();
    let nodes = nodes.ok_or_else(|| format!("no tickets: {whole}"))?;
    let named = |node: &Value| node["caller"]["maskedName"].is_string();
    let victim = nodes.iter().find(|node| named(node));
    let token = victim.and_then(|node| node["caller"]["id"].as_str());
    let token = token.ok_or_else(|| format!("no caller with a name: {whole}"))?;
    damage_name(token)?;
    let part = split.ask(OFFICER, ASK, &Value::Null)?;
    let after = part["data"]["openTickets"]["nodes"].as_array().cloned();
    let after = after.unwrap_or_default();
    if after.len() != nodes.len() {
        return Err(format!("one bad row and the list is another: {part}"));
    }
    for (at, (node, before)) in after.iter().zip(&nodes).enumerate() {
        let is_victim = before["caller"]["id"] == *token;
        let place = json!(["openTickets", "nodes", at, "caller", "maskedName"]);
        let told = part["errors"]
            .as_array()
            .is_some_and(|errors| errors.iter().any(|error| error["path"] == place));
        let right = match is_victim {
            true => node["caller"]["maskedName"].is_null() && told,
            false => node == before && !told,
        };
        if !right {
            return Err(format!("row {at} with one bad row: {part}"));
        }
    }
    Ok(())
}

/// Makes a person's name unreadable, as a damaged disk would.
fn damage_name(token: &str) -> Outcome {
    let url = std::env::var("MINZHENG_TEST_POSTGRES").map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let sql = format!(
        "UPDATE events_persons.person SET name = '\\x00' WHERE token = '{}'",
        token.replace('\'', "''")
    );
    let done = runtime.block_on(async {
        let db = Database::connect(url).await?;
        db.execute_unprepared(&sql).await
    });
    match done {
        Ok(done) if done.rows_affected() == 1 => Ok(()),
        Ok(_) => Err("no such person in the vault".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
