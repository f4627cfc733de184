//! Subscriptions the whole way: from a subgraph, in this process or behind a WebSocket, through the
//! pipeline, to a client.

use futures_util::future::BoxFuture;

use super::news::{Far, Near, News, STORY, both_ways, connected, heard, recorded, started, story};
use super::websocket::{Heard, code};
use super::*;
use crate::record::files::Files;
use crate::record::store::Store as _;
use crate::record::{HashKind, Recorder, Settings};
use crate::transport::stream::NearSource;
use crate::transport::{InProcess, Upstream};

#[actix_web::test]
async fn an_event_is_filled_in_from_other_subgraphs() {
    let (far, all) = both_ways(1024).await;
    for (upstream, news) in all {
        let server = started(upstream, "").await;
        let mut client = server.connect(json!({})).await;
        client.subscribe("a", STORY).await;
        let expected = json!({"data": {"told": {"title": "好", "price": 3}}});
        assert_eq!(heard(&mut client, &news, "好").await["payload"], expected);
        let variables = json!({"query": "subscription S($a: String) { t: told(about: $a) { id } }", "variables": {"a": "b"}});
        client
            .say(json!({"type": "subscribe", "id": "b", "payload": variables}))
            .await;
        server.stop().await;
    }
    far.subscribed(1).await;
}

#[actix_web::test]
async fn what_the_caller_may_not_see_is_cut_and_a_root_of_it_refused() {
    let news = News::new(1024);
    let server = started(Upstream::InProcess(Arc::new(Near(news.clone()))), "").await;
    let mut client = server.connect(json!({})).await;
    client
        .subscribe("s", "subscription { secret { id } }")
        .await;
    let refused = client.message().await;
    assert_eq!(
        (refused["type"].as_str(), code(&refused)),
        (Some("error"), "UNAUTHENTICATED")
    );
    client
        .subscribe("h", "subscription { told { title hidden } }")
        .await;
    let event = heard(&mut client, &news, "x").await["payload"].clone();
    assert_eq!(
        event["data"],
        json!({"told": {"title": "x", "hidden": null}})
    );
    assert_eq!(event["errors"][0]["path"], json!(["told", "hidden"]));
    assert_eq!(event["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    client.subscribe("n", "subscription { nothing }").await;
    loop {
        let message = client.message().await;
        if message["id"] == "n" {
            assert_eq!(code(&message), "GRAPHQL_VALIDATION_FAILED");
            break;
        }
    }
    // By a way for one answer there are no subscriptions.
    let got = server.post(&[], &json!({"query": STORY}).to_string()).await;
    assert_eq!(got.code(), "SUBSCRIPTIONS_UNSUPPORTED");
    server.stop().await;
}

#[actix_web::test]
async fn a_refused_subscription_is_recorded_and_a_refused_field_once_and_not_with_each_event() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Box::new(Files::open(folder.path()).unwrap());
    let settings = Settings {
        instance: "t".to_owned(),
        hash: HashKind::Sha256,
        patience: PATIENCE,
        seal_every: Duration::from_secs(3600),
        seal_key: None,
        keep_days: [180, 1098, 3660],
        now: chrono::Utc::now,
        meter: crate::telemetry::LogMeter::default(),
    };
    let log = Arc::new(Recorder::start(open(), open(), settings).unwrap());
    let news = News::new(1024);
    let near = Upstream::InProcess(Arc::new(Near(news.clone())));
    let server = recorded(near, "", Some(Arc::clone(&log))).await;
    let mut client = server.connect(json!({})).await;
    client
        .subscribe("s", "subscription { secret { id } }")
        .await;
    assert_eq!(code(&client.message().await), "UNAUTHENTICATED");
    client
        .subscribe("h", "subscription { told { title hidden } }")
        .await;
    for title in ["x", "y", "z"] {
        let event = heard(&mut client, &news, title).await;
        let refused = &event["payload"]["errors"][0]["extensions"]["code"];
        assert_eq!(refused, "UNAUTHENTICATED");
    }
    server.stop().await;
    log.stop();
    let mut files = Files::at(folder.path());
    let mut records = Vec::new();
    for segment in files.segments().unwrap() {
        let mut read = |line: &[u8]| records.push(serde_json::from_slice(line).unwrap());
        files.lines(&segment, &mut read).unwrap();
    }
    let told: Vec<[&Value; 2]> = records
        .iter()
        .map(|record: &Value| [&record["decision"], &record["fields"]])
        .collect();
    let refused = json!("REFUSED");
    assert_eq!(
        told,
        [
            [&refused, &json!(["Subscription.secret"])],
            [&refused, &json!(["Story.hidden"])],
        ]
    );
}

#[actix_web::test]
async fn subscriptions_of_all_callers_share_a_connection_and_each_is_signed() {
    let far = Far::start("127.0.0.1:0").await;
    let server = started(far.upstream(), "").await;
    let mut first = server.connect(json!({})).await;
    let token = server.token(Role::Citizen);
    let mut second = server.connect(json!({"authorization": token})).await;
    first.subscribe("a", STORY).await;
    second.subscribe("a", STORY).await;
    far.subscribed(2).await;
    heard(&mut first, &far.news, "x").await;
    heard(&mut second, &far.news, "x").await;
    assert_eq!(far.connections.load(Ordering::SeqCst), 1);
    let payloads = far.payloads.lock().unwrap().clone();
    let headers = |at: usize| payloads[at]["extensions"]["minzheng"].clone();
    for at in 0..2 {
        for name in ["minzheng-principal", "signature", "content-digest"] {
            assert!(headers(at)[name].is_string(), "{name} of {at}");
        }
    }
    assert_ne!(
        headers(0)["minzheng-principal"],
        headers(1)["minzheng-principal"]
    );
    server.stop().await;
}

#[actix_web::test]
async fn a_subgraph_that_restarts_is_asked_again_and_the_client_stays() {
    let (far, server, mut client) = connected().await;
    client.subscribe("a", STORY).await;
    heard(&mut client, &far.news, "before").await;
    let address = far.stop().await;
    let far = Far::start(&address.to_string()).await;
    far.subscribed(1).await;
    loop {
        let event = heard(&mut client, &far.news, "after").await;
        if event["payload"]["data"]["told"]["title"] == "after" {
            break;
        }
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_source_that_says_places_goes_on_behind_the_last() {
    let (far, server, mut client) = connected().await;
    client.subscribe("a", STORY).await;
    far.subscribed(1).await;
    assert!(far.payloads.lock().unwrap()[0].get("resume").is_none());
    let events = [
        ("first", json!({"extensions": {"resume": "one"}})),
        ("second", json!({"extensions": {"resume": "tw\"o"}})),
        ("third", json!({"extensions": {"other": 1}})),
        (
            "fourth",
            json!({"extensions": {"resume": "x".repeat(2_000)}}),
        ),
    ];
    for (title, beside) in events {
        let mut event: Value = serde_json::from_str(&story(title)).unwrap();
        event["extensions"] = beside["extensions"].clone();
        far.news.send(event.to_string()).unwrap();
        let told = client.message().await;
        assert_eq!(told["payload"]["data"]["told"]["title"], title);
        assert!(told["payload"].get("extensions").is_none(), "{told}");
    }
    let address = far.stop().await;
    let far = Far::start(&address.to_string()).await;
    far.subscribed(1).await;
    assert_eq!(far.payloads.lock().unwrap()[0]["resume"], "tw\"o");
    server.stop().await;
}

#[actix_web::test]
async fn a_subscription_that_cannot_begin_is_refused_with_its_reason() {
    let gone = Upstream::Http {
        url: "http://127.0.0.1:1/graphql".parse().unwrap(),
    };
    let server = started(gone, "").await;
    let mut client = server.connect(json!({})).await;
    client.subscribe("a", STORY).await;
    let refused = client.message().await;
    assert_eq!(code(&refused), "SUBGRAPH_UNAVAILABLE");
    assert_eq!(refused["payload"][0]["extensions"]["service"], "news");
    server.stop().await;
    // Refused by the subgraph: told at the field, and complete.
    let (_far, server, mut client) = connected().await;
    client
        .subscribe("b", "subscription { told(about: \"refused\") { id } }")
        .await;
    let event = client.message().await["payload"].clone();
    assert_eq!(event["data"], json!({"told": null}));
    assert_eq!(event["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(client.message().await["type"], "complete");
    server.stop().await;
}

#[actix_web::test]
async fn events_that_come_faster_than_they_are_taken_end_the_subscription_with_a_code() {
    let (_far, all) = both_ways(100_000).await;
    for (upstream, news) in all {
        let server = started(upstream, "[subscriptions]\nbuffer = 2").await;
        let mut slow = server.connect(json!({})).await;
        slow.subscribe("a", STORY).await;
        heard(&mut slow, &news, "x").await;
        // More than all buffers on the way hold, at a stroke.
        let wide = "x".repeat(100_000);
        let last = loop {
            for _ in 0..50 {
                let _ = news.send(story(&wide));
            }
            match slow.hear().await {
                Heard::Message(message) if message["type"] == "error" => break message,
                Heard::Message(_) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(code(&last), "SUBSCRIPTION_LAGGED");
        server.stop().await;
    }
}

#[actix_web::test]
async fn a_stream_for_which_there_is_no_place_asks_no_subgraph() {
    let asked = Arc::new(AtomicUsize::new(0));
    let upstream = Upstream::InProcess(Arc::new(Counted(Arc::clone(&asked))));
    let server = started(upstream, "[subscriptions]\nper_process = 0").await;
    let events = [("accept", "text/event-stream")];
    let body = json!({ "query": STORY }).to_string();
    let got = server.post(&events, &body).await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (429, "TOO_MANY_SUBSCRIPTIONS")
    );
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    server.stop().await;
}

/// Counts how often it is asked, and tells nothing.
struct Counted(Arc<AtomicUsize>);

impl InProcess for Counted {
    fn call(
        &self,
        _: Vec<(&'static str, String)>,
        _: &'static str,
        _: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { (500, Bytes::new()) })
    }

    fn subscribe(
        &self,
        _: Vec<(&'static str, String)>,
        _: &'static str,
        _: Bytes,
        _: usize,
    ) -> BoxFuture<'static, Result<NearSource, (u16, Bytes)>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(stream::pending().boxed()) })
    }
}
