//! What the core wants done. All writes of one step are one database transaction; what is to be
//! sent goes out after it, and is lost without harm if it does not.

use super::event::{Entry, Log, Row, Station, Telling};
use super::message::{Act, Ending, Message, Notice, Verdict};
use super::names::{AuthorityId, PersonId, Proof, RecordId, Span, TxnId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Keep this authority row (insert, or replace what the view showed).
    Row {
        /// The transaction.
        txn: TxnId,
        /// The row.
        row: Row,
    },
    /// Keep this coordinator's row.
    Log {
        /// The row.
        log: Box<Log>,
    },
    /// Keep the station's row.
    Station {
        /// The row.
        station: Box<Station>,
    },
    /// Append to a person's ledger under exactly this sequence; if that is taken the whole step is
    /// void and is repeated with a fresh view.
    Ledger(LedgerWrite),
    /// Keep this verdict as evidence for its other parties (once for each transaction), at the
    /// next position of each.
    Evidence {
        /// The verdict.
        verdict: Proof<Verdict>,
    },
    /// A peer's notice was entered: keep it as evidence for that peer (once), at its next position.
    Noted {
        /// Who told it.
        from: AuthorityId,
        /// What.
        notice: Notice,
    },
    /// Who read or wrote whose ledger, why, and for whom (I-8).
    Audit(Audit),
    /// Keep telling this until it is noted.
    Tell {
        /// What and to whom.
        telling: Telling,
    },
    /// A peer has begun a new life: what it noted after this position of its evidence may be lost
    /// there; tell all of that again.
    Retell {
        /// The peer.
        to: AuthorityId,
        /// Its position.
        after: u64,
    },
    /// It was noted: stop telling, and take the next position of the peer's evidence for it.
    Told {
        /// The notice.
        id: Uuid,
        /// By whom.
        by: AuthorityId,
    },
    /// COMMITTED is on file: make the record, take the certificate number and fill the upload
    /// outbox, in this same transaction. Once for each transaction.
    Register {
        /// The transaction.
        txn: TxnId,
        /// The act.
        act: Act,
    },
    /// The marriage that a transaction of ours has made has ended: the record here ends with it. Done twice it
    /// changes nothing.
    End {
        /// The transaction.
        txn: TxnId,
        /// The record.
        record: RecordId,
        /// What ended it.
        ending: Ending,
        /// From when.
        effective_on: NaiveDate,
    },
    /// Send, after the transaction. To ourselves as well: then it is handed to our own side.
    Send {
        /// To whom.
        to: AuthorityId,
        /// What.
        message: Message,
    },
    /// Wake this transaction (`Due`) after this time, with jitter.
    Again {
        /// The transaction; `None` is the station itself.
        txn: Option<TxnId>,
        /// Which side of ours.
        side: Side,
        /// How long.
        after: Span,
    },
    /// A person must look at this.
    Alarm {
        /// The transaction.
        txn: Option<TxnId>,
        /// What is wrong.
        what: Alarm,
    },
}

/// The two sides of a province.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    /// Coordinator.
    Coordinator,
    /// Authority.
    Authority,
    /// The province as a whole.
    Station,
}

/// An entry in one person's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LedgerWrite {
    /// The person.
    pub person: PersonId,
    /// Its sequence: one more than the view showed.
    pub seq: u64,
    /// What.
    pub entry: Entry,
    /// The marriage record.
    pub record: Option<RecordId>,
    /// The divorce application, for marks.
    pub application: Option<RecordId>,
    /// The day of effect; `None`: the day of entry.
    pub effective_on: Option<NaiveDate>,
    /// The transaction.
    pub txn: Option<TxnId>,
}

/// One access to one ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Audit {
    /// The person.
    pub person: PersonId,
    /// Entries were appended; else it was only read.
    pub wrote: bool,
    /// The transaction.
    pub txn: Option<TxnId>,
    /// On whose behalf.
    pub by: AuthorityId,
    /// Officer, opaque.
    pub officer: String,
    /// Lawful purpose code.
    pub purpose: String,
}

/// What a supervisor is told of; never silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Alarm {
    /// A CONFIRM for which we hold nothing (case 11).
    NoSuchHold,
    /// A CONFIRM whose fence is not that of our hold.
    FenceMismatch,
    /// Committed although a death or court paper came during the hold: DISPUTED, two officers.
    CommittedWhileContested,
    /// Committed although two officers had freed the hold (case 60): DISPUTED.
    CommittedThoughForced,
    /// Two different decisions of one transaction were shown to us (I-3).
    Contradiction,
    /// A decision that DA had made, lost in a restore and then made otherwise was shown to us after
    /// all, or the ending of what it had made: nothing is changed by it, but papers may have been issued on it.
    LostWord,
    /// The same key with another body.
    KeyReused,
    /// Rows of ours that a peer holds and we do not: this database was restored.
    Restored,
    /// The replayed act does not fit what the ledger says today (it may when all is replayed), or somebody in it cannot
    /// be named here any more.
    ReplayConflict,
    /// A newer life of this coordinator exists: this one must stop.
    SteppedDown,
    /// Officers went on without some peers.
    Overridden,
    /// Break-glass was used.
    GlassBroken,
    /// A request came from somebody who has no part in the transaction (case 50).
    NotAParty,
    /// Break-glass was asked for without what it needs.
    BreakGlassRefused,
    /// A death that we had told was lost in a restore, and who of the couple died is not in what comes back.
    EndingLost,
    /// A marriage stands on the ledger here, and what is to be kept of it besides cannot be read or entered.
    DetailsUnreadable,
}
