//! Subscriptions over WebSocket, in the words of `graphql-transport-ws`.
//!
//! The connection itself is a pipe that anybody may open and nobody gets anything from: every
//! `subscribe` carries, in `payload.extensions.minzheng`, the same headers that a request over HTTP
//! would, signed over the payload without them; and it is let in through the same doors. So one
//! connection of the gateway carries the subscriptions of all its callers, each under its own name.

use std::{collections::HashMap, pin::Pin, time::Duration};

use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, CloseCode, CloseReason, Session};
use bytes::Bytes;
use futures_util::stream::{AbortHandle, Abortable, SelectAll};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::watch;

use super::{Endpoint, Headers, MAX_BODY_BYTES};
use crate::contract::SUBGRAPH_PATH;

/// The subprotocol's registered name.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// What stands between a payload's body and the signed headers, see [`unsigned`].
const SIGNED: &str = ",\"extensions\":{\"minzheng\":";

/// A gateway pings far more often than this.
const SILENCE: Duration = Duration::from_secs(90);

/// The most subscriptions of one connection: what a gateway process serves in all, and some.
const MOST: usize = 50_000;

/// What a gateway says.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: Option<&'a str>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Payload {
    extensions: Extensions,
}

#[derive(Deserialize)]
struct Extensions {
    minzheng: HashMap<String, String>,
}

impl Headers for HashMap<String, String> {
    fn header(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

/// Opens a connection.
pub(super) async fn open(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint>,
    stopping: web::Data<watch::Receiver<bool>>,
) -> HttpResponse {
    let opened = actix_ws::handle_with_protocols(&request, payload, &[PROTOCOL]);
    let Ok((response, session, messages)) = opened else {
        return HttpResponse::MethodNotAllowed()
            .insert_header(("allow", "POST"))
            .finish();
    };
    let messages = messages
        .max_frame_size(MAX_BODY_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MAX_BODY_BYTES);
    actix_web::rt::spawn(async move {
        let mut connection = Connection {
            session,
            endpoint: endpoint.into_inner(),
            running: HashMap::new(),
            events: SelectAll::new(),
        };
        let mut stopping = stopping.as_ref().clone();
        let reason = tokio::select! {
            reason = connection.run(messages) => reason,
            _ = stopping.wait_for(|stop| *stop) => ended(1001, "This process stops."),
        };
        let _ = connection.session.close(reason).await;
    });
    response
}

type Events = Pin<Box<dyn Stream<Item = (Box<str>, Option<Bytes>)> + Send>>;

struct Connection {
    session: Session,
    endpoint: std::sync::Arc<Endpoint>,
    running: HashMap<Box<str>, AbortHandle>,
    events: SelectAll<Abortable<Events>>,
}

/// Why a connection ends; `None` when the other side has gone.
type Ended = Option<CloseReason>;

fn ended(code: u16, why: &str) -> Ended {
    Some(CloseReason {
        code: CloseCode::Other(code),
        description: Some(why.to_owned()),
    })
}

impl Connection {
    async fn run(&mut self, mut messages: actix_ws::AggregatedMessageStream) -> Ended {
        let silence = tokio::time::sleep(SILENCE);
        tokio::pin!(silence);
        loop {
            let outcome = tokio::select! {
                message = messages.recv() => {
                    silence.as_mut().reset(tokio::time::Instant::now() + SILENCE);
                    match message {
                        Some(Ok(AggregatedMessage::Text(text))) => self.told(&text).await,
                        Some(Ok(AggregatedMessage::Ping(bytes))) => {
                            self.session.pong(&bytes).await.map_err(|_| None)
                        }
                        Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
                        Some(Ok(AggregatedMessage::Binary(_))) => {
                            Err(ended(4400, "Send text messages."))
                        }
                        Some(Err(_)) => Err(ended(4400, "A message is malformed or too large.")),
                        Some(Ok(AggregatedMessage::Close(_))) | None => Err(None),
                    }
                }
                Some((id, event)) = self.events.next() => self.tell(&id, event).await,
                () = &mut silence => Err(ended(1001, "Nothing was heard for too long.")),
            };
            if let Err(reason) = outcome {
                return reason;
            }
        }
    }

    async fn told(&mut self, text: &str) -> Result<(), Ended> {
        let malformed = || ended(4400, "A message is not as the protocol says.");
        let told: Told<'_> = serde_json::from_str(text).map_err(|_| malformed())?;
        match (told.kind, told.id) {
            ("connection_init", _) => self.say("{\"type\":\"connection_ack\"}".to_owned()).await,
            ("ping", _) => self.say("{\"type\":\"pong\"}".to_owned()).await,
            ("pong", _) => Ok(()),
            ("subscribe", Some(id)) => {
                let payload = told.payload.ok_or_else(malformed)?;
                self.subscribe(id, payload.get()).await
            }
            ("complete", Some(id)) => {
                if let Some(running) = self.running.remove(id) {
                    running.abort();
                }
                Ok(())
            }
            _ => Err(malformed()),
        }
    }

    async fn subscribe(&mut self, id: &str, payload: &str) -> Result<(), Ended> {
        if self.running.contains_key(id) {
            return Err(ended(4409, "A subscription of this id is running."));
        }
        if self.running.len() >= MOST {
            return Err(ended(4429, "There are too many subscriptions."));
        }
        let Some((headers, body)) = unsigned(payload) else {
            return Err(ended(4400, "A subscription is not signed."));
        };
        match self.endpoint.subscribe(&headers, SUBGRAPH_PATH, body) {
            Ok(events) => {
                let id: Box<str> = id.into();
                let (name, last) = (id.clone(), id.clone());
                let events = events
                    .map(move |event| (name.clone(), Some(event)))
                    .chain(stream::once(async move { (last, None) }));
                let events: Events = Box::pin(events);
                let (events, handle) = stream::abortable(events);
                self.events.push(events);
                self.running.insert(id, handle);
                Ok(())
            }
            Err((_, refusal)) => {
                let errors = refusal
                    .strip_prefix(b"{\"errors\":".as_slice())
                    .and_then(|rest| rest.strip_suffix(b"}"))
                    .unwrap_or(b"[]");
                let errors = String::from_utf8_lossy(errors).into_owned();
                let id = quoted(id);
                self.say(format!(
                    "{{\"type\":\"error\",\"id\":{id},\"payload\":{errors}}}"
                ))
                .await
            }
        }
    }

    async fn tell(&mut self, id: &str, event: Option<Bytes>) -> Result<(), Ended> {
        let name = quoted(id);
        match event {
            Some(event) => {
                let event = String::from_utf8_lossy(&event);
                self.say(format!(
                    "{{\"type\":\"next\",\"id\":{name},\"payload\":{event}}}"
                ))
                .await
            }
            None => {
                self.running.remove(id);
                self.say(format!("{{\"type\":\"complete\",\"id\":{name}}}"))
                    .await
            }
        }
    }

    async fn say(&mut self, text: String) -> Result<(), Ended> {
        self.session.text(text).await.map_err(|_| None)
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The headers of a payload, and the body they are signed over: the payload's text up to its last
/// `extensions`. What is verified is what is run, so a payload put together in any other way than the
/// gateway's is refused by its digest.
fn unsigned(payload: &str) -> Option<(HashMap<String, String>, Bytes)> {
    let Payload { extensions } = serde_json::from_str(payload).ok()?;
    let (body, _) = payload.rsplit_once(SIGNED)?;
    Some((extensions.minzheng, format!("{body}}}").into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_taken_apart_where_the_gateway_put_it_together() {
        let body = r#"{"query":"subscription { a(b: \",\\\"extensions\\\":{\\\"minzheng\\\":\") }","variables":{"extensions":{"minzheng":1}}}"#;
        let payload = format!("{}{SIGNED}{{\"a\":\"b\"}}}}}}", &body[..body.len() - 1]);
        let (headers, recovered) = unsigned(&payload).unwrap();
        assert_eq!(headers.header("a"), Some("b"));
        assert_eq!(recovered, body);
        for wrong in ["{}", "[]", "", r#"{"query":"a","extensions":{}}"#] {
            assert!(unsigned(wrong).is_none(), "{wrong}");
        }
    }
}
