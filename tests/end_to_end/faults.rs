//! Faults, by really killing processes.

use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::fixtures::{Fixtures, Split};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "a_subgraph_that_is_killed_blanks_its_own_fields_and_nothing_else",
        killed,
    )]
}

fn killed(_: &Fixtures) -> Outcome {
    const ASK: &str =
        "{ divisionByCode(code: \"510118\") { current { name } orgCount registries { name } } }";
    let Some(mut split) = Split::start("faults")? else {
        eprintln!("no PostgreSQL and Redis to test with: tests/run starts them");
        return Ok(());
    };
    let whole = split.ask("public", ASK, &Value::Null)?;
    if whole["data"]["divisionByCode"]["orgCount"] != 174 {
        return Err(format!("before the fault: {whole}"));
    }
    if let Some(societies) = split.subgraphs.get_mut("societies") {
        societies.kill();
    }
    // Asked in other words, so that no answer kept from before can stand in.
    let ask = ASK.replace("orgCount", "orgCount(charity: true)");
    let part = split.ask("public", &ask, &Value::Null)?;
    let division = &part["data"]["divisionByCode"];
    let error = &part["errors"][0];
    // A failed fetch names the entity it was for, not yet each of the entity's missing fields.
    let told = error["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE"
        && error["extensions"]["service"] == "societies"
        && error["path"] == serde_json::json!(["divisionByCode"]);
    if !told
        || division["orgCount"] != Value::Null
        || division["current"]["name"] != "新津区"
        || division["registries"][0].is_null()
    {
        return Err(format!("with societies killed: {part}"));
    }
    let status = split.gateway.stop(Duration::from_secs(35));
    if status.is_none_or(|status| !status.success()) {
        return Err(format!("the gateway does not drain: {status:?}"));
    }
    Ok(())
}
