//! What provinces say to one another (D.3). Every message travels in a signed envelope that names
//! sender, receiver and transaction; the same request always has the same body, so that a
//! repetition is recognised and another body under the same name is refused (`KEY_REUSED`).

use super::effect::Alarm;
use super::names::{At, AuthorityId, PartyRef, Proof, RecordId, Sealed, TxnId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is to happen to two ledgers at once. All four acts run through the same protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Act {
    /// 结婚登记: two free persons become each other's spouse.
    Marry {
        /// The id of the marriage record to be.
        record: RecordId,
    },
    /// 离婚申请受理: both ledgers take the divorce mark, so that no second application can be
    /// opened anywhere (M-19, I-12).
    ApplyDivorce {
        /// The marriage.
        record: RecordId,
        /// The application.
        application: RecordId,
    },
    /// 撤回离婚申请, or deemed withdrawn: both ledgers lose the mark of this application.
    WithdrawDivorce {
        /// The marriage.
        record: RecordId,
        /// The application.
        application: RecordId,
    },
    /// 离婚登记: the marriage ends on both ledgers, and the mark with it.
    Divorce {
        /// The marriage.
        record: RecordId,
        /// The application whose mark both ledgers carry.
        application: RecordId,
    },
}

impl Act {
    /// The marriage record the act is about.
    #[must_use]
    pub const fn record(self) -> RecordId {
        match self {
            Self::Marry { record }
            | Self::ApplyDivorce { record, .. }
            | Self::WithdrawDivorce { record, .. }
            | Self::Divorce { record, .. } => record,
        }
    }

    /// It takes away what stood in the way of other acts: a marriage, or the mark of an application.
    #[must_use]
    pub const fn frees(self) -> bool {
        matches!(self, Self::Divorce { .. } | Self::WithdrawDivorce { .. })
    }
}

/// What a transaction is, fixed before its first message and never changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The transaction.
    pub txn: TxnId,
    /// What is to happen.
    pub act: Act,
    /// 受理机关所在省: the accepting registry's province.
    pub coordinator: AuthorityId,
    /// The deciding authority 决定方: its own transaction is the commit point.
    pub da: AuthorityId,
    /// The holding authority 占用方; `None` when one authority keeps both ledgers (also HUB mode).
    pub ha: Option<AuthorityId>,
    /// Version of the routing table that named them.
    pub routing_epoch: u64,
    /// The registrar, as the coordinator's province calls them (opaque).
    pub officer: String,
    /// Lawful purpose code.
    pub purpose: String,
    /// The day from which a marriage is to have effect, where that is before its registration (M-13): who promises
    /// must see that no other marriage of the person lies behind it.
    pub effective_from: Option<NaiveDate>,
}

/// A party, named only to its own authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// Random name within this transaction.
    pub party: PartyRef,
    /// The identity, encrypted to the party's authority.
    pub identity: Sealed,
}

/// What each authority keeps of the act once it is decided 记录要素.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordCore {
    /// The day of the act, fixed by the accepting registry before the commit: a commit that is
    /// known after midnight keeps its day.
    pub registered_on: NaiveDate,
    /// The day from which it has effect (M-13: may be earlier).
    pub effective_from: NaiveDate,
    /// The accepting registry (opaque id).
    pub registry: String,
    /// What a record and a replacement certificate need, encrypted to each authority that is to keep the marriage.
    pub details: BTreeMap<AuthorityId, Sealed>,
}

/// Why something was refused: a class, never a fact about anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Class {
    /// A record stands against it (a valid marriage).
    NotFree,
    /// Another registration is in progress for the person.
    HeldByOther,
    /// The person's records contradict each other; a case is open.
    Disputed,
    /// The person has died.
    Dead,
    /// An old record waits to be matched (manual archive work).
    LegacyUnresolved,
    /// The identity cannot be read or is not known.
    Unverified,
    /// The two parties are one person, or the plan does not fit them.
    NotTwoPersons,
    /// Divorce acts: no such marriage stands.
    NotMarried,
    /// A divorce application is already open.
    AlreadyMarked,
    /// The application's mark is not there (withdrawn, deemed withdrawn, already registered).
    NotMarked,
    /// Somebody asked for the decision before there was one.
    Unresolved,
    /// The couple left, or the registrar stopped it.
    WalkedOut,
    /// The peers' routing tables differ.
    WrongEpoch,
    /// The transaction is over 30 days old and unknown here.
    TooOld,
    /// Already ended here; a late request comes to nothing.
    Ended,
    /// Two officers ended it with the deciding authority's written statement.
    ForceAborted,
}

/// What a hold found on the ledger; never "single" (D.2 point 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnRecord {
    /// The record says that the act may happen.
    Good,
    /// 无记录: nothing is on record; records are complete only since this day.
    NoRecord {
        /// First day that the digitised records cover.
        #[serde(rename = "coverageFrom")]
        coverage_from: NaiveDate,
    },
}

/// The holding authority's promise: the person is kept for this transaction until its decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The transaction.
    pub txn: TxnId,
    /// What was promised.
    pub act: Act,
    /// Who decides.
    pub da: AuthorityId,
    /// For whom.
    pub party: Party,
    /// Ledger sequence of the hold entry: the confirm must name it (I-7).
    pub fence: u64,
    /// The holder's epoch: a promise of an earlier life does not count.
    pub epoch: u64,
    /// What the record said.
    pub on_record: OnRecord,
}

/// A committed act, complete enough to be entered again after a restore (case 57).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commitment {
    /// The transaction.
    pub plan: Plan,
    /// The deciding authority's own parties (both when there is no holder).
    pub parties: Vec<Party>,
    /// The holder's promise.
    pub grant: Option<Proof<Grant>>,
    /// What is kept of it.
    pub core: RecordCore,
    /// The moment of the commit row: the legal moment.
    pub at: At,
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It happened.
    Committed(Box<Commitment>),
    /// It did not and never will.
    Aborted {
        /// Why.
        class: Class,
    },
}

/// The one decision of a transaction (I-3); kept for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The transaction.
    pub txn: TxnId,
    /// Its coordinator, as far as the decider was told.
    pub coordinator: AuthorityId,
    /// Its holder, as far as the decider was told.
    pub ha: Option<AuthorityId>,
    /// The end.
    pub outcome: Outcome,
}

impl Commitment {
    /// Who besides the decider is to have it: the holder, or where there is none whoever accepted it; nobody where
    /// both are the decider itself.
    #[must_use]
    pub fn witness(&self) -> Option<AuthorityId> {
        let plan = &self.plan;
        let other = plan.ha.unwrap_or(plan.coordinator);
        (other != plan.da).then_some(other)
    }
}

impl Decision {
    /// What was committed, if it was.
    #[must_use]
    pub fn commitment(&self) -> Option<&Commitment> {
        match &self.outcome {
            Outcome::Committed(commitment) => Some(commitment),
            Outcome::Aborted { .. } => None,
        }
    }

    /// The same end of the same act. The hint of an abort, the moment and HA's epoch may differ: a
    /// decision that nobody had heard of and a restore has lost is made again.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let act = |decision: &Self| {
            let done = decision.commitment();
            done.map(|done| (done.plan.clone(), done.parties.clone(), done.core.clone()))
        };
        self.txn == other.txn && act(self) == act(other)
    }
}

/// "This is my decision": the same for ever, but said in one of the decider's lives. One that is
/// first heard from a life that has ended is asked again, because that life's last rows may be
/// lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// The decider's epoch when it said so.
    pub epoch: u64,
}

impl Verdict {
    /// What it means that this was said and `known`, which differs, stands: the word of a life that
    /// had lost it before the other was said, or two decisions.
    #[must_use]
    pub const fn against(&self, known: &Self) -> Alarm {
        if self.epoch < known.epoch {
            Alarm::LostWord
        } else {
            Alarm::Contradiction
        }
    }
}

/// Break-glass 强制解除: two officers freed a hold without a decision, on the deciding authority's
/// written statement. The decider must take it over before it serves again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForcedAbort {
    /// The transaction.
    pub txn: TxnId,
    /// Its coordinator.
    pub coordinator: AuthorityId,
    /// Whose hold it was.
    pub ha: AuthorityId,
    /// The deciding authority that wrote the statement.
    pub da: AuthorityId,
    /// Two different officers (opaque).
    pub officers: [String; 2],
    /// Reference of the written statement 书面说明.
    pub statement: String,
}

/// A fact that ends a marriage without a vote of those who are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ending {
    /// 配偶死亡.
    SpouseDied,
    /// 判决离婚.
    DivorcedByCourt,
    /// 婚姻无效.
    Voided,
    /// 婚姻撤销.
    Annulled,
    /// 登记撤销 (冒名顶替).
    RevokedFraud,
    /// 离婚登记, by a transaction of its own: told to the province that had registered the marriage.
    Divorced,
}

/// Told across provinces: the marriage made by `txn` has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Idempotency key of this notice.
    pub id: Uuid,
    /// The transaction that made the marriage.
    pub txn: TxnId,
    /// What ended it.
    pub ending: Ending,
    /// From when.
    pub effective_on: NaiveDate,
}

/// A message. What each means and changes stands at the step that handles it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(
    tag = "phase",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
pub enum Message {
    /// A→HA: keep this person for us.
    Try {
        /// The transaction.
        plan: Plan,
        /// The coordinator's epoch.
        coord_epoch: u64,
        /// HA's person.
        party: Party,
    },
    /// HA→A.
    Granted {
        /// The promise.
        grant: Proof<Grant>,
    },
    /// HA→A: not now or not ever, by class.
    Refused {
        /// The transaction.
        txn: TxnId,
        /// Why.
        class: Class,
    },
    /// Anyone: your routing table is not mine.
    WrongEpoch {
        /// The transaction.
        txn: TxnId,
        /// Mine.
        routing_epoch: u64,
    },
    /// Anyone: a newer life of this coordinator has spoken.
    StaleCoordinator {
        /// The transaction.
        txn: TxnId,
        /// The newer epoch.
        epoch: u64,
    },
    /// Anyone: the same key came with another body before.
    KeyReused {
        /// The transaction.
        txn: TxnId,
    },
    /// Anyone: catching up after a start; ask later. Decides nothing.
    Unavailable {
        /// The transaction.
        txn: TxnId,
    },
    /// A→DA: check your person (or both), write the ledger and the decision, in one transaction.
    CommitLast {
        /// The transaction.
        plan: Plan,
        /// The coordinator's epoch.
        coord_epoch: u64,
        /// DA's person, or both.
        parties: Vec<Party>,
        /// HA's promise, when there is an HA.
        grant: Option<Proof<Grant>>,
        /// The record.
        core: RecordCore,
    },
    /// DA→A: the promise is of an earlier life of HA; TRY again. Nothing is decided.
    StaleGrant {
        /// The transaction.
        txn: TxnId,
    },
    /// A→DA, HA→DA: what is the decision? If there is none, there is now: aborted.
    Resolve {
        /// The transaction.
        txn: TxnId,
        /// Its coordinator.
        coordinator: AuthorityId,
        /// Its holder.
        ha: Option<AuthorityId>,
        /// What the asker would like to be told if it ends here; a hint.
        class: Class,
    },
    /// DA→A, DA→HA.
    Decided {
        /// The decision.
        verdict: Proof<Verdict>,
    },
    /// A→HA with DA's signed COMMITTED.
    Confirm {
        /// The proof.
        verdict: Proof<Verdict>,
    },
    /// A→HA with DA's signed ABORTED; without the proof it is refused.
    Cancel {
        /// The transaction.
        txn: TxnId,
        /// The proof.
        verdict: Option<Proof<Verdict>>,
    },
    /// HA→A: the ledger has it.
    Confirmed {
        /// The transaction.
        txn: TxnId,
    },
    /// HA→A: the hold is gone, or will never be.
    Cancelled {
        /// The transaction.
        txn: TxnId,
    },
    /// HA→A: done before.
    Already {
        /// The transaction.
        txn: TxnId,
    },
    /// HA→A: I hold nothing under this fence. Raises an alarm on both sides.
    NoSuchHold {
        /// The transaction.
        txn: TxnId,
    },
    /// HA→A: a CANCEL needs DA's signed decision.
    ProofMissing {
        /// The transaction.
        txn: TxnId,
    },
    /// HA→DA: break-glass was used; take it over.
    Forced {
        /// What was done.
        abort: ForcedAbort,
    },
    /// One authority to the other: the marriage has ended.
    Ended {
        /// The fact.
        notice: Notice,
    },
    /// Its receipt.
    EndedNoted {
        /// The notice.
        id: Uuid,
        /// The receiver's epoch: the receipt of a life that has ended may be for an entry that a
        /// restore has lost.
        epoch: u64,
    },
    /// Anyone after a start: this is my new epoch; what do you hold from me?
    Hello {
        /// My new epoch.
        epoch: u64,
        /// This start, and no other.
        boot: Uuid,
        /// I have your evidence up to this position,
        after: u64,
        /// and this is its hash; empty where I have none. Where it is another, the answer begins before all.
        after_hash: String,
    },
    /// The answer, a page at a time.
    Known {
        /// The start that was asked from.
        boot: Uuid,
        /// The highest epoch of yours that I know.
        your_epoch: u64,
        /// `your_epoch` is the one you told: promises of your earlier epochs are void here from now
        /// on. Otherwise it is one of an earlier life of yours, and you must rise above it.
        accepted: bool,
        /// My own epoch.
        my_epoch: u64,
        /// The start that my epoch belongs to.
        my_boot: Uuid,
        /// Verdicts that name you as decider, holder or coordinator.
        verdicts: Vec<Proof<Verdict>>,
        /// Endings that you had told us, and that we have noted.
        endings: Vec<Notice>,
        /// Break-glass that you must take over.
        forced: Vec<ForcedAbort>,
        /// The position up to which this page goes,
        upto: u64,
        /// and the hash of what stands up to there.
        upto_hash: String,
        /// There is more after it.
        more: bool,
    },
}

impl Message {
    /// The transaction it belongs to; a start's questions belong to none.
    #[must_use]
    pub fn txn(&self) -> Option<TxnId> {
        match self {
            Self::Try { plan, .. } | Self::CommitLast { plan, .. } => Some(plan.txn),
            Self::Granted { grant } => Some(grant.body.txn),
            Self::Decided { verdict } | Self::Confirm { verdict } => {
                Some(verdict.body.decision.txn)
            }
            Self::Refused { txn, .. }
            | Self::WrongEpoch { txn, .. }
            | Self::StaleCoordinator { txn, .. }
            | Self::KeyReused { txn }
            | Self::Unavailable { txn }
            | Self::StaleGrant { txn }
            | Self::Resolve { txn, .. }
            | Self::Cancel { txn, .. }
            | Self::Confirmed { txn }
            | Self::Cancelled { txn }
            | Self::Already { txn }
            | Self::NoSuchHold { txn }
            | Self::ProofMissing { txn } => Some(*txn),
            Self::Forced { abort } => Some(abort.txn),
            Self::Ended { notice } => Some(notice.txn),
            Self::EndedNoted { .. } | Self::Hello { .. } | Self::Known { .. } => None,
        }
    }
}

/// Who decides and who holds: by a hash of the transaction, so that the load is even, and the same
/// for everyone. One authority for both persons decides alone.
#[must_use]
pub fn roles(
    txn: TxnId,
    one: AuthorityId,
    other: AuthorityId,
) -> (AuthorityId, Option<AuthorityId>) {
    if one == other {
        return (one, None);
    }
    let (low, high) = (one.min(other), one.max(other));
    let odd = txn.0.as_bytes().iter().fold(0_u8, |sum, byte| sum ^ byte);
    if odd.count_ones() % 2 == 0 {
        (low, Some(high))
    } else {
        (high, Some(low))
    }
}
