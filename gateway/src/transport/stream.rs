//! Subscriptions to subgraphs: the events of one operation, in process or over WebSocket.
//!
//! Every source has a bounded buffer between the subgraph and whoever takes its events. When it is full
//! the source ends with [`SourceEnd::Lagged`]: a slow client costs a fixed amount of memory, and never
//! holds up the subgraph nor other clients.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, LocalBoxStream};

use super::signer::Asking;
use super::{Call, FetchRequest, Transport, TransportError, Upstream};
use crate::contract;

/// One event, or why there are no more. A source that just ends has completed.
pub type SourceItem = Result<Bytes, SourceEnd>;

/// The events of a subscription, as a worker takes them.
pub type Source = LocalBoxStream<'static, SourceItem>;

/// The events of a subgraph in the same process.
pub type NearSource = BoxStream<'static, SourceItem>;

/// Why a source ended before it was complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceEnd {
    /// Its events were not taken in time.
    Lagged,
    /// The subgraph has gone; it may come back.
    Lost,
    /// The subgraph refused the subscription: a whole answer, `{"errors":[…]}`.
    Refused(Bytes),
}

/// Puts an event into a source's buffer; gives whether more may follow. The last place is kept to say
/// that no more does.
pub fn offer(buffer: &tokio::sync::mpsc::Sender<SourceItem>, event: Bytes) -> bool {
    if buffer.capacity() > 1 {
        buffer.try_send(Ok(event)).is_ok()
    } else {
        let _ = buffer.try_send(Err(SourceEnd::Lagged));
        false
    }
}

/// How long a source that can wait, waits for a full buffer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Puts an event into a source's buffer as soon as there is room; gives whether more may follow. For
/// sources that hold up nobody else while they wait: so a long past is told as fast as it is taken, and
/// only who takes nothing at all lags.
pub async fn offer_patiently(buffer: &tokio::sync::mpsc::Sender<SourceItem>, event: Bytes) -> bool {
    // Two places: the last one is not for events.
    let room = tokio::time::timeout(PATIENCE, buffer.reserve_many(2)).await;
    match room {
        Ok(Ok(mut places)) => {
            if let Some(place) = places.next() {
                place.send(Ok(event));
            }
            true
        }
        Ok(Err(_)) => false,
        Err(_) => offer(buffer, event),
    }
}

impl Transport {
    /// Subscribes at a subgraph. Its events wait in a buffer of this many places.
    ///
    /// # Errors
    /// See [`TransportError`].
    pub async fn subscribe(
        &self,
        request: FetchRequest<'_>,
        buffer: usize,
    ) -> Result<Source, TransportError> {
        let inner = Rc::clone(&self.0);
        let (Some((name, upstream)), Some(breaker)) = (
            inner.upstreams.get(request.subgraph),
            inner.breakers.get(request.subgraph),
        ) else {
            return Err(TransportError::Unavailable);
        };
        let started = Instant::now();
        if !breaker.admits(started) {
            inner.metrics.fetched(name, "open", Duration::ZERO);
            return Err(TransportError::Unavailable);
        }
        let span = tracing::info_span!("subscribe", otel.kind = "client", subgraph = %name);
        let call = Call {
            subgraph: request.subgraph,
            body: request.body,
            asking: Asking::new(request.caller, request.public),
            trace: request.caller.trace.clone(),
            mutation: false,
            deadline: request.deadline,
            expected: request.expected,
        };
        let headers = inner.headers(name, &call, &span)?;
        // One more place than asked for: see `offer`.
        let buffer = buffer.max(1) + 1;
        let subscribing = async {
            match upstream {
                Upstream::InProcess(subgraph) => subgraph
                    .subscribe(headers, contract::SUBGRAPH_PATH, call.body.clone(), buffer)
                    .await
                    .map(|source| source as Source)
                    .map_err(|(status, _)| TransportError::Refused(status)),
                Upstream::Http { url } => {
                    inner
                        .sockets
                        .subscribe(call.subgraph, url, &headers, &call.body, buffer)
                        .await
                }
            }
        };
        let deadline = tokio::time::Instant::from_std(call.deadline);
        let outcome = tokio::time::timeout_at(deadline, subscribing)
            .await
            .unwrap_or(Err(TransportError::Timeout));
        let label = match &outcome {
            Ok(_) => "ok",
            Err(error) => error.label(),
        };
        match &outcome {
            Err(error) if error.counts() => breaker.failed(Instant::now()),
            _ => breaker.succeeded(),
        }
        inner.metrics.fetched(name, label, started.elapsed());
        let (metrics, name) = (inner.metrics.clone(), Arc::clone(name));
        outcome.map(|source| {
            let counted = source.inspect(move |item| {
                if item.is_ok() {
                    metrics.event(&name);
                }
            });
            counted.boxed_local()
        })
    }
}
