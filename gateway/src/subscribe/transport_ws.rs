//! The messages of `graphql-transport-ws`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{GraphQlError, write_json_string};
use crate::request::GraphQlRequest;

/// The longest `id` a client may give an operation.
const LONGEST_ID: usize = 128;

/// What a client says.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// The first message: who is there.
    Init(Params),
    /// Begin an operation under this name.
    Subscribe(String, Box<GraphQlRequest>),
    /// End an operation.
    Complete(String),
    /// Are you there?
    Ping,
    /// I am here.
    Pong,
}

/// What a client says about itself in `connection_init`: what other clients send as headers.
#[derive(Debug, Default, PartialEq)]
pub struct Params {
    /// `Bearer …`
    pub authorization: Option<String>,
    /// The stated purpose.
    pub purpose: Option<String>,
    /// The stated case.
    pub case: Option<String>,
}

/// Why a connection is closed. The numbers and words are the protocol's where it has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The process stops; come again, you will find another.
    GoingAway,
    /// A message is not as the protocol says.
    BadRequest,
    /// An operation before `connection_init`.
    Unauthorized,
    /// The token does not hold, or no longer; a better one may be brought at once.
    Forbidden,
    /// The protocol is not offered.
    SubprotocolNotAcceptable,
    /// No `connection_init` came in time.
    InitTimeout,
    /// Two operations of one name.
    SubscriberExists,
    /// `connection_init` came twice.
    TooManyInits,
}

impl Close {
    /// Every reason there is, for the catalogue.
    pub const ALL: [Self; 8] = [
        Self::GoingAway,
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::SubprotocolNotAcceptable,
        Self::InitTimeout,
        Self::SubscriberExists,
        Self::TooManyInits,
    ];

    /// The close code.
    pub const fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::BadRequest => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::SubprotocolNotAcceptable => 4406,
            Self::InitTimeout => 4408,
            Self::SubscriberExists => 4409,
            Self::TooManyInits => 4429,
        }
    }

    /// The words, if the code of an error does not say it better.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "Going away",
            Self::BadRequest => "Invalid message",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::SubprotocolNotAcceptable => "Subprotocol not acceptable",
            Self::InitTimeout => "Connection initialisation timeout",
            Self::SubscriberExists => "Subscriber for this id already exists",
            Self::TooManyInits => "Too many initialisation requests",
        }
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    payload: Option<Value>,
}

/// Reads a message.
///
/// # Errors
/// [`Close::BadRequest`] for what is not in the protocol.
pub fn read(text: &str) -> Result<Said, Close> {
    let bad = Close::BadRequest;
    let message: Message = serde_json::from_str(text).map_err(|_| bad)?;
    let id = || {
        let id = message.id.clone().ok_or(bad)?;
        let fit = !id.is_empty() && id.len() <= LONGEST_ID;
        fit.then_some(id).ok_or(bad)
    };
    match message.kind.as_str() {
        "connection_init" => Ok(Said::Init(params(message.payload)?)),
        "ping" => Ok(Said::Ping),
        "pong" => Ok(Said::Pong),
        "complete" => Ok(Said::Complete(id()?)),
        "subscribe" => {
            let id = id()?;
            let Some(Value::Object(payload)) = message.payload else {
                return Err(bad);
            };
            let request = GraphQlRequest::from_object(payload).map_err(|_| bad)?;
            Ok(Said::Subscribe(id, Box::new(request)))
        }
        _ => Err(bad),
    }
}

/// The parameters, whatever the case of their names; others are the client's own business.
fn params(payload: Option<Value>) -> Result<Params, Close> {
    let payload: Map<String, Value> = match payload {
        None | Some(Value::Null) => return Ok(Params::default()),
        Some(Value::Object(payload)) => payload,
        Some(_) => return Err(Close::BadRequest),
    };
    let mut params = Params::default();
    for (name, value) in payload {
        let place = match name.to_ascii_lowercase().as_str() {
            "authorization" => &mut params.authorization,
            crate::contract::header::PURPOSE => &mut params.purpose,
            crate::contract::header::CASE => &mut params.case,
            _ => continue,
        };
        match value {
            Value::Null => {}
            // Twice in different letters: which one counts is not for us to guess.
            Value::String(text) if place.is_none() => *place = Some(text),
            _ => return Err(Close::BadRequest),
        }
    }
    Ok(params)
}

/// `connection_ack`
pub const ACK: &str = "{\"type\":\"connection_ack\"}";
/// `pong`
pub const PONG: &str = "{\"type\":\"pong\"}";

/// `next`: a whole answer.
pub fn next(id: &str, answer: &[u8]) -> Vec<u8> {
    message("next", id, Some(answer))
}

/// `error`: the operation was refused or cut short.
pub fn error(id: &str, error: &GraphQlError) -> Vec<u8> {
    let mut payload = b"[".to_vec();
    error.write_json(&mut payload);
    payload.push(b']');
    message("error", id, Some(&payload))
}

/// `error` with the errors of an answer without data.
pub fn errors(id: &str, answer: &[u8]) -> Vec<u8> {
    let list = answer
        .strip_prefix(b"{\"errors\":")
        .and_then(|rest| rest.strip_suffix(b"}"));
    message("error", id, Some(list.unwrap_or(b"[]")))
}

/// `complete`: nothing follows.
pub fn complete(id: &str) -> Vec<u8> {
    message("complete", id, None)
}

fn message(kind: &str, id: &str, payload: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.map_or(0, <[u8]>::len) + id.len() + 48);
    out.extend_from_slice(b"{\"type\":");
    write_json_string(&mut out, kind);
    out.extend_from_slice(b",\"id\":");
    write_json_string(&mut out, id);
    if let Some(payload) = payload {
        out.extend_from_slice(b",\"payload\":");
        out.extend_from_slice(payload);
    }
    out.push(b'}');
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use serde_json::json;

    #[test]
    fn what_is_not_in_the_protocol_is_refused() {
        for wrong in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":7,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":[]}"#,
            r#"{"type":"subscribe","id":"1","payload":{"variables":{}}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":"x"}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"connection_init","payload":{"authorization":1}}"#,
            r#"{"type":"connection_init","payload":{"authorization":"a","Authorization":"b"}}"#,
        ] {
            assert_eq!(read(wrong), Err(Close::BadRequest), "{wrong}");
        }
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(129));
        assert_eq!(read(&long), Err(Close::BadRequest));
        let deep = format!(r#"{{"type":"ping","payload":{}"#, "[".repeat(100_000));
        assert_eq!(read(&deep), Err(Close::BadRequest));
    }

    #[test]
    fn each_message_is_read_as_it_is_meant() {
        let init = r#"{"type":"connection_init","payload":{"Authorization":"Bearer x","minzheng-purpose":"P","minzheng-case":null,"other":[]}}"#;
        let expected = Params {
            authorization: Some("Bearer x".to_owned()),
            purpose: Some("P".to_owned()),
            case: None,
        };
        assert_eq!(read(init), Ok(Said::Init(expected)));
        let bare = read(r#"{"type":"connection_init"}"#);
        assert_eq!(bare, Ok(Said::Init(Params::default())));
        let text = r#"{"id":"a","type":"subscribe","payload":{"query":"{ a }","operationName":"Q","variables":{"v":1}}}"#;
        let Ok(Said::Subscribe(id, request)) = read(text) else {
            panic!("no subscribe")
        };
        assert_eq!(id, "a");
        assert_eq!(request.query.as_deref(), Some("{ a }"));
        assert_eq!(request.operation_name.as_deref(), Some("Q"));
        assert_eq!(Value::Object(request.variables), json!({"v": 1}));
        let done = read(r#"{"type":"complete","id":"a"}"#);
        assert_eq!(done, Ok(Said::Complete("a".to_owned())));
    }

    #[test]
    fn each_message_is_written_as_json() {
        let parse = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap();
        assert_eq!(
            parse(next("a\"", b"{\"data\":null}")),
            json!({"type": "next", "id": "a\"", "payload": {"data": null}})
        );
        let refused = GraphQlError::new(ErrorCode::TooManySubscriptions);
        let told = parse(error("b", &refused));
        assert_eq!(
            told["payload"][0]["extensions"]["code"],
            "TOO_MANY_SUBSCRIPTIONS"
        );
        let body = crate::error::errors_body(&[refused]);
        assert_eq!(parse(errors("b", &body)), told);
        assert_eq!(parse(complete("c")), json!({"type": "complete", "id": "c"}));
    }
}
