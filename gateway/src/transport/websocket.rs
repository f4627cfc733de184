//! Subscriptions to subgraphs over WebSocket, in the words of `graphql-transport-ws`.
//!
//! A worker has one connection to each subgraph, made when it is first needed and closed when nobody
//! needs it any more; all subscriptions of the worker's callers share it. The connection says nothing
//! about who asks: each `subscribe` carries the signed headers of a request of its own, in
//! `payload.extensions.minzheng`, where a subgraph that knows nothing of them overlooks them.
//!
//! Whoever holds a source reads from its buffer; the connection itself is always read at once, so that a
//! slow client never holds up the others on it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{LocalBoxFuture, Shared};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use http::Uri;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use hyper_rustls::ConfigBuilderExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::TransportError;
use super::stream::{Source, SourceEnd, SourceItem, offer};
use crate::error::write_json_string;

/// The subprotocol's registered name.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// How often a connection is pinged, and how long it may be silent.
const PING: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_secs(40);
/// How long a connection without subscriptions is kept.
const IDLE: Duration = Duration::from_secs(30);

type Connecting = Shared<LocalBoxFuture<'static, Option<Rc<Socket>>>>;
type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A worker's connections.
pub(super) struct Sockets {
    connect: Duration,
    largest: usize,
    by_subgraph: RefCell<HashMap<usize, Rc<Socket>>>,
    /// Those on their way.
    connecting: RefCell<HashMap<usize, Connecting>>,
    /// Made when first needed, unless it is configured.
    tls: RefCell<Option<Arc<rustls::ClientConfig>>>,
}

/// The near end of a connection, whose task does the work.
struct Socket {
    orders: UnboundedSender<Order>,
    next: Cell<u64>,
}

enum Order {
    Begin(u64, Utf8Bytes, mpsc::Sender<SourceItem>),
    End(u64),
}

/// Ends the subscription when nobody holds its source any more.
struct Held(Rc<Socket>, u64);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.orders.send(Order::End(self.1));
    }
}

impl Sockets {
    /// Calls with this TLS, or believes the public authorities.
    pub(super) fn new(
        connect: Duration,
        largest: usize,
        tls: Option<&Arc<rustls::ClientConfig>>,
    ) -> Self {
        Self {
            connect,
            largest,
            by_subgraph: RefCell::default(),
            connecting: RefCell::default(),
            tls: RefCell::new(tls.cloned()),
        }
    }

    /// Subscribes on the worker's connection to a subgraph, which is made if there is none.
    pub(super) async fn subscribe(
        &self,
        subgraph: usize,
        url: &Uri,
        headers: &[(&'static str, String)],
        body: &Bytes,
        buffer: usize,
    ) -> Result<Source, TransportError> {
        let socket = match self.open(subgraph) {
            Some(socket) => socket,
            None => self.connect(subgraph, url).await?,
        };
        let id = socket.next.replace(socket.next.get() + 1);
        let (events, source) = mpsc::channel(buffer);
        let begin = subscribe_message(id, headers, body).ok_or(TransportError::Malformed)?;
        let order = Order::Begin(id, begin.into(), events);
        // A connection that broke this very moment is like one that could not be made.
        let sent = socket.orders.send(order);
        sent.map_err(|_| TransportError::Unavailable)?;
        let held = Held(socket, id);
        let source =
            futures_util::stream::unfold((source, held), |(mut source, held)| async move {
                let item = source.recv().await?;
                Some((item, (source, held)))
            });
        Ok(source.boxed_local())
    }

    fn open(&self, subgraph: usize) -> Option<Rc<Socket>> {
        let known = self.by_subgraph.borrow();
        let socket = known.get(&subgraph)?;
        (!socket.orders.is_closed()).then(|| Rc::clone(socket))
    }

    /// Makes the connection to a subgraph, once for all who want it now.
    async fn connect(&self, subgraph: usize, url: &Uri) -> Result<Rc<Socket>, TransportError> {
        let known = self.connecting.borrow().get(&subgraph).cloned();
        let connecting = match known {
            Some(connecting) => connecting,
            None => {
                let secure = matches!(url.scheme_str(), Some("https" | "wss"));
                let tls = if secure { self.tls() } else { None };
                let (url, patience, largest) = (url.clone(), self.connect, self.largest);
                let dialing = async move {
                    let dialing = dial(&url, largest, tls);
                    let stream = tokio::time::timeout(patience, dialing).await.ok()??;
                    Some(Rc::new(Socket::over(stream)))
                };
                let connecting = dialing.boxed_local().shared();
                let mut all = self.connecting.borrow_mut();
                all.insert(subgraph, connecting.clone());
                connecting
            }
        };
        let socket = connecting.clone().await;
        let mut all = self.connecting.borrow_mut();
        if all
            .get(&subgraph)
            .is_some_and(|own| own.ptr_eq(&connecting))
        {
            all.remove(&subgraph);
            if let Some(socket) = &socket {
                let mut known = self.by_subgraph.borrow_mut();
                known.insert(subgraph, Rc::clone(socket));
            }
        }
        socket.ok_or(TransportError::Unavailable)
    }

    fn tls(&self) -> Option<Arc<rustls::ClientConfig>> {
        let mut known = self.tls.borrow_mut();
        if known.is_none() {
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .ok()?
                .with_webpki_roots()
                .with_no_client_auth();
            *known = Some(Arc::new(config));
        }
        known.clone()
    }
}

impl Socket {
    /// The near end of an open connection, whose far end is served from now on.
    fn over(stream: Stream) -> Self {
        let (orders, taken) = mpsc::unbounded_channel();
        tokio::task::spawn_local(async move {
            let (far, heard) = stream.split();
            let mut connection = Connection {
                far,
                events: HashMap::new(),
            };
            connection.run(heard, taken).await;
            // Whoever is still there learns that the subgraph has gone.
            for (_, events) in connection.events.drain() {
                let _ = events.try_send(Err(SourceEnd::Lost));
            }
        });
        Self {
            orders,
            next: Cell::new(1),
        }
    }
}

/// Opens a connection and says hello; with TLS where there is a configuration for it. `None` for any
/// failure: the subgraph cannot be reached this way.
async fn dial(url: &Uri, largest: usize, tls: Option<Arc<rustls::ClientConfig>>) -> Option<Stream> {
    let host = url.host()?;
    let secure = matches!(url.scheme_str(), Some("https" | "wss"));
    let port = url.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let scheme = if secure { "wss" } else { "ws" };
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut request = format!("{scheme}://{}{path}", url.authority()?)
        .into_client_request()
        .ok()?;
    let protocol = http::HeaderValue::from_static(PROTOCOL);
    request
        .headers_mut()
        .insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    let tcp = TcpStream::connect((host.trim_matches(['[', ']']), port))
        .await
        .ok()?;
    tcp.set_nodelay(true).ok()?;
    let connector = if secure {
        Connector::Rustls(tls?)
    } else {
        Connector::Plain
    };
    let limits = WebSocketConfig::default()
        .max_message_size(Some(largest))
        .max_frame_size(Some(largest));
    let opening = client_async_tls_with_config(request, tcp, Some(limits), Some(connector));
    let (mut stream, _) = opening.await.ok()?;
    let hello = Message::text("{\"type\":\"connection_init\"}");
    stream.send(hello).await.ok()?;
    loop {
        match stream.next().await?.ok()? {
            Message::Text(text) => {
                let told: Told<'_> = serde_json::from_str(&text).ok()?;
                match told.kind {
                    "connection_ack" => return Some(stream),
                    "ping" => {
                        let pong = Message::text("{\"type\":\"pong\"}");
                        stream.send(pong).await.ok()?;
                    }
                    _ => return None,
                }
            }
            Message::Ping(_) | Message::Pong(_) => {}
            _ => return None,
        }
    }
}

/// `subscribe` with the request's body as payload and its headers in the payload's extensions. The
/// subgraph takes the headers off again and verifies the signature over exactly the body.
fn subscribe_message(id: u64, headers: &[(&'static str, String)], body: &[u8]) -> Option<String> {
    let open = body.strip_suffix(b"}")?;
    let mut out = format!("{{\"type\":\"subscribe\",\"id\":\"{id}\",\"payload\":").into_bytes();
    out.extend_from_slice(open);
    out.extend_from_slice(b",\"extensions\":{\"minzheng\":{");
    for (at, (name, value)) in headers.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_json_string(&mut out, name);
        out.push(b':');
        write_json_string(&mut out, value);
    }
    out.extend_from_slice(b"}}}}");
    String::from_utf8(out).ok()
}

/// What a subgraph says.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: Option<&'a str>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// The far end of a connection.
struct Connection {
    far: SplitSink<Stream, Message>,
    events: HashMap<u64, mpsc::Sender<SourceItem>>,
}

impl Connection {
    /// Serves until the connection breaks, the subgraph says what is not in the protocol, or nobody has
    /// wanted anything for a while.
    async fn run(&mut self, mut heard: SplitStream<Stream>, mut orders: UnboundedReceiver<Order>) {
        let mut ping = tokio::time::interval(PING);
        ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut last, mut idle) = (tokio::time::Instant::now(), Duration::ZERO);
        loop {
            let going = tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.order(order).await,
                    None => None,
                },
                message = heard.next() => {
                    last = tokio::time::Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.told(text).await,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Some(()),
                        _ => None,
                    }
                }
                _ = ping.tick() => {
                    idle = if self.events.is_empty() { idle + PING } else { Duration::ZERO };
                    if last.elapsed() > SILENCE || idle > IDLE {
                        None
                    } else {
                        self.say(Message::Ping(Bytes::new())).await
                    }
                }
            };
            if going.is_none() {
                orders.close();
                break;
            }
        }
        // Orders that came in the last moment.
        while let Ok(order) = orders.try_recv() {
            if let Order::Begin(id, _, events) = order {
                self.events.insert(id, events);
            }
        }
        let _ = tokio::time::timeout(PING, self.far.close()).await;
    }

    /// Sends a message. Whoever takes nothing for as long as they may be silent is gone: everybody else on this
    /// connection waits behind it.
    async fn say(&mut self, message: Message) -> Option<()> {
        let sending = self.far.send(message);
        tokio::time::timeout(SILENCE, sending).await.ok()?.ok()
    }

    async fn order(&mut self, order: Order) -> Option<()> {
        match order {
            Order::Begin(id, message, events) => {
                self.events.insert(id, events);
                self.say(Message::Text(message)).await
            }
            Order::End(id) => match self.events.remove(&id) {
                Some(_) => self.complete(id).await,
                None => Some(()),
            },
        }
    }

    async fn complete(&mut self, id: u64) -> Option<()> {
        let message = format!("{{\"type\":\"complete\",\"id\":\"{id}\"}}");
        self.say(Message::text(message)).await
    }

    async fn told(&mut self, text: Utf8Bytes) -> Option<()> {
        let text = Bytes::from(text);
        let told: Told<'_> = serde_json::from_slice(&text).ok()?;
        let id = told.id.and_then(|id| id.parse().ok());
        match (told.kind, id) {
            ("next", Some(id)) => {
                let event = text.slice_ref(told.payload?.get().as_bytes());
                // What was ended here may still be told about for a moment.
                let Some(events) = self.events.get(&id) else {
                    return Some(());
                };
                if !offer(events, event) {
                    self.events.remove(&id);
                    return self.complete(id).await;
                }
                Some(())
            }
            ("error", Some(id)) => {
                if let Some(events) = self.events.remove(&id) {
                    let errors = told.payload.map_or("[]", RawValue::get);
                    let answer = format!("{{\"errors\":{errors}}}").into();
                    let _ = events.try_send(Err(SourceEnd::Refused(answer)));
                }
                Some(())
            }
            ("complete", Some(id)) => {
                self.events.remove(&id);
                Some(())
            }
            ("ping", _) => {
                let pong = Message::text("{\"type\":\"pong\"}");
                self.say(pong).await
            }
            ("pong" | "connection_ack", _) => Some(()),
            _ => None,
        }
    }
}
