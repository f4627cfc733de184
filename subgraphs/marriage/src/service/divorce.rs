//! Applications for divorce: received, withdrawn, and where they stand.
//!
//! The phase is computed from stored dates at each reading (M-16, M-17). What a timer would do,
//! marking overdue applications as deemed withdrawn, is also done before a new application of the
//! same couple is received, so that no job is needed for a right answer.

use super::registries::Timetables;
use crate::kit::calendar::WorkCalendar;
use crate::kit::{Error, Result};
use crate::model::{divorce_application, marriage_record};
use crate::rules::Refusal;
use crate::rules::cooling_off::{DivorceDates, Phase, divorce_dates, phase_at};
use crate::rules::days::plus;
use crate::rules::divorce::{DivorceFacts, may_withdraw, not_received};
use crate::rules::record::RecordState;
use chrono::{DateTime, NaiveTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The dates as stored with an application.
#[must_use]
pub fn dates(row: &divorce_application::Model) -> DivorceDates {
    DivorceDates {
        received_on: row.received_on,
        cooling_off_starts: plus(row.received_on, 1),
        cooling_off_ends: row.cooling_off_ends,
        window_opens: row.window_opens,
        window_ends: row.window_ends,
        provisional: row.provisional,
    }
}

/// Where an application stands: what someone did, or else what the dates say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In the cooling-off.
    Cooling,
    /// The certificate can be asked for.
    WindowOpen,
    /// Withdrawn by a party.
    Withdrawn,
    /// The window passed unused.
    DeemedWithdrawn,
    /// The divorce is registered.
    Registered,
    /// Refused.
    Refused,
}

/// The standing at a moment.
#[must_use]
pub fn standing(
    row: &divorce_application::Model,
    closes: NaiveTime,
    now: DateTime<Utc>,
) -> Standing {
    match row.state.as_str() {
        "WITHDRAWN" => Standing::Withdrawn,
        "DEEMED_WITHDRAWN" => Standing::DeemedWithdrawn,
        "REGISTERED" => Standing::Registered,
        "REFUSED" => Standing::Refused,
        _ => match phase_at(&dates(row), closes, super::shanghai(now)) {
            Phase::Cooling => Standing::Cooling,
            Phase::WindowOpen => Standing::WindowOpen,
            Phase::DeemedWithdrawn => Standing::DeemedWithdrawn,
        },
    }
}

/// An application with the closing time of its registry.
#[derive(Clone, Debug)]
pub struct Application {
    /// The row.
    pub row: Arc<divorce_application::Model>,
    /// Close of business of the registry that received it.
    pub closes: NaiveTime,
}

async fn with_closing(
    db: &impl ConnectionTrait,
    rows: Vec<divorce_application::Model>,
) -> Result<Vec<Application>> {
    let registries: Vec<Uuid> = rows.iter().map(|row| row.registry_id).collect();
    let timetables = Timetables::load(db, &registries, None).await?;
    Ok(rows
        .into_iter()
        .map(|row| Application {
            closes: timetables.closing(row.registry_id),
            row: Arc::new(row),
        })
        .collect())
}

/// One application; `NotFound` where there is none.
pub async fn by_id(db: &impl ConnectionTrait, id: Uuid) -> Result<Application> {
    let row = divorce_application::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)?;
    with_closing(db, vec![row])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// The applications of each of these persons, latest first, in two statements.
pub async fn of_persons(
    db: &impl ConnectionTrait,
    persons: &[String],
) -> Result<HashMap<String, Vec<Application>>> {
    use divorce_application::Column;
    let wanted = || persons.iter().cloned();
    let rows = divorce_application::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.is_in(wanted()))
                .add(Column::Woman.is_in(wanted())),
        )
        .order_by_desc(Column::ReceivedAt)
        .all(db)
        .await?;
    let mut found: HashMap<String, Vec<Application>> = HashMap::new();
    for application in with_closing(db, rows).await? {
        for person in persons {
            if application.row.man == *person || application.row.woman == *person {
                found
                    .entry(person.clone())
                    .or_default()
                    .push(application.clone());
            }
        }
    }
    Ok(found)
}

/// What the registrar enters when he receives an application.
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    /// The registry.
    pub registry: Uuid,
    /// Both spouses stand before the registrar.
    pub both_present: bool,
    /// The written agreement is signed by both.
    pub agreement_signed: bool,
    /// Both have full capacity.
    pub full_capacity: bool,
}

/// The application of a couple as the registers see it.
struct Assessment {
    /// Their latest marriage record, a valid one if there is any.
    record: Option<marriage_record::Model>,
    /// Open by state, but their window has passed.
    overdue: Vec<Application>,
    /// Why the application is not received.
    refusals: Vec<Refusal>,
}

async fn assess(
    db: &impl ConnectionTrait,
    man: &str,
    woman: &str,
    receipt: Receipt,
    now: DateTime<Utc>,
) -> Result<Assessment> {
    let records = marriage_record::Entity::find()
        .filter(marriage_record::Column::Man.eq(man))
        .filter(marriage_record::Column::Woman.eq(woman))
        .order_by_desc(marriage_record::Column::RegisteredOn)
        .all(db)
        .await?;
    let valid = records
        .iter()
        .position(|r| r.state == RecordState::Valid.as_str())
        .unwrap_or(0);
    let record = records.into_iter().nth(valid);
    let mut open = Vec::new();
    if let Some(record) = &record {
        let rows = divorce_application::Entity::find()
            .filter(divorce_application::Column::MarriageId.eq(record.id))
            .filter(divorce_application::Column::State.eq("RECEIVED"))
            .all(db)
            .await?;
        open = with_closing(db, rows).await?;
    }
    let (overdue, open): (Vec<_>, Vec<_>) = open
        .into_iter()
        .partition(|a| standing(&a.row, a.closes, now) == Standing::DeemedWithdrawn);
    let refusals = not_received(&DivorceFacts {
        both_present: receipt.both_present,
        agreement_signed: receipt.agreement_signed,
        full_capacity: receipt.full_capacity,
        // Records on file are of mainland registries and Chinese embassies only.
        registered_in_china: true,
        record: record
            .as_ref()
            .and_then(|r| RecordState::from_text(&r.state))
            .unwrap_or(RecordState::Void),
        open_elsewhere: !open.is_empty(),
    });
    Ok(Assessment {
        record,
        overdue,
        refusals,
    })
}

/// Every reason why an application would not be received, so that the couple comes once more and
/// not three times.
pub async fn refusals(
    db: &impl ConnectionTrait,
    man: &str,
    woman: &str,
    receipt: Receipt,
    now: DateTime<Utc>,
) -> Result<Vec<Refusal>> {
    Ok(assess(db, man, woman, receipt, now).await?.refusals)
}

/// M-15, M-16, M-19: receives the application of a couple, in the caller's transaction. The error
/// is the first refusal; [`refusals`] tells them all.
pub async fn receive(
    tx: &impl ConnectionTrait,
    man: &str,
    woman: &str,
    receipt: Receipt,
    now: DateTime<Utc>,
) -> Result<divorce_application::Model> {
    let assessment = assess(tx, man, woman, receipt, now).await?;
    if let Some(refusal) = assessment.refusals.first() {
        return Err((*refusal).into());
    }
    let record = assessment.record.ok_or(Error::NotFound)?;
    for application in assessment.overdue {
        let day = application.row.window_ends;
        set_state(tx, &application.row, "DEEMED_WITHDRAWN", day).await?;
    }
    let dates = divorce_dates(&WorkCalendar::default(), super::shanghai(now).date());
    let row = divorce_application::Model {
        id: crate::kit::id::new(),
        marriage_id: record.id,
        registry_id: receipt.registry,
        man: man.to_owned(),
        woman: woman.to_owned(),
        received_on: dates.received_on,
        received_at: now,
        cooling_off_ends: dates.cooling_off_ends,
        window_opens: dates.window_opens,
        window_ends: dates.window_ends,
        provisional: dates.provisional,
        state: "RECEIVED".to_owned(),
        closed_on: None,
        version: 1,
    };
    divorce_application::Entity::insert(divorce_application::ActiveModel::from(row.clone()))
        .exec_without_returning(tx)
        .await?;
    Ok(row)
}

/// Ends an application by an act of someone or by an event.
pub async fn close(
    tx: &impl ConnectionTrait,
    row: &divorce_application::Model,
    state: &str,
    day: chrono::NaiveDate,
) -> Result<divorce_application::Model> {
    set_state(tx, row, state, day).await
}

async fn set_state(
    tx: &impl ConnectionTrait,
    row: &divorce_application::Model,
    state: &str,
    day: chrono::NaiveDate,
) -> Result<divorce_application::Model> {
    use divorce_application::Column;
    let changed = divorce_application::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::ClosedOn, Expr::value(day))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Err(Error::Conflict);
    }
    Ok(divorce_application::Model {
        state: state.to_owned(),
        closed_on: Some(day),
        version: row.version + 1,
        ..row.clone()
    })
}

/// M-16: withdraws an application, in the caller's transaction. `may` says whether the caller is a
/// party or an officer of the registry that received it.
pub async fn withdraw(
    tx: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
    may: impl Fn(&divorce_application::Model) -> bool,
) -> Result<(divorce_application::Model, divorce_application::Model)> {
    let application = by_id(tx, id).await?;
    if !may(&application.row) {
        return Err(Error::NotFound);
    }
    if application.row.state != "RECEIVED" {
        return Err(Refusal::by_form(
            "APPLICATION_NOT_OPEN",
            "This application is no longer open.",
            "该离婚登记申请已办结或已撤回。",
        )
        .at(&["input", "application"])
        .into());
    }
    let wall = super::shanghai(now);
    may_withdraw(&dates(&application.row), application.closes, wall)?;
    let after = set_state(tx, &application.row, "WITHDRAWN", wall.date()).await?;
    Ok(((*application.row).clone(), after))
}
