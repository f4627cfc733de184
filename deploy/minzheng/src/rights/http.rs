//! The same coordinates over real HTTP: by GET, where a subscription is told as events, in batches, and over
//! WebSockets, by which everything may come; asked of a gateway of this process whose subgraphs answer nothing and note what they were asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt as _, StreamExt as _};
use minzheng_gateway::cache::Cache;
use minzheng_gateway::config::{ByteSize, Config};
use minzheng_gateway::identity::{Role, Verifier};
use minzheng_gateway::pipeline::Pipeline;
use minzheng_gateway::server::{self, Gateway, Parts};
use minzheng_gateway::supergraph::Supergraph;
use minzheng_gateway::telemetry::Metrics;
use minzheng_gateway::transport::stream::NearSource;
use minzheng_gateway::transport::{InProcess, Upstream, Upstreams};
use minzheng_kit::keys::Keys;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::asked::Asked;
use super::walk::Way;
use crate::keys;

/// Operations in one batch.
const BATCH: usize = 40;

/// Subgraphs that answer nothing.
#[derive(Default)]
struct Silent {
    asked: Mutex<Vec<u8>>,
}

impl Silent {
    fn note(&self, body: &[u8]) {
        self.asked.lock().unwrap().extend_from_slice(body);
    }

    /// What was asked since the last time.
    fn take(&self) -> String {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        String::from_utf8(asked).unwrap()
    }
}

impl InProcess for Silent {
    fn call(
        &self,
        _: Vec<(&'static str, String)>,
        _: &'static str,
        body: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        self.note(&body);
        Box::pin(async { (200, Bytes::from_static(b"{\"data\":{}}")) })
    }

    fn subscribe(
        &self,
        _: Vec<(&'static str, String)>,
        _: &'static str,
        body: Bytes,
        _: usize,
    ) -> BoxFuture<'static, Result<NearSource, (u16, Bytes)>> {
        self.note(&body);
        Box::pin(async { Err((400, Bytes::from_static(b"{}"))) })
    }
}

/// What a walk by one way over HTTP found.
#[derive(Default)]
pub(super) struct Told {
    /// What each role, in the order of [`Role::ALL`], gets of each coordinate; nothing where it can come there by
    /// no operation that this way takes.
    pub(super) given: BTreeMap<String, [Option<bool>; 8]>,
    pub(super) problems: Vec<String>,
}

/// What each role is told by GET, in batches, and over WebSockets.
pub(super) async fn ask(
    supergraph: Supergraph,
    verifier: Arc<Verifier>,
    tokens: &[Option<String>],
    all: &[Vec<Asked>],
) -> [(Way, Told); 3] {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.limits.batch = BATCH;
    config.limits.body = ByteSize::mib(4);
    // The tests beside this one plan, too.
    config.limits.deadline = Duration::from_secs(120);
    let gateway = Gateway::new(Parts {
        verifier,
        cache: Arc::new(Cache::disabled()),
        signer: keys::signer(&Keys::load_or_create(folder.path()).unwrap()).unwrap(),
        metrics: Metrics::new(),
        first_query: None,
        config,
    });
    let silent = Arc::new(Silent::default());
    let upstreams: Upstreams = supergraph
        .subgraphs
        .iter()
        .map(|subgraph| {
            let silent = Arc::clone(&silent) as Arc<dyn InProcess>;
            (Arc::clone(&subgraph.name), Upstream::InProcess(silent))
        })
        .collect();
    let pipeline = Pipeline::new(&gateway.parts().config.limits, supergraph).unwrap();
    gateway.load(Arc::new(pipeline), upstreams);
    let listener = server::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = server::serve(gateway, listener, 1).unwrap();
    let handle = server.handle();
    let serving = tokio::spawn(server);

    let mut line = Line(BufStream::new(TcpStream::connect(address).await.unwrap()));
    let (mut by_get, mut in_batches) = (Told::default(), Told::default());
    let mut over_sockets = Told::default();
    // What is prepared for one way is kept for the others.
    for (role, asked) in all.iter().enumerate() {
        let token = tokens[role].as_deref();
        for one in asked {
            let answer = line.get(token, one).await;
            by_get.judge(Way::Get, role, one, &answer, &silent.take());
        }
        for some in asked.chunks(BATCH) {
            let answers = line.post(token, some).await;
            let fetched = silent.take();
            let answers = answers.as_array().filter(|all| all.len() == some.len());
            for (one, answer) in some.iter().zip(answers.expect("an answer for each")) {
                in_batches.judge(Way::Batch, role, one, answer, &fetched);
            }
        }
        let mut socket = Socket::open(address, token).await;
        for (number, one) in asked.iter().enumerate() {
            let answer = socket.ask(number, one).await;
            over_sockets.judge(Way::WebSocket, role, one, &answer, &silent.take());
        }
    }
    handle.stop(false).await;
    serving.abort();
    [
        (Way::Get, by_get),
        (Way::Batch, in_batches),
        (Way::WebSocket, over_sockets),
    ]
}

impl Told {
    /// Notes what an answer gives of what was asked.
    fn judge(&mut self, way: Way, role: usize, asked: &Asked, answer: &Value, fetched: &str) {
        let name = Role::ALL[role].as_str();
        let code = |error: &Value| {
            error["extensions"]["code"]
                .as_str()
                .unwrap_or("")
                .to_owned()
        };
        let errors: Vec<&Value> = answer["errors"].as_array().into_iter().flatten().collect();
        let was_fetched =
            |mark: &Option<String>| mark.as_ref().is_some_and(|m| fetched.contains(m));
        let closed = match (way, asked.kind) {
            // A peer runs the one document of the protocol, and nobody's own.
            _ if Role::ALL[role] == Role::Peer => Some("DOCUMENT_NOT_TRUSTED"),
            (Way::Get, "mutation") => Some("MUTATION_OVER_GET"),
            (Way::Batch, "subscription") => Some("SUBSCRIPTIONS_UNSUPPORTED"),
            _ => None,
        };
        if let Some(closed) = closed {
            let whole = answer.get("data").is_none() && errors.len() == 1;
            let asked_for = asked.leaves.iter().any(|leaf| was_fetched(&leaf.mark));
            if !whole || code(errors[0]) != closed || asked_for {
                let problem = format!("{} passes for {name}: {answer}", asked.text);
                self.problems.push(problem);
            }
            for leaf in &asked.leaves {
                self.given.entry(leaf.coordinate.clone()).or_default();
            }
            return;
        }
        // A subscription that is refused has nothing to begin with, and so no data.
        if answer.get("data").is_none() && asked.kind != "subscription" {
            let problem = format!("{} is no answer to {name} for {}", answer, asked.text);
            self.problems.push(problem);
        }
        let refusal = match role {
            0 => "UNAUTHENTICATED",
            _ => "FORBIDDEN",
        };
        let cuts: Vec<Vec<&str>> = errors
            .into_iter()
            // What a subgraph says, or what is said of one, names it.
            .filter(|error| code(error) == refusal && error["extensions"]["service"].is_null())
            .filter_map(|error| error["path"].as_array())
            .map(|path| path.iter().filter_map(Value::as_str).collect())
            .collect();
        for leaf in &asked.leaves {
            let path: Vec<&str> = leaf.path.iter().map(String::as_str).collect();
            let cut = (1..=path.len()).any(|length| cuts.iter().any(|cut| *cut == path[..length]));
            self.given.entry(leaf.coordinate.clone()).or_default()[role] = Some(!cut);
            // What a subgraph knows nothing of it is not asked; what stands at the root it is.
            let root = path.len() == 1 && asked.kind != "mutation";
            let fetched = was_fetched(&leaf.mark);
            if cut && fetched || root && !cut && !fetched {
                let verdict = if cut {
                    "refused and yet fetched"
                } else {
                    "given and never fetched"
                };
                let problem = format!(
                    "{} is {verdict} for {name}: {}",
                    leaf.coordinate, asked.text
                );
                self.problems.push(problem);
            }
        }
    }
}

/// A WebSocket to the gateway, by somebody who has said who it is.
struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn open(address: SocketAddr, token: Option<&str>) -> Self {
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .unwrap();
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", protocol);
        let stream = TcpStream::connect(address).await.unwrap();
        let (stream, _) = client_async(request, stream).await.unwrap();
        let mut socket = Self(stream);
        let payload = match token {
            Some(token) => json!({ "authorization": token }),
            None => json!({}),
        };
        socket
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.hear().await["type"], "connection_ack");
        socket
    }

    async fn say(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    async fn hear(&mut self) -> Value {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other}"),
            }
        }
    }

    /// Asks, and waits for the end: the answer, or the errors there are instead.
    async fn ask(&mut self, number: usize, asked: &Asked) -> Value {
        let id = number.to_string();
        let payload = json!({ "query": asked.text });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
        let mut answer = Value::Null;
        loop {
            let mut heard = self.hear().await;
            assert_eq!(heard["id"], id.as_str());
            match heard["type"].as_str() {
                Some("next") => answer = heard["payload"].take(),
                Some("error") => return json!({ "errors": heard["payload"].take() }),
                _ => return answer,
            }
        }
    }
}

/// A connection to the gateway.
struct Line(BufStream<TcpStream>);

impl Line {
    async fn get(&mut self, token: Option<&str>, asked: &Asked) -> Value {
        let encoded: String = asked
            .text
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect();
        let accept = match asked.kind {
            "subscription" => "text/event-stream, application/json",
            _ => "application/json",
        };
        let head = format!("GET /graphql?query={encoded} HTTP/1.1\r\naccept: {accept}\r\n");
        self.exchange(head, token, b"").await
    }

    async fn post(&mut self, token: Option<&str>, some: &[Asked]) -> Value {
        let requests: Vec<_> = some
            .iter()
            .map(|one| json!({ "query": one.text }))
            .collect();
        let head = "POST /graphql HTTP/1.1\r\naccept: application/json\r\ncontent-type: application/json\r\n";
        let body = Value::from(requests).to_string();
        self.exchange(head.to_owned(), token, body.as_bytes()).await
    }

    /// Sends a request and reads its answer, which comes in one piece.
    async fn exchange(&mut self, mut head: String, token: Option<&str>, body: &[u8]) -> Value {
        if let Some(token) = token {
            head.push_str(&format!("authorization: {token}\r\n"));
        }
        head.push_str(&format!(
            "host: here\r\ncontent-length: {}\r\n\r\n",
            body.len()
        ));
        self.0.write_all(head.as_bytes()).await.unwrap();
        self.0.write_all(body).await.unwrap();
        self.0.flush().await.unwrap();
        let mut length = None;
        loop {
            let mut header = String::new();
            self.0.read_line(&mut header).await.unwrap();
            let header = header.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(text) = header.strip_prefix("content-length:") {
                length = text.trim().parse().ok();
            }
        }
        let mut body = vec![0; length.expect("an answer in one piece")];
        self.0.read_exact(&mut body).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}
