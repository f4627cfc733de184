//! GraphQL over server-sent events, over real connections.

use super::*;

const EVENTS: (&str, &str) = ("accept", "text/event-stream");

fn body(query: &str) -> String {
    json!({ "query": query }).to_string()
}

#[actix_web::test]
async fn a_subscription_is_a_stream_of_events_with_an_end() {
    let server = Running::start("").await;
    for got in [
        server.post(&[EVENTS], &body("numbers 2")).await,
        server
            .ask("GET", "/graphql?query=numbers%202", &[EVENTS], "")
            .await,
    ] {
        assert_eq!(got.status, 200);
        assert_eq!(got.header("content-type"), "text/event-stream");
        assert_eq!(got.header("cache-control"), "no-store");
        assert_eq!(got.header("content-encoding"), "");
        let text = String::from_utf8(got.body.to_vec()).unwrap();
        assert_eq!(
            text,
            ":\n\nevent: next\ndata: {\"data\":{\"n\":0}}\n\nevent: next\ndata: {\"data\":{\"n\":1}}\n\nevent: complete\ndata:\n\n"
        );
    }
    server.stop().await;
}

#[actix_web::test]
async fn who_takes_json_too_gets_a_single_answer_as_json() {
    let server = Running::start("").await;
    let both = ("accept", "application/json, text/event-stream");
    let got = server.post(&[both], &body("anything")).await;
    assert_eq!(
        got.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(got.json()["data"]["role"], "public");
    let got = server.post(&[both], &body("numbers 1")).await;
    assert_eq!(got.header("content-type"), "text/event-stream");
    let got = server.post(&[EVENTS], &body("anything")).await;
    let text = String::from_utf8(got.body.to_vec()).unwrap();
    assert!(text.starts_with("event: next\ndata: {\"data\":"), "{text}");
    assert!(text.ends_with("event: complete\ndata:\n\n"), "{text}");
    server.stop().await;
}

#[actix_web::test]
async fn a_refusal_has_its_status_and_a_lagging_stream_its_code() {
    let server = Running::start("[subscriptions]\nper_process = 0").await;
    let got = server.post(&[EVENTS], &body("broken")).await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (400, "GRAPHQL_VALIDATION_FAILED")
    );
    let got = server
        .post(&[EVENTS, ("authorization", "Bearer x")], &body("numbers 1"))
        .await;
    assert_eq!(got.status, 401);
    let got = server.post(&[EVENTS], &body("numbers 1")).await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (429, "TOO_MANY_SUBSCRIPTIONS")
    );
    let got = server
        .ask("GET", "/graphql?query=mutation", &[EVENTS], "")
        .await;
    assert_eq!(got.status, 405);
    server.stop().await;
    let server = Running::start("").await;
    let got = server.post(&[EVENTS], &body("lag")).await;
    let text = String::from_utf8(got.body.to_vec()).unwrap();
    assert!(text.contains("\"SUBSCRIPTION_LAGGED\""), "{text}");
    assert!(text.ends_with("event: complete\ndata:\n\n"), "{text}");
    server.stop().await;
}

#[actix_web::test]
async fn a_token_that_ends_ends_the_stream_and_so_does_a_stop() {
    let server = Running::start("[identity]\nclock_skew = \"0s\"").await;
    let claims = DevClaims {
        ttl: Duration::from_secs(10),
        ..server.claims(Role::Citizen)
    };
    let token = format!("Bearer {}", server.issuer.mint(&claims, SystemTime::now()));
    let with_token = [EVENTS, ("authorization", token.as_str())];
    let got = server.post(&with_token, &body("silence")).await;
    let text = String::from_utf8(got.body.to_vec()).unwrap();
    assert!(text.contains("\"TOKEN_EXPIRED\""), "{text}");
    assert!(text.ends_with("event: complete\ndata:\n\n"), "{text}");
    let silence = body("silence");
    let streaming = server.post(&[EVENTS], &silence);
    let stopping = async {
        server.running(1).await;
        server.gateway.begin_drain();
    };
    let (got, ()) = tokio::join!(streaming, stopping);
    // Cut without an end: the client comes again.
    assert_eq!(got.body, ":\n\n");
    server.stop().await;
}

#[actix_web::test]
async fn a_silent_stream_says_that_it_is_alive() {
    let server = Running::start("[subscriptions]\nping = \"50ms\"").await;
    let body = Full::new(Bytes::from(body("silence")));
    let request = http::Request::post(format!("{}/graphql", server.url))
        .header("content-type", "application/json")
        .header(EVENTS.0, EVENTS.1)
        .body(body)
        .unwrap();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut told = client.request(request).await.unwrap().into_body();
    let mut text = String::new();
    while text.matches(":\n\n").count() < 3 {
        let frame = tokio::time::timeout(PATIENCE, told.frame()).await.unwrap();
        text.push_str(std::str::from_utf8(frame.unwrap().unwrap().data_ref().unwrap()).unwrap());
    }
    drop(told);
    server.stop().await;
}

#[actix_web::test]
async fn an_answer_in_parts_is_multipart_and_a_single_one_is_not() {
    let server = Running::start("").await;
    let parts = (
        "accept",
        "multipart/mixed;deferSpec=20220824, application/json",
    );
    let got = server.post(&[parts], &body("parts")).await;
    assert_eq!(
        got.header("content-type"),
        "multipart/mixed; boundary=\"-\"; deferSpec=20220824"
    );
    assert_eq!(got.header("cache-control"), "no-store");
    let text = String::from_utf8(got.body.to_vec()).unwrap();
    let head = "content-type: application/json; charset=utf-8\r\n\r\n";
    assert_eq!(
        text,
        format!(
            "\r\n---\r\n{head}{{\"data\":{{}},\"hasNext\":true}}\r\n---\r\n{head}{{\"incremental\":[],\"hasNext\":false}}\r\n-----\r\n"
        )
    );
    let got = server.post(&[parts], &body("anything")).await;
    assert_eq!(got.json()["data"]["role"], "public");
    let only = ("accept", "multipart/mixed;deferSpec=20220824");
    // What was carried out is told, not refused, to who takes parts only.
    let got = server.post(&[only], &body("anything")).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.json()["data"]["role"], "public");
    server.stop().await;
    let server = Running::start("[subscriptions]\nper_process = 0").await;
    let got = server.post(&[parts], &body("parts")).await;
    assert_eq!(got.status, 429);
    server.stop().await;
}

const PARTS: (&str, &str) = (
    "accept",
    "multipart/mixed;deferSpec=20220824, application/json",
);

#[actix_web::test]
async fn a_revoked_token_ends_the_stream_and_so_it_does_parts() {
    for (accepted, query, end) in [
        (EVENTS, "silence", "event: complete\ndata:\n\n"),
        (EVENTS, "ticks 1", "event: complete\ndata:\n\n"),
        (PARTS, "half", "\"hasNext\":false}\r\n-----\r\n"),
    ] {
        let server = Running::start_with_revocation().await;
        let token = server.token(Role::Registrar);
        let (headers, asked) = ([accepted, ("authorization", token.as_str())], body(query));
        let streaming = server.post(&headers, &asked);
        let revoking = async {
            server.running(1).await;
            server.revoke().await;
        };
        let (got, ()) = tokio::join!(streaming, revoking);
        assert_eq!(got.status, 200);
        let text = String::from_utf8(got.body.to_vec()).unwrap();
        assert_eq!(text.matches("\"TOKEN_REVOKED\"").count(), 1, "{text}");
        assert!(text.ends_with(end), "{text}");
        assert_eq!(server.post(&headers, &asked).await.code(), "TOKEN_REVOKED");
        server.stop().await;
    }
}

#[actix_web::test]
async fn who_takes_no_parts_loses_the_place_when_the_deadline_is_well_over() {
    use tokio::io::AsyncWriteExt as _;
    let server = Running::start("[limits]\ndeadline = \"2s\"").await;
    let asked = body("wide parts");
    let mut stuck = tokio::net::TcpStream::connect(&server.url[7..])
        .await
        .unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: {}\r\ncontent-length: {}\r\n\r\n{asked}",
        PARTS.1,
        asked.len()
    );
    stuck.write_all(head.as_bytes()).await.unwrap();
    server.running(1).await;
    server.running(0).await;
    drop(stuck);
    server.stop().await;
}

/// Asks for events larger than all buffers on the way, and never reads one.
async fn stalled(server: &Running, token: Option<&str>) -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt as _;
    let asked = body("wide 100000");
    let mut stuck = tokio::net::TcpStream::connect(&server.url[7..])
        .await
        .unwrap();
    let authorization = token.map_or(String::new(), |token| format!("authorization: {token}\r\n"));
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: {}\r\n{authorization}content-length: {}\r\n\r\n{asked}",
        EVENTS.1,
        asked.len()
    );
    stuck.write_all(head.as_bytes()).await.unwrap();
    server.running(1).await;
    stuck
}

/// Has something end what a client does not read, again if it took so long that the patience with such a client may
/// have ended it.
async fn ends_soon(ending: impl AsyncFn()) {
    for _ in 0..5 {
        let began = Instant::now();
        ending().await;
        if began.elapsed() < crate::server::websocket::PATIENCE {
            return;
        }
    }
    panic!("it ended by the patience only");
}

#[actix_web::test]
async fn who_reads_no_event_loses_the_subscription_with_the_token_and_at_a_stop() {
    let server = Running::start("[identity]\nclock_skew = \"0s\"").await;
    ends_soon(async || {
        let claims = DevClaims {
            ttl: Duration::from_secs(5),
            ..server.claims(Role::Citizen)
        };
        let token = format!("Bearer {}", server.issuer.mint(&claims, SystemTime::now()));
        let stuck = stalled(&server, Some(&token)).await;
        server.running(0).await;
        drop(stuck);
    })
    .await;
    server.stop().await;

    ends_soon(async || {
        let server = Running::start("").await;
        let stuck = stalled(&server, None).await;
        server.gateway.begin_drain();
        server.running(0).await;
        drop(stuck);
        server.stop().await;
    })
    .await;

    ends_soon(async || {
        let server = Running::start_with_revocation().await;
        let stuck = stalled(&server, Some(&server.token(Role::Registrar))).await;
        server.revoke().await;
        server.running(0).await;
        drop(stuck);
        server.stop().await;
    })
    .await;
}

#[actix_web::test]
async fn who_takes_nothing_at_all_loses_the_place() {
    let server = Running::start("").await;
    let stuck = stalled(&server, None).await;
    server.running(0).await;
    drop(stuck);
    server.stop().await;
}
