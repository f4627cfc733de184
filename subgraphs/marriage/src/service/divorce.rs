//! Applications for divorce: received, withdrawn, and where they stand.
//!
//! The phase is computed from the dates at each reading, and dates that are provisional from the calendar there
//! is (M-16, M-17). What a timer would do,
//! marking overdue applications as deemed withdrawn, is also done before a new application of the
//! same couple is received, so that no job is needed for a right answer.

use super::act::{Act, works_at};
use super::couple::{Hidden, Known};
use super::registries::{self, Timetables};
use super::{counter, ledger, statistics};
use crate::interop::divorce::{self as shared, RECEIVING, REGISTERING};
use crate::kit::YearMonth;
use crate::kit::calendar::WorkCalendar;
use crate::kit::contract::scope;
use crate::kit::{Error, Result};
use crate::model::{court_notice, divorce_application, impersonation_case, marriage_record};
use crate::rules::Refusal;
use crate::rules::cooling_off::{
    DivorceDates, NO_COOLING_OFF, Phase, as_known, divorce_dates, phase_at,
};
use crate::rules::days::{RestDays, plus};
use crate::rules::divorce::{DivorceFacts, may_withdraw, not_received, registered_in_china};
use crate::rules::ledger::death_in;
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
pub const IN_HAND: [&str; 4] = [RECEIVING, "RECEIVED", "REVIEW", REGISTERING];

/// The dates of an application: as stored where they are certain, computed again while they are not.
#[must_use]
pub fn dates(row: &divorce_application::Model) -> DivorceDates {
    dates_by(&WorkCalendar::default(), row)
}

/// The same by a given calendar.
#[must_use]
pub fn dates_by(calendar: &dyn RestDays, row: &divorce_application::Model) -> DivorceDates {
    let stored = DivorceDates {
        received_on: row.received_on,
        cooling_off_starts: plus(row.received_on, 1),
        cooling_off_ends: row.cooling_off_ends,
        window_opens: row.window_opens,
        window_ends: row.window_ends,
        provisional: row.provisional,
        cooling_surely_to: row.cooling_off_ends,
        window_surely_to: row.window_ends,
        cooling_provisional: row.provisional,
    };
    as_known(calendar, stored)
}

/// Where an application stands: what someone did, or else what the dates say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The ledgers of other provinces have yet to take its mark.
    Receiving,
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
    /// The ledgers of other provinces have yet to take the divorce.
    Registering,
    /// The divorce is registered.
    Registered,
    /// The certificates are handed over.
    Certified,
    /// In the archive.
    Archived,
    /// Refused.
    Refused,
    /// A period may have ended, which is not certain before the calendar of its year is published.
    EndUncertain,
}

/// The standing at a moment.
#[must_use]
pub fn standing(application: &Application, now: DateTime<Utc>) -> Standing {
    standing_by(&WorkCalendar::default(), application, now)
}

/// The same by a given calendar.
#[must_use]
pub fn standing_by(
    calendar: &dyn RestDays,
    application: &Application,
    now: DateTime<Utc>,
) -> Standing {
    let row = &application.row;
    match row.state.as_str() {
        "WITHDRAWN" => Standing::Withdrawn,
        "DEEMED_WITHDRAWN" => Standing::DeemedWithdrawn,
        RECEIVING => Standing::Receiving,
        "REVIEW" => Standing::Review,
        REGISTERING => Standing::Registering,
        "REGISTERED" => Standing::Registered,
        "CERTIFIED" => Standing::Certified,
        "ARCHIVED" => Standing::Archived,
        "REFUSED" => Standing::Refused,
        _ => match phase_at(
            &dates_by(calendar, row),
            application.closing.window,
            super::shanghai(now),
        ) {
            Phase::Cooling => Standing::Cooling,
            Phase::WindowOpen => Standing::WindowOpen,
            Phase::DeemedWithdrawn => Standing::DeemedWithdrawn,
            Phase::EndUncertain => Standing::EndUncertain,
        },
    }
}

/// When the registry closes on the two days that end a period of the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// On the last day of the cooling-off.
    pub cooling_off: NaiveTime,
    /// On the last day of the window.
    pub window: NaiveTime,
}

/// An application with the closing times of its registry.
#[derive(Clone, Debug)]
pub struct Application {
    /// The row.
    pub row: Arc<divorce_application::Model>,
    /// Close of business of the registry that received it, on the days that end a period.
    pub closing: Closing,
}

/// Applications with the closing times of their registries on their own last days, in three statements more.
pub(super) async fn with_closing(
    db: &impl ConnectionTrait,
    rows: Vec<divorce_application::Model>,
) -> Result<Vec<Application>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.registry_id).collect();
    let registries = registries::by_ids(db, &ids).await?;
    let ends: Vec<DivorceDates> = rows.iter().map(dates).collect();
    let days = ends
        .iter()
        .flat_map(|dates| [dates.cooling_off_ends, dates.window_ends]);
    let timetables = Timetables::load(db, &ids, days).await?;
    rows.into_iter()
        .zip(ends)
        .map(|(row, dates)| {
            let registry = registries.get(&row.registry_id).ok_or(Error::NotFound)?;
            let on = |day| timetables.closing_on(registry, day);
            Ok(Application {
                closing: Closing {
                    cooling_off: on(dates.cooling_off_ends),
                    window: on(dates.window_ends),
                },
                row: Arc::new(row),
            })
        })
        .collect()
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
    /// Who handles it.
    pub registrar: Option<Uuid>,
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
        .partition(|a| standing(a, now) == Standing::DeemedWithdrawn);
    let mark = shared::mark_of(db, [man, woman]).await?;
    let mut refusals = not_received(&DivorceFacts {
        dead: someone_dead(db, [man, woman]).await?,
        disputed: disputed(db, record.as_ref()).await?,
        notice_waits: notice_waits(db, man, woman).await?,
        both_present: receipt.both_present,
        agreement_signed: receipt.agreement_signed,
        full_capacity: receipt.full_capacity,
        // Where there is no record at all, that is the reason, and not where it was registered.
        registered_in_china: record
            .as_ref()
            .is_none_or(|r| registered_in_china(&r.source)),
        record: record
            .as_ref()
            .and_then(|r| RecordState::from_text(&r.state))
            .unwrap_or(RecordState::Void),
        open_elsewhere: !open.is_empty() || mark == Some(shared::Mark::Elsewhere),
    });
    // The other ledgers have yet to hear of the end of ours.
    if open.is_empty() && overdue.is_empty() && mark == Some(shared::Mark::Here) {
        refusals.push(crate::rules::elsewhere::STILL_CLOSING);
    }
    Ok(Assessment {
        record,
        overdue,
        refusals,
    })
}

/// Whether one of these has died, by the ledgers kept here.
pub(super) async fn someone_dead(db: &impl ConnectionTrait, persons: [&str; 2]) -> Result<bool> {
    let ledgers = ledger::of_persons(db, &persons.map(str::to_owned)).await?;
    Ok(ledgers
        .values()
        .any(|ledger| death_in(&ledger.entries, None).is_some()))
}

/// Whether a case of impersonation about the record is open.
pub(super) async fn disputed(
    db: &impl ConnectionTrait,
    record: Option<&marriage_record::Model>,
) -> Result<bool> {
    use impersonation_case::Column;
    let Some(record) = record else {
        return Ok(false);
    };
    let open = impersonation_case::Entity::find()
        .filter(Column::RecordId.eq(record.id))
        .filter(Column::State.is_in(["OPEN", "PROPOSED"]))
        .one(db)
        .await?;
    Ok(open.is_some())
}

/// Whether a court's notice about the couple waits to be annotated.
pub(super) async fn notice_waits(
    db: &impl ConnectionTrait,
    man: &str,
    woman: &str,
) -> Result<bool> {
    use court_notice::Column;
    let waiting = court_notice::Entity::find()
        .filter(Column::Man.eq(man))
        .filter(Column::Woman.eq(woman))
        .filter(Column::State.eq("WAITING"))
        .one(db)
        .await?;
    Ok(waiting.is_some())
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
    enter(tx, (man, woman), receipt, "RECEIVED", now).await
}

async fn enter(
    tx: &impl ConnectionTrait,
    (man, woman): (&str, &str),
    receipt: &Receipt,
    state: &str,
    now: DateTime<Utc>,
) -> Result<divorce_application::Model> {
    let assessment = assess(tx, man, woman, receipt, now).await?;
    if let Some(refusal) = assessment.refusals.first() {
        return Err((*refusal).into());
    }
    let record = assessment.record.ok_or(Error::NotFound)?;
    for application in assessment.overdue {
        let day = dates(&application.row).window_ends;
        set_state(tx, &application.row, "DEEMED_WITHDRAWN", day).await?;
    }
    let dates = divorce_dates(&WorkCalendar::default(), super::shanghai(now).date())
        .ok_or(NO_COOLING_OFF)?;
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
        state: state.to_owned(),
        closed_on: None,
        children: receipt.children,
        agreement_sealed: receipt.agreement_sealed.clone(),
        crisis_help_accepted: receipt.crisis_help_accepted,
        certificate_asked_at: None,
        refusal_code: None,
        divorce_record_id: None,
        registrar_id: receipt.registrar,
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
    pub agreement: Option<Hidden>,
    /// Who handles it; the registrar of the caller's account where none is named.
    pub registrar: Option<Uuid>,
    /// Help in the crisis was offered, and whether it was taken.
    pub crisis_help_accepted: Option<bool>,
}

/// M-15, M-16, M-19: receives the application of a couple and fixes its dates; every refusal at
/// once, so that the couple comes once more and not three times.
pub async fn apply(act: Act<'_>, what: &Apply) -> Result<Uuid> {
    let office = act.office(what.registry).await?;
    let own = counter::own_registrar(&act, what.registry).await?;
    let registrar = own.or(what.registrar);
    let receipt = Receipt {
        registry: what.registry,
        both_present: what.both_present,
        agreement_signed: what.agreement_signed,
        full_capacity: what.full_capacity,
        children: what.children.filter(|n| (0..=30).contains(n)),
        agreement_sealed: what
            .agreement
            .as_ref()
            .map(|agreement| agreement.seal(&act))
            .transpose()?,
        crisis_help_accepted: what.crisis_help_accepted,
        registrar,
    };
    let (man, woman) = (&what.man.token, &what.woman.token);
    let mut assessment = assess(act.tx, man, woman, &receipt, act.now).await?;
    let parties = [man.as_str(), woman.as_str()];
    let acting = counter::acting_faults(&act, what.registrar, what.registry, &parties).await?;
    assessment.refusals.extend(acting);
    let others = match &assessment.record {
        Some(record) => {
            let couple = [&what.man, &what.woman];
            shared::concerns_others(act.tx, act.services, record.id, couple).await?
        }
        None => false,
    };
    // Silence of our records says nothing where others keep the ledgers.
    let own = act.services.province.as_str();
    let away = [&what.man, &what.woman]
        .into_iter()
        .any(|known| known.authority(act.services) != own);
    if assessment.record.is_none() && away {
        assessment
            .refusals
            .retain(|refusal| refusal.code != "NO_VALID_MARRIAGE");
        assessment
            .refusals
            .insert(0, crate::rules::elsewhere::MARRIAGE_NOT_ON_FILE);
    }
    // The timers close it, and then tell the other ledgers.
    if others && !assessment.overdue.is_empty() {
        assessment
            .refusals
            .push(crate::rules::elsewhere::STILL_CLOSING);
    }
    act.unless(assessment.refusals)?;
    what.man.announce(&act).await?;
    what.woman.announce(&act).await?;
    let state = if others { RECEIVING } else { "RECEIVED" };
    let row = enter(act.tx, (man, woman), &receipt, state, act.now).await?;
    if others {
        shared::receive(&act, &row, &office.county_code, &what.man, &what.woman).await?;
    }
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
    // Between provinces only the deciding authority can say that it has not been received.
    if row.state == RECEIVING {
        crate::interop::officers::walk_out(&act, row.id).await?;
        return Ok(row.id);
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
    may_withdraw(&dates(row), application.closing.cooling_off, wall)?;
    let after = set_state(act.tx, row, "WITHDRAWN", wall.date()).await?;
    let officer = act.caller.subject.as_deref().filter(|_| !party);
    shared::unmark(act.tx, after.id, officer.unwrap_or_default()).await?;
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
