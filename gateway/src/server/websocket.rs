//! `/graphql` over WebSocket: one task for each connection, which reads what the client says, runs its
//! operations and tells what they tell.
//!
//! Who the client is it says once, in `connection_init` (a browser cannot send headers); a token that
//! ends or is revoked takes all its operations with it: no later one is run, no later event told. What is told waits for the client in three places, each
//! of fixed size: the buffer of the subscription's source, the connection's queue, the socket. A client
//! that takes nothing for [`PATIENCE`] is cut off; one that is slower than its events loses those
//! subscriptions with a code.

use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::guard::GuardContext;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use futures_util::stream::{AbortHandle, Abortable, LocalBoxStream, SelectAll};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use opentelemetry::Context;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::at_work::AtWork;
use super::graphql::trace_of;
use super::holding::Holding;
use super::places::Place;
use super::reply::refusal;
use super::{Gateway, Worker};
use crate::error::{ErrorCode, GraphQlError};
use crate::identity::Caller;
use crate::pipeline::subscription::{Standing, Subscribed, Told};
use crate::pipeline::{Answer, Outcome};
use crate::request::GraphQlRequest;
use crate::subscribe::transport_ws::{self as words, Close, Params, Said};
use crate::transport::WEBSOCKET_PROTOCOL;

/// How long a client may take nothing at all.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Whether a request wants a connection.
pub(super) fn is_asked(context: &GuardContext<'_>) -> bool {
    let headers = context.head().headers();
    let upgrade = headers.get(header::UPGRADE).and_then(|v| v.to_str().ok());
    upgrade.is_some_and(|to| to.trim().eq_ignore_ascii_case("websocket"))
}

/// Opens a connection.
pub(super) async fn open(http: HttpRequest, payload: web::Payload) -> HttpResponse {
    let Some(worker) = http.app_data::<Rc<Worker>>().cloned() else {
        return HttpResponse::InternalServerError().finish();
    };
    if !is_ours(&worker.gateway, http.headers()) {
        return refusal(ErrorCode::OriginNotAllowed);
    }
    if !worker.gateway.is_ready() {
        return refusal(ErrorCode::NotReady);
    }
    let protocols = [WEBSOCKET_PROTOCOL];
    let opened = actix_ws::handle_with_protocols(&http, payload, &protocols);
    let Ok((response, session, messages)) = opened else {
        return refusal(ErrorCode::RequestMalformed);
    };
    let protocol = response.headers().contains_key("sec-websocket-protocol");
    let largest = worker.gateway.parts.config.limits.body.as_usize();
    let messages = messages
        .max_frame_size(largest)
        .aggregate_continuations()
        .max_continuation_size(largest);
    let trace = trace_of(&worker.gateway, &http);
    actix_web::rt::spawn(async move {
        let mut connection = Connection::new(worker, session, trace);
        let ended = match protocol {
            true => connection.run(messages).await,
            false => Ended::Close(Close::SubprotocolNotAcceptable, None),
        };
        connection.end(ended).await;
    });
    response
}

/// A page of another origin may connect only if the origin is on the list, like one that asks by POST.
fn is_ours(gateway: &Gateway, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let listed = &gateway.parts.config.cors.origins;
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = origin.to_str().ok().and_then(|o| o.split_once("://"));
    listed.iter().any(|one| one.as_bytes() == origin.as_bytes())
        || own.is_some_and(|(_, at)| host.is_some_and(|host| host.eq_ignore_ascii_case(at)))
}

/// Why a connection ends.
enum Ended {
    /// The client has gone, or takes nothing any more.
    Gone,
    /// We close it, with words of our own if the code's do not do.
    Close(Close, Option<&'static str>),
}

impl From<Close> for Ended {
    fn from(close: Close) -> Self {
        Self::Close(close, None)
    }
}

/// What happens to one operation.
enum Event {
    /// It was answered once and for all.
    Answer(Answer),
    /// It tells something.
    Told(Told),
    /// It has no more to tell.
    Complete,
}

type Operation = Pin<Box<dyn stream::Stream<Item = (Rc<str>, Event)>>>;

struct Connection {
    worker: Rc<Worker>,
    session: Session,
    trace: Context,
    /// Who is there; none before `connection_init`.
    caller: Option<Caller>,
    /// Its token.
    holding: Option<Holding>,
    running: HashMap<Rc<str>, AbortHandle>,
    operations: SelectAll<Abortable<Operation>>,
}

impl Connection {
    fn new(worker: Rc<Worker>, session: Session, trace: Context) -> Self {
        Self {
            worker,
            session,
            trace,
            caller: None,
            holding: None,
            running: HashMap::new(),
            operations: SelectAll::new(),
        }
    }

    async fn run(&mut self, mut messages: AggregatedMessageStream) -> Ended {
        let gateway = Arc::clone(&self.worker.gateway);
        let settings = &gateway.parts.config.subscriptions;
        let mut draining = gateway.draining.subscribe();
        let mut ping: Interval =
            tokio::time::interval_at(Instant::now() + settings.ping, settings.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let init = Instant::now() + settings.init;
        let mut heard = Instant::now();
        loop {
            let outcome = tokio::select! {
                message = messages.recv() => {
                    heard = Instant::now();
                    match message {
                        // Boxed, so that an idle connection holds no memory for what it could be asked.
                        Some(Ok(AggregatedMessage::Text(text))) => Box::pin(self.said(&text)).await,
                        Some(Ok(AggregatedMessage::Ping(bytes))) => {
                            self.session.pong(&bytes).await.map_err(|_| Ended::Gone)
                        }
                        Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
                        Some(Ok(AggregatedMessage::Close(_))) | None => Err(Ended::Gone),
                        Some(Ok(AggregatedMessage::Binary(_)) | Err(_)) => {
                            Err(Close::BadRequest.into())
                        }
                    }
                }
                Some((id, event)) = self.operations.next() => {
                    Box::pin(self.happened(&id, event)).await
                }
                _ = ping.tick() => match heard.elapsed() > settings.ping.mul_f32(2.5) {
                    true => Err(Ended::Gone),
                    false => self.session.ping(b"").await.map_err(|_| Ended::Gone),
                },
                () = tokio::time::sleep_until(init), if self.caller.is_none() => {
                    Err(Close::InitTimeout.into())
                }
                code = lost(&mut self.holding) => Box::pin(self.lost(code)).await,
                _ = draining.wait_for(|draining| *draining) => Err(Close::GoingAway.into()),
            };
            if let Err(ended) = outcome {
                return ended;
            }
        }
    }

    async fn end(self, ended: Ended) {
        if let Ended::Close(close, words) = ended {
            let reason = CloseReason {
                code: CloseCode::from(close.code()),
                description: Some(words.unwrap_or(close.reason()).to_owned()),
            };
            let closing = self.session.close(Some(reason));
            let _ = tokio::time::timeout(PATIENCE, closing).await;
        }
    }

    async fn said(&mut self, text: &str) -> Result<(), Ended> {
        match words::read(text)? {
            Said::Init(params) => self.init(params).await,
            Said::Ping => self.tell(words::PONG.into()).await,
            Said::Pong => Ok(()),
            Said::Complete(id) => {
                if let Some(running) = self.running.remove(id.as_str()) {
                    running.abort();
                }
                Ok(())
            }
            Said::Subscribe(id, request) => self.subscribe(id, *request).await,
        }
    }

    async fn init(&mut self, params: Params) -> Result<(), Ended> {
        if self.caller.is_some() {
            return Err(Close::TooManyInits.into());
        }
        let gateway = &self.worker.gateway;
        let forbidden = |code: ErrorCode| Ended::Close(Close::Forbidden, Some(code.as_str()));
        let identified = gateway
            .parts
            .verifier
            .identify(params.authorization.as_deref());
        let principal = identified.map_err(|error| forbidden(error.code()))?;
        self.holding = Some(Holding::new(gateway, &principal));
        let caller = Caller::new(
            principal,
            params.purpose.as_deref(),
            params.case.as_deref(),
            self.trace.clone(),
        );
        self.caller = Some(caller.map_err(forbidden)?);
        self.tell(words::ACK.into()).await
    }

    async fn subscribe(&mut self, id: String, request: GraphQlRequest) -> Result<(), Ended> {
        let Some(caller) = self.caller.clone() else {
            return Err(Close::Unauthorized.into());
        };
        self.check().await?;
        if self.running.contains_key(id.as_str()) {
            return Err(Close::SubscriberExists.into());
        }
        let gateway = &self.worker.gateway;
        let config = &gateway.parts.config;
        let place = match self.running.len() >= config.subscriptions.per_connection {
            true => Err(ErrorCode::TooManySubscriptions),
            false => Place::take(gateway),
        };
        let at_work = AtWork::begin(gateway);
        let loaded = match at_work.is_one_too_many() {
            true => Err(ErrorCode::Overloaded),
            false => self.worker.loaded().ok_or(ErrorCode::NotReady),
        };
        let (place, (loaded, transport)) = match (place, loaded) {
            (Ok(place), Ok(loaded)) => (place, loaded),
            (Err(code), _) | (_, Err(code)) => {
                gateway.parts.metrics.refused(code.as_str());
                let error = GraphQlError::new(code);
                return self.tell(words::error(&id, &error)).await;
            }
        };
        let standing = Standing {
            transport,
            cache: Arc::clone(&gateway.parts.cache),
            deadline: config.limits.deadline,
            buffer: config.subscriptions.buffer,
            queries_only: false,
            full: false,
            serving: self.worker.serving(),
        };
        let id: Rc<str> = id.into();
        let answering = Arc::clone(&loaded.answerer).subscribe(request, caller, standing);
        let name = Rc::clone(&id);
        let operation = async move {
            let answered = answering.await;
            // What comes after is an event at a time.
            drop(at_work);
            let events: LocalBoxStream<'static, Event> = match answered {
                Subscribed::Answer(answer) => stream::iter([Event::Answer(answer)]).boxed_local(),
                Subscribed::Events(events) => events.map(Event::Told).boxed_local(),
            };
            let events = events.chain(stream::iter([Event::Complete]));
            events.map(move |event| {
                // Held as long as the operation lives.
                let _ = &place;
                (Rc::clone(&name), event)
            })
        };
        let operation: Operation = Box::pin(operation.flatten_stream());
        let (operation, handle) = stream::abortable(operation);
        self.operations.push(operation);
        self.running.insert(id, handle);
        Ok(())
    }

    async fn happened(&mut self, id: &Rc<str>, event: Event) -> Result<(), Ended> {
        self.check().await?;
        match event {
            Event::Told(Told::Next(answer)) => self.tell(words::next(id, &answer)).await,
            Event::Told(Told::End(error)) => {
                self.finished(id);
                self.tell(words::error(id, &error)).await
            }
            Event::Answer(answer) => match answer.outcome {
                Outcome::Ok => self.tell(words::next(id, &answer.body)).await,
                Outcome::RequestError(code) => {
                    self.worker.gateway.parts.metrics.refused(code.as_str());
                    self.finished(id);
                    self.tell(words::errors(id, &answer.body)).await
                }
            },
            // After an `error` there is no `complete`.
            Event::Complete => match self.finished(id) {
                true => self.tell(words::complete(id)).await,
                false => Ok(()),
            },
        }
    }

    /// Whether it was running.
    fn finished(&mut self, id: &Rc<str>) -> bool {
        let running = self.running.remove(id);
        if let Some(running) = &running {
            running.abort();
        }
        running.is_some()
    }

    /// Ends everything if the token holds no longer.
    async fn check(&mut self) -> Result<(), Ended> {
        match self.holding.as_ref().map(Holding::check) {
            Some(Err(code)) => self.lost(code).await,
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// The token has ended or was revoked: so do its operations, each with the code, and the connection.
    /// The client comes again with a new one.
    async fn lost(&mut self, code: ErrorCode) -> Result<(), Ended> {
        let error = GraphQlError::new(code);
        let ids: Vec<Rc<str>> = self.running.keys().cloned().collect();
        for id in ids {
            self.finished(&id);
            self.tell(words::error(&id, &error)).await?;
        }
        Err(Ended::Close(Close::Forbidden, Some(code.as_str())))
    }

    async fn tell(&mut self, message: Vec<u8>) -> Result<(), Ended> {
        // Whatever a subgraph's text held was checked when it was read.
        let text = String::from_utf8(message).map_err(|_| Ended::Gone)?;
        let telling = tokio::time::timeout(PATIENCE, self.session.text(text));
        match telling.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Gone),
        }
    }
}

/// Waits until a token holds no longer; for ever when there is none yet.
async fn lost(holding: &mut Option<Holding>) -> ErrorCode {
    match holding {
        Some(holding) => holding.lost().await,
        None => std::future::pending().await,
    }
}
