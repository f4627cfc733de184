//! Transport against in-process subgraphs and a small HTTP server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::identity::Principal;

type Answer = Box<dyn Fn(usize) -> (u16, &'static str, Duration) + Send + Sync>;

/// A subgraph that answers what the test says and remembers the headers it got.
struct Stub {
    calls: AtomicUsize,
    headers: Mutex<Vec<Vec<(&'static str, String)>>>,
    answer: Answer,
}

impl Stub {
    fn new(
        answer: impl Fn(usize) -> (u16, &'static str, Duration) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            calls: AtomicUsize::new(0),
            headers: Mutex::default(),
            answer: Box::new(answer),
        })
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl InProcess for Stub {
    fn call(
        &self,
        headers: Vec<(&'static str, String)>,
        path: &'static str,
        _: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        assert_eq!(path, "/graphql");
        let n = self.calls.fetch_add(1, Ordering::SeqCst);
        self.headers.lock().unwrap().push(headers);
        let (status, body, wait) = (self.answer)(n);
        Box::pin(async move {
            tokio::time::sleep(wait).await;
            (status, Bytes::from_static(body.as_bytes()))
        })
    }
}

pub(super) fn transport(upstream: Upstream) -> Transport {
    let shared = SharedKey::new("k", vec![1; 32]).unwrap();
    Transport::new(
        &config::Limits::default(),
        Arc::from([(Arc::from("persons"), upstream)]),
        Arc::new(Signer::new(
            ed25519_dalek::SigningKey::from_bytes(&[3; 32]),
            BTreeMap::from([("persons".to_owned(), shared)]),
        )),
        Metrics::new(),
    )
}

pub(super) fn caller() -> Caller {
    let trace = telemetry::extract(|name| {
        (name == header::TRACEPARENT)
            .then_some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    });
    Caller {
        principal: Arc::new(Principal::public("51")),
        purpose: None,
        case: None,
        trace,
    }
}

pub(super) fn request(
    caller: &Caller,
    public: bool,
    mutation: bool,
    within: Duration,
) -> FetchRequest<'_> {
    FetchRequest {
        subgraph: 0,
        body: Bytes::from_static(b"{\"query\":\"{ a }\"}"),
        caller,
        public,
        mutation,
        generation: 0,
        deadline: Instant::now() + within,
        expected: 0,
    }
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "current_thread")]
async fn a_call_carries_every_header_of_the_contract() {
    let stub = Stub::new(|_| (200, "{\"data\":{}}", Duration::ZERO));
    let transport = transport(Upstream::InProcess(Arc::clone(&stub) as _));
    let caller = caller();
    let body = transport.fetch(request(&caller, false, false, LONG)).await;
    assert_eq!(body.unwrap(), "{\"data\":{}}");
    let headers = stub.headers.lock().unwrap().remove(0);
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            header::PRINCIPAL,
            header::PURPOSE,
            header::CASE,
            header::CONTENT_DIGEST,
            header::SIGNATURE_INPUT,
            header::SIGNATURE,
            header::DEADLINE,
            header::TRACEPARENT,
        ]
    );
    let left: u64 = headers[6].1.parse().unwrap();
    assert!(
        (1..=20_000).contains(&left),
        "what is left of twenty seconds"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn answers_that_are_refusals_or_no_json_are_told_apart() {
    for (status, body, expected) in [
        (401, "{}", TransportError::Refused(401)),
        (503, "busy", TransportError::Refused(503)),
        (200, "<html>", TransportError::Malformed),
        (200, "", TransportError::Malformed),
    ] {
        let stub = Stub::new(move |_| (status, body, Duration::ZERO));
        let transport = transport(Upstream::InProcess(stub));
        let got = transport
            .fetch(request(&caller(), false, false, LONG))
            .await;
        assert_eq!(got, Err(expected), "{status} {body}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_late_answer_is_a_timeout() {
    let stub = Stub::new(|_| (200, "{}", Duration::from_secs(5)));
    let transport = transport(Upstream::InProcess(stub));
    let got = transport
        .fetch(request(&caller(), false, false, Duration::from_millis(20)))
        .await;
    assert_eq!(got, Err(TransportError::Timeout));
}

#[tokio::test(flavor = "current_thread")]
async fn equal_public_fetches_in_flight_are_one_and_later_ones_are_not() {
    let stub = Stub::new(|_| (200, "{}", Duration::from_millis(20)));
    let transport = transport(Upstream::InProcess(Arc::clone(&stub) as _));
    let caller = caller();
    let many = (0..8).map(|_| transport.fetch(request(&caller, true, false, LONG)));
    for outcome in futures_util::future::join_all(many).await {
        assert_eq!(outcome.unwrap(), "{}");
    }
    assert_eq!(stub.calls(), 1);
    transport
        .fetch(request(&caller, true, false, LONG))
        .await
        .unwrap();
    assert_eq!(stub.calls(), 2);
    assert!(transport.0.in_flight.borrow().is_empty());

    let many = (0..3).map(|_| transport.fetch(request(&caller, false, false, LONG)));
    futures_util::future::join_all(many).await;
    assert_eq!(stub.calls(), 5, "personal fetches are never shared");

    // Who asks after something has changed is not given what was asked for before.
    let later = FetchRequest {
        generation: 1,
        ..request(&caller, true, false, LONG)
    };
    let before = transport.fetch(request(&caller, true, false, LONG));
    let (before, later) = tokio::join!(before, transport.fetch(later));
    assert!(before.is_ok() && later.is_ok());
    assert_eq!(stub.calls(), 7);
}

#[tokio::test(flavor = "current_thread")]
async fn a_shared_fetch_ends_when_nobody_waits_for_it_and_goes_on_while_someone_does() {
    let stub = Stub::new(|_| (200, "{}", Duration::from_millis(30)));
    let transport = transport(Upstream::InProcess(Arc::clone(&stub) as _));
    let caller = caller();
    let fetch = || Box::pin(transport.fetch(request(&caller, true, false, LONG)));
    let (mut first, mut second) = (fetch(), fetch());
    assert!(futures_util::poll!(first.as_mut()).is_pending());
    assert!(futures_util::poll!(second.as_mut()).is_pending());
    // The first one leaves.
    drop(first);
    assert_eq!(second.await.unwrap(), "{}");
    assert_eq!(stub.calls(), 1);
    let mut alone = fetch();
    assert!(futures_util::poll!(alone.as_mut()).is_pending());
    assert!(!transport.0.in_flight.borrow().is_empty());
    drop(alone);
    assert!(transport.0.in_flight.borrow().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn a_subgraph_that_keeps_failing_is_left_alone() {
    let stub = Stub::new(|_| (500, "{}", Duration::ZERO));
    let transport = transport(Upstream::InProcess(Arc::clone(&stub) as _));
    let caller = caller();
    for _ in 0..5 {
        let got = transport.fetch(request(&caller, false, false, LONG)).await;
        assert_eq!(got, Err(TransportError::Refused(500)));
    }
    let got = transport.fetch(request(&caller, false, false, LONG)).await;
    assert_eq!(got, Err(TransportError::Unavailable));
    assert_eq!(stub.calls(), 5);
}

/// A server that breaks its first connection after reading, then answers; it counts requests.
async fn flaky() -> (http::Uri, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let n = count.fetch_add(1, Ordering::SeqCst);
            let mut buffer = vec![0; 8192];
            let mut text = String::new();
            while !text.contains("{ a }") {
                let read = stream.read(&mut buffer).await.unwrap();
                text.push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
            assert!(text.starts_with("POST /graphql HTTP/1.1"));
            if n > 0 {
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"data\":{}}";
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    (url.parse().unwrap(), seen)
}

#[tokio::test(flavor = "current_thread")]
async fn a_query_over_a_broken_connection_is_asked_again_and_a_mutation_is_not() {
    let (url, seen) = flaky().await;
    let query = transport(Upstream::Http { url });
    let got = query.fetch(request(&caller(), false, false, LONG)).await;
    assert_eq!(got.unwrap(), "{\"data\":{}}");
    assert_eq!(seen.load(Ordering::SeqCst), 2);

    let (url, seen) = flaky().await;
    let mutation = transport(Upstream::Http { url });
    let got = mutation.fetch(request(&caller(), false, true, LONG)).await;
    assert_eq!(got, Err(TransportError::Unavailable));
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn a_subgraph_that_is_not_there_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    drop(listener);
    let transport = transport(Upstream::Http {
        url: url.parse().unwrap(),
    });
    let got = transport
        .fetch(request(&caller(), false, false, LONG))
        .await;
    assert_eq!(got, Err(TransportError::Unavailable));
}

/// A subgraph that speaks HTTP/2 without TLS and says which version it was asked in.
fn h2c_server() -> (http::Uri, actix_web::dev::ServerHandle) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("h2c://{}/graphql", listener.local_addr().unwrap());
    let app = || {
        let answer = |request: actix_web::HttpRequest, body: Bytes| async move {
            assert_eq!(body, "{\"query\":\"{ a }\"}");
            assert!(request.headers().contains_key(header::SIGNATURE));
            format!("{{\"data\":\"{:?}\"}}", request.version())
        };
        actix_web::App::new().route("/graphql", actix_web::web::post().to(answer))
    };
    let server = actix_web::HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .listen_auto_h2c(listener)
        .unwrap()
        .run();
    let handle = server.handle();
    tokio::spawn(server);
    (url.parse().unwrap(), handle)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_subgraph_is_asked_in_http_2_when_its_url_says_so() {
    let (url, server) = h2c_server();
    let local = tokio::task::LocalSet::new();
    let answers = local.run_until(async {
        let transport = transport(Upstream::Http { url });
        let caller = caller();
        let many = (0..20).map(|_| transport.fetch(request(&caller, false, false, LONG)));
        futures_util::future::join_all(many).await
    });
    for answer in answers.await {
        assert_eq!(answer.unwrap(), "{\"data\":\"HTTP/2.0\"}");
    }
    server.stop(false).await;
}

#[tokio::test(flavor = "current_thread")]
async fn callers_of_two_provinces_never_share_a_public_fetch() {
    let stub = Stub::new(|_| (200, "{}", Duration::from_millis(20)));
    let transport = transport(Upstream::InProcess(Arc::clone(&stub) as _));
    let (here, mut there) = (caller(), caller());
    there.principal = Arc::new(Principal::public("32"));
    let both = futures_util::future::join(
        transport.fetch(request(&here, true, false, LONG)),
        transport.fetch(request(&there, true, false, LONG)),
    );
    let (here, there) = both.await;
    assert!(here.is_ok() && there.is_ok());
    assert_eq!(stub.calls(), 2);
}

#[tokio::test(flavor = "current_thread")]
async fn connections_outlive_a_change_of_the_schema_and_no_longer_than_their_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: http::Uri = format!("http://{}/graphql", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let ended = Arc::new(AtomicUsize::new(0));
    let (count, gone) = (Arc::clone(&connections), Arc::clone(&ended));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let gone = Arc::clone(&gone);
            tokio::spawn(async move {
                let mut buffer = [0; 8192];
                while stream.read(&mut buffer).await.unwrap_or(0) > 0 {
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                    stream.write_all(answer).await.unwrap();
                }
                gone.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    let mut transport = transport(Upstream::Http { url: url.clone() });
    for _ in 0..5 {
        let answer = transport
            .fetch(request(&caller(), false, false, LONG))
            .await;
        assert_eq!(answer.unwrap(), "{}");
        let upstream = Upstream::Http { url: url.clone() };
        transport = transport.renewed(Arc::from([(Arc::from("persons"), upstream)]));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    // Nobody asks there any more: the connection is closed.
    let elsewhere = Upstream::Http {
        url: "http://127.0.0.1:9/graphql".parse().unwrap(),
    };
    let _moved = transport.renewed(Arc::from([(Arc::from("persons"), elsewhere)]));
    while ended.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
}
