//! What becomes of an appointment on its day: check-in, service, another slot, or nobody came.

use super::act::{Act, same_version, save};
use super::slot_id::SlotKey;
use super::{shanghai, slots, time_of};
use crate::kit::{Error, Result};
use crate::model::{appointment, appointment_party, registration_application};
use crate::rules::Refusal;
use crate::rules::application::State;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The state as it reads now: one that nobody came to is a no-show when its slot has ended, whether
/// or not a job has written it down.
#[must_use]
pub fn state_now(row: &appointment::Model, now: DateTime<Utc>) -> &str {
    let over = shanghai(now) > row.day.and_time(time_of(row.closes));
    if row.state == "BOOKED" && over {
        "NO_SHOW"
    } else {
        &row.state
    }
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
    let key = SlotKey::decode(&what.slot)
        .filter(|key| key.service.as_str() == row.service)
        .ok_or_else(|| {
            Refusal::by_form("SLOT_UNKNOWN", "There is no such slot.", "没有该时段。")
                .at(&["input", "slot"])
        })?;
    let made = slots::book(act.tx, key, &persons, act.now).await?;
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

/// M-23: gives back every place a dead person holds that is still to come.
pub async fn stop_for(
    tx: &sea_orm::DatabaseTransaction,
    person: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>> {
    let held = appointment_party::Entity::find()
        .filter(appointment_party::Column::Person.eq(person))
        .filter(appointment_party::Column::IsOpen.eq(true))
        .all(tx)
        .await?;
    let mut stopped = Vec::new();
    for party in held {
        match slots::cancel(tx, party.appointment_id, now, |_, _| true).await {
            Ok(row) => stopped.push(row.id),
            // Past or being served: nothing is held any more.
            Err(Error::Invalid(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(stopped)
}
