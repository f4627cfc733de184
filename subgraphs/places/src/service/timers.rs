//! What falls due by itself. Everything that depends on the day is evaluated when it is read; here the rows
//! are brought to the same state, before each change and by whoever calls [`settle`] as a job. It finds
//! nothing nearly always and costs two statements.

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::{
    Result,
    events::{self, Event},
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, About},
    division_change,
    naming::force,
    telling,
};
use crate::{
    model::{division_change as change_table, filing, naming_application},
    rules::{
        parameters::{self, Key},
        state::NamingState,
    },
};

/// The filing of a decision on a name is due soon; the key is the application's id. Told once for each last day.
pub const FILING_DUE: &str = "NamingFilingDue";

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
        if let Some(place) = place
            && !force::prevails(tx, &row, place).await?
        {
            replaced(tx, at, row, place).await?;
            continue;
        }
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

/// A name that another one took the place of before its day came: it is in force and over on the same day.
async fn replaced(
    tx: &DatabaseTransaction,
    at: DateTime<Utc>,
    row: naming_application::Model,
    place: Uuid,
) -> Result<()> {
    let ended = match force::standing(tx, place).await? {
        Some(_) => NamingState::Renamed,
        None => NamingState::Cancelled,
    };
    let about = About {
        division: Some(row.county),
        place: Some(place),
        application: Some(row.id),
    };
    let body = json!({ "version": 1, "application": row.id, "place": place, "ended": act::stored(&ended) });
    let version = row.version;
    let mut changed = row.into_active_model();
    changed.state = Set(ended);
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    act::record(tx, at, "NamingSuperseded", about, body).await
}

/// Tells the filings whose last day is near or over, once for each last day; answers how many. For the job alone:
/// nothing that is read depends on it.
pub async fn warn(tx: &DatabaseTransaction, at: DateTime<Utc>, today: NaiveDate) -> Result<usize> {
    use filing::Column as C;
    let ahead = u64::from(parameters::count(Key::FilingWarnDays, today));
    let near = today
        .checked_add_days(chrono::Days::new(ahead))
        .unwrap_or(today);
    let due = filing::Entity::find()
        .filter(C::FiledOn.is_null())
        .filter(C::DueOn.lte(near))
        .filter(
            Condition::any()
                .add(C::DueTold.is_null())
                .add(Expr::col(C::DueTold).ne(Expr::col(C::DueOn))),
        )
        .order_by_asc(C::DueOn)
        .limit(MOST)
        .all(tx)
        .await?;
    for row in &due {
        let body = json!({ "version": 1, "application": row.application, "dueOn": row.due_on });
        let event = Event {
            kind: FILING_DUE.to_owned(),
            key: row.application.to_string(),
            at,
            body,
        };
        events::emit(tx, &event).await?;
    }
    filing::Entity::update_many()
        .col_expr(C::DueTold, Expr::col(C::DueOn))
        .filter(C::Application.is_in(due.iter().map(|row| row.application)))
        .exec(tx)
        .await?;
    Ok(due.len())
}
