//! One signed text: header, body and signature, in JWS compact form (RFC 7515).
//!
//! Header and body are canonical JSON. A [`Header`] goes with every message and every answer; a
//! [`Statement`] is what an authority says for ever (its decision on a transaction) and travels inside
//! the messages of others as proof.

use super::signature::{Algorithm, PublicKey, SigningKey};
use super::{Fault, LONGEST, WINDOW_SECONDS, canonical};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// The `typ` of a message.
pub const MESSAGE: &str = "minzheng-interop+jws";
/// The `typ` of a statement.
pub const STATEMENT: &str = "minzheng-statement+jws";

/// Longest text of one header member, in bytes.
const LONGEST_MEMBER: usize = 128;

/// What every message says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// How it is signed.
    pub alg: Algorithm,
    /// The authority that speaks: a province's two digits, or `NAT`.
    pub from: String,
    /// The id of the key it is signed with.
    pub key_id: String,
    /// Random, and never used twice; an answer carries that of the question.
    pub nonce: String,
    /// The officer on whose act it is sent; empty for what the system does by itself. An opaque id.
    pub officer: String,
    /// Which message of the protocol; an answer repeats the question's with `-ANSWER` behind it.
    pub phase: String,
    /// The hash of the message before it from this sender to this receiver; empty for the first.
    pub prev_hash: String,
    /// The lawful purpose, as a code.
    pub purpose: String,
    /// The message's number among those from this sender to this receiver, from 1.
    pub seq: i64,
    /// The authority that is spoken to.
    pub to: String,
    /// When it was signed, in milliseconds since 1970.
    pub ts: i64,
    /// The transaction; empty for what concerns none.
    pub txn_id: String,
    /// [`MESSAGE`].
    pub typ: String,
    /// The version of the protocol.
    pub v: u32,
}

/// The present version of the protocol.
pub const VERSION: u32 = 1;

/// What a statement says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StatementHeader {
    alg: Algorithm,
    from: String,
    key_id: String,
    ts: i64,
    typ: String,
    v: u32,
}

/// A text that has been taken apart and whose signature was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<H, B> {
    /// What it says about itself.
    pub header: H,
    /// What it says.
    pub body: B,
}

/// What an authority states for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<B> {
    /// Who states it.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub ts: i64,
    /// What is stated.
    pub body: B,
}

/// Where public keys are looked up: by authority, key id and the time of signing (milliseconds).
pub trait KeyBook {
    /// The key, if it was the authority's at that time and may sign with this algorithm.
    ///
    /// # Errors
    /// [`Fault::UnknownPeer`] or [`Fault::UnknownKey`].
    fn key(&self, authority: &str, key_id: &str, at: i64) -> Result<(Algorithm, PublicKey), Fault>;
}

/// Puts a text together. `header.alg` and `header.key_id` are taken from the key.
///
/// # Errors
/// [`Fault::NotCanonical`] or [`Fault::TooLarge`] for a body that cannot be sent.
pub fn sign(key: &SigningKey, header: Header, body: &impl Serialize) -> Result<String, Fault> {
    let header = Header {
        alg: key.algorithm(),
        key_id: key.public().id(),
        typ: MESSAGE.to_owned(),
        v: VERSION,
        ..header
    };
    compact(key, &header, body)
}

/// Signs a statement.
///
/// # Errors
/// As [`sign`].
pub fn state(
    key: &SigningKey,
    from: &str,
    ts: i64,
    body: &impl Serialize,
) -> Result<String, Fault> {
    let header = StatementHeader {
        alg: key.algorithm(),
        from: from.to_owned(),
        key_id: key.public().id(),
        ts,
        typ: STATEMENT.to_owned(),
        v: VERSION,
    };
    compact(key, &header, body)
}

fn compact(
    key: &SigningKey,
    header: &impl Serialize,
    body: &impl Serialize,
) -> Result<String, Fault> {
    let part = |text: String| BASE64URL_NOPAD.encode(text.as_bytes());
    let signed = format!(
        "{}.{}",
        part(canonical::to_text(header)?),
        part(canonical::to_text(body)?)
    );
    let signature = BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes()));
    let text = format!("{signed}.{signature}");
    if text.len() > LONGEST {
        return Err(Fault::TooLarge);
    }
    Ok(text)
}

/// The hash of a whole text, by which the next one names it.
#[must_use]
pub fn hash(text: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
}

/// Who must have sent a message, to whom, and when it is.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The authority that must have signed it; `None` where any trusted one may.
    pub from: Option<&'a str>,
    /// The authority that it must be meant for.
    pub to: &'a str,
    /// The nonce that an answer must repeat; `None` for a question.
    pub nonce: Option<&'a str>,
    /// The time here, in milliseconds since 1970.
    pub now: i64,
}

/// Takes a message apart and judges all of it but replay.
///
/// # Errors
/// Why it is not believed.
pub fn open<B: DeserializeOwned>(
    text: &str,
    book: &dyn KeyBook,
    expected: Expected<'_>,
) -> Result<Verified<Header, B>, Fault> {
    let parts = Parts::of(text)?;
    let header: Header = canonical::from_text(&parts.header)?;
    let short = [
        &header.from,
        &header.to,
        &header.key_id,
        &header.nonce,
        &header.officer,
        &header.phase,
        &header.prev_hash,
        &header.purpose,
        &header.txn_id,
    ]
    .iter()
    .all(|member| member.len() <= LONGEST_MEMBER);
    if header.typ != MESSAGE
        || header.v != VERSION
        || !short
        || header.nonce.len() < 16
        || header.seq < 1
    {
        return Err(Fault::Malformed);
    }
    if expected.from.is_some_and(|from| from != header.from) {
        return Err(Fault::UnknownPeer);
    }
    parts.judge(book, &header.from, &header.key_id, header.alg, header.ts)?;
    if header.to != expected.to || expected.nonce.is_some_and(|nonce| nonce != header.nonce) {
        return Err(Fault::WrongRecipient);
    }
    // Checked arithmetic: the time is the sender's to choose.
    let off = header
        .ts
        .checked_sub(expected.now)
        .and_then(i64::checked_abs);
    if off.is_none_or(|off| off > WINDOW_SECONDS * 1000) {
        return Err(Fault::OutsideWindow);
    }
    Ok(Verified {
        body: canonical::from_text(&parts.body)?,
        header,
    })
}

/// Takes a statement apart. It counts for ever, so no time window is asked for; the key must have been
/// the authority's when it was signed.
///
/// # Errors
/// Why it is not believed.
pub fn read_statement<B: DeserializeOwned>(
    text: &str,
    book: &dyn KeyBook,
) -> Result<Statement<B>, Fault> {
    let parts = Parts::of(text)?;
    let header: StatementHeader = canonical::from_text(&parts.header)?;
    if header.typ != STATEMENT || header.v != VERSION {
        return Err(Fault::Malformed);
    }
    parts.judge(book, &header.from, &header.key_id, header.alg, header.ts)?;
    Ok(Statement {
        by: header.from,
        ts: header.ts,
        body: canonical::from_text(&parts.body)?,
    })
}

/// The header of a text of our own log, without judging it.
#[must_use]
pub fn peek(text: &str) -> Option<Header> {
    canonical::from_text(&Parts::of(text).ok()?.header).ok()
}

struct Parts<'a> {
    signed: &'a str,
    header: Vec<u8>,
    body: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault::TooLarge);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Fault::Malformed)?;
        let (header, body) = signed.split_once('.').ok_or(Fault::Malformed)?;
        let decode = |part: &str| {
            BASE64URL_NOPAD
                .decode(part.as_bytes())
                .map_err(|_| Fault::Malformed)
        };
        Ok(Self {
            signed,
            header: decode(header)?,
            body: decode(body)?,
            signature: decode(signature)?,
        })
    }

    fn judge(
        &self,
        book: &dyn KeyBook,
        from: &str,
        key_id: &str,
        alg: Algorithm,
        ts: i64,
    ) -> Result<(), Fault> {
        let (algorithm, key) = book.key(from, key_id, ts)?;
        if algorithm != alg {
            return Err(Fault::UnknownKey);
        }
        key.verify(algorithm, self.signed.as_bytes(), &self.signature)
    }
}

#[cfg(test)]
pub(in crate::interop) mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// One authority's one key, valid from 1,000 to 2,000,000 milliseconds.
    struct OneKey(PublicKey);

    impl KeyBook for OneKey {
        fn key(
            &self,
            authority: &str,
            key_id: &str,
            at: i64,
        ) -> Result<(Algorithm, PublicKey), Fault> {
            match (authority, (1_000..2_000_000).contains(&at)) {
                ("32", true) if key_id == self.0.id() => Ok((Algorithm::EdDsa, self.0.clone())),
                ("32", _) => Err(Fault::UnknownKey),
                _ => Err(Fault::UnknownPeer),
            }
        }
    }

    fn key() -> SigningKey {
        SigningKey::of(Algorithm::EdDsa, &[1; 32]).unwrap()
    }

    fn header(ts: i64) -> Header {
        Header {
            alg: Algorithm::EdDsa,
            from: "32".into(),
            key_id: String::new(),
            nonce: "n".repeat(22),
            officer: "officer-1".into(),
            phase: "TRY".into(),
            prev_hash: String::new(),
            purpose: "MARRIAGE_REGISTRATION".into(),
            seq: 1,
            to: "51".into(),
            ts,
            txn_id: "t".into(),
            typ: String::new(),
            v: 0,
        }
    }

    const ASKED: Expected<'_> = Expected {
        from: None,
        to: "51",
        nonce: None,
        now: 1_000_000,
    };

    #[test]
    fn a_message_is_read_back_and_every_change_of_a_byte_is_seen() {
        let book = OneKey(key().public());
        let text = sign(&key(), header(1_000_000), &json!({ "a": 1 })).unwrap();
        let read = open::<Value>(&text, &book, ASKED).unwrap();
        assert_eq!(
            (read.header.phase.as_str(), read.body),
            ("TRY", json!({ "a": 1 }))
        );
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(open::<Value>(&changed, &book, ASKED).is_err(), "byte {at}");
        }
    }

    #[test]
    fn who_when_and_to_whom_must_be_right() {
        let book = OneKey(key().public());
        let text = |header: Header| sign(&key(), header, &json!({})).unwrap();
        let judge = |text: &str, expected| {
            open::<Value>(text, &book, expected)
                .map(|_| ())
                .unwrap_err()
        };
        let good = text(header(1_000_000));
        let table = [
            (
                judge(&good, Expected { to: "35", ..ASKED }),
                Fault::WrongRecipient,
            ),
            (
                judge(
                    &good,
                    Expected {
                        nonce: Some("other"),
                        ..ASKED
                    },
                ),
                Fault::WrongRecipient,
            ),
            (
                judge(
                    &good,
                    Expected {
                        from: Some("35"),
                        ..ASKED
                    },
                ),
                Fault::UnknownPeer,
            ),
            (
                judge(
                    &good,
                    Expected {
                        now: 1_000_000 + 300_001,
                        ..ASKED
                    },
                ),
                Fault::OutsideWindow,
            ),
            (
                judge(
                    &good,
                    Expected {
                        now: 1_000_000 - 300_001,
                        ..ASKED
                    },
                ),
                Fault::OutsideWindow,
            ),
            (
                judge(
                    &text(Header {
                        from: "36".into(),
                        ..header(1_000_000)
                    }),
                    ASKED,
                ),
                Fault::UnknownPeer,
            ),
            (
                judge(
                    &text(header(3_000_000)),
                    Expected {
                        now: 3_000_000,
                        ..ASKED
                    },
                ),
                Fault::UnknownKey,
            ),
            (
                judge(&text(header(-9_000_000_000_000_000)), ASKED),
                Fault::UnknownKey,
            ),
            (
                judge(
                    &text(Header {
                        nonce: "short".into(),
                        ..header(1_000_000)
                    }),
                    ASKED,
                ),
                Fault::Malformed,
            ),
            (
                judge(
                    &text(Header {
                        seq: 0,
                        ..header(1_000_000)
                    }),
                    ASKED,
                ),
                Fault::Malformed,
            ),
            (
                judge(
                    &text(Header {
                        officer: "o".repeat(200),
                        ..header(1_000_000)
                    }),
                    ASKED,
                ),
                Fault::Malformed,
            ),
            (judge("a.b", ASKED), Fault::Malformed),
            (judge("", ASKED), Fault::Malformed),
            (judge(&"a".repeat(LONGEST + 1), ASKED), Fault::TooLarge),
        ];
        for (n, (found, expected)) in table.into_iter().enumerate() {
            assert_eq!(found, expected, "case {n}");
        }
        let large = json!({ "a": "x".repeat(LONGEST) });
        assert_eq!(sign(&key(), header(1), &large), Err(Fault::TooLarge));
    }

    #[test]
    fn none_and_other_algorithms_in_the_header_are_refused() {
        let book = OneKey(key().public());
        let b64 =
            |value: &Value| BASE64URL_NOPAD.encode(canonical::to_text(value).unwrap().as_bytes());
        let mut head = serde_json::to_value(Header {
            key_id: key().public().id(),
            typ: MESSAGE.into(),
            v: 1,
            ..header(1_000_000)
        })
        .unwrap();
        for alg in ["none", "HS256", "ES256"] {
            head["alg"] = json!(alg);
            let signed = format!("{}.{}", b64(&head), b64(&json!({})));
            let text = format!(
                "{signed}.{}",
                BASE64URL_NOPAD.encode(&key().sign(signed.as_bytes()))
            );
            assert!(open::<Value>(&text, &book, ASKED).is_err(), "{alg}");
        }
    }

    #[test]
    fn a_statement_counts_for_ever_with_the_key_of_its_day() {
        let book = OneKey(key().public());
        let text = state(&key(), "32", 5_000, &json!({ "d": "COMMITTED" })).unwrap();
        let read = read_statement::<Value>(&text, &book).unwrap();
        assert_eq!(
            (read.by.as_str(), read.ts, read.body),
            ("32", 5_000, json!({ "d": "COMMITTED" }))
        );
        let late = state(&key(), "32", 2_000_001, &json!({})).unwrap();
        assert_eq!(
            read_statement::<Value>(&late, &book),
            Err(Fault::UnknownKey)
        );
        // A message is no statement and a statement no message.
        let message = sign(&key(), header(1_000_000), &json!({})).unwrap();
        assert!(read_statement::<Value>(&message, &book).is_err());
        assert!(open::<Value>(&text, &book, ASKED).is_err());
    }
}
