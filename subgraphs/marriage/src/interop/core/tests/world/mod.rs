//! A province as the core sees it: its durable rows in memory, applied as the shell applies them.
//!
//! Everything in [`Province`] is durable and one step is one transaction: a crash is simply that
//! nothing else is left.

mod checks;
mod disk;
mod person;
mod province;

pub(in crate::interop) use checks::{Outside, unrest, violation};
pub(in crate::interop) use person::{Marriage, Person};
pub(in crate::interop) use province::{Left, Province, Step};

use crate::interop::core::event::{CoordinatorEvent, Fact, FactKind};
use crate::interop::core::message::{Act, Ending, Party, Plan, RecordCore, roles};
use crate::interop::core::{
    Alarm, At, AuthorityId, Effect, PartyRef, PersonId, RecordId, Sealed, TxnId,
};
use chrono::NaiveDate;
use uuid::Uuid;

pub(in crate::interop) fn token(identity: &Sealed) -> PersonId {
    PersonId(format!("token:{}", identity.0))
}

pub(in crate::interop) fn identity(authority: AuthorityId, number: usize) -> Sealed {
    Sealed(format!("{authority}/{number}"))
}

pub(in crate::interop) fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, 20).unwrap()
}

pub(in crate::interop) fn uuid(kind: u8, number: u64) -> Uuid {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes[0] = kind;
    Uuid::from_bytes(bytes)
}

/// A transaction begun at `at` in which `da` decides.
pub(in crate::interop) fn txn(
    at: At,
    number: u64,
    pair: [AuthorityId; 2],
    da: AuthorityId,
) -> TxnId {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at.0.to_be_bytes()[2..]);
    bytes[6] = 0x70;
    bytes[8..].copy_from_slice(&(number << 8).to_be_bytes());
    bytes[8] |= 0x80;
    loop {
        let txn = TxnId(Uuid::from_bytes(bytes));
        if roles(txn, pair[0], pair[1]).0 == da {
            return txn;
        }
        bytes[15] += 1;
    }
}

/// A couple's wish, as a coordinator begins it.
#[derive(Clone, Debug)]
pub(in crate::interop) struct Wish {
    pub(in crate::interop) txn: TxnId,
    pub(in crate::interop) act: Act,
    pub(in crate::interop) coordinator: AuthorityId,
    /// Authority and number of each party.
    pub(in crate::interop) parties: [(AuthorityId, usize); 2],
    pub(in crate::interop) routing_epoch: u64,
}

impl Wish {
    pub(in crate::interop) fn begin(&self) -> CoordinatorEvent {
        let [(one, _), (other, _)] = self.parties;
        let (da, ha) = roles(self.txn, one, other);
        let party = |index: usize| {
            let (authority, number) = self.parties[index];
            let mut name = *self.txn.0.as_bytes();
            name[7] = index as u8 + 1;
            let party = PartyRef(Uuid::from_bytes(name));
            let identity = identity(authority, number);
            (authority, Party { party, identity })
        };
        let both = [party(0), party(1)];
        let of = |who| {
            let own = both.iter().filter(move |(authority, _)| *authority == who);
            own.map(|(_, party)| party.clone()).collect::<Vec<_>>()
        };
        CoordinatorEvent::Begin {
            plan: Plan {
                txn: self.txn,
                act: self.act,
                coordinator: self.coordinator,
                da,
                ha,
                routing_epoch: self.routing_epoch,
                officer: "officer".to_owned(),
                purpose: "MARRIAGE_REGISTRATION".to_owned(),
                effective_from: None,
            },
            da_parties: of(da),
            ha_party: ha.and_then(|ha| of(ha).pop()),
            core: RecordCore {
                registered_on: day(),
                effective_from: day(),
                registry: "registry".to_owned(),
                details: [Some(da), ha]
                    .into_iter()
                    .flatten()
                    .map(|who| (who, Sealed("details".to_owned())))
                    .collect(),
            },
        }
    }
}

/// A fact for a test.
pub(in crate::interop) fn fact(
    number: u64,
    what: FactKind,
    tell: impl IntoIterator<Item = (AuthorityId, TxnId)>,
) -> Fact {
    Fact {
        id: uuid(7, number),
        what,
        effective_on: day(),
        tell: tell.into_iter().collect(),
    }
}

/// Whether somebody must look at it.
pub(in crate::interop) fn alarmed(left: &Left, wanted: Alarm) -> bool {
    left.out
        .iter()
        .any(|effect| matches!(effect, Effect::Alarm { what, .. } if *what == wanted))
}

/// Court paper on a marriage.
pub(in crate::interop) const fn court(record: RecordId) -> FactKind {
    FactKind::Ended {
        record,
        ending: Ending::DivorcedByCourt,
    }
}
