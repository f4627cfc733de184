//! The coordinator: its log, and what happens to it.

use super::super::message::{
    Class, Decision, Ending, Grant, Message, Party, Plan, RecordCore, Verdict,
};
use super::super::names::{At, AuthorityId, Proof};
use super::Station;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The coordinator's durable log: one row for each transaction that this province accepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Log {
    /// The transaction.
    pub plan: Plan,
    /// DA's parties.
    pub da_parties: Vec<Party>,
    /// HA's party.
    pub ha_party: Option<Party>,
    /// The record.
    pub core: RecordCore,
    /// The life in which it was begun: a later one only resolves it.
    pub epoch: u64,
    /// When it was begun, by our clock.
    pub since: At,
    /// How far it is.
    pub phase: Phase,
    /// HA's promise.
    pub grant: Option<Proof<Grant>>,
    /// We want it to end, for this reason; only DA can say that it has.
    pub giving_up: Option<Class>,
    /// DA's decision.
    pub verdict: Option<Proof<Verdict>>,
    /// The national base has it (always true for an abort).
    pub uploaded: bool,
    /// HA could not follow the decision; a supervisor must look at it.
    pub stuck: bool,
}

/// How far a transaction is, as its coordinator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// Written down; TRY is being sent (or COMMIT_LAST, when there is no HA).
    Started,
    /// HA's promise is on file; COMMIT_LAST is being sent.
    HaHeld,
    /// The decision is on file; if COMMITTED, record and certificate exist since the same moment.
    Decided,
    /// HA has followed.
    HaSettled,
}

impl Log {
    /// Nothing remains to be done.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.phase == Phase::HaSettled && self.uploaded
    }

    /// Whom it asks next, as long as it does not take too long; none at its end.
    #[must_use]
    pub fn asks(&self) -> Option<AuthorityId> {
        match (self.phase, self.plan.ha) {
            (Phase::Started, Some(ha)) if self.giving_up.is_none() => Some(ha),
            (Phase::Started | Phase::HaHeld, _) => Some(self.plan.da),
            (Phase::Decided, ha) => ha,
            (Phase::HaSettled, _) => None,
        }
    }

    /// The decision, once it is on file.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        self.verdict.as_ref().map(|verdict| &verdict.body.decision)
    }
}

/// What the coordinator is shown with an event.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// Our one row about ourselves (read in the same transaction).
    pub station: &'a Station,
    /// The row of the event's transaction.
    pub log: Option<&'a Log>,
    #[cfg(test)]
    pub(crate) broken: Option<super::super::Broken>,
}

impl<'a> Desk<'a> {
    /// A desk with these rows.
    #[must_use]
    pub const fn new(station: &'a Station, log: Option<&'a Log>) -> Self {
        Self {
            station,
            log,
            #[cfg(test)]
            broken: None,
        }
    }

    /// Whether a test has switched this rule off.
    #[cfg(test)]
    pub(crate) fn broken(&self, rule: super::super::Broken) -> bool {
        self.broken == Some(rule)
    }

    /// Rules cannot be switched off.
    #[cfg(not(test))]
    pub(crate) const fn broken(&self, _: super::super::Broken) -> bool {
        false
    }
}

/// What happens to a coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoordinatorEvent {
    /// The registrar has checked everything and presses the button.
    Begin {
        /// The transaction; roles by [`super::super::message::roles`].
        plan: Plan,
        /// DA's parties: one, or both when there is no HA.
        da_parties: Vec<Party>,
        /// HA's party.
        ha_party: Option<Party>,
        /// The record.
        core: RecordCore,
    },
    /// A verified message about this transaction.
    Message {
        /// The sender, as the signature proves it.
        from: AuthorityId,
        /// What it says.
        message: Message,
    },
    /// It is time to go on: a timer, or a start.
    Due,
    /// A paper that ends the marriage was entered here, where neither ledger is kept: both authorities are to
    /// hear of it.
    Ended {
        /// Idempotency key of the notice.
        id: Uuid,
        /// What ended it.
        ending: Ending,
        /// From when.
        effective_on: NaiveDate,
    },
    /// The couple left or the registrar stopped it.
    WalkOut,
    /// The outbox has been taken by the national base.
    Uploaded,
}
