//! M-23: the deaths of both spouses, told in the wrong order or with a wrong day. The first of them ended the marriage;
//! the other one was widowed until their own death, which ended none.

use super::survivor_of;
use crate::interop::facts::kept_elsewhere;
use crate::kit::{Result, Services};
use crate::model::marriage_record;
use crate::rules::ledger::{LedgerEvent, death_in};
use crate::rules::record::RecordState;
use crate::service::ledger::{self, Fact, append};
use crate::service::office::Trail;
use chrono::NaiveDate;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

/// Who of the two died first.
#[derive(Clone, Copy, Debug)]
pub(super) struct First<'p> {
    /// The person.
    pub(super) person: &'p str,
    /// The day.
    pub(super) on: NaiveDate,
}

/// The days of death that a ledger holds: the one that ended a record's marriage, and the one that ended none.
async fn deaths(
    tx: &DatabaseTransaction,
    person: &str,
    record: Uuid,
) -> Result<(Option<NaiveDate>, Option<NaiveDate>)> {
    let ledgers = ledger::of_persons(tx, &[person.to_owned()]).await?;
    let Some(ledger) = ledgers.get(person) else {
        return Ok((None, None));
    };
    let alone: Vec<_> = ledger
        .entries
        .iter()
        .filter(|entry| entry.record.is_none())
        .cloned()
        .collect();
    let ended = death_in(&ledger.entries, Some(record));
    Ok((ended, death_in(&alone, None)))
}

/// Enters that the marriage ended with the death of the first, and what that makes of the other's ledger. Each ledger
/// that is kept here loses the end it held and gets the right one. `second_on` is the other's right day of death
/// where it has changed; else the one their ledger holds counts.
pub(super) async fn died_first(
    trail: &Trail<'_>,
    services: &Services,
    record: &marriage_record::Model,
    first: &First<'_>,
    second_on: Option<NaiveDate>,
) -> Result<()> {
    let tx = trail.tx;
    let second = survivor_of(record, first.person);
    let [his, hers] = [
        kept_elsewhere(tx, services, record.id, true).await?,
        kept_elsewhere(tx, services, record.id, false).await?,
    ];
    let elsewhere = |person: &str| if person == record.man { his } else { hers };
    let fact = |event, effective_on, record| Fact {
        event,
        effective_on,
        record,
    };
    let (this, none) = (Some(record.id), None);
    if !elsewhere(first.person) {
        let (_, alone) = deaths(tx, first.person, record.id).await?;
        let mut entries = vec![fact(LedgerEvent::Corrected, first.on, this)];
        // It was entered as a death that ended nothing, here or by the protocol between provinces.
        entries.extend(alone.map(|day| fact(LedgerEvent::Corrected, day, none)));
        entries.push(fact(LedgerEvent::Died, first.on, this));
        for entry in entries {
            append(tx, first.person, entry, trail.at).await?;
        }
    }
    if !elsewhere(second) {
        let (ended, _) = deaths(tx, second, record.id).await?;
        let mut entries = vec![
            // With the wrong end goes the death that was taken for it, which ended nothing.
            fact(LedgerEvent::Corrected, first.on, this),
            fact(LedgerEvent::SpouseDied, first.on, this),
        ];
        let own = second_on.or(ended);
        entries.extend(own.map(|day| fact(LedgerEvent::Died, day, none)));
        for entry in entries {
            append(tx, second, entry, trail.at).await?;
        }
    }
    super::changed::change(tx, record, RecordState::EndedDeath, Some(first.on)).await?;
    let (id, state) = (record.id.to_string(), RecordState::EndedDeath.as_str());
    trail.leave("MarriageRecord", &id, state, state).await
}
