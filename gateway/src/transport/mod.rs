//! Calls a subgraph: bytes out, bytes in, with the same headers and token over HTTP and in-process.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::identity::Caller;

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
    /// When the answer is of no more use.
    pub deadline: Instant,
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
    /// The answer is too large or no JSON.
    #[error("the subgraph gave an unusable answer")]
    Malformed,
    /// The subgraph refused with this HTTP status.
    #[error("the subgraph refused with status {0}")]
    Refused(u16),
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
}

/// Where a subgraph is.
#[derive(Clone)]
pub enum Upstream {
    /// Over HTTP.
    Http {
        /// Its GraphQL endpoint.
        url: http::Uri,
    },
    /// In this process.
    InProcess(Arc<dyn InProcess>),
}

/// The subgraphs by place, in the order of `Supergraph::subgraphs`.
pub type Upstreams = Arc<[(Arc<str>, Upstream)]>;

/// A worker's way to the subgraphs. It belongs to one thread.
pub struct Transport {
    _upstreams: Upstreams,
    _one_thread: std::marker::PhantomData<Rc<()>>,
}

impl Transport {
    /// Calls a subgraph and gives the body of its answer, which is some JSON with status 200.
    ///
    /// # Errors
    /// See [`TransportError`].
    pub async fn fetch(&self, _request: FetchRequest<'_>) -> Result<Bytes, TransportError> {
        Err(TransportError::Unavailable)
    }
}
