//! One trace runs through the whole road: from the caller's `traceparent` through the gateway's stages
//! and fetches, the subgraphs and their SQL, to the collector; and it carries no personal datum.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use minzheng_tests::{Client, Program, free_port, token};
use serde_json::json;
use tempfile::TempDir;

use crate::fixtures::{Fixtures, NOON};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "a_trace_runs_from_the_caller_through_fetches_and_sql_to_the_collector",
        traced,
    )]
}

/// What a collector was sent so far.
type Received = Arc<Mutex<Vec<u8>>>;

/// A collector that keeps every byte it is sent.
fn collector() -> Result<(String, Received), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let received = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&received);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let all = Arc::clone(&all);
            std::thread::spawn(move || receive(stream, &all));
        }
    });
    Ok((format!("http://{address}/v1/traces"), received))
}

fn receive(mut stream: TcpStream, all: &Mutex<Vec<u8>>) {
    let mut request = Vec::new();
    let mut piece = [0_u8; 16 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        request.extend_from_slice(&piece[..read]);
        let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let length = String::from_utf8_lossy(&request[..head])
            .to_ascii_lowercase()
            .lines()
            .find_map(|line| {
                line.strip_prefix("content-length:")?
                    .trim()
                    .parse::<usize>()
                    .ok()
            })
            .unwrap_or(0);
        if request.len() >= head + 4 + length {
            if let Ok(mut all) = all.lock() {
                all.extend_from_slice(&request[head + 4..]);
            }
            request.clear();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    }
}

fn traced(_: &Fixtures) -> Outcome {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let (endpoint, received) = collector()?;
    let data = TempDir::new().map_err(|error| error.to_string())?;
    let port = free_port();
    let _program = Program::start(
        &[
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--data",
            &data.path().to_string_lossy(),
        ],
        &[
            ("MINZHENG_CLOCK", NOON),
            ("MINZHENG_TELEMETRY__OTLP_ENDPOINT", &endpoint),
        ],
        port,
        Duration::from_secs(120),
    )?;
    let bearer = format!("Bearer {}", token(data.path(), &["--role", "registrar"])?);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", bearer.as_str()),
        ("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01")),
    ];
    let person = "51990119900303069X";
    let query = "query Check($man: CitizenIdInput!, $woman: CitizenIdInput!, $registry: ID!) {
        eligibilityCheck(man: $man, woman: $woman, registry: $registry) { verdict parties { person { maskedName } } } }";
    let variables = json!({
        "man": person, "woman": "519901199408150067", "registry": "4b9c2643-738f-588f-a8d6-3310355e6c5d",
    });
    let body = json!({ "query": query, "variables": variables }).to_string();
    let answer = Client::new().post(&format!("http://127.0.0.1:{port}/graphql"), &headers, body)?;
    if answer.json()["data"]["eligibilityCheck"]["verdict"] != "ELIGIBLE" {
        return Err(format!("the traced request fails: {}", answer.json()));
    }
    let id: Vec<u8> = (0..16)
        .filter_map(|i| u8::from_str_radix(&TRACE[2 * i..2 * i + 2], 16).ok())
        .collect();
    let began = Instant::now();
    loop {
        let bytes = received
            .lock()
            .map(|bytes| bytes.clone())
            .unwrap_or_default();
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
        if began.elapsed() > Duration::from_secs(20) {
            return Err(format!(
                "the collector misses {missing:?}; {spans} spans carry the caller's trace id"
            ));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
