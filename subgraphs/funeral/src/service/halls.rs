//! Halls for farewells: their calendar and their bookings. An hour of a hall is one row with a key, so
//! that nobody takes it twice.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use super::act::{Act, unique, unknown};
use super::collection::Seen;
use super::course::{self, By, Step};
use super::people::group;
use crate::model::{hall, hall_booking, hall_hour};
use crate::rules::case::hall_hours;
use crate::rules::no_such_move;
use crate::rules::terms::{BookingState, CaseAct, CaseState};

/// Books a hall of the case's funeral home for whole hours.
pub async fn book(
    act: &Act<'_>,
    seen: Seen,
    hall_id: Uuid,
    day: NaiveDate,
    starts: i32,
    hours: i32,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::OfficerOrApplicant).await?;
    if row.state > CaseState::Stored {
        return Err(Error::Invalid(
            no_such_move("The farewell was held or is past.", "告别已举行或已过。")
                .field(&["case"]),
        ));
    }
    let hours = hall_hours(day, starts, hours, (act.today, act.hour()))?;
    hall::Entity::find_by_id(hall_id)
        .one(act.tx)
        .await?
        .filter(|h| h.facility_id == row.facility_id)
        .ok_or_else(|| {
            unknown(
                "hall",
                "The case's funeral home has no such hall.",
                "承办殡仪馆没有该告别厅。",
            )
        })?;
    let key = id::new();
    let taken: Vec<hall_hour::ActiveModel> = hours
        .clone()
        .map(|hour| hall_hour::ActiveModel {
            hall_id: Set(hall_id),
            day: Set(day),
            hour: Set(hour),
            booking_id: Set(key),
        })
        .collect();
    hall_hour::Entity::insert_many(taken)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                UserError::new(
                    "HALL_TAKEN",
                    "The hall is taken at that time.",
                    "该告别厅此时段已被预订。",
                )
                .field(&["startsHour"])
            })
        })?;
    let booking = hall_booking::ActiveModel {
        id: Set(key),
        hall_id: Set(hall_id),
        case_id: Set(row.id),
        day: Set(day),
        starts_hour: Set(hours.start),
        ends_hour: Set(hours.end),
        state: Set(BookingState::Booked),
        booked_at: Set(act.now),
        version: Set(1),
    };
    hall_booking::Entity::insert(booking)
        .exec_without_returning(act.tx)
        .await?;
    course::step(act, &row, Step::note(CaseAct::HallBooked, key), |_| ()).await?;
    Ok(row.id)
}

/// Calls a booking off; its hours are free again.
pub async fn cancel(act: &Act<'_>, seen: Seen, booking: Uuid) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::OfficerOrApplicant).await?;
    let found = hall_booking::Entity::find_by_id(booking)
        .one(act.tx)
        .await?
        .filter(|b| b.case_id == row.id)
        .ok_or_else(|| {
            unknown(
                "booking",
                "This case has no such booking.",
                "本案没有该预订。",
            )
        })?;
    if found.state != BookingState::Booked {
        return Err(Error::Invalid(no_such_move(
            "The booking has ended.",
            "该预订已结束。",
        )));
    }
    free_hours(act, booking).await?;
    end(act, found, BookingState::Cancelled).await?;
    course::step(
        act,
        &row,
        Step::note(CaseAct::HallCancelled, booking),
        |_| (),
    )
    .await?;
    Ok(row.id)
}

async fn free_hours(act: &Act<'_>, booking: Uuid) -> Result<()> {
    hall_hour::Entity::delete_many()
        .filter(hall_hour::Column::BookingId.eq(booking))
        .exec(act.tx)
        .await?;
    Ok(())
}

async fn end(act: &Act<'_>, booking: hall_booking::Model, state: BookingState) -> Result<()> {
    let version = booking.version + 1;
    let mut booking: hall_booking::ActiveModel = booking.into();
    booking.state = Set(state);
    booking.version = Set(version);
    booking.update(act.tx).await?;
    Ok(())
}

/// The farewell is held; a booking of the day that is still there took place.
pub async fn farewell(act: &Act<'_>, seen: Seen) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    let booking = hall_booking::Entity::find()
        .filter(hall_booking::Column::CaseId.eq(row.id))
        .filter(hall_booking::Column::State.eq(BookingState::Booked))
        .filter(hall_booking::Column::Day.lte(act.today))
        .order_by_desc(hall_booking::Column::Day)
        .one(act.tx)
        .await?;
    let record = booking.as_ref().map(|b| b.id);
    if let Some(booking) = booking {
        end(act, booking, BookingState::Done).await?;
    }
    course::step(
        act,
        &row,
        Step::moves(CaseAct::FarewellHeld, CaseState::Farewell, record),
        |_| (),
    )
    .await?;
    Ok(row.id)
}

/// Calls off what a case has booked, when the case itself is called off or the body has gone.
pub async fn call_off(act: &Act<'_>, case: Uuid) -> Result<()> {
    let rows = hall_booking::Entity::find()
        .filter(hall_booking::Column::CaseId.eq(case))
        .filter(hall_booking::Column::State.eq(BookingState::Booked))
        .all(act.tx)
        .await?;
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|b| b.id).collect();
    hall_hour::Entity::delete_many()
        .filter(hall_hour::Column::BookingId.is_in(ids.iter().copied()))
        .exec(act.tx)
        .await?;
    hall_booking::Entity::update_many()
        .col_expr(
            hall_booking::Column::State,
            Expr::value(BookingState::Cancelled),
        )
        .filter(hall_booking::Column::Id.is_in(ids))
        .exec(act.tx)
        .await?;
    Ok(())
}

/// The halls of facilities, by name, with one statement.
pub async fn of_facilities<C: ConnectionTrait>(
    c: &C,
    facilities: &[Uuid],
) -> Result<HashMap<Uuid, Vec<hall::Model>>> {
    let rows = hall::Entity::find()
        .filter(hall::Column::FacilityId.is_in(facilities.iter().copied()))
        .order_by_asc(hall::Column::Name)
        .order_by_asc(hall::Column::Id)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |h| h.facility_id))
}

/// The hours of halls that are taken from one day to another, both included, with one statement.
pub async fn taken<C: ConnectionTrait>(
    c: &C,
    halls: &[Uuid],
    from: NaiveDate,
    to: NaiveDate,
) -> Result<HashMap<(Uuid, NaiveDate), Vec<i32>>> {
    let rows = hall_hour::Entity::find()
        .filter(hall_hour::Column::HallId.is_in(halls.iter().copied()))
        .filter(hall_hour::Column::Day.between(from, to))
        .order_by_asc(hall_hour::Column::Hour)
        .all(c)
        .await?;
    let mut taken: HashMap<(Uuid, NaiveDate), Vec<i32>> = HashMap::new();
    for row in rows {
        taken
            .entry((row.hall_id, row.day))
            .or_default()
            .push(row.hour);
    }
    Ok(taken)
}

/// The bookings of cases, oldest first, with one statement.
pub async fn of_cases<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<hall_booking::Model>>> {
    let rows = hall_booking::Entity::find()
        .filter(hall_booking::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(hall_booking::Column::BookedAt)
        .order_by_asc(hall_booking::Column::Id)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |b| b.case_id))
}
