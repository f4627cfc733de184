//! What happens to the core (events), and what it is shown with each (its own durable rows).
//!
//! The core keeps nothing between two steps: whoever calls it loads the rows named at each type,
//! calls one `step`, and writes all effects in **one** database transaction before anything is
//! sent. Losing everything but those rows, at any moment, is what a crash is.

use super::message::{Act, Decision, ForcedAbort, Message, Party, Plan, RecordCore, Verdict};
use super::message::{Class, Ending, Grant, Notice, OnRecord};
use super::names::{At, AuthorityId, PartyRef, PersonId, Proof, RecordId, Span, TxnId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// After this the coordinator gives up and the holder asks for the decision. Nothing frees itself.
pub const SOFT_EXPIRY: Span = Span::minutes(10);
/// A transaction older than this that has no row here is refused.
pub const TOO_OLD: Span = Span::hours(30 * 24);
/// Break-glass is not allowed before a hold is this old.
pub const BREAK_GLASS_AFTER: Span = Span::hours(24);
/// How long to wait before the same question is asked again; the shell adds jitter.
pub const ASK_AGAIN: Span = Span(3_000);
/// How often an open doubt is put to the decider once the soft expiry is over.
pub const DOUBT_AGAIN: Span = Span::minutes(1);

/// What a province knows about itself and its peers: one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Station {
    /// Who we are.
    pub id: AuthorityId,
    /// Our epoch (ledger epoch and coordEpoch in one): rises at each start, never falls.
    pub epoch: u64,
    /// The start that this epoch belongs to.
    pub boot: Uuid,
    /// Peers whose answer to `HELLO` is still missing. While there is one, nothing is written for
    /// anybody: we may have been restored from a backup (case 57).
    pub waiting: BTreeSet<AuthorityId>,
    /// Version of our routing table.
    pub routing_epoch: u64,
    /// The highest epoch that each peer has told us.
    pub known: BTreeMap<AuthorityId, PeerEpoch>,
    /// How far we have read each peer's evidence about us, for good: what stands before it is in this database, or
    /// the reading is not in it either.
    #[serde(default)]
    pub seen: BTreeMap<AuthorityId, Reading>,
    /// Every peer that may hold something of ours.
    pub peers: BTreeSet<AuthorityId>,
    /// Peers that two officers went on without, and that are still being asked.
    pub overridden: BTreeSet<AuthorityId>,
    /// Holds that peers have freed by break-glass, to be taken over when no answer is missing: what we had decided
    /// may stand in the last of them.
    #[serde(default)]
    pub forced: BTreeSet<ForcedAbort>,
}

/// A place in a peer's evidence about us. A peer that was restored counts anew, and what it kept since stands in other
/// places: so a place is named by all that stands up to it as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reading {
    /// The position; 0 before the first.
    pub upto: u64,
    /// The peer's hash over everything up to there; empty before the first.
    pub hash: String,
}

/// A peer's life, as far as we were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PeerEpoch {
    /// Its epoch.
    pub epoch: u64,
    /// The start it belongs to: two lives with the same epoch are two lives.
    pub boot: Uuid,
}

impl Station {
    /// A province that has never started.
    #[must_use]
    pub fn new(id: AuthorityId, routing_epoch: u64) -> Self {
        Self {
            id,
            epoch: 0,
            boot: Uuid::nil(),
            waiting: BTreeSet::new(),
            routing_epoch,
            known: BTreeMap::new(),
            seen: BTreeMap::new(),
            peers: BTreeSet::new(),
            overridden: BTreeSet::new(),
            forced: BTreeSet::new(),
        }
    }

    /// Every peer has answered, or two officers have gone on without those that did not; and every hold that was
    /// freed by break-glass is taken over.
    #[must_use]
    pub fn serving(&self) -> bool {
        self.epoch > 0 && self.waiting.is_empty() && self.forced.is_empty()
    }

    /// The newest epoch of `who` that we know: ours, if it is us.
    #[must_use]
    pub fn epoch_of(&self, who: AuthorityId) -> u64 {
        if who == self.id {
            self.epoch
        } else {
            self.known.get(&who).map_or(0, |peer| peer.epoch)
        }
    }
}

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
    /// The open divorce application, if there is one ([`super::marks`]): in whatever order the entries stand.
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
    pub(crate) broken: Option<super::Broken>,
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
    pub(crate) fn broken(&self, rule: super::Broken) -> bool {
        self.broken == Some(rule)
    }

    /// Rules cannot be switched off.
    #[cfg(not(test))]
    pub(crate) const fn broken(&self, _: super::Broken) -> bool {
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
    /// It is time to look at this row again ([`super::effect::Effect::Again`]).
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
    pub(crate) broken: Option<super::Broken>,
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
    pub(crate) fn broken(&self, rule: super::Broken) -> bool {
        self.broken == Some(rule)
    }

    /// Rules cannot be switched off.
    #[cfg(not(test))]
    pub(crate) const fn broken(&self, _: super::Broken) -> bool {
        false
    }
}

/// What happens to a coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoordinatorEvent {
    /// The registrar has checked everything and presses the button.
    Begin {
        /// The transaction; roles by [`super::message::roles`].
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

/// What happens to the province as a whole when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time lives, on the stack of one step"
)]
pub enum StationEvent {
    /// The program starts (or takes the lease of the one that failed).
    Start {
        /// Random, new at each start.
        boot: Uuid,
        /// Every peer that may hold something of ours.
        peers: BTreeSet<AuthorityId>,
    },
    /// `HELLO` or `KNOWN`. The verdicts and endings of a `KNOWN` are replayed **before** it, each in its own
    /// transaction ([`super::restart::replay`], [`super::restart::replay_ending`]); its forced aborts **after** it, when [`super::restart::to_take_over`] names
    /// them.
    Message {
        /// The sender, as the signature proves it.
        from: AuthorityId,
        /// What it says.
        message: Message,
        /// With `HELLO`: the evidence after the position asked for; empty otherwise.
        evidence: Evidence,
    },
    /// A forced abort was put to our authority's side ([`super::restart::replay_forced`]).
    TakenOver {
        /// Its transaction.
        txn: TxnId,
    },
    /// Ask those again who have not answered.
    Due,
    /// Two officers go on without the peers named.
    Override {
        /// Two different officers.
        officers: [String; 2],
        /// The peers that do not answer.
        without: BTreeSet<AuthorityId>,
    },
}

/// A page of what we hold about a peer: every verdict seen or made here that names it as decider,
/// holder or coordinator, and every ending that it has told us, in the order in which they were kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The position behind which it begins: the one that was asked for, or 0 where what stands up to there is not
    /// what the asker has read.
    pub after: u64,
    /// The verdicts.
    pub verdicts: Vec<Proof<Verdict>>,
    /// The endings.
    pub endings: Vec<Notice>,
    /// All forced aborts that name the peer as DA.
    pub forced: Vec<ForcedAbort>,
    /// The place of the last one.
    pub upto: Reading,
    /// There are more.
    pub more: bool,
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
