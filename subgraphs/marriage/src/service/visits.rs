//! Booking, and what becomes of an appointment: cancelled, check-in, service, another slot, or nobody came.

use super::act::{Act, same_version, save, still_as_read};
use super::couple::Known;
use super::office::Trail;
use super::slot_id::SlotKey;
use super::{shanghai, slots, time_of};
use crate::kit::contract::scope;
use crate::kit::{Error, Result};
use crate::model::{appointment, appointment_party, registration_application};
use crate::rules::Refusal;
use crate::rules::application::{State, freed};
use crate::rules::visit;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The state as it reads now: one that nobody came to is a no-show when its slot has ended, and one that was kept is
/// used up when its day has, whether or not a job has written it down.
#[must_use]
pub fn state_now(row: &appointment::Model, now: DateTime<Utc>) -> &str {
    let wall = shanghai(now);
    let over = wall > row.day.and_time(time_of(row.closes));
    visit::state_now(&row.state, over, wall.date() > row.day)
}

/// The applications that were drafted for an appointment and have not been received.
async fn drafted(
    tx: &DatabaseTransaction,
    appointments: &[Uuid],
) -> Result<Vec<registration_application::Model>> {
    use registration_application::Column;
    let waiting = State::ALL
        .into_iter()
        .filter(|state| freed(*state).is_some());
    Ok(registration_application::Entity::find()
        .filter(Column::AppointmentId.is_in(appointments.iter().copied()))
        .filter(Column::State.is_in(waiting.map(State::as_str)))
        .order_by_asc(Column::Id)
        .all(tx)
        .await?)
}

/// B.1.5: what was drafted for appointments that have ended without it is a draft again.
///
/// # Errors
/// What the database says.
pub(super) async fn free_drafts(trail: &Trail<'_>, appointments: &[Uuid]) -> Result<()> {
    for row in drafted(trail.tx, appointments).await? {
        let Some(after) = freed(super::counter::state_of(&row)?) else {
            continue;
        };
        goes_to(trail, &row, after, None).await?;
    }
    Ok(())
}

/// Gives a drafted application another appointment, at that one's registry, or none.
async fn goes_to(
    trail: &Trail<'_>,
    row: &registration_application::Model,
    after: State,
    appointment: Option<&appointment::Model>,
) -> Result<()> {
    use registration_application::Column;
    let mut update = registration_application::Entity::update_many()
        .col_expr(Column::State, Expr::value(after.as_str()))
        .col_expr(
            Column::AppointmentId,
            Expr::value(appointment.map(|a| a.id)),
        )
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version));
    if let Some(other) = appointment.filter(|other| other.registry_id != row.registry_id) {
        let registry = super::registries::by_id(trail.tx, other.registry_id).await?;
        update = update
            .col_expr(Column::RegistryId, Expr::value(registry.id))
            .col_expr(Column::CountyId, Expr::value(registry.county_id));
    }
    if update.exec(trail.tx).await?.rows_affected != 1 {
        return Err(Error::Conflict);
    }
    let id = row.id.to_string();
    trail
        .leave("RegistrationApplication", &id, &row.state, after.as_str())
        .await
}

async fn by_id(act: &Act<'_>, id: Uuid) -> Result<appointment::Model> {
    appointment::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)
}

fn not_open() -> Error {
    Refusal::by_form(
        "APPOINTMENT_NOT_OPEN",
        "This appointment is no longer open.",
        "该预约已取消、已办理或已过期。",
    )
    .at(&["input", "appointment"])
    .into()
}

/// B.1.5: an application is drafted for an appointment that is still to come, or whose couple is here.
///
/// # Errors
/// The refusal.
pub(super) fn still_open(row: &appointment::Model, now: DateTime<Utc>) -> Result<()> {
    if matches!(state_now(row, now), "BOOKED" | "CHECKED_IN") {
        Ok(())
    } else {
        Err(not_open())
    }
}

/// An appointment and the version it was read at.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Visit {
    /// The appointment and its version.
    pub appointment: (Uuid, i64),
}

async fn change(act: &Act<'_>, row: appointment::Model, to: &str) -> Result<appointment::Model> {
    let before = row.state.clone();
    let ends = matches!(to, "SERVED" | "NO_SHOW" | "CANCELLED");
    let saved = save!(
        act.tx,
        appointment,
        appointment::Model {
            state: to.to_owned(),
            ..row
        }
    )?;
    if ends {
        appointment_party::Entity::update_many()
            .col_expr(appointment_party::Column::IsOpen, Expr::value(false))
            .filter(appointment_party::Column::AppointmentId.eq(saved.id))
            .exec(act.tx)
            .await?;
        // The one that is received with it is not waiting any more.
        free_drafts(&Trail::of(act, "APPOINTMENT"), &[saved.id]).await?;
    }
    act.leave("Appointment", saved.id, Some(&before), to, json!({}))
        .await?;
    Ok(saved)
}

/// The couple has arrived: on the day of the appointment, before its slot ends.
pub async fn check_in(act: Act<'_>, what: &Visit) -> Result<Uuid> {
    let (id, version) = what.appointment;
    let row = by_id(&act, id).await?;
    act.office(row.registry_id).await?;
    same_version(version, row.version)?;
    if state_now(&row, act.now) != "BOOKED" || row.day != act.today() {
        return Err(not_open());
    }
    change(&act, row, "CHECKED_IN").await?;
    // An application drafted for this appointment arrives with it.
    let drafted = registration_application::Entity::find()
        .filter(registration_application::Column::AppointmentId.eq(id))
        .filter(registration_application::Column::State.eq(State::Booked.as_str()))
        .all(act.tx)
        .await?;
    for application in drafted {
        super::counter::advance(&act, application, &[State::CheckedIn]).await?;
    }
    Ok(id)
}

/// Their application has been received: the appointment is used up.
pub async fn served(act: &Act<'_>, id: Uuid) -> Result<()> {
    let Some(row) = appointment::Entity::find_by_id(id).one(act.tx).await? else {
        return Ok(());
    };
    if matches!(row.state.as_str(), "BOOKED" | "CHECKED_IN") {
        change(act, row, "SERVED").await?;
    }
    Ok(())
}

/// Nobody came to an appointment that was open; one that is over already stays as it is.
pub(super) async fn missed(act: &Act<'_>, id: Uuid) -> Result<()> {
    let Some(row) = appointment::Entity::find_by_id(id).one(act.tx).await? else {
        return Ok(());
    };
    if matches!(row.state.as_str(), "BOOKED" | "CHECKED_IN") {
        change(act, row, "NO_SHOW").await?;
    }
    Ok(())
}

/// Nobody came: said by an officer once the slot has ended.
pub async fn no_show(act: Act<'_>, what: &Visit) -> Result<Uuid> {
    let (id, version) = what.appointment;
    let row = by_id(&act, id).await?;
    act.office(row.registry_id).await?;
    same_version(version, row.version)?;
    if row.state != "BOOKED" || state_now(&row, act.now) != "NO_SHOW" {
        return Err(not_open());
    }
    change(&act, row, "NO_SHOW").await?;
    Ok(id)
}

/// The event of a registry whose free places have changed; its key is the registry.
pub const SLOTS_CHANGED: &str = "SlotsChanged";

/// Tells that a registry's free places of a day have changed.
pub(super) async fn told(act: &Act<'_>, registry: Uuid, day: chrono::NaiveDate) -> Result<()> {
    let body = json!({ "day": day });
    act.tell(SLOTS_CHANGED, &registry.to_string(), body).await
}

/// What is needed to book a slot.
#[derive(Clone, Debug, Serialize)]
pub struct Book {
    /// The slot.
    pub slot: String,
    /// Whom an officer books for; a citizen books for himself.
    pub applicant: Option<Known>,
    /// The other one who comes.
    pub partner: Option<Known>,
}

/// Books one place in a slot for one or two persons.
pub async fn book(act: Act<'_>, what: &Book) -> Result<Uuid> {
    let key = SlotKey::decode(&what.slot).ok_or_else(|| {
        Refusal::by_form("SLOT_UNKNOWN", "There is no such slot.", "没有该时段。")
            .at(&["input", "slot"])
    })?;
    let officer = act.caller.has_scope(scope::MARRIAGE_CASE);
    let own = act.caller.person.clone().filter(|_| !officer);
    if own.is_some() == what.applicant.is_some() {
        return Err(Refusal::by_form(
            "APPLICANT_MISPLACED",
            "An officer names the applicant; a citizen books for himself.",
            "工作人员须填写预约人；公民只能为本人预约。",
        )
        .at(&["input", "applicant"])
        .into());
    }
    if officer {
        act.office(key.registry).await?;
    }
    let mut persons: Vec<String> = own.into_iter().collect();
    for known in [&what.applicant, &what.partner].into_iter().flatten() {
        known.announce(&act).await?;
        persons.push(known.token.clone());
    }
    if persons.first() == persons.get(1) {
        return Err(Refusal::by_form(
            "SAME_PERSON",
            "Both persons are the same.",
            "双方为同一人。",
        )
        .at(&["input", "partner"])
        .into());
    }
    let made = slots::book(act.tx, key, &persons, officer, act.now).await?;
    let more = json!({ "registry": made.registry_id, "slot": made.slot_id });
    act.leave("Appointment", made.id, None, &made.state, more)
        .await?;
    told(&act, made.registry_id, made.day).await?;
    Ok(made.id)
}

/// The appointment to be cancelled.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cancel {
    /// The appointment.
    pub appointment: Uuid,
    /// The version at which it was read, if the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Cancels an appointment and gives its place back; a counselling session booked with it is off too.
pub async fn cancel(act: Act<'_>, what: &Cancel) -> Result<Uuid> {
    let row = by_id(&act, what.appointment).await?;
    let registry = super::registries::by_id(act.tx, row.registry_id).await?;
    let officer = super::act::works_at(act.caller, &registry);
    let own = act.caller.person.clone();
    let may = |_: &appointment::Model, persons: &[String]| {
        officer || own.as_ref().is_some_and(|own| persons.contains(own))
    };
    let after = slots::cancel(act.tx, row.id, act.now, may).await?;
    // Only who may touch it learns that it has changed.
    still_as_read(what.version, row.version)?;
    if let Some(session) = super::counselling::open_session_of(act.tx, row.id).await? {
        super::counselling::call_off(&act, session).await?;
    }
    free_drafts(&Trail::of(&act, "APPOINTMENT"), &[row.id]).await?;
    let more = json!({ "registry": row.registry_id });
    act.leave("Appointment", row.id, Some("BOOKED"), &after.state, more)
        .await?;
    told(&act, row.registry_id, row.day).await?;
    Ok(row.id)
}

/// Another slot for the same persons and service.
#[derive(Clone, Debug, Serialize)]
pub struct Reschedule {
    /// The appointment and its version.
    pub appointment: (Uuid, i64),
    /// The new slot.
    pub slot: String,
}

/// Gives the place back and takes another, both or neither. Gives the new appointment.
pub async fn reschedule(act: Act<'_>, what: &Reschedule) -> Result<Uuid> {
    let (id, version) = what.appointment;
    let row = by_id(&act, id).await?;
    let registry = super::registries::by_id(act.tx, row.registry_id).await?;
    let officer = super::act::works_at(act.caller, &registry);
    same_version(version, row.version)?;
    let own = act.caller.person.clone();
    let persons: Vec<String> = appointment_party::Entity::find()
        .filter(appointment_party::Column::AppointmentId.eq(id))
        .all(act.tx)
        .await?
        .into_iter()
        .map(|party| party.person)
        .collect();
    let may = |_: &appointment::Model, parties: &[String]| {
        officer || own.as_ref().is_some_and(|own| parties.contains(own))
    };
    slots::cancel(act.tx, id, act.now, may).await?;
    let session = super::counselling::open_session_of(act.tx, id).await?;
    let key = SlotKey::decode(&what.slot)
        .filter(|key| key.service.as_str() == row.service)
        .ok_or_else(|| {
            Refusal::by_form("SLOT_UNKNOWN", "There is no such slot.", "没有该时段。")
                .at(&["input", "slot"])
        })?;
    let by_officer = row.by_officer && officer;
    let made = slots::book(act.tx, key, &persons, by_officer, act.now).await?;
    if let Some(session) = session {
        super::counselling::move_to(&act, session, key, &made).await?;
    }
    let trail = Trail::of(&act, "APPOINTMENT");
    for application in drafted(act.tx, &[id]).await? {
        goes_to(&trail, &application, State::Booked, Some(&made)).await?;
    }
    told(&act, row.registry_id, row.day).await?;
    told(&act, made.registry_id, made.day).await?;
    act.leave("Appointment", id, Some("BOOKED"), "CANCELLED", json!({}))
        .await?;
    act.leave(
        "Appointment",
        made.id,
        None,
        "BOOKED",
        json!({ "instead": id }),
    )
    .await?;
    Ok(made.id)
}

/// M-23: gives back every place a dead person holds that is still to come; gives the appointments.
pub async fn stop_for(
    tx: &sea_orm::DatabaseTransaction,
    person: &str,
    now: DateTime<Utc>,
) -> Result<Vec<appointment::Model>> {
    let held = appointment_party::Entity::find()
        .filter(appointment_party::Column::Person.eq(person))
        .filter(appointment_party::Column::IsOpen.eq(true))
        .all(tx)
        .await?;
    let mut stopped = Vec::new();
    for party in held {
        match slots::cancel(tx, party.appointment_id, now, |_, _| true).await {
            Ok(row) => stopped.push(row),
            // Past or being served: nothing is held any more.
            Err(Error::Invalid(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(stopped)
}
