//! Who may see and do what: policies, revocation, documents.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::units::{self, ByteSize};
use crate::contract::claim;

/// The claims that a policy may look at.
pub(super) const POLICY_CLAIMS: [&str; 6] = [
    claim::ISSUER,
    claim::SUBJECT,
    claim::PERSON,
    claim::DIVISION,
    claim::REGISTRY,
    claim::PROVINCE,
];

/// `[identity.policies.NAME]`: a predicate over the claims of a verified token. Every condition that is
/// given must hold; a policy without any is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The role is one of these.
    #[serde(deserialize_with = "units::list")]
    pub roles: Vec<String>,
    /// All these scopes are held.
    #[serde(deserialize_with = "units::list")]
    pub scopes: Vec<String>,
    /// The token permits one of these purposes.
    #[serde(deserialize_with = "units::list")]
    pub purposes: Vec<String>,
    /// All these claims are there: `iss`, `sub`, `person`, `division`, `registry`, `province`.
    #[serde(deserialize_with = "units::list")]
    pub present: Vec<String>,
    /// Each of these claims has one of the values.
    pub equals: BTreeMap<String, Vec<String>>,
    /// Each of these claims begins with one of the values, as in `division = ["5101"]`.
    pub begins: BTreeMap<String, Vec<String>>,
}

impl Policy {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `[identity.revocation]`: the list of tokens that are taken back before they end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Revocation {
    /// Where the list is: a path, or an `http:` or `https:` URL; none when absent. It is JSON:
    /// `{"subjects": [{"iss": …, "sub": …}], "tokens": [{"iss": …, "jti": …}]}`.
    pub list: Option<String>,
    /// How often it is read again, at most every 50 s. What it takes back is refused, and what runs for it
    /// ended, within this time and that of a reading (5 s at most).
    #[serde(deserialize_with = "units::duration")]
    pub refresh: Duration,
}

impl Default for Revocation {
    fn default() -> Self {
        Self {
            list: None,
            refresh: Duration::from_secs(20),
        }
    }
}

/// `[documents]`: which documents may run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Documents {
    /// The manifest of trusted documents, a JSON file; none when absent.
    pub trusted: Option<PathBuf>,
    /// How often the manifest is looked at for changes.
    #[serde(deserialize_with = "units::duration")]
    pub refresh: Duration,
    /// The roles for which only trusted documents run; the others may send any. For peers it is always so: they run
    /// their one document, which is built in, and what the manifest holds.
    #[serde(deserialize_with = "units::list")]
    pub trusted_only: Vec<String>,
    /// Whether clients may register a document under its hash, and send only the hash from then on.
    #[serde(deserialize_with = "units::scalar")]
    pub automatic: bool,
    /// The memory for documents registered in this way.
    pub automatic_memory: ByteSize,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            trusted: None,
            refresh: Duration::from_secs(5),
            trusted_only: Vec::new(),
            automatic: true,
            automatic_memory: ByteSize::mib(16),
        }
    }
}
