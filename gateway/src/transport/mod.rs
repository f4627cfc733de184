//! Calls a subgraph: bytes out, bytes in, with the same headers and token over HTTP and in-process, so
//! that standalone and split cannot differ.
//!
//! A [`Transport`] belongs to one worker: its connections, breakers and fetches in flight are never
//! shared, so nothing here locks. Every call ends by its deadline. A query is sent a second time when
//! the first surely did not reach the subgraph or its connection broke; a mutation never is. Equal
//! public fetches in flight are one: they carry a token without a subject, so their answers cannot
//! depend on who asks.

mod breaker;
mod client;
mod http1;
mod signer;
pub mod stream;
mod websocket;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, LocalBoxFuture, Shared, WeakShared};
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use self::breaker::Breaker;
use self::client::{Failure, How, HttpClient};
use self::signer::{Asking, Tokens};
use self::websocket::Sockets;
use crate::config;
use crate::contract::{self, header};
use crate::identity::Caller;
use crate::telemetry::{self, FetchMeter, Metrics};

pub use signer::{SharedKey, Signer, SignerError};
pub use websocket::PROTOCOL as WEBSOCKET_PROTOCOL;

/// One call to a subgraph.
#[derive(Clone, Debug)]
pub struct FetchRequest<'a> {
    /// The subgraph's place in `Supergraph::subgraphs`, which is its place in [`Upstreams`] too.
    pub subgraph: usize,
    /// The JSON body: `{"query":…,"variables":…}`.
    pub body: Bytes,
    /// For whom.
    pub caller: &'a Caller,
    /// Every coordinate in it is `@cacheControl(scope: PUBLIC)`: the token names no subject, and equal
    /// fetches in flight may be one.
    pub public: bool,
    /// It changes something: never repeated, never shared.
    pub mutation: bool,
    /// The state of what is public when it is asked ([`crate::cache::Cache::generation`]): equal fetches of two states are
    /// two.
    pub generation: u64,
    /// When the answer is of no more use.
    pub deadline: Instant,
    /// How long the answer will be, if that is known: what it is read into has this size. In bytes.
    pub expected: usize,
}

/// Why a call gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection, a broken one, or the breaker is open.
    #[error("the subgraph cannot be reached")]
    Unavailable,
    /// The deadline passed.
    #[error("the subgraph did not answer in time")]
    Timeout,
    /// The answer is too large or no JSON object.
    #[error("the subgraph gave an unusable answer")]
    Malformed,
    /// The subgraph refused with this HTTP status.
    #[error("the subgraph refused with status {0}")]
    Refused(u16),
}

impl TransportError {
    const fn label(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Malformed => "malformed",
            Self::Refused(_) => "refused",
        }
    }

    /// Whether the subgraph itself is to blame, so that its breaker counts it.
    const fn counts(self) -> bool {
        match self {
            Self::Unavailable | Self::Timeout => true,
            Self::Malformed => false,
            Self::Refused(status) => status >= 500,
        }
    }
}

/// A subgraph in the same process.
pub trait InProcess: Send + Sync {
    /// What an HTTP request with these headers, path and body would get: status and body.
    fn call(
        &self,
        headers: Vec<(&'static str, String)>,
        path: &'static str,
        body: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)>;

    /// The events of a subscription, as an HTTP request with these headers, path and body would be let
    /// in; at most `buffer` of them wait ([`stream::offer`]). The error is status and body of a refusal.
    fn subscribe(
        &self,
        headers: Vec<(&'static str, String)>,
        path: &'static str,
        body: Bytes,
        buffer: usize,
    ) -> BoxFuture<'static, Result<stream::NearSource, (u16, Bytes)>> {
        let _ = (headers, path, body, buffer);
        Box::pin(async { Err((501, Bytes::new())) })
    }
}

/// Where a subgraph is.
#[derive(Clone)]
pub enum Upstream {
    /// Over HTTP.
    Http {
        /// Its GraphQL endpoint: `http:`, `https:`, or `h2c:` for HTTP/2 without TLS.
        url: http::Uri,
    },
    /// In this process.
    InProcess(Arc<dyn InProcess>),
}

/// The subgraphs by place, in the order of `Supergraph::subgraphs`.
pub type Upstreams = Arc<[(Arc<str>, Upstream)]>;

type Outcome = Result<Bytes, TransportError>;
type InFlight = LocalBoxFuture<'static, Outcome>;

/// What a public fetch depends on: the subgraph, the body, the province that its token names, and the state of what is
/// public.
type FlightKey = (usize, Bytes, Arc<str>, u64);

/// A worker's way to the subgraphs. It belongs to one thread.
#[derive(Clone)]
pub struct Transport(Rc<Inner>);

struct Inner {
    upstreams: Upstreams,
    breakers: Vec<Breaker>,
    client: Rc<HttpClient>,
    sockets: Sockets,
    connect: Duration,
    signer: Arc<Signer>,
    tokens: RefCell<Tokens>,
    metrics: Metrics,
    /// By place.
    meters: Vec<FetchMeter>,
    largest: usize,
    /// Public fetches under way, by what they depend on, compared in full. The handles are weak: a fetch
    /// lives as long as someone waits for it.
    in_flight: RefCell<HashMap<FlightKey, WeakShared<InFlight>, ahash::RandomState>>,
}

/// A call with everything it needs, independent of its caller's life.
struct Call {
    subgraph: usize,
    body: Bytes,
    asking: Asking,
    trace: opentelemetry::Context,
    mutation: bool,
    deadline: Instant,
    expected: usize,
}

impl Transport {
    /// A worker's transport. Must be made and used on that worker's thread, inside its runtime.
    pub fn new(
        limits: &config::Limits,
        upstreams: Upstreams,
        signer: Arc<Signer>,
        metrics: Metrics,
    ) -> Self {
        let largest = limits.subgraph_answer.as_usize();
        let connect = limits.connect;
        let client = Rc::new(HttpClient::new(connect, largest, signer.tls()));
        Self::over(client, upstreams, signer, metrics, (connect, largest))
    }

    /// The same connections for the subgraphs of another schema.
    #[must_use]
    pub fn renewed(&self, upstreams: Upstreams) -> Self {
        let urls = upstreams.iter().filter_map(|(_, upstream)| match upstream {
            Upstream::Http { url } => Some(url),
            Upstream::InProcess(_) => None,
        });
        self.0.client.keep_only(urls);
        Self::over(
            Rc::clone(&self.0.client),
            upstreams,
            Arc::clone(&self.0.signer),
            self.0.metrics.clone(),
            (self.0.connect, self.0.largest),
        )
    }

    fn over(
        client: Rc<HttpClient>,
        upstreams: Upstreams,
        signer: Arc<Signer>,
        metrics: Metrics,
        (connect, largest): (Duration, usize),
    ) -> Self {
        Self(Rc::new(Inner {
            breakers: upstreams.iter().map(|_| Breaker::default()).collect(),
            meters: upstreams
                .iter()
                .map(|(name, _)| metrics.meter(name))
                .collect(),
            upstreams,
            client,
            sockets: Sockets::new(connect, largest, signer.tls()),
            connect,
            signer,
            tokens: RefCell::default(),
            metrics,
            largest,
            in_flight: RefCell::default(),
        }))
    }

    /// Calls a subgraph and gives the body of its answer: a JSON object that came with a status 2xx.
    ///
    /// # Errors
    /// See [`TransportError`].
    pub async fn fetch(&self, request: FetchRequest<'_>) -> Result<Bytes, TransportError> {
        let call = Call {
            subgraph: request.subgraph,
            body: request.body,
            asking: Asking::new(request.caller, request.public),
            trace: request.caller.trace.clone(),
            mutation: request.mutation,
            deadline: request.deadline,
            expected: request.expected,
        };
        if !request.public || request.mutation {
            return Rc::clone(&self.0).run(call).await;
        }
        let province = Arc::clone(&request.caller.principal.province);
        let key = (
            call.subgraph,
            call.body.clone(),
            province,
            request.generation,
        );
        let known = self.join(&key);
        let (shared, joined) = match known {
            Some(shared) => (shared, true),
            None => (self.start(key, call), false),
        };
        if joined && let Some((name, _)) = self.0.upstreams.get(request.subgraph) {
            self.0.metrics.joined(name);
        }
        // The one who began may have had more time, or less, than we have.
        match tokio::time::timeout_at(request.deadline.into(), shared).await {
            Ok(outcome) => outcome,
            Err(_) => Err(TransportError::Timeout),
        }
    }

    /// The equal fetch under way, if there is one.
    fn join(&self, key: &FlightKey) -> Option<Shared<InFlight>> {
        let table = self.0.in_flight.borrow();
        table.get(key).and_then(WeakShared::upgrade)
    }

    /// Begins a shared fetch. It leaves the table when it ends or the last one who waited has gone.
    fn start(&self, key: FlightKey, call: Call) -> Shared<InFlight> {
        struct Leave(Rc<Inner>, FlightKey);
        impl Drop for Leave {
            fn drop(&mut self) {
                self.0.in_flight.borrow_mut().remove(&self.1);
            }
        }
        let inner = Rc::clone(&self.0);
        let leave = Leave(Rc::clone(&self.0), key.clone());
        let shared = async move {
            let _leave = leave;
            inner.run(call).await
        }
        .boxed_local()
        .shared();
        if let Some(weak) = shared.downgrade() {
            self.0.in_flight.borrow_mut().insert(key, weak);
        }
        shared
    }
}

impl Inner {
    /// One call with its span, its metrics and its breaker.
    async fn run(self: Rc<Self>, call: Call) -> Outcome {
        let (Some((name, upstream)), Some(breaker)) = (
            self.upstreams.get(call.subgraph),
            self.breakers.get(call.subgraph),
        ) else {
            tracing::error!(
                place = call.subgraph,
                "a plan names a subgraph that is not there"
            );
            return Err(TransportError::Unavailable);
        };
        let started = Instant::now();
        if !breaker.admits(started) {
            self.metrics.fetched(name, "open", Duration::ZERO);
            return Err(TransportError::Unavailable);
        }
        let span = tracing::debug_span!(
            "graphql.fetch",
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            subgraph = %name,
            outcome = tracing::field::Empty,
        );
        // Without an exporter there is no span; the context is handed on all the same.
        if !span.is_disabled() {
            let _ = span.set_parent(call.trace.clone());
        }
        let outcome = match tokio::time::timeout_at(
            call.deadline.into(),
            self.attempts(name, upstream, &call, &span)
                .instrument(span.clone()),
        )
        .await
        {
            Ok(outcome) => outcome,
            Err(_) => Err(TransportError::Timeout),
        };
        let label = match &outcome {
            Ok(_) => "ok",
            Err(error) => error.label(),
        };
        match &outcome {
            Err(error) if error.counts() => breaker.failed(Instant::now()),
            _ => breaker.succeeded(),
        }
        span.record("outcome", label);
        if let Err(error) = &outcome {
            span.record("otel.status_code", "ERROR");
            tracing::warn!(parent: &span, subgraph = %name, %error, "a fetch failed");
        }
        match (&outcome, self.meters.get(call.subgraph)) {
            (Ok(_), Some(meter)) => meter.answered(started.elapsed()),
            _ => self.metrics.fetched(name, label, started.elapsed()),
        }
        outcome
    }

    /// The first attempt, and for a query a second one when that may help. Each is signed anew, because
    /// a subgraph takes a nonce only once.
    async fn attempts(
        &self,
        name: &Arc<str>,
        upstream: &Upstream,
        call: &Call,
        span: &tracing::Span,
    ) -> Outcome {
        let mut first = true;
        loop {
            let headers = self.headers(name, call, span)?;
            let body = call.body.clone();
            let answer = match upstream {
                Upstream::Http { url } => {
                    let how = How {
                        once: call.mutation,
                        expected: call.expected,
                    };
                    self.client.call(url, headers, body, how).await
                }
                Upstream::InProcess(subgraph) => {
                    Ok(subgraph.call(headers, contract::SUBGRAPH_PATH, body).await)
                }
            };
            match answer {
                Ok((status, body)) => return self.usable(status, body),
                Err(Failure { error, never_sent }) => {
                    let again = first
                        && error == TransportError::Unavailable
                        && (never_sent || !call.mutation);
                    if !again {
                        return Err(error);
                    }
                    first = false;
                }
            }
        }
    }

    fn headers(
        &self,
        name: &Arc<str>,
        call: &Call,
        span: &tracing::Span,
    ) -> Result<Vec<(&'static str, String)>, TransportError> {
        let mut headers = self
            .signer
            .headers(
                name,
                &call.asking,
                &mut self.tokens.borrow_mut(),
                &call.body,
                SystemTime::now(),
            )
            .ok_or_else(|| {
                tracing::error!(subgraph = %name, "no key is shared with this subgraph");
                TransportError::Unavailable
            })?;
        let left = call.deadline.saturating_duration_since(Instant::now());
        headers.push((header::DEADLINE, left.as_millis().to_string()));
        // The fetch's own span if traces are exported, else whatever came in.
        let own = match span.is_disabled() {
            true => Vec::new(),
            false => telemetry::inject(&span.context()),
        };
        headers.extend(if own.is_empty() {
            telemetry::inject(&call.trace)
        } else {
            own
        });
        Ok(headers)
    }

    fn usable(&self, status: u16, body: Bytes) -> Outcome {
        if !(200..300).contains(&status) {
            return Err(TransportError::Refused(status));
        }
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        if body.len() > self.largest || first != Some(&b'{') {
            return Err(TransportError::Malformed);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
