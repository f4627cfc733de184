//! Applications for divorce: received, withdrawn, and where they stand.
//!
//! The phase is computed from stored dates at each reading (M-16, M-17). What a timer would do,
//! marking overdue applications as deemed withdrawn, is also done before a new application of the
//! same couple is received, so that no job is needed for a right answer.

use super::act::{Act, works_at};
use super::couple::Known;
use super::registries::{self, Timetables};
use super::statistics;
use crate::kit::YearMonth;
use crate::kit::calendar::WorkCalendar;
use crate::kit::contract::scope;
use crate::kit::{Error, Result};
use crate::model::{divorce_application, marriage_record};
use crate::rules::Refusal;
use crate::rules::cooling_off::{DivorceDates, Phase, divorce_dates, phase_at};
use crate::rules::days::plus;
use crate::rules::divorce::{DivorceFacts, may_withdraw, not_received};
use crate::rules::record::RecordState;
use chrono::{DateTime, NaiveTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// States of an application that is being handled (M-19).
pub const IN_HAND: [&str; 2] = ["RECEIVED", "REVIEW"];

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
    /// Both asked for the certificate; the registry reviews.
    Review,
    /// The divorce is registered.
    Registered,
    /// The certificates are handed over.
    Certified,
    /// In the archive.
    Archived,
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
        "REVIEW" => Standing::Review,
        "REGISTERED" => Standing::Registered,
        "CERTIFIED" => Standing::Certified,
        "ARCHIVED" => Standing::Archived,
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

/// Applications with the closing times of their registries, in one statement more.
pub(super) async fn with_closing(
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

/// The applications of a registry that are being handled, by the end of their window.
pub async fn open_at(
    db: &impl ConnectionTrait,
    registry: Uuid,
    most: u64,
) -> Result<Vec<Application>> {
    let rows = divorce_application::Entity::find()
        .filter(divorce_application::Column::RegistryId.eq(registry))
        .filter(divorce_application::Column::State.is_in(IN_HAND))
        .order_by_asc(divorce_application::Column::WindowEnds)
        .order_by_asc(divorce_application::Column::Id)
        .limit(most)
        .all(db)
        .await?;
    with_closing(db, rows).await
}

/// What the registrar enters when he receives an application.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The registry.
    pub registry: Uuid,
    /// Both spouses stand before the registrar.
    pub both_present: bool,
    /// The written agreement is signed by both.
    pub agreement_signed: bool,
    /// Both have full capacity.
    pub full_capacity: bool,
    /// Children, as the agreement states.
    pub children: Option<i32>,
    /// Reference to the agreement, sealed for the vault.
    pub agreement_sealed: Option<Vec<u8>>,
    /// Help in the crisis was offered, and whether it was taken.
    pub crisis_help_accepted: Option<bool>,
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
    receipt: &Receipt,
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
            .filter(divorce_application::Column::State.is_in(IN_HAND))
            .all(db)
            .await?;
        open = with_closing(db, rows).await?;
    }
    let (overdue, open): (Vec<_>, Vec<_>) = open
        .into_iter()
        .partition(|a| standing(&a.row, a.closes, now) == Standing::DeemedWithdrawn);
    let mut refusals = not_received(&DivorceFacts {
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
    // Both ledgers must take the divorce together; ending the marriage on one alone would be half of it.
    if let Some(record) = &record
        && crate::interop::facts::is_shared(db, record.id).await?
    {
        refusals.push(crate::rules::elsewhere::DIVORCE_NOT_CONNECTED);
    }
    Ok(Assessment {
        record,
        overdue,
        refusals,
    })
}

/// M-15, M-16, M-19: receives the application of a couple, in the caller's transaction. The error
/// is the first refusal; [`apply`] tells them all.
pub async fn receive(
    tx: &impl ConnectionTrait,
    man: &str,
    woman: &str,
    receipt: &Receipt,
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
        children: receipt.children,
        agreement_sealed: receipt.agreement_sealed.clone(),
        crisis_help_accepted: receipt.crisis_help_accepted,
        certificate_asked_at: None,
        refusal_code: None,
        divorce_record_id: None,
        registrar_id: None,
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

/// What the registrar enters at the counter.
#[derive(Clone, Debug, Serialize)]
pub struct Apply {
    /// The registry.
    pub registry: Uuid,
    /// The man.
    pub man: Known,
    /// The woman.
    pub woman: Known,
    /// Both stand before the registrar.
    pub both_present: bool,
    /// The written agreement is signed by both.
    pub agreement_signed: bool,
    /// Both have full capacity.
    pub full_capacity: bool,
    /// Children, as the agreement states.
    pub children: Option<i32>,
    /// Reference to the agreement; sealed at once.
    #[serde(skip)]
    pub agreement: Option<String>,
    /// Help in the crisis was offered, and whether it was taken.
    pub crisis_help_accepted: Option<bool>,
}

/// M-15, M-16, M-19: receives the application of a couple and fixes its dates; every refusal at
/// once, so that the couple comes once more and not three times.
pub async fn apply(act: Act<'_>, what: &Apply) -> Result<Uuid> {
    act.office(what.registry).await?;
    let receipt = Receipt {
        registry: what.registry,
        both_present: what.both_present,
        agreement_signed: what.agreement_signed,
        full_capacity: what.full_capacity,
        children: what.children.filter(|n| (0..=30).contains(n)),
        agreement_sealed: what
            .agreement
            .as_deref()
            .map(|text| act.seal(text))
            .transpose()?,
        crisis_help_accepted: what.crisis_help_accepted,
    };
    let (man, woman) = (&what.man.token, &what.woman.token);
    act.unless(
        assess(act.tx, man, woman, &receipt, act.now)
            .await?
            .refusals,
    )?;
    what.man.announce(&act).await?;
    what.woman.announce(&act).await?;
    let row = receive(act.tx, man, woman, &receipt, act.now).await?;
    let more = json!({ "receivedOn": row.received_on, "registry": row.registry_id });
    act.leave("DivorceApplication", row.id, None, &row.state, more)
        .await?;
    Ok(row.id)
}

/// The application to be withdrawn.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Withdraw {
    /// The application.
    pub application: Uuid,
}

/// M-16: either party alone, or an officer of the registry that received it, withdraws.
pub async fn withdraw(act: Act<'_>, what: &Withdraw) -> Result<Uuid> {
    let application = by_id(act.tx, what.application).await?;
    let row = &application.row;
    let registry = registries::by_id(act.tx, row.registry_id).await?;
    let party = act.caller.has_scope(scope::SELF)
        && (act.caller.is_person(&row.man) || act.caller.is_person(&row.woman));
    // Who may not touch an application does not learn that it exists.
    if !party && !works_at(act.caller, &registry) {
        return Err(Error::NotFound);
    }
    if row.state != "RECEIVED" {
        return Err(Refusal::by_form(
            "APPLICATION_NOT_OPEN",
            "This application is no longer open.",
            "该离婚登记申请已办结或已撤回。",
        )
        .at(&["input", "application"])
        .into());
    }
    let wall = super::shanghai(act.now);
    may_withdraw(&dates(row), application.closes, wall)?;
    let after = set_state(act.tx, row, "WITHDRAWN", wall.date()).await?;
    let count = statistics::Act {
        withdrawn: 1,
        ..statistics::Act::default()
    };
    statistics::count(
        act.tx,
        &registry,
        YearMonth::of(wall.date()),
        count,
        act.now,
    )
    .await?;
    act.leave(
        "DivorceApplication",
        after.id,
        Some("RECEIVED"),
        "WITHDRAWN",
        json!({}),
    )
    .await?;
    Ok(after.id)
}
