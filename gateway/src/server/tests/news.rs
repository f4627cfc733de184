//! Two subgraphs, of which one tells news, in this process or behind a WebSocket: what subscriptions are tried with.

use std::sync::{Mutex, Weak};

use futures_util::SinkExt as _;
use futures_util::future::BoxFuture;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use super::websocket::Client;
use super::*;
use crate::record::Recorder;
use crate::supergraph::{SubgraphSdl, Supergraph, compose};
use crate::transport::stream::{NearSource, offer};
use crate::transport::{InProcess, SharedKey, Upstream};

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", \"@requiresScopes\"])\n";
pub(super) const NEWS: &str = r#"
    type Query { stories: [Story] }
    type Story @key(fields: "id") { id: ID! title: String }
    type Subscription {
        told(about: String): Story
        secret: Story @requiresScopes(scopes: [["self"]])
    }
"#;
pub(super) const PRICES: &str = r#"
    type Query { cheapest: Story }
    type Story @key(fields: "id") { id: ID! price: Int hidden: Int @requiresScopes(scopes: [["self"]]) }
"#;

/// What is told, whoever listens.
pub(super) type News = broadcast::Sender<String>;

pub(super) fn story(title: &str) -> String {
    json!({"data": {"told": {"__typename": "Story", "id": "7", "title": title}}}).to_string()
}

/// Knows the price of everything.
pub(super) struct Prices;

impl InProcess for Prices {
    fn call(
        &self,
        _: Vec<(&'static str, String)>,
        _: &'static str,
        _: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        let answer = r#"{"data":{"_entities":[{"__typename":"Story","price":3,"hidden":4}]}}"#;
        Box::pin(async move { (200, Bytes::from_static(answer.as_bytes())) })
    }
}

/// Tells news in this process.
pub(super) struct Near(pub(super) News);

impl InProcess for Near {
    fn call(
        &self,
        _: Vec<(&'static str, String)>,
        _: &'static str,
        _: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        Box::pin(async { (500, Bytes::new()) })
    }

    fn subscribe(
        &self,
        headers: Vec<(&'static str, String)>,
        path: &'static str,
        body: Bytes,
        buffer: usize,
    ) -> BoxFuture<'static, Result<NearSource, (u16, Bytes)>> {
        assert!(headers.iter().any(|(name, _)| *name == "signature"));
        assert_eq!(path, "/graphql");
        if body.windows(7).any(|part| part == b"refused") {
            return Box::pin(async { Err((401, Bytes::new())) });
        }
        let mut news = self.0.subscribe();
        let (events, source) = mpsc::channel(buffer);
        tokio::spawn(async move {
            while let Ok(told) = news.recv().await {
                if !offer(&events, told.into()) {
                    return;
                }
            }
        });
        let source = stream::unfold(source, |mut source| async move {
            Some((source.recv().await?, source))
        });
        Box::pin(async move { Ok(source.boxed()) })
    }
}

/// Tells news behind a WebSocket.
pub(super) struct Far {
    pub(super) news: News,
    address: std::net::SocketAddr,
    /// The payloads of `subscribe`.
    pub(super) payloads: Arc<Mutex<Vec<Value>>>,
    pub(super) connections: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Far {
    pub(super) async fn start(address: &str) -> Self {
        // A port that was just given up may be in use for a moment, as the near end of somebody's connection.
        let began = Instant::now();
        let listener = loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(error) => assert!(began.elapsed() < PATIENCE, "{address}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let address = listener.local_addr().unwrap();
        let news = News::new(1024);
        let payloads: Arc<Mutex<Vec<Value>>> = Arc::default();
        let connections: Arc<AtomicUsize> = Arc::default();
        let (telling, noting, counting) = (news.clone(), payloads.clone(), connections.clone());
        let serving = tokio::spawn(async move {
            let mut all = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                counting.fetch_add(1, Ordering::SeqCst);
                all.spawn(speak(tcp, telling.clone(), noting.clone()));
            }
        });
        Self {
            news,
            address,
            payloads,
            connections,
            serving,
        }
    }

    /// Stops and waits until the port is free.
    pub(super) async fn stop(self) -> std::net::SocketAddr {
        self.serving.abort();
        let _ = self.serving.await;
        self.address
    }

    pub(super) fn upstream(&self) -> Upstream {
        let url = format!("http://{}/graphql", self.address);
        Upstream::Http {
            url: url.parse().unwrap(),
        }
    }

    pub(super) async fn subscribed(&self, times: usize) {
        let there = async {
            while self.payloads.lock().unwrap().len() < times {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, there).await.unwrap();
    }
}

/// One connection of a subgraph: enough of the protocol for a gateway.
#[allow(clippy::result_large_err)] // the library's own type
async fn speak(tcp: TcpStream, news: News, payloads: Arc<Mutex<Vec<Value>>>) {
    let protocol = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let asked = request.headers()["sec-websocket-protocol"].clone();
        response
            .headers_mut()
            .insert("sec-websocket-protocol", asked);
        Ok(response)
    };
    let socket = tokio_tungstenite::accept_hdr_async(tcp, protocol).await;
    let mut socket = socket.unwrap();
    let mut told = news.subscribe();
    let mut ids: Vec<Value> = Vec::new();
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(Ok(message)) = message else { return };
                let Message::Text(text) = message else { continue };
                let message: Value = serde_json::from_str(&text).unwrap();
                let answer = match message["type"].as_str().unwrap() {
                    "connection_init" => json!({"type": "connection_ack"}),
                    "subscribe" if message.to_string().contains("refused") => json!({
                        "type": "error", "id": message["id"],
                        "payload": [{"message": "No.", "extensions": {"code": "FORBIDDEN"}}],
                    }),
                    "subscribe" => {
                        ids.push(message["id"].clone());
                        payloads.lock().unwrap().push(message["payload"].clone());
                        continue;
                    }
                    "complete" => {
                        ids.retain(|id| *id != message["id"]);
                        continue;
                    }
                    other => panic!("{other}"),
                };
                socket.send(Message::text(answer.to_string())).await.unwrap();
            }
            news = told.recv() => {
                let Ok(news) = news else { return };
                for id in &ids {
                    let next = format!(r#"{{"id":{id},"type":"next","payload":{news}}}"#);
                    let _ = socket.send(Message::text(next)).await;
                }
            }
        }
    }
}

/// The news told in this process and behind a WebSocket, so that both ways are tried; as many wait as `held`.
pub(super) async fn both_ways(held: usize) -> (Far, [(Upstream, News); 2]) {
    let (near, far) = (News::new(held), Far::start("127.0.0.1:0").await);
    let all = [
        (Upstream::InProcess(Arc::new(Near(near.clone()))), near),
        (far.upstream(), far.news.clone()),
    ];
    (far, all)
}

/// News behind a WebSocket, a server that asks there, and a client of it.
pub(super) async fn connected() -> (Far, Running, Client) {
    let far = Far::start("127.0.0.1:0").await;
    let server = started(far.upstream(), "").await;
    let client = server.connect(json!({})).await;
    (far, server, client)
}

/// A server of the two subgraphs, the news of which come from here.
pub(super) async fn started(news: Upstream, config: &str) -> Running {
    recorded(news, config, None).await
}

/// The same with an access log.
pub(super) async fn recorded(news: Upstream, config: &str, log: Option<Arc<Recorder>>) -> Running {
    let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let keys = ["news", "prices"].map(|name| {
        let shared = SharedKey::new("k", vec![2; 32]).unwrap();
        (name.to_owned(), shared)
    });
    let server = Running::start_with(config, Signer::new(key, BTreeMap::from(keys))).await;
    server.loads(&news, (NEWS, PRICES), 1, log);
    server
}

impl Running {
    /// Serves by these schemas of the two from now on. Gives what tells whether that is still held.
    pub(super) fn loads(
        &self,
        news: &Upstream,
        (of_news, of_prices): (&str, &str),
        generation: u64,
        log: Option<Arc<Recorder>>,
    ) -> Weak<Supergraph> {
        let sdls = [("news", of_news), ("prices", of_prices)].map(|(name, sdl)| SubgraphSdl {
            name: name.to_owned(),
            url: String::new(),
            sdl: format!("{LINK}{sdl}"),
        });
        let supergraph = compose::compose(&sdls).unwrap();
        let supergraph = Supergraph::load(&supergraph, generation).unwrap();
        let pipeline = Pipeline::new(&crate::config::Limits::default(), supergraph).unwrap();
        let pipeline = pipeline.recording(log);
        let upstreams: Vec<(Arc<str>, Upstream)> = pipeline
            .schema()
            .subgraphs
            .iter()
            .map(|info| match &*info.name {
                "news" => (info.name.clone(), news.clone()),
                _ => (info.name.clone(), Upstream::InProcess(Arc::new(Prices))),
            })
            .collect();
        let held = Arc::downgrade(&pipeline.schema());
        self.gateway.load(Arc::new(pipeline), upstreams.into());
        held
    }
}

pub(super) const STORY: &str = "subscription { told { title price } }";

/// Tells until the client has heard: the subscription may still be on its way.
pub(super) async fn heard(client: &mut Client, news: &News, title: &str) -> Value {
    let telling = async {
        loop {
            let _ = news.send(story(title));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        message = client.message() => message,
        () = telling => unreachable!(),
    }
}
