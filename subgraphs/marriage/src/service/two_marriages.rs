//! Two marriages of one person at one time (I-1): the ledger makes the person DISPUTED by itself, and each of the two records
//! becomes a case, so that somebody has to look at it and neither of them is divorced or certified meanwhile.
//!
//! It comes of a merge of two persons who had both married, or of a day of death that is corrected behind the survivor's
//! next marriage. It goes with a split, a judgment, a revocation, a correction: then the case that nobody complained of
//! is closed again. No ledger gets an entry of such a case: what it says follows from the replay.

use super::ledger;
use super::office::{Trail, UNDECIDED, close, open};
use crate::kit::Result;
use crate::model::{impersonation_case, marriage_record};
use crate::rules::impersonation::Ground;
use crate::rules::ledger::over_each_other;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Opens and closes the cases about a person's marriages, as the ledgers stand now. Doing it twice changes nothing.
///
/// # Errors
/// What the database says.
pub async fn judge(trail: &Trail<'_>, person: &str) -> Result<()> {
    use marriage_record::Column;
    let over = records_over(trail.tx, &[person.to_owned()]).await?;
    let records = marriage_record::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.eq(person))
                .add(Column::Woman.eq(person)),
        )
        .order_by_asc(Column::Id)
        .all(trail.tx)
        .await?;
    for record in records.iter().filter(|record| over.contains(&record.id)) {
        open(trail, record, person, Ground::TwoMarriages).await?;
    }
    let settled: Vec<&marriage_record::Model> = records
        .iter()
        .filter(|record| !over.contains(&record.id))
        .collect();
    if settled.is_empty() {
        return Ok(());
    }
    let waiting = impersonation_case::Entity::find()
        .filter(impersonation_case::Column::RecordId.is_in(settled.iter().map(|record| record.id)))
        .filter(impersonation_case::Column::Ground.eq(Ground::TwoMarriages.as_str()))
        .filter(impersonation_case::Column::State.is_in(UNDECIDED))
        .all(trail.tx)
        .await?;
    for case in waiting {
        let record = settled.iter().find(|record| record.id == case.record_id);
        let Some(record) = record else { continue };
        // The other party may be married twice too.
        if !is_over_another(trail.tx, record).await? {
            close(trail, &case).await?;
        }
    }
    Ok(())
}

/// Whether a marriage lies over another one of either party.
///
/// # Errors
/// What the database says.
pub async fn is_over_another(
    db: &impl ConnectionTrait,
    record: &marriage_record::Model,
) -> Result<bool> {
    let couple = [record.man.clone(), record.woman.clone()];
    Ok(records_over(db, &couple).await?.contains(&record.id))
}

/// The records of these persons that lie over another one of the same person.
async fn records_over(db: &impl ConnectionTrait, persons: &[String]) -> Result<BTreeSet<Uuid>> {
    let ledgers = ledger::of_persons(db, persons).await?;
    Ok(ledgers
        .values()
        .flat_map(|ledger| over_each_other(&ledger.entries))
        .collect())
}
