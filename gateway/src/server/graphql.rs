//! `/graphql`: one request from its bytes to the bytes of its answer.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use opentelemetry::Context;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::at_work::AtWork;
use super::events;
use super::head::{check_get, media_of, stated, text};
use super::holding::Holding;
use super::places::Place;
use super::reply::{Reply, Way};
use super::{Gateway, Means, Worker};
use crate::contract;
use crate::error::ErrorCode;
use crate::identity::Caller;
use crate::pipeline::Outcome;
use crate::pipeline::parts::Parted;
use crate::pipeline::subscription::{Standing, Subscribed};
use crate::request::{
    GraphQlRequest, MediaType, check_post, decode_batch, decode_get, decode_post,
};
use crate::subscribe::{multipart, sse};
use crate::telemetry;

/// `POST /graphql`.
pub(super) async fn post(http: HttpRequest, payload: web::Payload) -> HttpResponse {
    respond(http, Way::Post, Some(payload)).await
}

/// `GET /graphql`, and `HEAD`, whose answer goes without its body.
pub(super) async fn get(http: HttpRequest) -> HttpResponse {
    respond(http, Way::Get, None).await
}

/// Any other method.
pub(super) async fn other_method(http: HttpRequest) -> HttpResponse {
    let media = media_of(&http).unwrap_or(MediaType::GraphqlResponse);
    let reply = Reply::refusal(ErrorCode::MethodNotAllowed, media, None);
    reply.into_response(&http, Way::Post, usize::MAX)
}

/// The trace that a request belongs to. That it is to be recorded, as it says, is believed of who is signed in; of
/// others as many are as of those that say nothing, for recording costs, and anybody can say so.
pub(super) fn trace_of(gateway: &Gateway, http: &HttpRequest) -> Context {
    let trace = telemetry::extract(|name| text(http, name));
    if !telemetry::is_sampled(&trace)
        || telemetry::is_drawn(gateway.parts.config.telemetry.sample_ratio)
    {
        return trace;
    }
    let caller = gateway.parts.verifier.identify(text(http, "authorization"));
    if caller.is_ok_and(|caller| caller.is_authenticated()) {
        return trace;
    }
    telemetry::unsampled(&trace)
}

async fn respond(http: HttpRequest, way: Way, payload: Option<web::Payload>) -> HttpResponse {
    let Some(worker) = http.app_data::<Rc<Worker>>().cloned() else {
        return HttpResponse::InternalServerError().finish();
    };
    let gateway = &worker.gateway;
    let started = Instant::now();
    let counted = gateway.parts.metrics.begin();
    let at_work = AtWork::begin(gateway);

    let incoming = trace_of(gateway, &http);
    // At the level of debugging, so that it costs nothing when no trace is collected.
    let span = tracing::debug_span!(
        "request",
        otel.kind = "server",
        otel.name = format!("{} /graphql", way.as_str()),
        http.request.method = way.as_str(),
        http.response.status_code = tracing::field::Empty,
        role = tracing::field::Empty,
        code = tracing::field::Empty,
    );
    // Without an exporter there is no trace of our own; the caller's is handed on all the same.
    let trace = if span.is_disabled() {
        incoming
    } else {
        let _ = span.set_parent(incoming.clone());
        let own = span.context();
        match telemetry::trace_id(&own) {
            Some(_) => own,
            None => incoming,
        }
    };
    let reference = telemetry::trace_id(&trace);

    let streams = sse::is_accepted(text(&http, "accept"));
    let parts = multipart::is_accepted(text(&http, "accept"));
    let media = media_of(&http);
    let outcome = async {
        // Who takes events takes an answer as one, unless it also takes JSON.
        let media = match media {
            Err(_) if streams || parts => None,
            media => Some(media?),
        };
        if at_work.is_one_too_many() {
            return Err(ErrorCode::Overloaded);
        }
        let asked = Asked {
            way,
            media,
            streams,
            parts,
            trace,
            started,
        };
        answer(&http, payload, &worker, asked).await
    }
    .instrument(span.clone())
    .await;
    let reply = outcome.unwrap_or_else(|code| {
        let media = media.unwrap_or(MediaType::GraphqlResponse);
        Reply::refusal(code, media, reference)
    });
    finish(&span, gateway, way, &reply, started);
    drop((counted, at_work));
    let compress_above = gateway.parts.config.server.compress_above.as_usize();
    reply.into_response(&http, way, compress_above)
}

/// What the body of a request holds, or its query string.
enum Decoded {
    One(GraphQlRequest),
    Batch(Vec<GraphQlRequest>),
}

/// What the head of a request says.
struct Asked {
    way: Way,
    /// The media type of a single answer; none when it is to be told as an event.
    media: Option<MediaType>,
    /// Events are accepted.
    streams: bool,
    /// An answer in parts is accepted.
    parts: bool,
    trace: Context,
    started: Instant,
}

/// Decode, identify, answer.
async fn answer(
    http: &HttpRequest,
    payload: Option<web::Payload>,
    worker: &Rc<Worker>,
    asked: Asked,
) -> Result<Reply, ErrorCode> {
    let Asked {
        way,
        media,
        streams,
        parts,
        trace,
        started,
    } = asked;
    let gateway = &*worker.gateway;
    let limits = &gateway.parts.config.limits;
    let deadline = started + limits.deadline;
    let decode = async {
        match payload {
            Some(payload) => {
                check_post(text(http, "content-type"), text(http, "content-encoding"))?;
                let body = read(payload, limits.body.as_usize()).await?;
                match decode_batch(&body, limits.batch)? {
                    Some(all) => Ok(Decoded::Batch(all)),
                    None => decode_post(&body).map(Decoded::One),
                }
            }
            None => {
                check_get(http)?;
                decode_get(http.query_string()).map(Decoded::One)
            }
        }
    };
    let decoded: Decoded = tokio::time::timeout_at(deadline.into(), decode)
        .await
        .map_err(|_| ErrorCode::DeadlineExceeded)??;

    let authorization = match http.headers().get(header::AUTHORIZATION) {
        // What is no text is no token, and must not pass for none.
        Some(value) => Some(value.to_str().map_err(|_| ErrorCode::TokenMalformed)?),
        None => None,
    };
    let principal = gateway
        .parts
        .verifier
        .identify(authorization)
        .map_err(crate::identity::IdentityError::code)?;
    let caller = Caller::new(
        Arc::clone(&principal),
        stated(http, contract::header::PURPOSE)?,
        stated(http, contract::header::CASE)?,
        trace,
    )?;
    let (loaded, transport) = worker.loaded().ok_or(ErrorCode::NotReady)?;
    let request = match decoded {
        Decoded::One(request) => request,
        Decoded::Batch(all) => {
            let means = Means {
                transport: &transport,
                cache: &gateway.parts.cache,
                deadline,
                queries_only: false,
            };
            let answering = all
                .iter()
                .map(|request| loaded.answerer.answer(request, &caller, means));
            return Ok(Reply::batch(&join_all(answering).await, &principal));
        }
    };
    let standing = |transport| Standing {
        transport,
        cache: Arc::clone(&gateway.parts.cache),
        deadline: limits.deadline,
        buffer: gateway.parts.config.subscriptions.buffer,
        queries_only: way == Way::Get,
        full: false,
        serving: worker.serving(),
    };
    if parts && !streams {
        let answerer = Arc::clone(&loaded.answerer);
        let answering = answerer.answer_in_parts(request, caller, standing(transport));
        return match answering.await {
            Parted::Answer(answer) => {
                // It is done: who takes parts only is given the whole all the same, rather than a refusal of what has
                // been carried out.
                Ok(Reply::answer(
                    answer,
                    media.unwrap_or(MediaType::PlainJson),
                    &principal,
                ))
            }
            Parted::Parts(parts) => {
                let place = Place::take(&worker.gateway)?;
                let holding = Holding::new(&worker.gateway, &principal);
                // As long for the client to take them as for us to make them.
                let end = started + limits.deadline * 2;
                let chunks = events::parts(place, parts, holding, end.into());
                Ok(Reply::events(chunks, &principal))
            }
        };
    }
    if streams {
        // Before anything is asked for; a single answer gives it back.
        let place = Place::take(&worker.gateway);
        let standing = Standing {
            full: place.is_err(),
            ..standing(transport)
        };
        let answering = Arc::clone(&loaded.answerer).subscribe(request, caller, standing);
        return match answering.await {
            Subscribed::Answer(answer) => Ok(match (media, answer.outcome) {
                (Some(media), _) => Reply::answer(answer, media, &principal),
                (None, Outcome::Ok) => Reply::events(events::once(&answer.body), &principal),
                (None, Outcome::RequestError(_)) => {
                    Reply::answer(answer, MediaType::GraphqlResponse, &principal)
                }
            }),
            Subscribed::Events(told) => {
                let place = place?;
                let holding = Holding::new(&worker.gateway, &principal);
                let chunks = events::all(&worker.gateway, place, holding, told);
                Ok(Reply::events(chunks, &principal))
            }
        };
    }
    let media = media.ok_or(ErrorCode::NotAcceptable)?;
    let means = Means {
        transport: &transport,
        cache: &gateway.parts.cache,
        deadline,
        queries_only: way == Way::Get,
    };
    let answer = loaded.answerer.answer(&request, &caller, means);
    // The pipeline keeps the deadline itself; this is for the day it does not.
    let late = deadline + std::time::Duration::from_secs(1);
    let answer = tokio::time::timeout_at(late.into(), answer)
        .await
        .map_err(|_| ErrorCode::DeadlineExceeded)?;
    Ok(Reply::answer(answer, media, &principal))
}

fn finish(span: &Span, gateway: &Gateway, way: Way, reply: &Reply, started: Instant) {
    let (metrics, role) = (&gateway.parts.metrics, reply.role.as_str());
    span.record("http.response.status_code", reply.status);
    span.record("role", role);
    if let Some(code) = reply.code {
        span.record("code", code.as_str());
        metrics.refused(code.as_str());
    }
    let took = started.elapsed();
    metrics.answered(way.as_str(), reply.status, role, took);
    tracing::debug!(
        parent: span,
        method = way.as_str(),
        status = reply.status,
        role,
        code = reply.code.map(ErrorCode::as_str),
        bytes = reply.body.len(),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}

/// Reads a body up to the limit.
async fn read(mut payload: web::Payload, largest: usize) -> Result<Bytes, ErrorCode> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ErrorCode::RequestMalformed)?;
        if whole.len() + chunk.len() > largest {
            return Err(ErrorCode::RequestTooLarge);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}
