//! What runs out by itself and somebody should know of in time: terms of permits that are at risk (O-4) and ratings
//! that expire (O-12). A job tells each once by an event, the first time that it runs on a legal day; who asks
//! (`slaAtRisk`, `ratingsExpiring`) is answered without it.

use super::among;
use super::permit::read;
use crate::model::{permit_case, rating, told};
use crate::rules::parameter::{Parameter, count};
use crate::vocabulary::RatingState;
use chrono::{Days, NaiveDate};
use kit::Result;
use kit::events::Event;
use kit::mutation::{meta, set_meta};
use minzheng_kit as kit;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde_json::json;
use std::collections::HashSet;

/// The term of an application is at risk; the key is the application's id.
pub const AT_RISK: &str = "PermitAtRisk";

/// A rating runs out soon; the key is the rating's id.
pub const EXPIRING: &str = "RatingExpiring";

/// Which legal day the job has told last.
const TOLD_ON: &str = "societies.warnings.told";

/// The most rows of one statement.
const AT_ONCE: usize = 500;

/// The last day on which a rating counts that is told of today.
#[must_use]
pub fn expires_before(today: NaiveDate) -> NaiveDate {
    let ahead = u64::from(count(Parameter::ExpiringDays, today)) + 1;
    today.checked_add_days(Days::new(ahead)).unwrap_or(today)
}

/// Tells what has come to be at risk or to expire, the first time that it runs on a legal day; answers how much.
pub async fn tell(s: &kit::Services) -> Result<usize> {
    let (now, today) = (s.clock.now(), s.clock.today());
    let day = today.to_string();
    if meta(s.db.read(), TOLD_ON).await?.as_deref() == Some(day.as_str()) {
        return Ok(0);
    }
    s.db.write(move |tx| {
        let day = day.clone();
        Box::pin(async move {
            let cases = permit_case::Entity::find()
                .filter(read::risk(today))
                .all(tx)
                .await?;
            let cases = cases.into_iter().map(|row| {
                let due = row.committed_due.map(|due| due.to_string());
                (row.id.to_string(), due.unwrap_or_default())
            });
            let ratings = rating::Entity::find()
                .filter(rating::Column::State.eq(RatingState::Valid))
                .filter(rating::Column::ValidTo.gt(today))
                .filter(rating::Column::ValidTo.lt(expires_before(today)))
                .all(tx)
                .await?;
            let ratings = ratings
                .into_iter()
                .map(|row| (row.id.to_string(), row.valid_to.to_string()));
            let mut number = 0;
            for (kind, rows) in [
                (AT_RISK, cases.collect::<Vec<_>>()),
                (EXPIRING, ratings.collect()),
            ] {
                for (key, due) in new_ones(tx, kind, rows).await? {
                    let body = json!({ "version": 1, "id": key, "due": due });
                    let event = Event {
                        kind: kind.to_owned(),
                        key,
                        at: now,
                        body,
                    };
                    kit::events::emit(tx, &event).await?;
                    number += 1;
                }
            }
            set_meta(tx, TOLD_ON, &day).await?;
            Ok(number)
        })
    })
    .await
}

/// Those that were not told yet, which are noted as told now.
async fn new_ones(
    tx: &DatabaseTransaction,
    what: &str,
    rows: Vec<(String, String)>,
) -> Result<Vec<(String, String)>> {
    let mut new = Vec::new();
    for part in rows.chunks(AT_ONCE) {
        let keys: Vec<String> = part.iter().map(|(key, _)| key.clone()).collect();
        let known: HashSet<(String, String)> = known(tx, what, &keys).await?;
        let unknown: Vec<_> = part.iter().filter(|row| !known.contains(*row)).collect();
        if unknown.is_empty() {
            continue;
        }
        let notes = unknown.iter().map(|(key, due)| told::ActiveModel {
            what: Set(what.to_owned()),
            key: Set(key.clone()),
            due: Set(due.clone()),
        });
        let there = OnConflict::columns([told::Column::What, told::Column::Key, told::Column::Due])
            .do_nothing()
            .to_owned();
        told::Entity::insert_many(notes)
            .on_conflict(there)
            .exec_without_returning(tx)
            .await?;
        new.extend(unknown.into_iter().cloned());
    }
    Ok(new)
}

async fn known(
    db: &impl ConnectionTrait,
    what: &str,
    keys: &[String],
) -> Result<HashSet<(String, String)>> {
    let rows = told::Entity::find()
        .filter(told::Column::What.eq(what))
        .filter(among(told::Column::Key, keys))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.due)).collect())
}
