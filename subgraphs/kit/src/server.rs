//! The subgraph's endpoint: bytes in, bytes out, the same in one process and over HTTP.
//!
//! A request passes these doors in order: path, size, signature and digest, freshness and replay,
//! principal token ([`verify`]); then it runs within its deadline and inside its span. Without a
//! right signature and token there is nothing here but 401.

pub mod http;
mod nonces;
mod verify;
mod websocket;

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{Request, Response};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use opentelemetry::propagation::Extractor;
use serde_json::json;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{
    contract::{RESUME, SUBGRAPH_PATH, header},
    events::Resume,
    graph::Graph,
    keys::Keys,
    principal::Principal,
};

pub use http::serve;
pub use verify::{Refusal, SERVICE_ISSUER, Verifier};

/// The largest request body, in bytes. The gateway's representations of 500 entities with their
/// required fields take a few hundred kilobytes.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The deadline of a request that brings none.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);

/// Where headers are read from, whatever the transport.
pub trait Headers {
    /// The value of a header by its lower-case name.
    fn header(&self, name: &str) -> Option<&str>;
}

impl Headers for [(&'static str, String)] {
    fn header(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Headers for Vec<(&'static str, String)> {
    fn header(&self, name: &str) -> Option<&str> {
        self.as_slice().header(name)
    }
}

impl Headers for actix_web::http::header::HeaderMap {
    fn header(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A subgraph behind its doors. Shared by all that call it.
pub struct Endpoint {
    graph: Graph,
    verifier: Verifier,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("verifier", &self.verifier)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// An endpoint in front of a graph.
    pub fn new(graph: Graph, verifier: Verifier) -> Arc<Self> {
        Arc::new(Self { graph, verifier })
    }

    /// Reads the keys by which callers are believed again; says whether they changed.
    ///
    /// # Errors
    /// When a key is missing or broken; then the keys before it stay.
    pub fn reload_keys(&self, keys: &Keys) -> crate::Result<bool> {
        self.verifier.reload(keys)
    }

    /// The graph behind it.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Answers one request: status and JSON body.
    pub async fn handle<H: Headers + ?Sized>(
        &self,
        headers: &H,
        path: &str,
        body: Bytes,
    ) -> (u16, Bytes) {
        let (request, mut principal) = match self.admit(headers, path, &body) {
            Ok(admitted) => admitted,
            Err(refused) => return refused,
        };
        let deadline = headers
            .header(header::DEADLINE)
            .and_then(|text| text.parse().ok())
            .map_or(DEFAULT_DEADLINE, Duration::from_millis);
        let span = self.span(headers, &principal);
        principal.at = self.graph.now();
        let running = AssertUnwindSafe(self.graph.execute(request.data(principal)))
            .catch_unwind()
            .instrument(span);
        match tokio::time::timeout(deadline, running).await {
            Ok(Ok(response)) => (200, answer(response)),
            Ok(Err(_)) => {
                tracing::error!(subgraph = self.verifier.subgraph(), "a resolver panicked");
                (500, inside())
            }
            Err(_) => refuse(
                504,
                "SUBGRAPH_TIMEOUT",
                "The service did not answer in time.",
                "服务响应超时。",
            ),
        }
    }

    /// Answers a subscription, let in through the same doors: the JSON of each event, until it
    /// completes. There is no deadline; who is no longer interested drops the stream, which must be
    /// polled inside the runtime that serves the database.
    ///
    /// # Errors
    /// Status and JSON body of the refusal.
    pub fn subscribe<H: Headers + ?Sized>(
        &self,
        headers: &H,
        path: &str,
        body: Bytes,
    ) -> Result<BoxStream<'static, Bytes>, (u16, Bytes)> {
        let (request, principal) = self.admit(headers, path, &body)?;
        let subgraph = self.verifier.subgraph();
        let resume = Resume::at(resumed_at(&body));
        let request = request.data(principal).data(resume.clone());
        let events = AssertUnwindSafe(self.graph.stream(request))
            .catch_unwind()
            .map(move |event| match event {
                Ok(mut response) => {
                    if let Some(place) = resume.place() {
                        let extensions = &mut response.extensions;
                        extensions.insert(RESUME.to_owned(), place.into());
                    }
                    answer(response)
                }
                Err(_) => {
                    tracing::error!(subgraph, "a subscription panicked");
                    inside()
                }
            });
        Ok(events.boxed())
    }

    /// The doors.
    fn admit<H: Headers + ?Sized>(
        &self,
        headers: &H,
        path: &str,
        body: &Bytes,
    ) -> Result<(Request, Principal), (u16, Bytes)> {
        if path != SUBGRAPH_PATH {
            return Err(refuse(
                404,
                "NOT_FOUND",
                "There is nothing at this path.",
                "路径不存在。",
            ));
        }
        if body.len() > MAX_BODY_BYTES {
            return Err(refuse(
                413,
                "DOCUMENT_TOO_LARGE",
                "The request is too large.",
                "请求过大。",
            ));
        }
        let principal = self.verifier.verify(headers, body).map_err(|refusal| {
            tracing::warn!(
                subgraph = self.verifier.subgraph(),
                reason = refusal.reason(),
                "a request was refused"
            );
            match refusal {
                // Not the caller's fault: whoever balances may ask another process, and a breaker may open.
                Refusal::Full => refuse(
                    503,
                    "OVERLOADED",
                    "Too many requests; try again in a minute.",
                    "请求过多，请稍后再试。",
                ),
                _ => refuse(
                    401,
                    "UNAUTHENTICATED",
                    "This caller is not known.",
                    "调用方未通过验证。",
                ),
            }
        })?;
        let request = serde_json::from_slice::<Request>(body).map_err(|_| {
            refuse(
                400,
                "BAD_REQUEST",
                "The body is no GraphQL request.",
                "请求格式错误。",
            )
        })?;
        Ok((request, principal))
    }

    /// The span of a request, below the caller's.
    fn span<H: Headers + ?Sized>(&self, headers: &H, principal: &Principal) -> tracing::Span {
        let span = tracing::info_span!(
            "subgraph",
            otel.name = "subgraph request",
            otel.kind = "server",
            subgraph = self.verifier.subgraph(),
            role = principal.role.as_str()
        );
        let parent = opentelemetry::global::get_text_map_propagator(|p| {
            p.extract(&TraceHeaders(
                headers.header(header::TRACEPARENT),
                headers.header(header::TRACESTATE),
            ))
        });
        // Fails only where nothing records spans.
        let _ = span.set_parent(parent);
        span
    }
}

/// Where a subscription that was told before goes on, as the gateway says beside the query.
fn resumed_at(body: &[u8]) -> Option<String> {
    let body: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
    body.get(RESUME)?.as_str().map(str::to_owned)
}

/// What is told of a failure of our own.
fn inside() -> Bytes {
    error_body(
        "INTERNAL",
        "Something went wrong inside the service.",
        "服务内部错误。",
    )
}

/// The answer as JSON. Errors that carry no code of ours come from async-graphql itself: they may
/// repeat what was sent, so their words are replaced, but for those that only name parts of the
/// schema.
fn answer(mut response: Response) -> Bytes {
    for error in &mut response.errors {
        let coded = error
            .extensions
            .as_ref()
            .is_some_and(|extensions| extensions.get("code").is_some());
        if coded {
            continue;
        }
        if !error.message.starts_with("Unknown ") {
            "The request does not fit this subgraph's schema.".clone_into(&mut error.message);
        }
        let mut extensions = error.extensions.take().unwrap_or_default();
        extensions.set("code", "BAD_REQUEST");
        extensions.set("messageZh", "请求与子图模式不符。");
        error.extensions = Some(extensions);
    }
    match serde_json::to_vec(&response) {
        Ok(bytes) => bytes.into(),
        Err(_) => inside(),
    }
}

fn refuse(status: u16, code: &str, en: &str, zh: &str) -> (u16, Bytes) {
    (status, error_body(code, en, zh))
}

fn error_body(code: &str, en: &str, zh: &str) -> Bytes {
    let body = json!({
        "errors": [{ "message": en, "extensions": { "code": code, "messageZh": zh } }]
    });
    body.to_string().into()
}

/// W3C trace context for the propagator: `traceparent` and `tracestate`.
struct TraceHeaders<'a>(Option<&'a str>, Option<&'a str>);

impl Extractor for TraceHeaders<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            header::TRACEPARENT => self.0,
            header::TRACESTATE => self.1,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![header::TRACEPARENT, header::TRACESTATE]
    }
}

#[cfg(test)]
mod tests;
