//! Names from the application to the day they are in force.
//!
//! [`submit`] takes an application and checks its form ([`asked`]) and its conflicts; [`decide`] leads it through reports,
//! review and approval; [`filing`] keeps the clocks of filing and notice; [`force`] makes the approved name
//! the standard name of its place. Every step is one transaction with its history row, its place in the
//! change feed and its event.

pub mod asked;
pub mod decide;
pub mod filing;
pub mod force;
pub mod requests;
pub mod submit;

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::{Error, Result, UserError, YearMonth, mutation};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{self, About, Act};
use crate::{
    model::{
        filing as filing_table, naming_application, naming_area, naming_report, naming_step,
        public_notice,
    },
    rules::state::NamingState,
};

/// The longest remark, in characters.
const LONGEST_REMARK: usize = 1000;
/// The longest number of a document, name of a body or channel, in characters.
const LONGEST_LINE: usize = 100;

/// The month of a day as the statistics store it.
pub fn month(day: NaiveDate) -> i32 {
    YearMonth::of(day).index()
}

/// One application.
pub async fn application<C: ConnectionTrait>(
    db: &C,
    id: Uuid,
) -> Result<naming_application::Model> {
    naming_application::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// The applications in a division, to be paged by id.
pub fn in_area(division: Uuid) -> Select<naming_application::Entity> {
    let inside = naming_area::Entity::find()
        .select_only()
        .column(naming_area::Column::Application)
        .filter(naming_area::Column::Division.eq(division))
        .into_query();
    naming_application::Entity::find().filter(naming_application::Column::Id.in_subquery(inside))
}

/// These applications, in no order.
pub async fn applications<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<Vec<naming_application::Model>> {
    Ok(naming_application::Entity::find()
        .filter(naming_application::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?)
}

/// The application of a request: it exists, lies in the officer's area and is the version that was read.
async fn open(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    id: &async_graphql::ID,
    version: i64,
) -> Result<naming_application::Model> {
    let row = naming_application::Entity::find_by_id(act::known(id, "applicationId")?)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("applicationId"))?;
    act.oversees(tx, row.county).await?;
    act::same_version(row.version, version)?;
    Ok(row)
}

/// What is written about one step.
struct Step<'a> {
    /// As the mutation is named.
    name: &'a str,
    /// As the event is named.
    event: &'a str,
    /// The state after it.
    state: NamingState,
    remark: Option<String>,
}

/// Saves a changed application with its step, history, feed and event. `change` sets what else changes.
async fn advance(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    row: naming_application::Model,
    step: Step<'_>,
    change: impl FnOnce(&mut naming_application::ActiveModel) + Send,
) -> Result<Uuid> {
    let (id, before, version) = (row.id, row.state, row.version);
    let about = About {
        division: Some(row.county),
        place: row.place,
        application: Some(id),
    };
    let mut changed = row.into_active_model();
    changed.state = Set(step.state);
    changed.version = Set(version + 1);
    change(&mut changed);
    changed.update(tx).await?;
    let state = act::stored(&step.state);
    log_step(tx, act, id, step.name, step.state, step.remark).await?;
    let told = json!({ "version": 1, "application": id, "state": state, "step": step.name });
    let was = json!({ "state": act::stored(&before) });
    mutation::history(
        tx,
        "NamingApplication",
        &id.to_string(),
        act.principal,
        Some(was),
        Some(told.clone()),
    )
    .await?;
    act::record(tx, act.at, step.event, about, told).await?;
    Ok(id)
}

/// Adds a step to the course of an application.
async fn log_step(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    application: Uuid,
    name: &str,
    state: NamingState,
    remark: Option<String>,
) -> Result<()> {
    let earlier = naming_step::Entity::find()
        .filter(naming_step::Column::Application.eq(application))
        .count(tx)
        .await?;
    naming_step::ActiveModel {
        application: Set(application),
        seq: Set(i32::try_from(earlier).unwrap_or(i32::MAX - 1) + 1),
        at: Set(act.at),
        act: Set(name.to_owned()),
        state: Set(state),
        actor_role: Set(act.principal.role.as_str().to_owned()),
        actor: Set(act.subject()),
        remark: Set(remark),
    }
    .insert(tx)
    .await?;
    Ok(())
}

/// A refusal of a request as a whole.
fn refusal(code: &str, en: &str, zh: &str, basis: &str) -> Error {
    UserError::new(code, en, zh)
        .field(&["input", "applicationId"])
        .basis(basis)
        .into()
}

/// The steps of these applications, first step first.
pub async fn steps<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<naming_step::Model>>> {
    let rows = naming_step::Entity::find()
        .filter(naming_step::Column::Application.is_in(ids.iter().copied()))
        .order_by_asc(naming_step::Column::Application)
        .order_by_asc(naming_step::Column::Seq)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.application))
}

/// The reports on these applications, by day.
pub async fn reports<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<naming_report::Model>>> {
    let rows = naming_report::Entity::find()
        .filter(naming_report::Column::Application.is_in(ids.iter().copied()))
        .order_by_asc(naming_report::Column::MadeOn)
        .order_by_asc(naming_report::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.application))
}

/// The filings of these applications.
pub async fn filings<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, filing_table::Model>> {
    let rows = filing_table::Entity::find()
        .filter(filing_table::Column::Application.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.application, row)).collect())
}

/// The notices of these applications.
pub async fn notices<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, public_notice::Model>> {
    let rows = public_notice::Entity::find()
        .filter(public_notice::Column::Application.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.application, row)).collect())
}

/// Rows by what they belong to, in their own order.
pub(super) fn grouped<T>(rows: Vec<T>, of: impl Fn(&T) -> Uuid) -> HashMap<Uuid, Vec<T>> {
    let mut groups: HashMap<Uuid, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(of(&row)).or_default().push(row);
    }
    groups
}
