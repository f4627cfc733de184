//! One record as it is kept: a line of JSON whose last member is the hash of all before it.
//!
//! The hash covers the object without its member `hash`, byte for byte, and so the hash of the line
//! before (`prevHash`), the chain's name and the number. Nothing in a line can be changed, and no line
//! taken out, put in or moved, without a break that [`verify`](super::verify) sees.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sm3::Sm3;
use uuid::Uuid;

use super::Draft;

/// The version of the format.
const VERSION: u32 = 1;
/// What stands between the object and its hash.
const SEAM: &[u8] = b",\"hash\":\"";

/// The hash of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashKind {
    /// SHA-256.
    Sha256,
    /// SM3, GB/T 32905.
    Sm3,
}

impl HashKind {
    /// The name that stands before its digests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sm3 => "sm3",
        }
    }

    /// The hash of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sm3]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }

    /// The hash that made a digest.
    #[must_use]
    pub fn of(digest: &str) -> Option<Self> {
        Self::parse(digest.split_once(':')?.0)
    }

    /// The digest of some parts, as `name:hex`.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> String {
        let hex = match self {
            Self::Sha256 => {
                let mut hasher = Sha256::new();
                parts.iter().for_each(|part| hasher.update(part));
                hex::encode(hasher.finalize())
            }
            Self::Sm3 => {
                let mut hasher = Sm3::new();
                parts.iter().for_each(|part| hasher.update(part));
                hex::encode(hasher.finalize())
            }
        };
        format!("{}:{hex}", self.as_str())
    }

    /// What the first record of a chain is linked to.
    #[must_use]
    pub fn genesis(self, chain: &str) -> String {
        self.digest(&[b"minzheng access log chain ", chain.as_bytes()])
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    v: u32,
    chain: &'a str,
    seq: u64,
    id: Uuid,
    at: String,
    class: &'a str,
    decision: &'a str,
    trace_id: Option<&'a str>,
    actor: Option<&'a str>,
    actor_issuer: &'a str,
    actor_role: &'a str,
    actor_division: Option<&'a str>,
    province: &'a str,
    purpose: Option<&'a str>,
    #[serde(rename = "case")]
    case_id: Option<&'a str>,
    document: &'a str,
    operation: Option<&'a str>,
    fields: &'a [std::sync::Arc<str>],
    persons: &'a [std::sync::Arc<str>],
    prev_hash: &'a str,
}

/// Where a record stands and what it is linked to.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The chain.
    pub chain: &'a str,
    /// The number in it, from 1.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// The hash of the record before.
    pub prev_hash: &'a str,
    /// The hash of the chain.
    pub hash: HashKind,
}

/// Writes a record; answers its line, without a line feed, and its hash.
///
/// # Errors
/// Never in practice: every member can be written as JSON.
pub fn write(draft: &Draft, place: Place<'_>) -> serde_json::Result<(Vec<u8>, String)> {
    let body = Body {
        v: VERSION,
        chain: place.chain,
        seq: place.seq,
        id: Uuid::now_v7(),
        at: place.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        class: draft.class.as_str(),
        decision: draft.decision.as_str(),
        trace_id: draft.trace.as_deref(),
        actor: draft.actor.as_deref(),
        actor_issuer: &draft.issuer,
        actor_role: draft.role.as_str(),
        actor_division: draft.division.as_deref(),
        province: &draft.province,
        purpose: draft.purpose.as_deref(),
        case_id: draft.case.as_deref(),
        document: &draft.document,
        operation: draft.operation.as_deref(),
        fields: &draft.fields,
        persons: &draft.persons,
        prev_hash: place.prev_hash,
    };
    Ok(sealed(serde_json::to_vec(&body)?, place.hash))
}

/// Closes an object with its hash; answers the line and the hash.
fn sealed(mut object: Vec<u8>, hash: HashKind) -> (Vec<u8>, String) {
    let digest = hash.digest(&[&object]);
    object.pop();
    object.extend_from_slice(SEAM);
    object.extend_from_slice(digest.as_bytes());
    object.extend_from_slice(b"\"}");
    (object, digest)
}

/// What a line says of its own place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Read {
    /// The chain it belongs to.
    pub chain: String,
    /// Its number in the chain.
    pub seq: u64,
    /// Its own id.
    pub id: Uuid,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The hash of the record before.
    pub prev_hash: String,
    /// Its own hash.
    pub hash: String,
}

/// Why a line is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoilt {
    /// It is no record at all.
    NotARecord,
    /// Its hash is not that of its content. What it says of its place may still help to name it.
    Altered(Option<u64>),
}

/// Reads a line and checks its own hash.
///
/// # Errors
/// See [`Spoilt`].
pub fn read(line: &[u8]) -> Result<Read, Spoilt> {
    #[derive(Deserialize)]
    struct Number {
        seq: u64,
    }
    let number = || serde_json::from_slice::<Number>(line).ok().map(|n| n.seq);
    let Ok(read) = serde_json::from_slice::<Read>(line) else {
        return Err(number().map_or(Spoilt::NotARecord, |seq| Spoilt::Altered(Some(seq))));
    };
    let seam = line.windows(SEAM.len()).rposition(|part| part == SEAM);
    let whole = seam.is_some_and(|at| {
        let mut object = line[..at].to_vec();
        object.push(b'}');
        let rest = [read.hash.as_bytes(), b"\"}"].concat();
        line[at + SEAM.len()..] == rest
            && HashKind::of(&read.hash).is_some_and(|kind| kind.digest(&[&object]) == read.hash)
    });
    if whole {
        Ok(read)
    } else {
        Err(Spoilt::Altered(Some(read.seq)))
    }
}

/// A digest of a document in which literals, comments and spaces do not count: what was asked, not about
/// whom.
#[must_use]
pub fn document_digest(text: &str) -> String {
    let mut shape = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = after_string(bytes, at);
                shape.extend_from_slice(b"\"\"");
            }
            b'#' => {
                while bytes
                    .get(at)
                    .is_some_and(|byte| !matches!(byte, b'\n' | b'\r'))
                {
                    at += 1;
                }
            }
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                shape.push(b' ');
                while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r' | b',')) {
                    at += 1;
                }
            }
            byte if byte == b'_' || byte.is_ascii_alphabetic() => {
                while bytes
                    .get(at)
                    .is_some_and(|b| *b == b'_' || b.is_ascii_alphanumeric())
                {
                    shape.push(bytes[at]);
                    at += 1;
                }
            }
            byte if byte.is_ascii_digit() || byte == b'-' => {
                shape.push(b'0');
                while bytes
                    .get(at)
                    .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-'))
                {
                    at += 1;
                }
            }
            byte => {
                shape.push(byte);
                at += 1;
            }
        }
    }
    HashKind::Sha256.digest(&[&shape])
}

/// The position behind the string that begins at `at`.
fn after_string(bytes: &[u8], at: usize) -> usize {
    if bytes[at..].starts_with(b"\"\"\"") {
        let mut end = at + 3;
        while end < bytes.len() {
            if bytes[end..].starts_with(b"\\\"\"\"") {
                end += 4;
            } else if bytes[end..].starts_with(b"\"\"\"") {
                return end + 3;
            } else {
                end += 1;
            }
        }
        return end;
    }
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 2,
            b'"' | b'\n' => return end + 1,
            _ => end += 1,
        }
    }
    end
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sm3_and_sha256_are_the_published_functions() {
        // GB/T 32905-2016, A.1; FIPS 180-4.
        assert_eq!(
            HashKind::Sm3.digest(&[b"a", b"bc"]),
            "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        assert_eq!(
            HashKind::Sha256.digest(&[b"abc"]),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_document_has_one_digest_whatever_its_literals() {
        let one = r#"query Q { p(id: "110101199001011234", n: 5) { id } } # about whom"#;
        let other = "query Q {\n  p(id: \"x\\\"y\", n: -7.5e3) { id } }";
        let block = "query Q { p(id: \"\"\"a \\\"\"\" b\"\"\", n: 0) { id } }";
        let trimmed = |text: &str| document_digest(text.split('#').next().unwrap().trim());
        assert_eq!(trimmed(one), trimmed(other));
        assert_eq!(trimmed(one), trimmed(block));
        assert_ne!(
            trimmed(one),
            document_digest("query Q { p(id: \"\", n: 0) { name } }")
        );
        for text in ["\"", "\"\\", "\"\"\"", "\"\"\"a\\", "#", "-", "\u{6c11}"] {
            assert!(document_digest(text).starts_with("sha256:"), "{text}");
        }
    }
}
