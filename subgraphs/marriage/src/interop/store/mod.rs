//! The durable side: the core's rows in the same database, and in the same transaction, as the ledger.
//!
//! A step loads what the core is to be shown ([`load`]), lets it judge, and writes all it wants
//! ([`apply`]); what is to be sent comes back to the caller, who sends it after the commit. There is no
//! other state: a program that is killed between any two of these goes on from the rows.

pub mod application;
pub mod apply;
pub mod details;
pub mod end;
mod entries;
pub mod evidence;
pub mod load;
pub mod record;
pub mod renamed;
pub mod timer;

use super::core::message::Message;
use super::core::names::{At, AuthorityId};
use super::node::Node;
use crate::kit::{Error, Result, Services};
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use serde::{Serialize, de::DeserializeOwned};

/// A transaction in which the core takes steps.
#[derive(Clone, Copy)]
pub struct Desk<'x> {
    /// The transaction.
    pub tx: &'x DatabaseTransaction,
    /// The subsystem.
    pub services: &'x Services,
    /// This province.
    pub node: &'x Node,
    /// The instant, by the machine's clock: it only starts questions, never decides.
    pub now: DateTime<Utc>,
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk<'_> {
    /// The instant as the core counts.
    #[must_use]
    pub const fn at(&self) -> At {
        At(self.now.timestamp_millis())
    }
}

/// A message that is to go out after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// To whom.
    pub to: AuthorityId,
    /// What.
    pub message: Message,
}

/// A state of the core as the database keeps it.
pub(super) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|_| Error::internal("a state of the protocol cannot be written"))
}

/// A state of the core as the database has it.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|_| Error::internal("a kept state of the protocol cannot be read"))
}

/// The variant's name of a state or alarm, for the columns that are searched by.
pub(super) fn tag(value: &impl Serialize, field: &str) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    let text = if field.is_empty() {
        value.as_str()
    } else {
        value.get(field).and_then(serde_json::Value::as_str)
    };
    text.unwrap_or_default().to_owned()
}
