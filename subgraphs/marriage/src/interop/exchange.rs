//! From a text to steps of the core and back: the one field that peers call, and the one call we make.
//!
//! A text that comes in is judged whole ([`jws::open`], then every statement in it), written to the log and
//! acted on in one transaction, which also writes the answer to the log; what the core wants to say to the
//! asker is that answer, what it wants to say to others goes out after the commit. A call of ours is logged
//! before it leaves; what comes back is believed only as a valid text of the very authority that was asked,
//! about the very question. Anything else is *unknown*, and the row behind it asks again.

use super::core::message::Message;
use super::core::names::AuthorityId;
use super::fault;
use super::log::{self, IN, OUT};
use super::node::Node;
use super::steps;
use super::store::{Desk, Outgoing};
use super::told;
use super::wire::jws::{self, Expected, Header};
use super::wire::{Fault, proofs};
use crate::kit::disclosure::Told;
use crate::kit::{Error, Result, Services};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Behind the phase of a question, in its answer.
const ANSWER: &str = "-ANSWER";

/// The purpose of what the system says by itself.
const BY_ITSELF: &str = "INTEROP_UPKEEP";

/// The body of every text: what is said, none or more.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    messages: Vec<Value>,
}

/// The most messages in one text.
const MOST: usize = 16;

/// A daily root of the message log, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename = "ROOT", rename_all = "camelCase")]
pub struct Root {
    /// The day, in Shanghai.
    pub day: NaiveDate,
    /// Messages sent to the reader on that day.
    pub sent_count: i64,
    /// Merkle root over their hashes.
    pub sent_root: String,
    /// Messages received.
    pub received_count: i64,
    /// Merkle root over their hashes.
    pub received_root: String,
}

/// What one province says to another.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// The protocol's own.
    Core(Box<Message>),
    /// The root of a day.
    Root(Root),
}

impl Word {
    fn read(value: Value) -> std::result::Result<Self, Fault> {
        let root = value.get("phase").and_then(Value::as_str) == Some("ROOT");
        if root {
            serde_json::from_value(value).map(Self::Root)
        } else {
            serde_json::from_value(value).map(|message| Self::Core(Box::new(message)))
        }
        .map_err(|_| Fault::Malformed)
    }

    fn write(&self) -> std::result::Result<Value, Fault> {
        match self {
            Self::Core(message) => serde_json::to_value(message),
            Self::Root(root) => serde_json::to_value(root),
        }
        .map_err(|_| Fault::Malformed)
    }

    fn txn(&self) -> String {
        match self {
            Self::Core(message) => message
                .txn()
                .map(|txn| txn.0.to_string())
                .unwrap_or_default(),
            Self::Root(_) => String::new(),
        }
    }

    /// On whose act and for what it is said, where it says so itself.
    fn on_behalf(&self) -> (String, String) {
        match self {
            Self::Core(message) => match message.as_ref() {
                Message::Try { plan, .. } | Message::CommitLast { plan, .. } => {
                    (plan.officer.clone(), plan.purpose.clone())
                }
                _ => (String::new(), BY_ITSELF.to_owned()),
            },
            Self::Root(_) => (String::new(), BY_ITSELF.to_owned()),
        }
    }
}

fn phase_of(value: &Value) -> String {
    value
        .get("phase")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn speaker(node: &Node, now: DateTime<Utc>) -> proofs::Speaker<'_> {
    proofs::Speaker {
        own: &node.own,
        key: &node.signing,
        now: now.timestamp_millis(),
    }
}

/// A text taken apart: its header and what is said in it, all signatures judged.
fn opened(
    node: &Node,
    text: &str,
    expected: Expected<'_>,
) -> std::result::Result<(Header, Vec<Word>), Fault> {
    let book = node.book();
    let verified = jws::open::<Envelope>(text, book.as_ref(), expected)?;
    if verified.body.messages.len() > MOST {
        return Err(Fault::TooLarge);
    }
    let words = verified
        .body
        .messages
        .into_iter()
        .map(|mut value| {
            proofs::unwrap(&mut value, book.as_ref())?;
            Word::read(value)
        })
        .collect::<std::result::Result<_, _>>()?;
    Ok((verified.header, words))
}

/// What stands in the header of a text besides time and place in the chain.
struct About {
    to: String,
    phase: String,
    txn: String,
    officer: String,
    purpose: String,
    nonce: String,
}

/// Signs a text as the next of its chain and writes it to the log. `spoken` is what [`Node::spoken`] gave before the
/// transaction read anything.
async fn speak(desk: Desk<'_>, spoken: i64, about: About, words: &[Word]) -> Result<String> {
    let tip = log::tip(desk.tx, &about.to, OUT).await?;
    if desk.node.went_back(&about.to, spoken, tip.seq) {
        return Err(Error::Unavailable);
    }
    let mut messages = Vec::with_capacity(words.len());
    for word in words {
        let mut value = word.write()?;
        proofs::wrap(&mut value, speaker(desk.node, desk.now))?;
        messages.push(value);
    }
    let header = Header {
        alg: desk.node.signing.algorithm(),
        from: desk.node.own.clone(),
        key_id: String::new(),
        nonce: about.nonce,
        // An account of any length, as an opaque name of bounded length.
        officer: match about.officer.len() {
            0..=128 => about.officer,
            _ => jws::hash(&about.officer),
        },
        phase: about.phase,
        prev_hash: tip.hash.clone(),
        purpose: about.purpose,
        seq: tip.seq + 1,
        to: about.to.clone(),
        ts: desk.now.timestamp_millis(),
        txn_id: about.txn,
        typ: String::new(),
        v: 0,
    };
    let text = jws::sign(&desk.node.signing, header.clone(), &Envelope { messages })?;
    log::append(desk.tx, &about.to, OUT, &tip, &text, &header, desk.now).await?;
    Ok(text)
}

async fn heed(
    desk: Desk<'_>,
    from: AuthorityId,
    text: &str,
    words: &[Word],
) -> Result<Vec<Outgoing>> {
    let mut sends = Vec::new();
    for word in words {
        match word {
            Word::Core(message) => {
                sends.extend(steps::hear(desk, from, message.as_ref().clone()).await?)
            }
            Word::Root(root) => {
                log::keep_theirs(desk.tx, &from.to_string(), root.day, text).await?
            }
        }
    }
    Ok(sends)
}

/// A text of ours is on file.
fn sent(node: &Node, text: &str) {
    if let Some(header) = jws::peek(text) {
        node.has_spoken(&header.to, header.seq);
    }
}

/// What a peer asked and what else is to be said because of it.
#[derive(Debug)]
pub struct Answered {
    /// The signed answer.
    pub text: String,
    /// What goes to others.
    pub sends: Vec<Outgoing>,
    /// Of whom the answer tells.
    pub told: Told,
}

/// Answers a text of the authority that the caller's token names.
///
/// # Errors
/// A [`Fault`] as a refusal, or a database that does not answer. The asker takes either as unknown.
pub async fn answer(
    services: &Services,
    node: &Arc<Node>,
    caller: &str,
    text: &str,
) -> Result<Answered> {
    let now = fault::now();
    let expected = Expected {
        from: Some(caller),
        to: &node.own,
        nonce: None,
        now: now.timestamp_millis(),
    };
    let (header, words) = opened(node, text, expected)?;
    let from: AuthorityId = header
        .from
        .parse()
        .map_err(|_| Error::from(Fault::Malformed))?;
    let held = Arc::new((
        services.clone(),
        Arc::clone(node),
        header,
        words,
        text.to_owned(),
    ));
    let phase = held.2.phase.clone();
    let answered = services
        .db
        .write(move |tx| {
            let held = Arc::clone(&held);
            Box::pin(async move {
                let (services, node, header, words, text) = held.as_ref();
                let spoken = node.spoken(&header.from);
                let desk = Desk {
                    tx,
                    services,
                    node,
                    now,
                };
                let tip = log::tip(tx, &header.from, IN).await?;
                log::append(tx, &header.from, IN, &tip, text, header, now).await?;
                let sends = heed(desk, from, text, words).await?;
                fault::reached("heard", &header.phase);
                let (back, sends): (Vec<_>, Vec<_>) =
                    sends.into_iter().partition(|out| out.to == from);
                let told = told::told(desk, header, &back).await?;
                let back: Vec<Word> = back
                    .into_iter()
                    .map(|out| Word::Core(Box::new(out.message)))
                    .collect();
                let about = About {
                    to: header.from.clone(),
                    phase: format!("{}{ANSWER}", header.phase),
                    txn: header.txn_id.clone(),
                    officer: String::new(),
                    purpose: header.purpose.clone(),
                    nonce: header.nonce.clone(),
                };
                let text = speak(desk, spoken, about, &back).await?;
                Ok(Answered { text, sends, told })
            })
        })
        .await?;
    sent(node, &answered.text);
    fault::reached("answered", &phase);
    Ok(answered)
}

/// Says something to an authority, and heeds what comes back; gives what else is to be said because of
/// it. To ourselves it goes without a wire.
///
/// # Errors
/// When our own database does not answer. A peer that does not, or answers what cannot be believed, is
/// no error: the row behind the question asks again.
pub async fn say(
    services: &Services,
    node: &Arc<Node>,
    to: AuthorityId,
    word: Word,
) -> Result<Vec<Outgoing>> {
    if to == node.id {
        return match word {
            Word::Core(message) => to_ourselves(services, node, *message).await,
            Word::Root(_) => Ok(Vec::new()),
        };
    }
    let code = to.to_string();
    let Some(endpoint) = node.book().peer(&code).map(|file| file.endpoint.clone()) else {
        tracing::debug!(peer = %code, "a peer without a key file cannot be asked");
        return Ok(Vec::new());
    };
    let nonce = nonce()?;
    let text = ask_text(services, node, &code, &nonce, &word).await?;
    sent(node, &text);
    let now = fault::now();
    let phase: String = word
        .write()
        .map(|value| phase_of(&value))
        .unwrap_or_default();
    fault::reached("said", &phase);
    let answer = match node
        .client
        .ask(&endpoint, &text, now.timestamp_millis())
        .await
    {
        Ok(answer) => answer,
        Err(unknown) => {
            tracing::info!(peer = %code, phase, why = unknown.0, "a peer's answer is unknown");
            return Ok(Vec::new());
        }
    };
    let now = fault::now();
    let expected = Expected {
        from: Some(&code),
        to: &node.own,
        nonce: Some(&nonce),
        now: now.timestamp_millis(),
    };
    let (header, words) = match opened(node, &answer, expected) {
        Ok(opened) => opened,
        Err(fault) => {
            tracing::warn!(peer = %code, phase, why = fault.code(), "a peer's answer is not believed");
            return Ok(Vec::new());
        }
    };
    if header.phase != format!("{phase}{ANSWER}") {
        return Ok(Vec::new());
    }
    let held = Arc::new((
        services.clone(),
        Arc::clone(node),
        header,
        words,
        answer,
        word,
    ));
    let said = phase.clone();
    let sends = services
        .db
        .write(move |tx| {
            let (held, said) = (Arc::clone(&held), said.clone());
            Box::pin(async move {
                let (services, node, header, words, answer, word) = held.as_ref();
                let desk = Desk {
                    tx,
                    services,
                    node,
                    now,
                };
                let tip = log::tip(tx, &header.from, IN).await?;
                log::append(tx, &header.from, IN, &tip, answer, header, now).await?;
                if let Word::Root(root) = word {
                    log::noted(tx, &header.from, root.day).await?;
                }
                let sends = heed(desk, to, answer, words).await?;
                fault::reached("told", &said);
                Ok(sends)
            })
        })
        .await?;
    fault::reached("taken", &phase);
    Ok(sends)
}

async fn ask_text(
    services: &Services,
    node: &Arc<Node>,
    to: &str,
    nonce: &str,
    word: &Word,
) -> Result<String> {
    let (officer, purpose) = word.on_behalf();
    let phase = phase_of(&word.write()?);
    let held = Arc::new((
        services.clone(),
        Arc::clone(node),
        to.to_owned(),
        nonce.to_owned(),
        word.clone(),
        officer,
        purpose,
        phase,
    ));
    services
        .db
        .write(move |tx| {
            let held = Arc::clone(&held);
            Box::pin(async move {
                let (services, node, to, nonce, word, officer, purpose, phase) = held.as_ref();
                let spoken = node.spoken(to);
                let desk = Desk {
                    tx,
                    services,
                    node,
                    now: fault::now(),
                };
                let about = About {
                    to: to.clone(),
                    phase: phase.clone(),
                    txn: word.txn(),
                    officer: officer.clone(),
                    purpose: purpose.clone(),
                    nonce: nonce.clone(),
                };
                speak(desk, spoken, about, std::slice::from_ref(word)).await
            })
        })
        .await
}

async fn to_ourselves(
    services: &Services,
    node: &Arc<Node>,
    message: Message,
) -> Result<Vec<Outgoing>> {
    let held = Arc::new((services.clone(), Arc::clone(node), message));
    services
        .db
        .write(move |tx| {
            let held = Arc::clone(&held);
            Box::pin(async move {
                let (services, node, message) = held.as_ref();
                let desk = Desk {
                    tx,
                    services,
                    node,
                    now: fault::now(),
                };
                // What we state ourselves is signed at once, so that it can be shown to others.
                let mut value =
                    serde_json::to_value(message).map_err(|_| Error::from(Fault::Malformed))?;
                proofs::wrap(&mut value, speaker(node, desk.now))?;
                proofs::unwrap(&mut value, node.book().as_ref())?;
                let message =
                    serde_json::from_value(value).map_err(|_| Error::from(Fault::Malformed))?;
                steps::hear(desk, node.id, message).await
            })
        })
        .await
}

/// Says all of it, and what follows from the answers, each to its end. Bounded, so that no pair of
/// programs can keep one another busy for ever; what is left is asked for by the rows.
pub async fn say_all(services: &Services, node: &Arc<Node>, sends: Vec<Outgoing>) {
    const LONGEST_CHAIN: usize = 64;
    let mut queue: std::collections::VecDeque<Outgoing> = sends.into();
    for _ in 0..LONGEST_CHAIN {
        let Some(next) = queue.pop_front() else {
            return;
        };
        match say(services, node, next.to, Word::Core(Box::new(next.message))).await {
            Ok(more) => queue.extend(more),
            Err(error) => {
                tracing::warn!(
                    code = error.code(),
                    "a message between provinces could not be handled"
                );
            }
        }
    }
}

/// Sixteen random bytes as text.
fn nonce() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::internal("The operating system gives no random bytes."))?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// The request by which a message is sent, for tools that send one themselves.
#[must_use]
pub fn request(text: &str) -> Value {
    json!({ "query": super::client::DOCUMENT, "operationName": "InteropExchange", "variables": { "jws": text } })
}
