//! M-23, M-21: a death that is told after something that it should have prevented or ended. A judgment whose day
//! lies behind it gives way; a registration behind it was made with somebody else at the counter, which a case has
//! to clear: it is opened of office, at the registry of the record, in the name of the dead.

use super::all_records_of;
use crate::kit::{Error, Result, Services};
use crate::model::{impersonation_case, marriage_record};
use crate::rules::death::{DeathOnRecord, death_on_record};
use crate::rules::impersonation::Ground;
use crate::rules::ledger::{LedgerEvent, death_in};
use crate::rules::record::RecordState;
use crate::service::ledger::{self, Fact, append};
use crate::service::office::{self, Trail};
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

/// What a death means for each record of a person.
pub(super) type Met = Vec<(marriage_record::Model, DeathOnRecord)>;

/// What a death on a day means for each record of the person.
pub(super) async fn met(tx: &DatabaseTransaction, person: &str, died_on: NaiveDate) -> Result<Met> {
    let rows = all_records_of(tx, person).await?;
    let ledgers = ledger::of_persons(tx, &[person.to_owned()]).await?;
    let ended_by_it = |record: Uuid| {
        let entries = ledgers.get(person).map(|ledger| ledger.entries.as_slice());
        death_in(entries.unwrap_or_default(), Some(record)).is_some()
    };
    rows.into_iter()
        .map(|row| {
            let state = RecordState::from_text(&row.state)
                .ok_or_else(|| Error::internal("unknown state of a marriage record"))?;
            let means = death_on_record(state, row.registered_on, row.ended_on, died_on);
            // What this very death has ended is moved by a correction of its day, and by nothing else.
            let own = state == RecordState::EndedDeath && ended_by_it(row.id);
            Ok((row, if own { DeathOnRecord::Stands } else { means }))
        })
        .collect()
}

/// The records that the death ends although a court, or the other one's death, had ended them before: whoever else
/// keeps a ledger of one of these hears of the death by that, for the dead is on no ledger as married any more.
pub(super) fn overtaken(met: &Met) -> Vec<Uuid> {
    met.iter()
        .filter(|(record, means)| {
            matches!(means, DeathOnRecord::Ends | DeathOnRecord::EndsBefore)
                && record.ended_on.is_some()
        })
        .map(|(record, _)| record.id)
        .collect()
}

/// Whether a marriage that the death contradicts is kept by another province too.
pub(super) async fn is_shared(tx: &DatabaseTransaction, met: &Met) -> Result<bool> {
    for (record, means) in met {
        if *means == DeathOnRecord::Contradicts
            && crate::interop::facts::is_shared(tx, record.id).await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Opens the case about a registration that lies behind the death of one who had to be there, once, and enters the
/// doubt in both ledgers that are kept here.
pub(super) async fn raise(
    trail: &Trail<'_>,
    services: &Services,
    record: &marriage_record::Model,
    dead: &str,
) -> Result<()> {
    use impersonation_case::Column;
    let tx = trail.tx;
    let known = impersonation_case::Entity::find()
        .filter(Column::RecordId.eq(record.id))
        .filter(Column::Complainant.eq(dead))
        .filter(Column::Ground.ne(Ground::TwoMarriages.as_str()))
        .count(tx)
        .await?;
    if known > 0 || !office::open(trail, record, dead, Ground::Death).await? {
        return Ok(());
    }
    for token in [&record.man, &record.woman] {
        let man = *token == record.man;
        if crate::interop::facts::kept_elsewhere(tx, services, record.id, man).await? {
            continue;
        }
        let fact = Fact {
            event: LedgerEvent::Disputed,
            effective_on: trail.today,
            record: Some(record.id),
        };
        append(tx, token, fact, trail.at).await?;
    }
    Ok(())
}
