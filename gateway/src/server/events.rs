//! Answers as server-sent events or in parts: the body of a response that goes on.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::header::{self, ContentEncoding};
use bytes::Bytes;
use futures_util::stream::LocalBoxStream;
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::Gateway;
use super::places::Place;
use crate::error::{ErrorCode, GraphQlError, errors_body};
use crate::identity::Principal;
use crate::pipeline::parts::Parts;
use crate::pipeline::subscription::{Events, Told};
use crate::subscribe::{multipart, sse};

/// The chunks of a response's body.
type Chunks = LocalBoxStream<'static, Bytes>;

/// When a caller's token ends, by the clock that timers go by; none for the public.
pub(super) fn end_of(principal: &Principal, gateway: &Gateway) -> Option<Instant> {
    principal.is_authenticated().then(|| {
        let skew = gateway.parts.config.identity.clock_skew;
        let left = (principal.expires + skew).duration_since(std::time::SystemTime::now());
        Instant::now() + left.unwrap_or_default()
    })
}

/// Ends at an instant, or never.
pub(super) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// A response to which more is added as it happens.
pub(super) fn response(mut response: HttpResponseBuilder, stream: Stream) -> HttpResponse {
    let Stream { media, chunks } = stream;
    let chunks = chunks.map(Ok::<_, actix_web::Error>);
    response
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // For proxies that collect what they pass on.
        .insert_header(("x-accel-buffering", "no"))
        // The compressing layer would hold events back.
        .insert_header(ContentEncoding::Identity)
        .streaming(chunks)
}

/// A body that goes on, and what it is.
pub(super) struct Stream {
    media: &'static str,
    chunks: Chunks,
}

/// One answer as events.
pub(super) fn once(answer: &[u8]) -> Stream {
    let all = [sse::next(answer), Bytes::from_static(sse::COMPLETE)];
    Stream {
        media: sse::MEDIA_TYPE,
        chunks: stream::iter(all).boxed_local(),
    }
}

/// The parts of an answer, counted like a subscription until the last.
pub(super) fn parts(place: Place, parts: Parts) -> Stream {
    let begun = stream::iter([Bytes::from_static(multipart::START)]);
    let parts = parts.map(move |part| {
        let _place = &place;
        multipart::part(&part)
    });
    Stream {
        media: multipart::MEDIA_TYPE,
        chunks: begun.chain(parts).boxed_local(),
    }
}

/// The events of a subscription, until it completes, the caller's token ends or the process stops.
pub(super) fn all(
    gateway: &Arc<Gateway>,
    place: Place,
    principal: &Principal,
    events: Events,
) -> Stream {
    let period = gateway.parts.config.subscriptions.ping;
    let mut alive = tokio::time::interval_at(Instant::now() + period, period);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let running = Running {
        events,
        alive,
        ends: end_of(principal, gateway),
        draining: gateway.draining.subscribe(),
        _place: place,
    };
    // Something is sent at once, so that the client learns that it was let in.
    let begun = stream::iter([Bytes::from_static(sse::ALIVE)]);
    let rest = stream::unfold(Some(running), |running| async move {
        let mut running = running?;
        let (chunk, goes_on) = running.next().await?;
        Some((chunk, goes_on.then_some(running)))
    });
    Stream {
        media: sse::MEDIA_TYPE,
        chunks: begun.chain(rest).boxed_local(),
    }
}

struct Running {
    events: Events,
    alive: Interval,
    ends: Option<Instant>,
    draining: tokio::sync::watch::Receiver<bool>,
    _place: Place,
}

impl Running {
    /// The next chunk and whether more may follow.
    async fn next(&mut self) -> Option<(Bytes, bool)> {
        tokio::select! {
            told = self.events.next() => Some(match told {
                Some(Told::Next(answer)) => (sse::next(&answer), true),
                Some(Told::End(error)) => (last(error), false),
                None => (Bytes::from_static(sse::COMPLETE), false),
            }),
            _ = self.alive.tick() => Some((Bytes::from_static(sse::ALIVE), true)),
            () = at(self.ends) => {
                Some((last(GraphQlError::new(ErrorCode::TokenExpired)), false))
            }
            // Cut without an end, so that the client comes again and finds another process.
            _ = self.draining.wait_for(|draining| *draining) => None,
        }
    }
}

/// An error and the end.
fn last(error: GraphQlError) -> Bytes {
    let mut all = sse::next(&errors_body(&[error])).to_vec();
    all.extend_from_slice(sse::COMPLETE);
    all.into()
}
