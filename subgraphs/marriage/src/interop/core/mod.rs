//! The protocol between provinces as pure state machines: event in, effects out. No I/O, no clock,
//! no randomness; persons are opaque ids; signatures are [`names::Proof`]s that the shell has
//! verified.
//!
//! **The idea.** Two persons' ledgers are kept by two authorities, and both must change or neither.
//! One of them, HA, promises first and then cannot take the promise back; the other, DA, does the
//! deed and writes the decision in *one* local transaction. That row is the commit point. Whoever
//! is in doubt asks DA, which says "aborted" for ever if it had not decided. A coordinator that
//! dies hurts nobody.
//!
//! **Where to read**, in the order in which data flows: [`names`], [`message`] (what is said),
//! [`event`] (what happens, and the rows that are kept), [`effect`] (what is to be done),
//! [`coordinator`], [`authority`] (promise and decide; `settle` follows a decision, `facts` enters deaths
//! and court papers, [`renamed`] gives persons of ours another token), [`restart`] (a start, and a restore from backup).
//!
//! **What makes it safe**
//!
//! | rule | without it |
//! |---|---|
//! | a hold never frees itself | HA gives the person away while DA commits |
//! | CANCEL carries DA's signed ABORTED | a coordinator that timed out frees what DA has committed |
//! | ends are kept for ever as tombstones | a late TRY or COMMIT_LAST revives what was aborted |
//! | promises and verdicts carry their author's epoch (the fence of a whole life) | after a restore a promise counts that its author has forgotten |
//! | a start asks all peers before it writes | a restored authority marries the married |
//! | what was freed by break-glass is taken over when all answers are in | a restored DA aborts what it had committed |
//! | whom an act has freed is free when another province has that act | a restored DA knows the second marriage, and not the divorce before it |
//!
//! HUB mode is the same machine with the national base as authority of everybody: HA falls away
//! and COMMIT_LAST is one local transaction.

pub mod authority;
pub mod coordinator;
pub mod effect;
mod entries;
pub mod event;
mod facts;
pub mod marks;
pub mod message;
pub mod names;
pub mod renamed;
pub mod restart;
mod settle;
#[cfg(test)]
pub(in crate::interop) mod tests;

pub use effect::{Alarm, Audit, Effect, LedgerWrite, Side};
pub use entries::allows;
pub use event::{AuthorityEvent, CoordinatorEvent, Desk, StationEvent, View};
pub use message::Message;
pub use names::{At, AuthorityId, PartyRef, PersonId, Proof, RecordId, Sealed, Span, TxnId};

use names::At as Moment;

/// The rules that can be switched off in tests (and only there, see [`View`]), to show that the
/// checkers miss nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Broken {
    /// A hold frees itself after its soft expiry.
    SelfExpiringHold,
    /// CANCEL is sent and taken without DA's decision.
    CancelWithoutProof,
    /// DA answers ABORTED without writing it down, HA keeps no ends.
    NoTombstone,
    /// Epochs of promises and verdicts are not looked at.
    NoFence,
    /// After a start, a hold that was freed by break-glass is taken over before all answers are in.
    HastyTakeOver,
    /// Whom an act has freed is free at once, whoever else knows of that act.
    HastyFreedom,
}

/// The side of a province to which a message goes.
#[must_use]
pub fn addressees(message: &Message) -> &'static [Side] {
    use Side::{Authority, Coordinator, Station};
    match message {
        // Where there is no holder, whoever accepted it is to have the decision.
        Message::Confirm { verdict } if verdict.body.decision.ha.is_none() => &[Coordinator],
        Message::Try { .. }
        | Message::CommitLast { .. }
        | Message::Resolve { .. }
        | Message::Confirm { .. }
        | Message::Cancel { .. }
        | Message::Forced { .. }
        | Message::EndedNoted { .. } => &[Authority],
        Message::Granted { .. }
        | Message::Refused { .. }
        | Message::WrongEpoch { .. }
        | Message::StaleCoordinator { .. }
        | Message::KeyReused { .. }
        | Message::Unavailable { .. }
        | Message::StaleGrant { .. }
        | Message::Cancelled { .. }
        | Message::NoSuchHold { .. }
        | Message::ProofMissing { .. } => &[Coordinator],
        // The coordinator may have sent the decision, or the decider itself.
        Message::Confirmed { .. } | Message::Already { .. } => &[Coordinator, Authority],
        // HA may have asked, the coordinator too, and one province may be both; an ending concerns the
        // ledgers and the accepting province's record.
        Message::Decided { .. } | Message::Ended { .. } => &[Authority, Coordinator],
        Message::Hello { .. } | Message::Known { .. } => &[Station],
    }
}

/// Whether a transaction is too old to be begun here. One whose id carries no time is.
fn too_old(txn: TxnId, now: Moment) -> bool {
    txn.begun()
        .is_none_or(|begun| now.passed(event::TOO_OLD, begun))
}
