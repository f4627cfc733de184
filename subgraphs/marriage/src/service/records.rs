//! Marriage records, by person and by id.

use crate::kit::{Result, Services};
use crate::model::{application_party, marriage_record, record_coverage};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The marriages of each of these persons, latest first, in one statement.
pub async fn of_persons(
    db: &impl ConnectionTrait,
    persons: &[String],
) -> Result<HashMap<String, Vec<Arc<marriage_record::Model>>>> {
    use marriage_record::Column;
    let wanted = || persons.iter().cloned();
    let rows = marriage_record::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.is_in(wanted()))
                .add(Column::Woman.is_in(wanted())),
        )
        .order_by_desc(Column::RegisteredOn)
        .all(db)
        .await?;
    let asked: std::collections::HashSet<&String> = persons.iter().collect();
    let mut found: HashMap<String, Vec<Arc<marriage_record::Model>>> = HashMap::new();
    for row in rows {
        let row = Arc::new(row);
        for person in [&row.man, &row.woman] {
            if asked.contains(person) {
                found
                    .entry(person.clone())
                    .or_default()
                    .push(Arc::clone(&row));
            }
        }
    }
    Ok(found)
}

/// Marriage records by id, in one statement.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Arc<marriage_record::Model>>> {
    let rows = marriage_record::Entity::find()
        .filter(marriage_record::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, Arc::new(row)))
        .collect())
}

/// M-25, 司法解释(一) 7: whether this province keeps the ledger of a person, as far as anything here tells: by the
/// marriages that are kept with another province, and by the latest application in which the person was seen.
///
/// # Errors
/// What the database says.
pub async fn kept_here(
    db: &impl ConnectionTrait,
    services: &Services,
    person: &str,
) -> Result<bool> {
    let own = services.province.as_str();
    let marriages = of_persons(db, &[person.to_owned()]).await?;
    for record in marriages.get(person).into_iter().flatten() {
        let man = record.man == person;
        if crate::interop::facts::kept_elsewhere(db, services, record.id, man).await? {
            return Ok(false);
        }
    }
    let seen = application_party::Entity::find()
        .filter(application_party::Column::Person.eq(person))
        .order_by_desc(application_party::Column::ApplicationId)
        .one(db)
        .await?;
    Ok(seen.is_none_or(|party| party.authority == own))
}

/// M-25: the day from which on no record of this province is missing, if that is known. A record
/// may lie in any county, so the latest day of all counts.
pub async fn coverage_from(db: &impl ConnectionTrait) -> Result<Option<NaiveDate>> {
    let latest: Option<Option<NaiveDate>> = record_coverage::Entity::find()
        .select_only()
        .column_as(record_coverage::Column::CompleteFrom.max(), "latest")
        .into_tuple()
        .one(db)
        .await?;
    Ok(latest.flatten())
}
