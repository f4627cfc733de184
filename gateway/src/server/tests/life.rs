//! The gateway's life: readiness, load and draining.

use super::*;

#[actix_web::test]
async fn the_machinery_around_can_see_how_the_gateway_is() {
    let server = Running::start(CONFIG).await;
    let get = |path: &'static str| server.ask("GET", path, &[], "");
    assert_eq!(get("/health").await.status, 200);
    assert_eq!(get("/ready").await.json(), json!({"ready": true}));
    server.post(&[], r#"{"query":"q"}"#).await;
    let metrics = String::from_utf8(get("/metrics").await.body.to_vec()).unwrap();
    assert!(metrics.contains(
        "minzheng_gateway_requests_total{method=\"POST\",status=\"200\",role=\"public\"} 1"
    ));
    let nothing = get("/nothing").await;
    assert_eq!(
        (nothing.status, nothing.code().as_str()),
        (404, "NOT_FOUND")
    );
    server.gateway.begin_drain();
    let draining = get("/ready").await;
    assert_eq!(
        (draining.status, draining.json()),
        (503, json!({"ready": false}))
    );
    assert_eq!(get("/health").await.status, 200);
    server.stop().await;
}

#[actix_web::test]
async fn without_a_schema_the_gateway_says_so() {
    let server = Running::start(CONFIG).await;
    server.gateway.loaded.store(None);
    let got = server.post(&[], r#"{"query":"q"}"#).await;
    assert_eq!((got.status, got.code().as_str()), (503, "NOT_READY"));
    assert_eq!(got.header("retry-after"), "1");
    assert_eq!(server.ask("GET", "/ready", &[], "").await.status, 503);
    server.stop().await;
}

#[actix_web::test]
async fn load_beyond_the_limit_is_shed_at_once() {
    let server = Running::start("limits.concurrency = 2").await;
    let ask = || server.post(&[], r#"{"query":"held"}"#);
    let mut all: futures_util::stream::FuturesUnordered<_> = (0..5).map(|_| ask()).collect();
    // Two are held; the others are told so before anything is over.
    for _ in 0..3 {
        let shed = all.next().await.unwrap();
        assert_eq!(
            (
                shed.status,
                shed.code().as_str(),
                shed.header("retry-after")
            ),
            (503, "OVERLOADED", "1")
        );
    }
    server.release(2);
    while let Some(got) = all.next().await {
        assert_eq!(got.status, 200);
    }
    drop(all);
    server.release(1);
    assert_eq!(ask().await.status, 200);
    server.stop().await;
}

#[actix_web::test]
async fn a_stop_waits_for_requests_under_way() {
    let server = Running::start(CONFIG).await;
    let under_way = server.post(&[], r#"{"query":"held"}"#);
    let stop = async {
        server.held(1).await;
        let mut stopping = std::pin::pin!(server.handle.stop(true));
        let waits = tokio::time::timeout(Duration::from_millis(100), &mut stopping).await;
        assert!(waits.is_err(), "it did not wait");
        server.release(1);
        stopping.await;
    };
    let (got, ()) = futures_util::future::join(under_way, stop).await;
    assert_eq!(got.status, 200);
}

#[actix_web::test]
async fn an_address_in_use_is_one_sentence() {
    let taken = bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = bind(&address).err().unwrap().to_string();
    assert!(
        error.contains(&address) && error.contains("already in use"),
        "{error}"
    );
}

/// A body that nobody takes is not held for ever: the connection is cut.
#[cfg(target_os = "linux")]
#[actix_web::test]
async fn a_client_that_takes_nothing_of_its_answer_loses_it() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    const LENGTH: usize = 12 << 20;
    let server = Running::start("[limits]\nbody = \"16MiB\"\n[server]\nstalled = \"2s\"").await;
    let body = json!({"query": "q", "variables": {"wide": "x".repeat(LENGTH)}}).to_string();
    let address = server.url.trim_start_matches("http://").to_owned();
    let ask = async |patience: Duration| -> usize {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        tokio::time::sleep(patience).await;
        let mut taken = Vec::new();
        // Cut off, reading ends or fails: either way with what there was.
        let _ = stream.read_to_end(&mut taken).await;
        taken.len()
    };
    assert!(ask(Duration::ZERO).await > LENGTH);
    assert!(ask(Duration::from_secs(12)).await < LENGTH);
    server.stop().await;
}

/// A client confirms what it received at once while a connection is new and 40 ms later after that, so the first
/// exchanges say nothing.
#[actix_web::test]
async fn the_end_of_a_large_answer_does_not_wait_until_its_beginning_is_confirmed() {
    const WARM: usize = 30;
    const TRIES: usize = 300;
    const CONFIRMED: Duration = Duration::from_millis(35);
    let server = Running::start(CONFIG).await;
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let at_once = tokio::task::spawn_blocking(move || {
        use std::io::{BufRead as _, BufReader, Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let body = r#"{"query":"vast"}"#;
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut in_a_row = 0;
        for nth in 0..TRIES {
            stream.write_all(request.as_bytes()).unwrap();
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim().to_ascii_lowercase();
                if let Some(bytes) = line.strip_prefix("content-length: ") {
                    length = bytes.parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            let begun = Instant::now();
            let mut answer = vec![0; length];
            reader.read_exact(&mut answer).unwrap();
            assert!(length > 100_000);
            in_a_row = if begun.elapsed() < CONFIRMED {
                in_a_row + 1
            } else {
                0
            };
            if nth >= WARM && in_a_row >= 5 {
                return true;
            }
        }
        false
    });
    assert!(at_once.await.unwrap(), "every end waits for a confirmation");
    server.stop().await;
}
