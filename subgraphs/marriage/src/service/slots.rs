//! Slots and appointments 预约.
//!
//! The capacity of a slot is never exceeded and a person never holds two open appointments for one
//! service: both are kept by the database itself (a conditional upsert and a partial unique
//! index), whatever number of gateways and clients try at once.

use super::registries::{self, Timetables, capacity};
use super::slot_id::SlotKey;
use crate::kit::{Error, Result, UserError};
use crate::model::{appointment, appointment_party, registry, slot};
use crate::rules::Refusal;
use crate::rules::law::{self, Parameter};
use crate::rules::opening::{self, DayHours, Period, Service};
use chrono::{DateTime, Days, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// How many days ahead slots can be booked.
#[must_use]
pub fn horizon(today: NaiveDate) -> u64 {
    // On a day of which no rule is known nothing is offered ahead.
    law::count(Parameter::BookingHorizonDays, today).unwrap_or(0)
}

/// One slot as clients see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotView {
    /// What it is.
    pub key: SlotKey,
    /// From and to, minutes after midnight.
    pub period: Period,
    /// Places in all.
    pub capacity: i32,
    /// Places taken.
    pub booked: i32,
}

impl SlotView {
    /// Places left.
    #[must_use]
    pub fn free(&self) -> i32 {
        Ord::max(self.capacity - self.booked, 0)
    }
}

/// A registry's day.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// When it is open.
    pub hours: DayHours,
    /// Slots that can be asked for now: within the horizon and not begun.
    pub slots: Vec<SlotView>,
}

/// The day of each of these registries, in three statements for all.
pub async fn on_day(
    db: &impl ConnectionTrait,
    registries: &[Arc<registry::Model>],
    service: Option<Service>,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Day>> {
    let ids: Vec<Uuid> = registries.iter().map(|row| row.id).collect();
    let timetables = Timetables::load(db, &ids, [day]).await?;
    let mut booked: HashMap<(Uuid, Service, i32), (i32, i32)> = HashMap::new();
    let taken = slot::Entity::find()
        .filter(slot::Column::RegistryId.is_in(ids))
        .filter(slot::Column::Day.eq(day))
        .all(db)
        .await?;
    for row in taken {
        if let Some(service) = Service::from_text(&row.service) {
            booked.insert(
                (row.registry_id, service, row.opens),
                (row.booked, row.capacity),
            );
        }
    }
    Ok(registries
        .iter()
        .map(|row| {
            let hours = timetables.on(row, day);
            let slots = Service::ALL
                .into_iter()
                .filter(|offered| service.is_none_or(|wanted| wanted == *offered))
                .flat_map(|service| offered(row, &hours, service, day, now))
                .map(|mut view| {
                    let key = (row.id, view.key.service, view.key.opens);
                    if let Some((taken, capacity)) = booked.get(&key) {
                        view.booked = *taken;
                        view.capacity = *capacity;
                    }
                    view
                })
                .collect();
            (row.id, Day { hours, slots })
        })
        .collect())
}

/// The slots that follow from the hours, all free.
fn offered(
    row: &registry::Model,
    hours: &DayHours,
    service: Service,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Vec<SlotView> {
    let wall = super::shanghai(now);
    if !within_horizon(wall.date(), day) {
        return Vec::new();
    }
    opening::slots(hours, service, capacity(row))
        .into_iter()
        .filter(|period| day.and_time(super::time_of(period.opens)) > wall)
        .map(|period| SlotView {
            key: SlotKey {
                registry: row.id,
                service,
                day,
                opens: period.opens,
            },
            period,
            capacity: capacity(row).places(service),
            booked: 0,
        })
        .collect()
}

fn within_horizon(today: NaiveDate, day: NaiveDate) -> bool {
    let last = today
        .checked_add_days(Days::new(horizon(today)))
        .unwrap_or(today);
    (today..=last).contains(&day)
}

fn no_such_slot() -> UserError {
    Refusal::by_form(
        "SLOT_NOT_OFFERED",
        "This slot is not offered: it has begun, lies too far ahead, or the registry is closed.",
        "该时段不可预约：已开始、超出可预约日期或登记机关不办公。",
    )
    .at(&["input", "slot"])
}

/// Books one place in a slot for one or two persons, in the caller's transaction.
pub async fn book(
    tx: &impl ConnectionTrait,
    key: SlotKey,
    persons: &[String],
    by_officer: bool,
    now: DateTime<Utc>,
) -> Result<appointment::Model> {
    let Ok(row) = registries::by_id(tx, key.registry).await else {
        return Err(no_such_slot().into());
    };
    let timetables = Timetables::load(tx, &[row.id], [key.day]).await?;
    let hours = timetables.on(&row, key.day);
    let view = offered(&row, &hours, key.service, key.day, now)
        .into_iter()
        .find(|view| view.key == key)
        .ok_or_else(no_such_slot)?;
    let today = super::shanghai(now).date();
    release_past(tx, persons, today).await?;
    let held = appointment_party::Entity::find()
        .filter(appointment_party::Column::Person.is_in(persons.iter().cloned()))
        .filter(appointment_party::Column::Service.eq(key.service.as_str()))
        .filter(appointment_party::Column::IsOpen.eq(true))
        .one(tx)
        .await?;
    if held.is_some() {
        return Err(Refusal::by_form(
            "ALREADY_BOOKED",
            "One of the persons already has an open appointment for this service.",
            "其中一方已有该事项的有效预约。",
        )
        .into());
    }
    take(tx, &view).await?;
    let made = appointment::Model {
        id: crate::kit::id::new(),
        slot_id: key.row_id(),
        registry_id: row.id,
        service: key.service.as_str().to_owned(),
        day: key.day,
        opens: view.period.opens,
        closes: view.period.closes,
        state: "BOOKED".to_owned(),
        booked_at: now,
        by_officer,
        version: 1,
    };
    appointment::Entity::insert(appointment::ActiveModel::from(made.clone()))
        .exec_without_returning(tx)
        .await?;
    for person in persons {
        appointment_party::Entity::insert(appointment_party::ActiveModel {
            appointment_id: Set(made.id),
            person: Set(person.clone()),
            service: Set(made.service.clone()),
            day: Set(made.day),
            is_open: Set(true),
        })
        .exec_without_returning(tx)
        .await?;
    }
    Ok(made)
}

/// Takes one place: the row is made by the first, and counted up only while there is room.
async fn take(tx: &impl ConnectionTrait, view: &SlotView) -> Result<()> {
    let key = view.key;
    let row = slot::ActiveModel {
        id: Set(key.row_id()),
        registry_id: Set(key.registry),
        service: Set(key.service.as_str().to_owned()),
        day: Set(key.day),
        opens: Set(view.period.opens),
        closes: Set(view.period.closes),
        capacity: Set(view.capacity),
        booked: Set(1),
    };
    let column = |column: slot::Column| Expr::col((slot::Entity, column));
    let conflict = OnConflict::columns([
        slot::Column::RegistryId,
        slot::Column::Day,
        slot::Column::Service,
        slot::Column::Opens,
    ])
    .value(slot::Column::Booked, column(slot::Column::Booked).add(1))
    .action_and_where(column(slot::Column::Booked).lt(column(slot::Column::Capacity)))
    .to_owned();
    let taken = slot::Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    if taken == 1 {
        Ok(())
    } else {
        Err(Refusal::by_form(
            "SLOT_FULL",
            "No place is left in this slot.",
            "该时段已约满。",
        )
        .at(&["input", "slot"])
        .into())
    }
}

/// Appointments of days gone by hold nobody any more.
async fn release_past(
    tx: &impl ConnectionTrait,
    persons: &[String],
    today: NaiveDate,
) -> Result<()> {
    appointment_party::Entity::update_many()
        .col_expr(appointment_party::Column::IsOpen, Expr::value(false))
        .filter(appointment_party::Column::Person.is_in(persons.iter().cloned()))
        .filter(appointment_party::Column::IsOpen.eq(true))
        .filter(appointment_party::Column::Day.lt(today))
        .exec(tx)
        .await?;
    Ok(())
}

/// Cancels an appointment and gives its place back, in the caller's transaction.
///
/// `may` says whether the caller may touch it, given its parties.
pub async fn cancel(
    tx: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
    may: impl Fn(&appointment::Model, &[String]) -> bool,
) -> Result<appointment::Model> {
    let row = appointment::Entity::find_by_id(id)
        .one(tx)
        .await?
        .ok_or(Error::NotFound)?;
    let persons: Vec<String> = appointment_party::Entity::find()
        .filter(appointment_party::Column::AppointmentId.eq(id))
        .all(tx)
        .await?
        .into_iter()
        .map(|party| party.person)
        .collect();
    // Who may not touch an appointment does not learn that it exists.
    if !may(&row, &persons) {
        return Err(Error::NotFound);
    }
    let begins = row.day.and_time(super::time_of(row.opens));
    if row.state != "BOOKED" || begins <= super::shanghai(now) {
        return Err(Refusal::by_form(
            "APPOINTMENT_NOT_OPEN",
            "This appointment is no longer open.",
            "该预约已取消、已办理或已过期。",
        )
        .at(&["input", "appointment"])
        .into());
    }
    let changed = appointment::Entity::update_many()
        .col_expr(appointment::Column::State, Expr::value("CANCELLED"))
        .col_expr(
            appointment::Column::Version,
            Expr::col(appointment::Column::Version).add(1),
        )
        .filter(appointment::Column::Id.eq(id))
        .filter(appointment::Column::Version.eq(row.version))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Err(Error::Conflict);
    }
    appointment_party::Entity::update_many()
        .col_expr(appointment_party::Column::IsOpen, Expr::value(false))
        .filter(appointment_party::Column::AppointmentId.eq(id))
        .exec(tx)
        .await?;
    slot::Entity::update_many()
        .col_expr(slot::Column::Booked, Expr::col(slot::Column::Booked).sub(1))
        .filter(slot::Column::Id.eq(row.slot_id))
        .filter(slot::Column::Booked.gt(0))
        .exec(tx)
        .await?;
    Ok(appointment::Model {
        state: "CANCELLED".to_owned(),
        version: row.version + 1,
        ..row
    })
}

/// The most appointments that are shown of a person.
const MOST_OF_A_PERSON: usize = 100;

/// The appointments of each of these persons, latest day first, the hundred latest at most, in two statements.
pub async fn of_persons(
    db: &impl ConnectionTrait,
    persons: &[String],
) -> Result<HashMap<String, Vec<appointment::Model>>> {
    // Of several persons together each has room for the most.
    let most = persons.len().saturating_mul(MOST_OF_A_PERSON) as u64;
    let parties = appointment_party::Entity::find()
        .filter(appointment_party::Column::Person.is_in(persons.iter().cloned()))
        .order_by_desc(appointment_party::Column::Day)
        .order_by_desc(appointment_party::Column::AppointmentId)
        .limit(most)
        .all(db)
        .await?;
    let rows = appointment::Entity::find()
        .filter(appointment::Column::Id.is_in(parties.iter().map(|p| p.appointment_id)))
        .order_by_desc(appointment::Column::Day)
        .order_by_desc(appointment::Column::Opens)
        .all(db)
        .await?;
    let mut of: HashMap<Uuid, Vec<String>> = HashMap::new();
    for party in parties {
        of.entry(party.appointment_id)
            .or_default()
            .push(party.person);
    }
    let mut found: HashMap<String, Vec<appointment::Model>> = HashMap::new();
    for row in rows {
        for person in of.get(&row.id).into_iter().flatten() {
            let own = found.entry(person.clone()).or_default();
            if own.len() < MOST_OF_A_PERSON {
                own.push(row.clone());
            }
        }
    }
    Ok(found)
}
