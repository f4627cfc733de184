//! `graphql-transport-ws` over real connections.

use futures_util::SinkExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;

pub(super) struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What the server says next.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    Message(Value),
    Closed(u16, String),
    Gone,
}

impl Running {
    async fn open(&self, headers: &[(&'static str, &str)]) -> Result<Client, u16> {
        let url = format!("{}/graphql", self.url.replace("http", "ws"));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let value = http::HeaderValue::try_from(*value).unwrap();
            request.headers_mut().insert(*name, value);
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Client(stream)),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                Err(answer.status().as_u16())
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// A connection that has said who it is.
    pub(super) async fn connect(&self, params: Value) -> Client {
        let mut client = self.open(&[PROTOCOL]).await.unwrap();
        let init = json!({"type": "connection_init", "payload": params});
        client.say(init).await;
        let ack = json!({"type": "connection_ack"});
        assert_eq!(client.hear().await, Heard::Message(ack));
        client
    }
}

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

impl Client {
    pub(super) async fn say(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str) {
        let payload = json!({"query": query});
        self.say(json!({"type": "subscribe", "id": id, "payload": payload}))
            .await;
    }

    pub(super) async fn hear(&mut self) -> Heard {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap();
            return match next {
                Some(Ok(Message::Text(text))) => {
                    Heard::Message(serde_json::from_str(&text).unwrap())
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(Some(frame)))) => {
                    Heard::Closed(frame.code.into(), frame.reason.to_string())
                }
                _ => Heard::Gone,
            };
        }
    }

    pub(super) async fn message(&mut self) -> Value {
        match self.hear().await {
            Heard::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    async fn closed(&mut self) -> u16 {
        loop {
            match self.hear().await {
                Heard::Closed(code, _) => return code,
                Heard::Message(_) => {}
                Heard::Gone => panic!("gone without a word"),
            }
        }
    }
}

pub(super) fn code(message: &Value) -> &str {
    message["payload"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or("")
}

#[actix_web::test]
async fn a_subscription_tells_its_events_in_order_and_completes() {
    let server = Running::start("").await;
    let mut client = server.connect(json!({})).await;
    client.subscribe("a", "numbers 3").await;
    for n in 0..3 {
        let expected = json!({"type": "next", "id": "a", "payload": {"data": {"n": n}}});
        assert_eq!(client.message().await, expected);
    }
    let complete = json!({"type": "complete", "id": "a"});
    assert_eq!(client.message().await, complete);
    // Its name is free again.
    client.subscribe("a", "numbers 0").await;
    assert_eq!(client.message().await, complete);
    server.stop().await;
}

#[actix_web::test]
async fn queries_are_answered_as_whom_the_connection_said_and_refusals_are_errors() {
    let server = Running::start("").await;
    let token = server.token(Role::Citizen);
    let params = json!({"Authorization": token, "minzheng-purpose": "P1"});
    let mut client = server.connect(params).await;
    client.subscribe("q", "anything").await;
    let answer = client.message().await;
    assert_eq!(answer["payload"]["data"]["role"], "citizen");
    assert_eq!(answer["payload"]["data"]["purpose"], "P1");
    assert_eq!(client.message().await["type"], "complete");
    client.subscribe("b", "broken").await;
    let refused = client.message().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(code(&refused), "GRAPHQL_VALIDATION_FAILED");
    client.subscribe("l", "lag").await;
    assert_eq!(client.message().await["type"], "next");
    assert_eq!(code(&client.message().await), "SUBSCRIPTION_LAGGED");
    // No `complete` follows an `error`.
    client.say(json!({"type": "ping"})).await;
    assert_eq!(client.message().await, json!({"type": "pong"}));
    server.stop().await;
}

#[actix_web::test]
async fn each_breach_of_the_protocol_has_its_close_code() {
    let hasty = Running::start("[subscriptions]\ninit = \"300ms\"").await;
    assert_eq!(hasty.open(&[PROTOCOL]).await.unwrap().closed().await, 4408);
    hasty.stop().await;
    let server = Running::start("").await;
    let subscribe =
        |id: &str| json!({"type": "subscribe", "id": id, "payload": {"query": "silence"}});
    let init = json!({"type": "connection_init"});
    let expired = json!({"type": "connection_init", "payload": {"authorization": "Bearer x"}});
    let purpose = json!({"type": "connection_init", "payload": {"minzheng-purpose": "P1"}});
    for (messages, expected) in [
        (vec![subscribe("a")], 4401),
        (vec![init.clone(), init.clone()], 4429),
        (vec![init.clone(), subscribe("a"), subscribe("a")], 4409),
        (vec![init.clone(), json!({"type": "start"})], 4400),
        (vec![json!([])], 4400),
        (vec![expired], 4403),
        (vec![purpose], 4403),
    ] {
        let mut client = server.open(&[PROTOCOL]).await.unwrap();
        for message in &messages {
            client.say(message.clone()).await;
        }
        assert_eq!(client.closed().await, expected, "{messages:?}");
    }
    let mut other = server.open(&[]).await.unwrap();
    assert_eq!(other.closed().await, 4406);
    let mut binary = server.connect(json!({})).await;
    let _ = binary.0.send(Message::binary(vec![1])).await;
    assert_eq!(binary.closed().await, 4400);
    let mut large = server.connect(json!({})).await;
    let _ = large
        .0
        .send(Message::text("x".repeat(2 * 1024 * 1024)))
        .await;
    assert_eq!(large.closed().await, 4400);
    server.stop().await;
}

#[actix_web::test]
async fn pages_of_other_origins_need_to_be_on_the_list() {
    let server = Running::start(CONFIG).await;
    let own = server.url.clone();
    for (origin, good) in [
        ("https://portal.example.org", true),
        (own.as_str(), true),
        ("https://evil.example.org", false),
        ("null", false),
    ] {
        let opened = server.open(&[PROTOCOL, ("origin", origin)]).await;
        assert_eq!(opened.as_ref().err().copied(), (!good).then_some(403));
    }
    server.stop().await;
}

#[actix_web::test]
async fn what_the_client_ends_is_over_at_once() {
    let server = Running::start("").await;
    let mut client = server.connect(json!({})).await;
    client.subscribe("a", "ticks 1").await;
    assert_eq!(client.message().await["type"], "next");
    let running = || server.gateway.subscriptions.load(Ordering::SeqCst);
    assert_eq!(running(), 1);
    client.say(json!({"type": "complete", "id": "a"})).await;
    client.say(json!({"type": "ping"})).await;
    while client.message().await["type"] != "pong" {}
    assert_eq!(running(), 0);
    // So is what a client that goes away leaves behind.
    client.subscribe("b", "silence").await;
    client.say(json!({"type": "ping"})).await;
    assert_eq!(client.message().await["type"], "pong");
    assert_eq!(running(), 1);
    drop(client);
    server.running(0).await;
    server.stop().await;
}

#[actix_web::test]
async fn too_many_subscriptions_are_refused_and_the_others_go_on() {
    let server = Running::start("[subscriptions]\nper_connection = 2\nper_process = 3").await;
    let mut first = server.connect(json!({})).await;
    let mut second = server.connect(json!({})).await;
    for id in ["a", "b", "c"] {
        first.subscribe(id, "silence").await;
    }
    let refused = first.message().await;
    assert_eq!(
        (refused["id"].as_str(), code(&refused)),
        (Some("c"), "TOO_MANY_SUBSCRIPTIONS")
    );
    second.subscribe("d", "silence").await;
    second.subscribe("e", "silence").await;
    let refused = second.message().await;
    assert_eq!(
        (refused["id"].as_str(), code(&refused)),
        (Some("e"), "TOO_MANY_SUBSCRIPTIONS")
    );
    first.say(json!({"type": "complete", "id": "a"})).await;
    first.subscribe("f", "numbers 1").await;
    assert_eq!(first.message().await["type"], "next");
    server.stop().await;
}

#[actix_web::test]
async fn a_token_that_ends_takes_its_subscriptions_with_it() {
    let server = Running::start("[identity]\nclock_skew = \"0s\"").await;
    let claims = DevClaims {
        ttl: Duration::from_secs(10),
        ..server.claims(Role::Citizen)
    };
    let token = server.issuer.mint(&claims, SystemTime::now());
    let params = json!({"authorization": format!("Bearer {token}")});
    let mut client = server.connect(params).await;
    client.subscribe("a", "silence").await;
    let ended = client.message().await;
    assert_eq!(
        (ended["type"].as_str(), code(&ended)),
        (Some("error"), "TOKEN_EXPIRED")
    );
    assert_eq!(
        client.hear().await,
        Heard::Closed(4403, "TOKEN_EXPIRED".to_owned())
    );
    server.stop().await;
}

#[actix_web::test]
async fn a_revoked_token_takes_its_subscriptions_with_it_and_runs_nothing_more() {
    let server = Running::start_with_revocation().await;
    let params = || json!({"authorization": server.token(Role::Registrar)});
    let mut quiet = server.connect(params()).await;
    quiet.subscribe("a", "silence").await;
    quiet.subscribe("q", "anything").await;
    assert_eq!(
        quiet.message().await["payload"]["data"]["role"],
        "registrar"
    );
    assert_eq!(quiet.message().await["type"], "complete");
    let mut busy = server.connect(params()).await;
    busy.subscribe("b", "ticks 1").await;
    assert_eq!(busy.message().await["type"], "next");
    let mut public = server.connect(json!({})).await;
    public.subscribe("p", "ticks 1").await;

    server.revoke().await;
    quiet.subscribe("m", "mutation").await;
    let ended = quiet.message().await;
    let name = (ended["type"].as_str(), ended["id"].as_str(), code(&ended));
    assert_eq!(name, (Some("error"), Some("a"), "TOKEN_REVOKED"));
    let closed = Heard::Closed(4403, "TOKEN_REVOKED".to_owned());
    assert_eq!(quiet.hear().await, closed, "nothing of `m` was run");
    // What was told before is on its way; then it ends.
    let end = loop {
        match busy.message().await {
            event if event["type"] == "next" => {}
            other => break other,
        }
    };
    assert_eq!(code(&end), "TOKEN_REVOKED");
    assert_eq!(busy.hear().await, closed);
    // Nor does a new connection begin, and others go on.
    let mut again = server.open(&[PROTOCOL]).await.unwrap();
    again
        .say(json!({"type": "connection_init", "payload": params()}))
        .await;
    assert_eq!(again.hear().await, closed);
    assert_eq!(public.message().await["type"], "next");
    server.stop().await;
}

#[actix_web::test]
async fn an_operation_is_not_run_for_a_token_that_was_revoked_since() {
    let server = Running::start_with_revocation().await;
    for _ in 0..20 {
        let token = server.token(Role::Citizen);
        let mut client = server.connect(json!({"authorization": token})).await;
        // The list is read while the operation is on its way: whichever the connection sees first. It is held until the
        // server stops, for what it would answer comes too late.
        client.subscribe("m", "held").await;
        server.revoke().await;
        let closed = Heard::Closed(4403, "TOKEN_REVOKED".to_owned());
        match client.hear().await {
            Heard::Message(ended) => {
                assert_eq!(code(&ended), "TOKEN_REVOKED", "{ended}");
                assert_eq!(client.hear().await, closed);
            }
            other => assert_eq!(other, closed),
        }
        let (_, list) = server.revoked.as_ref().unwrap();
        std::fs::write(list, "{}").unwrap();
        server.gateway.parts.verifier.refresh().await;
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_silent_client_is_pinged_and_a_dead_one_cut_off() {
    let server = Running::start("[subscriptions]\nping = \"2s\"").await;
    let mut alive = server.connect(json!({})).await;
    alive.subscribe("a", "ticks 6000").await;
    let dead = server.connect(json!({})).await;
    // Tungstenite answers pings when it is read: the one does, the other does not, for longer than two pings.
    for _ in 0..3 {
        assert_eq!(alive.message().await["type"], "next");
    }
    let mut dead = dead;
    let end = loop {
        match dead.hear().await {
            Heard::Message(_) => {}
            other => break other,
        }
    };
    assert_eq!(end, Heard::Gone);
    server.stop().await;
}

#[actix_web::test]
async fn a_client_that_takes_nothing_does_not_fill_the_memory_nor_hold_up_others() {
    let server = Running::start("").await;
    let mut stuck = server.connect(json!({})).await;
    stuck.subscribe("w", "wide 100000").await;
    assert_eq!(stuck.message().await["type"], "next");
    let mut other = server.connect(json!({})).await;
    other.subscribe("a", "numbers 100").await;
    for _ in 0..100 {
        assert_eq!(other.message().await["type"], "next");
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_process_that_stops_sends_its_clients_elsewhere() {
    let server = Running::start("").await;
    let mut client = server.connect(json!({})).await;
    client.subscribe("a", "silence").await;
    server.gateway.begin_drain();
    assert_eq!(client.closed().await, 1001);
    assert_eq!(server.open(&[PROTOCOL]).await.err(), Some(503));
    // Nothing holds up the stop.
    tokio::time::timeout(PATIENCE, server.stop()).await.unwrap();
}

#[actix_web::test]
async fn load_beyond_the_limit_is_shed_on_a_socket_too() {
    let server = Running::start("limits.concurrency = 1").await;
    let mut client = server.connect(json!({})).await;
    for id in ["1", "2", "3"] {
        client.subscribe(id, "held").await;
    }
    // One is held; the others are told so before it is over.
    for _ in 0..2 {
        let shed = client.message().await;
        assert_eq!(shed["type"], "error", "{shed}");
        assert_eq!(code(&shed), "OVERLOADED");
    }
    server.release(1);
    assert_eq!(client.message().await["type"], "next");
    assert_eq!(client.message().await["type"], "complete");
    // It is over: the next one is served.
    server.release(1);
    client.subscribe("4", "held").await;
    loop {
        let message = client.message().await;
        if message["id"] == "4" {
            assert_eq!(message["type"], "next", "{message}");
            break;
        }
    }
    server.stop().await;
}
