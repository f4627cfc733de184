//! What an operation may cost: a bounded number of requests to subgraphs, however much it asks for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use minzheng_tests::{Client, Program, free_port, token};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{Fixtures, NOON, SUBGRAPHS};
use crate::operations;
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "the_month_of_one_district_or_of_all_183_is_one_call_per_subgraph_and_step",
        month_of_all_districts,
    )]
}

/// How often the gateway has called each subgraph, by its own metrics.
fn calls(client: &Client, url: &str) -> Result<BTreeMap<&'static str, u64>, String> {
    let text = client.get(&format!("{url}/metrics"), &[])?;
    let text = String::from_utf8_lossy(&text.body).into_owned();
    Ok(SUBGRAPHS
        .iter()
        .map(|&name| {
            let label = format!("subgraph=\"{name}\"");
            let sum = text
                .lines()
                .filter(|line| {
                    line.starts_with("minzheng_gateway_fetches_total") && line.contains(&label)
                })
                .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
                .sum();
            (name, sum)
        })
        .collect())
}

fn month_of_all_districts(_: &Fixtures) -> Outcome {
    let data = TempDir::new().map_err(|error| error.to_string())?;
    let port = free_port();
    let program = Program::start(
        &[
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--data",
            &data.path().to_string_lossy(),
        ],
        &[("MINZHENG_CLOCK", NOON)],
        port,
        Duration::from_secs(120),
    )?;
    let client = Client::new();
    let token = token(data.path(), &["--role", "dashboard"])?;
    let month = operations::all()?
        .into_iter()
        .find(|operation| operation.name.starts_with("15-"))
        .ok_or("operation 15 is gone")?;
    // The month is another one each time, so that no answer kept from before stands in.
    let cost =
        |first: u32, month_asked: &str| -> Result<(usize, BTreeMap<&'static str, u64>), String> {
            let query = month
                .query
                .replace("first: 500", &format!("first: {first}"));
            let mut variables = month.variables.clone();
            variables["from"] = json!(month_asked);
            variables["to"] = json!(month_asked);
            let before = calls(&client, &program.url)?;
            let answer = client.graphql(&program.graphql(), Some(&token), &query, &variables)?;
            if answer.get("errors").is_some() {
                return Err(answer["errors"].to_string());
            }
            let after = calls(&client, &program.url)?;
            let nodes = answer["data"]["division"]["descendants"]["nodes"]
                .as_array()
                .map_or(0, Vec::<Value>::len);
            Ok((
                nodes,
                SUBGRAPHS
                    .iter()
                    .map(|&name| (name, after[name] - before[name]))
                    .collect(),
            ))
        };
    let (one, small) = cost(1, "2026-08")?;
    let (all, large) = cost(500, "2026-09")?;
    if (one, all) != (1, 183) {
        return Err(format!("{one} and {all} districts"));
    }
    // places finds the districts, then each subsystem is asked once for all of them.
    for (name, most) in [
        ("places", 2),
        ("marriage", 1),
        ("funeral", 1),
        ("societies", 1),
        ("persons", 0),
    ] {
        if large[name] > most || large[name] != small[name] || (most > 0 && large[name] == 0) {
            return Err(format!(
                "{name}: {} calls for one district, {} for all",
                small[name], large[name]
            ));
        }
    }
    Ok(())
}
