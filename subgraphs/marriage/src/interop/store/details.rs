//! The details of a record: sealed to each authority that keeps it, and what this province reads in them.

use super::Desk;
use crate::interop::core::message::{Act, Message, RecordCore};
use crate::interop::core::names::TxnId;
use crate::interop::counter;
use crate::interop::wire::jwe::{Identity, Place};
use crate::kit::identity::PersonNumber;
use crate::kit::{Error, Result, vault};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name under which the details of a record are sealed, beside those of the parties.
pub const DETAILS: &str = "details";

/// What is kept of a marriage beyond its days: sealed to each authority that keeps it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Details {
    /// The six-digit code of the accepting registry's division.
    pub division: String,
    /// The man.
    pub man: Identity,
    /// The woman.
    pub woman: Identity,
}

impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Details(***)")
    }
}

/// The couple as this province names it.
pub(in crate::interop) struct Couple {
    /// Person token of the man.
    pub(in crate::interop) man: String,
    /// Person token of the woman.
    pub(in crate::interop) woman: String,
    pub(super) man_authority: String,
    pub(super) woman_authority: String,
    pub(super) division: String,
    pub(super) county: Uuid,
    pub(super) identities: [(PersonNumber, String); 2],
}

impl Couple {
    pub(super) fn cross_province(&self, own: &str) -> bool {
        self.man_authority != own || self.woman_authority != own
    }

    pub(super) fn names(&self, person: &str) -> bool {
        self.man == person || self.woman == person
    }
}

/// What is sealed to us of a record, if it can be opened and can be entered here: both numbers are numbers, and the
/// division has a meaning. Nothing is written.
///
/// # Errors
/// When the database does not answer.
pub(in crate::interop) async fn read(
    desk: Desk<'_>,
    txn: TxnId,
    core: &RecordCore,
) -> Result<Option<Couple>> {
    let Some(mut couple) = opened(desk, txn, core) else {
        return Ok(None);
    };
    let [(man, _), (woman, _)] = &couple.identities;
    let his = vault::person_of(desk.tx, desk.services, man).await?;
    let hers = vault::person_of(desk.tx, desk.services, woman).await?;
    let (Some(his), Some(hers)) = (his, hers) else {
        return Ok(None);
    };
    (couple.man, couple.woman) = (his.0, hers.0);
    Ok(Some(couple))
}

/// The same, before it is known whom the numbers name.
fn opened(desk: Desk<'_>, txn: TxnId, core: &RecordCore) -> Option<Couple> {
    let sealed = core.details.get(&desk.node.id)?;
    let name = txn.0.to_string();
    let place = Place {
        txn: &name,
        party: DETAILS,
    };
    let details: Details = desk.node.open_sealed(&sealed.0, place).ok()?;
    let number = |of: &Identity| counter::number_of(desk.services, &of.id_number);
    let (man, woman) = (number(&details.man)?, number(&details.woman)?);
    // A code of before a change means what alone goes on in its place.
    let county = desk.services.db.divisions().meaning(&details.division)?.id;
    let authority = |of: &PersonNumber| counter::authority_of(desk.services, of);
    Some(Couple {
        man_authority: authority(&man),
        woman_authority: authority(&woman),
        man: String::new(),
        woman: String::new(),
        county,
        identities: [
            (man, details.man.name.clone()),
            (woman, details.woman.name.clone()),
        ],
        division: details.division,
    })
}

/// As [`read`], and tells the vault who the two are.
///
/// # Errors
/// When the database does not answer, or the details cannot be read.
pub(in crate::interop) async fn couple(
    desk: Desk<'_>,
    txn: TxnId,
    core: &RecordCore,
) -> Result<Couple> {
    let couple = read(desk, txn, core)
        .await?
        .ok_or_else(|| Error::internal("the details of a committed record cannot be read"))?;
    announce(desk, &couple).await?;
    Ok(couple)
}

pub(super) async fn announce(desk: Desk<'_>, couple: &Couple) -> Result<()> {
    for (number, name) in &couple.identities {
        vault::announce_number(desk.tx, desk.services, number, name).await?;
    }
    Ok(())
}

/// Whether what a COMMIT_LAST holds of a marriage for us can be kept here, and is of these persons of ours.
///
/// # Errors
/// When the database does not answer.
pub async fn fits(desk: Desk<'_>, message: &Message, persons: &[&str]) -> Result<bool> {
    match message {
        Message::CommitLast { plan, core, .. } if matches!(plan.act, Act::Marry { .. }) => {
            let couple = read(desk, plan.txn, core).await?;
            Ok(couple.is_some_and(|couple| persons.iter().all(|person| couple.names(person))))
        }
        _ => Ok(true),
    }
}
