//! The province as a whole: what it knows of itself and its peers, and what happens to it when it starts.

use super::super::message::{ForcedAbort, Message, Notice, Verdict};
use super::super::names::{AuthorityId, Proof, TxnId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

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
    /// transaction ([`super::super::restart::replay`], [`super::super::restart::replay_ending`]); its forced aborts **after** it, when [`super::super::restart::to_take_over`] names
    /// them.
    Message {
        /// The sender, as the signature proves it.
        from: AuthorityId,
        /// What it says.
        message: Message,
        /// With `HELLO`: the evidence after the position asked for; empty otherwise.
        evidence: Evidence,
    },
    /// A forced abort was put to our authority's side ([`super::super::restart::replay_forced`]).
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
