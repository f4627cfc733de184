//! One trace runs through the whole road: from the caller's `traceparent` through the gateway's stages
//! and fetches, the subgraphs and their SQL, to the collector; and it carries no personal datum.

use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use minzheng_tests::{Listener, token};
use serde_json::json;

use crate::fixtures::{Fixtures, Province};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "a_trace_runs_from_the_caller_through_fetches_and_sql_to_the_collector",
        traced,
    )]
}

fn traced(_: &Fixtures) -> Outcome {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let collector = Listener::start("{}")?;
    let endpoint = format!("http://{}/v1/traces", collector.address);
    let also = [("MINZHENG_TELEMETRY__OTLP_ENDPOINT", endpoint.as_str())];
    let province = Province::standalone_with("51", &also)?;
    let bearer = format!(
        "Bearer {}",
        token(
            province.data.path(),
            &[
                "--role",
                "registrar",
                "--division",
                "510118",
                "--purpose",
                "MARRIAGE_REGISTRATION"
            ]
        )?
    );
    let headers = [
        ("content-type", "application/json"),
        ("authorization", bearer.as_str()),
        ("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01")),
        ("minzheng-purpose", "MARRIAGE_REGISTRATION"),
        // The third ticket of that hall today.
        ("minzheng-case", "ab69bd8f-1441-541f-9f13-2e65e66630a9"),
    ];
    let person = "51990119900303069X";
    let query = "query Check($man: CitizenIdInput!, $woman: CitizenIdInput!, $registry: ID!) {
        eligibilityCheck(man: $man, woman: $woman, registry: $registry) { verdict parties { person { maskedName } } } }";
    let variables = json!({
        "man": person, "woman": "519901199408150067", "registry": "4b9c2643-738f-588f-a8d6-3310355e6c5d",
    });
    let body = json!({ "query": query, "variables": variables }).to_string();
    let answer = province
        .client
        .post(&province.program.graphql(), &headers, body)?;
    if answer.json()["data"]["eligibilityCheck"]["verdict"] != "ELIGIBLE" {
        return Err(format!("the traced request fails: {}", answer.json()));
    }
    let id: Vec<u8> = (0..16)
        .filter_map(|i| u8::from_str_radix(&TRACE[2 * i..2 * i + 2], 16).ok())
        .collect();
    let began = Instant::now();
    loop {
        let bytes = collector.received();
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        let missing: Vec<&str> = ["graphql.plan", "graphql.fetch", "subgraph request", "sql"]
            .into_iter()
            .filter(|name| !has(name.as_bytes()))
            .collect();
        if has(person.as_bytes()) {
            return Err("an identity number stands in a trace".to_owned());
        }
        // Each span carries the trace's id: the request, a fetch, the subgraph's side, a statement at least.
        let spans = bytes
            .windows(id.len())
            .filter(|window| *window == id)
            .count();
        if spans >= 8 && missing.is_empty() {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(60) {
            return Err(format!(
                "the collector misses {missing:?}; {spans} spans carry the caller's trace id"
            ));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
