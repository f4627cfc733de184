//! Answers as server-sent events or in parts: the body of a response that goes on.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::header::{self, ContentEncoding};
use bytes::Bytes;
use futures_util::stream::LocalBoxStream;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::Gateway;
use super::holding::Holding;
use super::places::Place;
use super::websocket::PATIENCE;
use crate::error::{GraphQlError, errors_body};
use crate::pipeline::parts::Parts;
use crate::pipeline::subscription::{Events, Told};
use crate::subscribe::{multipart, sse};

/// The chunks of a response's body.
type Chunks = LocalBoxStream<'static, Bytes>;

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

/// The parts of an answer, counted like a subscription until the last, and not told for longer than until
/// `end`, nor after the token was revoked. They are made by a task of their own: a client that takes nothing
/// would otherwise keep what they are made of for ever, because nobody would look at the clock.
pub(super) fn parts(place: Place, parts: Parts, holding: Holding, end: Instant) -> Stream {
    let (sender, receiver) = mpsc::channel(1);
    actix_web::rt::spawn(async move {
        let _place = place;
        tokio::select! {
            () = sender.closed() => {}
            _ = tokio::time::timeout_at(end, tell(parts, holding, &sender)) => {}
        }
    });
    let begun = stream::iter([Bytes::from_static(multipart::START)]);
    let parts = stream::unfold(receiver, |mut receiver| async move {
        let part: Bytes = receiver.recv().await?;
        Some((multipart::part(&part), receiver))
    });
    Stream {
        media: multipart::MEDIA_TYPE,
        chunks: begun.chain(parts).boxed_local(),
    }
}

/// Hands part after part to the response.
async fn tell(mut parts: Parts, mut holding: Holding, response: &mpsc::Sender<Bytes>) {
    let mut begun = false;
    loop {
        let part = tokio::select! {
            part = parts.next() => part,
            code = holding.lost() => Some(multipart::broken_off(&GraphQlError::new(code), begun)),
        };
        let Some(part) = part else { return };
        let part = match holding.check() {
            Ok(()) => part,
            Err(code) => multipart::broken_off(&GraphQlError::new(code), begun),
        };
        let last = multipart::is_last(&part);
        if response.send(part).await.is_err() || last {
            return;
        }
        begun = true;
    }
}

/// The events of a subscription, until it completes, the caller's token ends or is revoked, the process stops, or
/// the client takes nothing for [`PATIENCE`]. A task of its own makes them, as it does [`parts`]: what a client
/// does not read must not keep the subscription beyond any of these, nor its place and what runs above it.
pub(super) fn all(
    gateway: &Arc<Gateway>,
    place: Place,
    holding: Holding,
    events: Events,
) -> Stream {
    let period = gateway.parts.config.subscriptions.ping;
    let mut alive = tokio::time::interval_at(Instant::now() + period, period);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let running = Running {
        events,
        alive,
        holding,
        draining: gateway.draining.subscribe(),
        _place: place,
    };
    let (sender, receiver) = mpsc::channel(1);
    actix_web::rt::spawn(running.run(sender));
    // Something is sent at once, so that the client learns that it was let in.
    let begun = stream::iter([Bytes::from_static(sse::ALIVE)]);
    let rest = stream::unfold(receiver, |mut receiver| async move {
        let chunk: Bytes = receiver.recv().await?;
        Some((chunk, receiver))
    });
    Stream {
        media: sse::MEDIA_TYPE,
        chunks: begun.chain(rest).boxed_local(),
    }
}

struct Running {
    events: Events,
    alive: Interval,
    holding: Holding,
    draining: tokio::sync::watch::Receiver<bool>,
    _place: Place,
}

/// What comes next.
enum Step {
    /// A chunk after which more may follow.
    Chunk(Bytes),
    /// The last one.
    Last(Bytes),
    /// Cut without an end, so that the client comes again and finds another process.
    Cut,
}

impl Running {
    /// Hands chunk after chunk to the response.
    async fn run(mut self, response: mpsc::Sender<Bytes>) {
        let last = loop {
            let step = tokio::select! {
                step = self.next() => step,
                () = response.closed() => return,
            };
            let step = match step {
                Step::Chunk(chunk) => self.hand_over(chunk, &response).await,
                step => Some(step),
            };
            match step {
                None => {}
                Some(Step::Chunk(_) | Step::Cut) => return,
                Some(Step::Last(last)) => break last,
            }
        };
        // Nothing runs any more, whether or not the client takes the end.
        drop(self);
        let _ = tokio::time::timeout(PATIENCE, response.send(last)).await;
    }

    /// What comes next.
    async fn next(&mut self) -> Step {
        tokio::select! {
            told = self.events.next() => match self.holding.check().map(|()| told) {
                Err(code) => Step::Last(last(GraphQlError::new(code))),
                Ok(Some(Told::Next(answer))) => Step::Chunk(sse::next(&answer)),
                Ok(Some(Told::End(error))) => Step::Last(last(error)),
                Ok(None) => Step::Last(Bytes::from_static(sse::COMPLETE)),
            },
            _ = self.alive.tick() => Step::Chunk(Bytes::from_static(sse::ALIVE)),
            code = self.holding.lost() => Step::Last(last(GraphQlError::new(code))),
            _ = self.draining.wait_for(|draining| *draining) => Step::Cut,
        }
    }

    /// Waits until the client takes a chunk. Nothing when it has; else how it ends.
    async fn hand_over(&mut self, chunk: Bytes, response: &mpsc::Sender<Bytes>) -> Option<Step> {
        tokio::select! {
            sent = tokio::time::timeout(PATIENCE, response.send(chunk)) => match sent {
                Ok(Ok(())) => None,
                _ => Some(Step::Cut),
            },
            code = self.holding.lost() => Some(Step::Last(last(GraphQlError::new(code)))),
            _ = self.draining.wait_for(|draining| *draining) => Some(Step::Cut),
        }
    }
}

/// An error and the end.
fn last(error: GraphQlError) -> Bytes {
    let mut all = sse::next(&errors_body(&[error])).to_vec();
    all.extend_from_slice(sse::COMPLETE);
    all.into()
}
