//! What things are called between provinces: transactions, parties, authorities, sealed contents.
//!
//! Nothing here can name a person to somebody who is not that person's authority.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use uuid::Uuid;

/// One attempt to register one act 事务; a UUID of version 7, so that its age can be read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TxnId(pub Uuid);

impl TxnId {
    /// When it was begun, in milliseconds since 1970; `None` unless it is a UUID of version 7.
    #[must_use]
    pub fn begun(self) -> Option<At> {
        (self.0.get_version_num() == 7).then(|| {
            let [a, b, c, d, e, f, ..] = *self.0.as_bytes();
            At(i64::from_be_bytes([0, 0, a, b, c, d, e, f]))
        })
    }
}

/// One party of one transaction 当事人代号: random, new in each transaction, so that two
/// transactions of one person cannot be joined by a reader of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartyRef(pub Uuid);

/// A marriage record 婚姻登记记录, or a divorce application; the same id on both ledgers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

/// The authority for a person's ledger 台账主管机关: a division code (51, 510100), or the national
/// authority, which is also the hub of HUB mode. Written as text: `"51"`, `"NAT"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthorityId(pub u32);

impl AuthorityId {
    /// 国家级主管机关: for persons without a mainland number, and the single authority of HUB mode.
    pub const NATIONAL: Self = Self(0);
}

impl fmt::Display for AuthorityId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NATIONAL {
            out.write_str("NAT")
        } else {
            write!(out, "{}", self.0)
        }
    }
}

impl std::str::FromStr for AuthorityId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "an authority is NAT or a division code of 2 to 6 digits";
        if text == "NAT" {
            return Ok(Self::NATIONAL);
        }
        let digits = matches!(text.len(), 2..=6) && text.bytes().all(|b| b.is_ascii_digit());
        let code = text.parse().map_err(|_| WANTED)?;
        if digits && !text.starts_with('0') {
            Ok(Self(code))
        } else {
            Err(WANTED)
        }
    }
}

impl Serialize for AuthorityId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AuthorityId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A person as one authority calls them in its own ledger (its token). Never leaves the province.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub String);

/// Something encrypted to one authority's key; the core carries it and never looks inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

/// A moment in milliseconds since 1970, by the clock of whoever wrote it. Nothing that must be
/// safe depends on it: it only starts questions.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct At(pub i64);

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    /// Minutes.
    #[must_use]
    pub const fn minutes(n: i64) -> Self {
        Self(n * 60_000)
    }
    /// Hours.
    #[must_use]
    pub const fn hours(n: i64) -> Self {
        Self::minutes(n * 60)
    }
}

impl At {
    /// This moment and `span` more.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
    /// At least `span` has passed since `start`.
    #[must_use]
    pub const fn passed(self, span: Span, start: Self) -> bool {
        self.0.saturating_sub(start.0) >= span.0
    }
}

/// A statement whose signature was verified: `by` said `body`.
///
/// The core makes one with an empty `jws` when it speaks itself: the shell signs it whenever it is
/// sent. One that comes in is verified by the shell (signature over `body`, by a key of `by` that
/// was valid at signing time) **before** the core sees it; one that fails never arrives, which is
/// the same as a lost message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proof<T> {
    /// Who said it.
    pub by: AuthorityId,
    /// What was said.
    pub body: T,
    /// The signature in compact form, kept so that it can be shown to others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jws: String,
}

impl<T> Proof<T> {
    /// Our own statement, yet to be signed.
    pub const fn own(by: AuthorityId, body: T) -> Self {
        Self {
            by,
            body,
            jws: String::new(),
        }
    }
}

// Two signatures of one statement may differ in their bytes (ES256 is randomised): what was said
// counts.
impl<T: PartialEq> PartialEq for Proof<T> {
    fn eq(&self, other: &Self) -> bool {
        self.by == other.by && self.body == other.body
    }
}
impl<T: Eq> Eq for Proof<T> {}
impl<T: std::hash::Hash> std::hash::Hash for Proof<T> {
    fn hash<H: std::hash::Hasher>(&self, into: &mut H) {
        self.by.hash(into);
        self.body.hash(into);
    }
}
impl<T: Ord> PartialOrd for Proof<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T: Ord> Ord for Proof<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.by, &self.body).cmp(&(other.by, &other.body))
    }
}
