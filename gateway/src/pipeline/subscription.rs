//! A subscription's way through the gateway: the stages of any request once, then the plan again for
//! each event.
//!
//! The plan's source is the fetch at the root; its "answer" is the event, and the rest of the plan
//! fills in from other subgraphs what the event's subgraph does not know. What the caller may not see
//! is cut before, as for queries.
//!
//! The client does not notice a subgraph that restarts: the source is asked again, with pauses that
//! grow, until the subscription ends for another reason. Each event may say a place behind it
//! ([`contract::RESUME`]); the source is asked to go on from the last one, so that nothing is told twice
//! and nothing left out. A source that says none tells again what its field begins with.
//!
//! Nor does the client notice a change of the schema: the operation is prepared anew under the one that
//! serves now, with what that demands of the caller, and its source stays unless it is to be asked for
//! something else. What the new schema has no answer for ends with a code.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::LocalBoxStream;
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use tokio::sync::watch;

use super::{Answer, Pipeline, Prepared, Way, note_refused, refusals, refused};
use crate::cache::Cache;
use crate::contract;
use crate::error::{ErrorCode, GraphQlError, write_json_string};
use crate::execute::{Execution, Fetcher, errors};
use crate::identity::Caller;
use crate::operation::OperationKind;
use crate::request::GraphQlRequest;
use crate::transport::stream::{Source, SourceEnd};
use crate::transport::{FetchRequest, Transport, TransportError};

/// The pauses before a source is asked again: doubled each time, with jitter, so that all subscriptions
/// of a subgraph do not come back in one instant.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A place that is longer than this, in bytes, is not kept: many subscriptions wait.
const LONGEST_PLACE: usize = 1024;

/// What a subscription is answered with, for as long as it runs.
pub struct Standing {
    /// The worker's way to the subgraphs.
    pub transport: Transport,
    /// The process's cache.
    pub cache: Arc<Cache>,
    /// How long one answer may take: the first, or that of an event.
    pub deadline: Duration,
    /// How many events may wait.
    pub buffer: usize,
    /// It came by a way that must not change anything.
    pub queries_only: bool,
    /// So many subscriptions run that no other may begin. Known before, so that one that is refused costs no subgraph
    /// anything.
    pub full: bool,
    /// What serves now, for what outlives a schema.
    pub serving: Serving,
}

/// A pipeline and the way to the subgraphs of its schema.
pub type Served = (Arc<Pipeline>, Transport);

/// What serves at any time.
pub struct Serving {
    /// Tells that another schema serves.
    pub swapped: watch::Receiver<usize>,
    /// The one that serves now; none where it is no pipeline of ours.
    pub now: Rc<dyn Fn() -> Option<Served>>,
}

/// What a request by a way for many answers comes to.
pub enum Subscribed {
    /// One answer: of a query or mutation, or a refusal.
    Answer(Answer),
    /// The events of a subscription, until it completes.
    Events(Events),
}

/// The events of a subscription.
pub type Events = LocalBoxStream<'static, Told>;

/// What a subscription tells.
#[derive(Debug)]
pub enum Told {
    /// A whole answer for one event.
    Next(Bytes),
    /// It ends before it is complete.
    End(GraphQlError),
}

/// Answers a request by a way for many answers.
pub(crate) async fn subscribe(
    pipeline: Arc<Pipeline>,
    request: GraphQlRequest,
    caller: Caller,
    standing: Standing,
) -> Subscribed {
    let way = Way::Many {
        queries: standing.queries_only,
    };
    let deadline = Instant::now() + standing.deadline;
    let prepared = match pipeline.prepare(&request, &caller, way).await {
        Ok(prepared) => prepared,
        Err(errors) => return Subscribed::Answer(refused(errors, &caller)),
    };
    if prepared.plan.operation.kind != OperationKind::Subscription {
        let Standing {
            transport,
            cache,
            queries_only,
            ..
        } = &standing;
        let answer = pipeline.handle(&request, &caller, transport, cache, deadline, *queries_only);
        return Subscribed::Answer(answer.await);
    }
    let cut = refusals(&prepared.plan, &caller);
    if !cut.is_empty() {
        let (log, plan) = (prepared.log.as_deref(), &prepared.plan);
        let (digest, fields) = (&prepared.digest, plan.refused.clone());
        note_refused(log, &caller, digest, &plan.operation, fields);
    }
    if prepared.plan.source().is_none() {
        // Nothing is left to wait for: the field is refused, or there is none.
        let errors = match cut.is_empty() {
            true => vec![GraphQlError::new(ErrorCode::GraphqlValidationFailed)],
            false => cut,
        };
        return Subscribed::Answer(refused(errors, &caller));
    }
    if standing.full {
        let error = GraphQlError::new(ErrorCode::TooManySubscriptions);
        return Subscribed::Answer(refused(vec![error], &caller));
    }
    let running = Running {
        request,
        prepared,
        caller,
        standing,
        source: None,
        place: None,
        pause: FIRST_PAUSE,
    };
    // A subscription that cannot begin is refused; one that has begun is resumed.
    match running.ask(deadline).await {
        Ok(source) => Subscribed::Events(running.events(source)),
        Err(error) => {
            let error = GraphQlError::new(errors::code(error));
            let service = running.prepared.plan.source();
            let service = service.map(|at| running.prepared.plan.fetches[at].service.clone());
            let error = match service {
                Some(service) => error.from_service(service),
                None => error,
            };
            Subscribed::Answer(refused(vec![error], &running.caller))
        }
    }
}

/// A subscription that runs.
struct Running {
    /// As it came, to be prepared again under another schema.
    request: GraphQlRequest,
    prepared: Prepared,
    caller: Caller,
    standing: Standing,
    /// None: to be asked again after a pause.
    source: Option<Source>,
    /// The place behind the last event, as the source said it.
    place: Option<String>,
    pause: Duration,
}

impl Running {
    fn events(mut self, source: Source) -> Events {
        self.source = Some(source);
        // Boxed only while something is done: an idle subscription holds no execution's memory.
        stream::unfold(Some(Box::new(self)), |running| async move {
            let mut running = running?;
            match running.next().await? {
                Told::Next(body) => Some((Told::Next(body), Some(running))),
                end @ Told::End(_) => Some((end, None)),
            }
        })
        .boxed_local()
    }

    /// Asks for the source.
    async fn ask(&self, deadline: Instant) -> Result<Source, TransportError> {
        let Standing {
            transport, cache, ..
        } = &self.standing;
        let execution = self
            .prepared
            .execution(&self.caller, transport, cache, deadline);
        let (subgraph, body) = execution.source().ok_or(TransportError::Malformed)?;
        let body = match &self.place {
            Some(place) => resuming(&body, place),
            None => body,
        };
        let request = FetchRequest {
            subgraph,
            body,
            caller: &self.caller,
            public: false,
            mutation: false,
            generation: 0,
            deadline,
            expected: 0,
        };
        transport.subscribe(request, self.standing.buffer).await
    }

    /// Goes on under the schema that serves now.
    ///
    /// # Errors
    /// The end of the subscription, when that schema has no answer for it.
    async fn renew(&mut self) -> Result<(), GraphQlError> {
        let Some((pipeline, transport)) = (self.standing.serving.now)() else {
            return Ok(());
        };
        if Arc::ptr_eq(&pipeline.loaded, &self.prepared.loaded) {
            return Ok(());
        }
        let way = Way::Many {
            queries: self.standing.queries_only,
        };
        let outdated = || GraphQlError::new(ErrorCode::SubscriptionOutdated);
        let prepared = pipeline.prepare(&self.request, &self.caller, way).await;
        let prepared = prepared.map_err(|_| outdated())?;
        let refused = &prepared.plan.refused;
        if !refused.is_empty() && *refused != self.prepared.plan.refused {
            let (log, operation) = (prepared.log.as_deref(), &prepared.plan.operation);
            let (digest, fields) = (&prepared.digest, refused.clone());
            note_refused(log, &self.caller, digest, operation, fields);
        }
        let before = self.asked();
        (self.prepared, self.standing.transport) = (prepared, transport);
        let now = self.asked();
        if now.is_none() {
            return Err(outdated());
        }
        if now != before {
            (self.source, self.pause) = (None, FIRST_PAUSE);
        }
        Ok(())
    }

    /// What is asked for the source, and of whom.
    fn asked(&self) -> Option<(Arc<str>, Bytes)> {
        let Standing {
            transport, cache, ..
        } = &self.standing;
        let (caller, plan) = (&self.caller, &self.prepared.plan);
        let execution = self
            .prepared
            .execution(caller, transport, cache, Instant::now());
        let (_, body) = execution.source()?;
        Some((plan.fetches[plan.source()?].service.clone(), body))
    }

    /// What is told next; nothing when it is complete.
    async fn next(&mut self) -> Option<Told> {
        loop {
            let swapped = &mut self.standing.serving.swapped;
            if swapped.has_changed().unwrap_or(false) {
                swapped.mark_unchanged();
                if let Err(end) = Box::pin(self.renew()).await {
                    return Some(Told::End(end));
                }
            }
            let Some(source) = &mut self.source else {
                let wait = self.pause.mul_f64(jitter());
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                tokio::time::sleep(wait).await;
                let deadline = Instant::now() + self.standing.deadline;
                if let Ok(source) = Box::pin(self.ask(deadline)).await {
                    self.source = Some(source);
                }
                continue;
            };
            let item = tokio::select! {
                item = source.next() => item?,
                Ok(()) = self.standing.serving.swapped.changed() => {
                    self.standing.serving.swapped.mark_changed();
                    continue;
                }
            };
            match item {
                Ok(event) => {
                    self.pause = FIRST_PAUSE;
                    self.place = place_behind(&event).or(self.place.take());
                    return Some(Told::Next(Box::pin(self.fill(event)).await));
                }
                Err(SourceEnd::Lost) => self.source = None,
                Err(SourceEnd::Lagged) => {
                    let code = ErrorCode::SubscriptionLagged;
                    return Some(Told::End(GraphQlError::new(code)));
                }
                // Told like an event that failed, so that its errors get the client's paths; then there
                // is nothing more to come.
                Err(SourceEnd::Refused(answer)) => {
                    let body = Box::pin(self.fill(answer)).await;
                    self.source = Some(stream::empty().boxed_local());
                    return Some(Told::Next(body));
                }
            }
        }
    }

    /// The client's answer for an event.
    async fn fill(&self, event: Bytes) -> Bytes {
        let Standing {
            transport, cache, ..
        } = &self.standing;
        let deadline = Instant::now() + self.standing.deadline;
        let asking = self
            .prepared
            .execution(&self.caller, transport, cache, deadline);
        let Some(source) = asking.source() else {
            return event;
        };
        let fetcher = AfterEvent {
            transport,
            source,
            event: RefCell::new(Some(event)),
        };
        let execution = Execution {
            cuts_noted: true,
            ..self
                .prepared
                .execution(&self.caller, &fetcher, cache, deadline)
        };
        let errors = refusals(&self.prepared.plan, &self.caller);
        execution.run(errors).await.body
    }
}

/// What an event says beside its data.
#[derive(Deserialize)]
struct Beside {
    extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The place behind an event, if it says one of reasonable length.
fn place_behind(event: &[u8]) -> Option<String> {
    let beside: Beside = serde_json::from_slice(event).ok()?;
    let mut extensions = beside.extensions?;
    match extensions.remove(contract::RESUME)? {
        serde_json::Value::String(place) if place.len() <= LONGEST_PLACE => Some(place),
        _ => None,
    }
}

/// The request for a source that goes on behind a place.
fn resuming(body: &Bytes, place: &str) -> Bytes {
    let Some(open) = body.strip_suffix(b"}") else {
        return body.clone();
    };
    let mut out = open.to_vec();
    out.push(b',');
    write_json_string(&mut out, contract::RESUME);
    out.push(b':');
    write_json_string(&mut out, place);
    out.push(b'}');
    out.into()
}

/// The way to the subgraphs when one fetch, the source, is answered already.
struct AfterEvent<'a, F> {
    transport: &'a F,
    source: (usize, Bytes),
    event: RefCell<Option<Bytes>>,
}

impl<F: Fetcher> Fetcher for AfterEvent<'_, F> {
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<Bytes, TransportError> {
        let is_source = request.subgraph == self.source.0 && request.body == self.source.1;
        let event = is_source.then(|| self.event.take()).flatten();
        match event {
            Some(event) => Ok(event),
            None => self.transport.fetch(request).await,
        }
    }
}

/// From a half to one. Without randomness everybody waits equally long.
fn jitter() -> f64 {
    let mut byte = [255];
    let _ = getrandom::fill(&mut byte);
    0.5 + f64::from(byte[0]) / 510.0
}
