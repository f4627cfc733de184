//! What falls due by itself. Everything that depends on the day is evaluated when it is read; here the rows
//! are brought to the same state, before each change and by whoever calls [`settle`] as a job. It finds
//! nothing nearly always and costs two statements.

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::Result;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::{
    act::{self, About},
    division_change,
    naming::force,
    telling,
};
use crate::{
    model::{division_change as change_table, naming_application},
    rules::state::NamingState,
};

/// The most rows of a kind that one call settles; the next call goes on.
const MOST: u64 = 50;

/// Names whose day has come are in force; changes of divisions whose day has come move what is keyed to them.
/// Answers how many rows were settled.
pub async fn settle(
    tx: &DatabaseTransaction,
    at: DateTime<Utc>,
    today: NaiveDate,
) -> Result<usize> {
    use naming_application::Column as C;
    let due = naming_application::Entity::find()
        .filter(C::State.eq(NamingState::Noticed))
        .filter(C::EffectiveOn.lte(today))
        .order_by_asc(C::EffectiveOn)
        .limit(MOST)
        .all(tx)
        .await?;
    let mut settled = due.len();
    for row in due {
        let (id, place, county, version) = (row.id, row.place, row.county, row.version);
        let mut changed = row.into_active_model();
        changed.state = Set(NamingState::InForce);
        changed.version = Set(version + 1);
        changed.update(tx).await?;
        let about = About {
            division: Some(county),
            place,
            application: Some(id),
        };
        let body = json!({ "version": 1, "application": id, "state": "IN_FORCE" });
        act::record(tx, at, "NamingInForce", about, body).await?;
        if let Some(place) = place {
            force::supersede(tx, at, id, place).await?;
        }
    }
    let changes = change_table::Entity::find()
        .filter(change_table::Column::Settled.eq(false))
        .filter(change_table::Column::Effective.lte(today))
        .order_by_asc(change_table::Column::Effective)
        .limit(MOST)
        .all(tx)
        .await?;
    settled += changes.len();
    let ids: Vec<_> = changes.iter().map(|change| change.id).collect();
    let mut sides = division_change::sides(tx, &ids).await?;
    for change in changes {
        let sides = sides.remove(&change.id).unwrap_or_default();
        telling::division(tx, at, &change, &sides, json!({})).await?;
        division_change::settle(tx, change).await?;
    }
    Ok(settled)
}
