//! What the README tells a newcomer to paste answers as the README says.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::fixtures::{Fixtures, project};
use crate::operations::difference;
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "the_readmes_queries_answer_as_it_says",
        pasted,
    )]
}

/// The queries, in their order, with who asks.
const ASKERS: [&str; 2] = ["public", "citizen"];

fn pasted(fixtures: &Fixtures) -> Outcome {
    let text =
        std::fs::read_to_string(project().join("README.md")).map_err(|error| error.to_string())?;
    let province = fixtures.province("51")?;
    let mut rest = text.as_str();
    for role in ASKERS {
        let query = between(&mut rest, "-d '", "'\n")?;
        let query: Value = serde_json::from_str(query).map_err(|error| error.to_string())?;
        let said = between(&mut rest, "```json\n", "\n```")?;
        let said: Value = serde_json::from_str(said).map_err(|error| error.to_string())?;
        let query = query["query"].as_str().unwrap_or_default();
        let got = province.ask(role, query, &Value::Null)?;
        if let Some(difference) = difference("", &got, &said) {
            return Err(difference);
        }
    }
    Ok(())
}

/// What stands next between two marks; `rest` goes on behind it.
fn between<'t>(rest: &mut &'t str, begin: &str, end: &str) -> Result<&'t str, String> {
    let missing = || format!("the README has no more {begin}…{end}");
    let (_, after) = rest.split_once(begin).ok_or_else(missing)?;
    let (found, after) = after.split_once(end).ok_or_else(missing)?;
    *rest = after;
    Ok(found)
}
