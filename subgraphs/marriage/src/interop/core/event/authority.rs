//! The authority: its persons as their ledgers stand, its rows, and what happens to it.

use super::super::message::{
    Act, Class, Decision, Ending, ForcedAbort, Message, Notice, OnRecord, Party, Plan, Verdict,
};
use super::super::names::{At, AuthorityId, PartyRef, PersonId, Proof, RecordId, TxnId};
use super::Station;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What the ledger says of a person today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Standing {
    /// On record as free (declared, divorced, widowed).
    Free,
    /// Nothing on record; the records are complete since this day.
    NoRecord {
        /// First day covered.
        coverage_from: NaiveDate,
    },
    /// A valid marriage.
    Married {
        /// Its record.
        record: RecordId,
    },
    /// A case is open.
    Disputed,
    /// An old record waits to be matched.
    LegacyUnresolved,
}

/// A person of ours as the ledger stands in this transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// The person.
    pub person: PersonId,
    /// Highest sequence in the ledger; 0 when it is empty.
    pub seq: u64,
    /// No death is entered.
    pub alive: bool,
    /// Marital standing, holds left aside; like the mark it does not depend on the order of entries.
    pub standing: Standing,
    /// The marriages that stand on the ledger: whatever else the standing is.
    pub stands: BTreeSet<RecordId>,
    /// The day on which the last of the marriages that are over ended.
    pub free_since: Option<NaiveDate>,
    /// What keeps the person from any other act. The open promises: one, or several where two persons turned out to
    /// be one, or a restore has brought one back; and what has freed the person and nobody else is known to have.
    pub holds: BTreeSet<TxnId>,
    /// The open divorce application, if there is one ([`super::super::marks`]): in whatever order the entries stand.
    pub mark: Option<RecordId>,
}

/// A promise that we have given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hold {
    /// The transaction.
    pub plan: Plan,
    /// The party as the coordinator named it.
    pub party: Party,
    /// Our person.
    pub person: PersonId,
    /// Ledger sequence of the hold entry.
    pub fence: u64,
    /// When it was given, by our clock.
    pub since: At,
    /// What the record said.
    pub on_record: OnRecord,
    /// A death or a court paper came meanwhile: if it was committed all the same, two officers
    /// must look at it.
    pub contested: bool,
}

/// What an authority keeps of a transaction, for ever. None is ever deleted: the ends are the
/// tombstones that stop late messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Row {
    /// We are HA and have promised; only DA's decision ends it.
    Held {
        /// The promise.
        hold: Hold,
    },
    /// We are HA; committed and entered.
    Confirmed {
        /// What had been promised.
        hold: Hold,
        /// DA's decision.
        verdict: Proof<Verdict>,
        /// Notices that were entered since.
        endings: BTreeSet<Uuid>,
        /// The person is disputed because of it, until two officers have cleared that.
        #[serde(default)]
        disputed: bool,
    },
    /// We are HA and have refused; the same request gets the same answer for ever.
    Refused {
        /// What was asked.
        plan: Plan,
        /// Why not.
        class: Class,
    },
    /// We are HA; ended without the act. Without a hold: the tombstone of a TRY that never came.
    Released {
        /// DA's decision.
        verdict: Proof<Verdict>,
    },
    /// We are HA; two officers freed the hold.
    Forced {
        /// The promise that was broken.
        hold: Hold,
        /// By whom and on what ground.
        abort: ForcedAbort,
        /// DA has taken it over (its verdict).
        verdict: Option<Proof<Verdict>>,
        /// Notices that were entered since: a marriage that was committed all the same can end.
        #[serde(default)]
        endings: BTreeSet<Uuid>,
        /// As in [`Row::Confirmed`].
        #[serde(default)]
        disputed: bool,
    },
    /// We are DA; this is the decision.
    Decided {
        /// The decision.
        decision: Decision,
        /// Our persons in it, in the order of the commitment's parties.
        persons: Vec<PersonId>,
        /// Notices that were entered since.
        endings: BTreeSet<Uuid>,
        /// As in [`Row::Confirmed`].
        #[serde(default)]
        disputed: bool,
        /// It has freed our persons ([`Act::frees`]), and no other province is known to have it: they are not free
        /// yet.
        #[serde(default)]
        alone: bool,
    },
}

impl Row {
    /// Its transaction.
    #[must_use]
    pub const fn txn(&self) -> TxnId {
        match self {
            Self::Held { hold } | Self::Confirmed { hold, .. } | Self::Forced { hold, .. } => {
                hold.plan.txn
            }
            Self::Refused { plan, .. } => plan.txn,
            Self::Released { verdict } => verdict.body.decision.txn,
            Self::Decided { decision, .. } => decision.txn,
        }
    }

    /// Whom it asks when its time comes; none at its end.
    #[must_use]
    pub fn asks(&self) -> Option<AuthorityId> {
        match self {
            Self::Held { hold } => Some(hold.plan.da),
            Self::Decided {
                decision,
                alone: true,
                ..
            } => decision.commitment()?.witness(),
            Self::Forced {
                abort,
                verdict: None,
                ..
            } => Some(abort.da),
            _ => None,
        }
    }

    /// Persons of ours are disputed because of it, until two officers have cleared that.
    #[must_use]
    pub const fn disputed(&self) -> bool {
        matches!(
            self,
            Self::Confirmed { disputed: true, .. }
                | Self::Forced { disputed: true, .. }
                | Self::Decided { disputed: true, .. }
        )
    }
}

/// What the authority is shown with an event.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// Our one row about ourselves (read in the same transaction).
    pub station: &'a Station,
    /// The row of the event's transaction.
    pub row: Option<&'a Row>,
    /// Our persons concerned, by party: those whose [`Party::identity`] in the message is sealed
    /// to us, opened; then those in the row. One that cannot be opened or is unknown is left out.
    pub subjects: BTreeMap<PartyRef, Subject>,
    /// What a COMMIT_LAST holds of the record for us could be opened, can be entered, and names our persons.
    pub details_fit: bool,
    #[cfg(test)]
    pub(crate) broken: Option<super::super::Broken>,
}

impl<'a> View<'a> {
    /// A view of these rows.
    #[must_use]
    pub fn new(station: &'a Station, row: Option<&'a Row>) -> Self {
        Self {
            station,
            row,
            subjects: BTreeMap::new(),
            details_fit: true,
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

/// What happens to an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorityEvent {
    /// A verified message. `View::row` is that of [`Message::txn`].
    Message {
        /// The sender, as the signature proves it.
        from: AuthorityId,
        /// What it says.
        message: Message,
    },
    /// It is time to look at this row again ([`super::super::effect::Effect::Again`]).
    Due,
    /// A fact about a person of ours. `View::row` is that of an open hold, if there is one.
    Fact {
        /// The fact.
        fact: Fact,
        /// Its person.
        subject: Subject,
    },
    /// A person of ours has another token: a merge, its undoing, or a change of the token key. `View::row` is one
    /// that may name the person.
    Renamed {
        /// The token of before.
        from: PersonId,
        /// The person by the token of now, with the ledger and the hold of now.
        subject: Subject,
    },
    /// Two officers clear the dispute that a decision has left on the ledgers of its persons. `View::row` is its
    /// row.
    Clear {
        /// Two different officers.
        officers: [String; 2],
        /// Reference of what they rest on.
        evidence: String,
    },
    /// Two officers free a hold without a decision. `View::row` is the hold.
    BreakGlass {
        /// Two different officers.
        officers: [String; 2],
        /// Reference of DA's written statement.
        statement: String,
        /// The authority that wrote it.
        stated_by: AuthorityId,
    },
}

/// What became known about a person of ours outside any transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Idempotency key; also that of the notice to the other authority.
    pub id: Uuid,
    /// What.
    pub what: FactKind,
    /// From when.
    pub effective_on: NaiveDate,
    /// Who else keeps a ledger or the record of the marriage that this ends, and the transaction that made it.
    pub tell: Vec<(AuthorityId, TxnId)>,
}

/// Kinds of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// 本人死亡.
    Died,
    /// The marriage of this record has ended.
    Ended {
        /// The record.
        record: RecordId,
        /// How.
        ending: Ending,
    },
}

/// What a ledger entry of the core says; the marital ledger's own events are richer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Entry {
    /// 跨省登记占用.
    Held,
    /// 解除占用.
    Released,
    /// 结婚登记.
    Married,
    /// 离婚申请受理 (the divorce mark).
    Marked,
    /// 离婚申请撤回.
    Unmarked,
    /// 离婚登记; takes the mark with it.
    Divorced,
    /// 本人死亡.
    Died,
    /// The marriage ended otherwise; takes the mark with it.
    Ended(Ending),
    /// 存疑立案.
    Disputed,
    /// 存疑结案: two officers have cleared it.
    Cleared,
}

impl Entry {
    /// What an act enters when it is committed.
    #[must_use]
    pub const fn of(act: Act) -> Self {
        match act {
            Act::Marry { .. } => Self::Married,
            Act::ApplyDivorce { .. } => Self::Marked,
            Act::WithdrawDivorce { .. } => Self::Unmarked,
            Act::Divorce { .. } => Self::Divorced,
        }
    }
}

/// A notice that is told again until the other authority has noted it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Telling {
    /// To whom.
    pub to: AuthorityId,
    /// What.
    pub notice: Notice,
}
