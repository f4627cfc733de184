//! How many SQL statements each named operation costs over all subsystems, counted by the spans of its
//! trace: `tests/operations/statements.md` says at most how many, for a gateway that has nothing cached.
//! With `MINZHENG_BLESS=1` it is written anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use minzheng_tests::Listener;
use serde_json::json;

use crate::fixtures::{Fixtures, Province, project, stated};
use crate::operations::{self, Operation};
use crate::{Outcome, case};

/// What stands above the table.
const HEAD: &str = "# SQL statements of each operation

At most so many over all subsystems, with nothing cached; `tests/end_to_end/statements.rs` counts them.

| operation | statements |
| --- | --- |
";

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "no_operation_costs_more_sql_statements_than_the_table_says",
        counted,
    )]
}

fn counted(_: &Fixtures) -> Outcome {
    let collector = Listener::start("{}")?;
    let endpoint = format!("http://{}/v1/traces", collector.address);
    let also = [("MINZHENG_TELEMETRY__OTLP_ENDPOINT", endpoint.as_str())];
    let province = Province::standalone_with("51", &also)?;
    let operations = operations::all()?;
    for (number, operation) in (1_u128..).zip(&operations) {
        ask(&province, operation, number)?;
    }
    let counts = settled(&collector, operations.len());
    let file = project().join("tests/operations/statements.md");
    if std::env::var_os("MINZHENG_BLESS").is_some() {
        let mut text = HEAD.to_owned();
        for (operation, count) in operations.iter().zip(&counts) {
            writeln!(text, "| {} | {count} |", operation.name)
                .map_err(|error| error.to_string())?;
        }
        return fs::write(&file, text).map_err(|error| error.to_string());
    }
    let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let most: BTreeMap<&str, usize> = text
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            Some((cells.next()?, cells.next()?.parse().ok()?))
        })
        .collect();
    for (operation, count) in operations.iter().zip(counts) {
        let most = most.get(operation.name.as_str()).copied().unwrap_or(0);
        if count == 0 || count > most {
            return Err(format!(
                "{} costs {count} statements, at most {most} expected",
                operation.name
            ));
        }
    }
    Ok(())
}

/// Asks an operation under a trace of its own.
fn ask(province: &Province, operation: &Operation, number: u128) -> Outcome {
    let trace = format!("00-{number:032x}-00f067aa0ba902b7-01");
    let mut headers = vec![
        ("content-type", "application/json"),
        ("traceparent", &trace),
    ];
    let token = province.token(&operation.role)?;
    let bearer = token.map(|token| format!("Bearer {token}"));
    if let Some(bearer) = &bearer {
        headers.push(("authorization", bearer));
    }
    if let Some((purpose, case)) = stated(&operation.role) {
        headers.push(("minzheng-purpose", purpose));
        headers.push(("minzheng-case", case));
    }
    let variables =
        operation.prepared(&|role, query, variables| province.ask(role, query, variables))?;
    let body = json!({ "query": operation.query, "variables": variables }).to_string();
    let url = province.program.graphql();
    let answer = province.client.post(&url, &headers, body)?.json();
    match answer.get("errors") {
        None => Ok(()),
        Some(errors) => Err(format!("{}: {errors}", operation.name)),
    }
}

/// The statements of each trace, once no more come.
fn settled(collector: &Listener, traces: usize) -> Vec<usize> {
    let began = Instant::now();
    let (mut counts, mut since) = (Vec::new(), Instant::now());
    while began.elapsed() < Duration::from_secs(60) {
        let bytes = collector.received();
        let now: Vec<usize> = (1_u128..)
            .take(traces)
            .map(|number| statements(&bytes, number))
            .collect();
        if now != counts {
            (counts, since) = (now, Instant::now());
        }
        // Spans are sent every few seconds.
        if counts.iter().all(|count| *count > 0) && since.elapsed() > Duration::from_secs(12) {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    counts
}

/// How many spans of a trace are statements, in the protobuf of OTLP: a span begins with its trace's id (field
/// 1, 16 bytes), and its name is among the first fields.
fn statements(bytes: &[u8], trace: u128) -> usize {
    let mut begin = vec![0x0a, 0x10];
    begin.extend_from_slice(&trace.to_be_bytes());
    let is_sql = |head: &[u8]| head.windows(4).any(|four| four == b"sql ");
    bytes
        .windows(begin.len())
        .enumerate()
        .filter(|(_, window)| *window == begin)
        .filter(|(at, _)| {
            is_sql(&bytes[at + begin.len()..(at + begin.len() + 48).min(bytes.len())])
        })
        .count()
}
