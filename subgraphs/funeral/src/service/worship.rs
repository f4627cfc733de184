//! Visiting graves: spans of time, bookings within their capacity, and what is to be expected.

use std::collections::HashMap;

use chrono::{Datelike, Duration, NaiveDate};
use minzheng_kit::contract::scope;
use minzheng_kit::events::{self, Event};
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait,
    QueryFilter, QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, unknown};
use super::facilities;
use super::people::group;
use crate::model::{worship_booking, worship_slot};
use crate::rules::terms::{BookingState, FacilityKind, FacilityState, WorshipMode};
use crate::rules::{no_such_move, worship};

/// The event of a span that fills or empties, whose key is the span.
pub const CROWDS: [&str; 2] = ["WorshipSlotOpened", "WorshipCrowdChanged"];

/// Tells that a span fills or empties; it says nothing of who comes.
async fn crowd_changed(act: &Act<'_>, slot: Uuid) -> Result<()> {
    let told = Event {
        kind: CROWDS[1].to_owned(),
        key: slot.to_string(),
        at: act.now,
        body: json!({ "version": 1, "id": slot }),
    };
    events::emit(act.tx, &told).await
}

/// Opens a span of time at a facility.
pub async fn open(
    act: &Act<'_>,
    facility: Uuid,
    day: NaiveDate,
    (starts, ends): (i32, i32),
    capacity: i32,
) -> Result<Uuid> {
    let home = facilities::by_ids(act.tx, &[facility])
        .await?
        .remove(&facility)
        .filter(|f| f.state == FacilityState::Open && f.kind != FacilityKind::FuneralHome)
        .ok_or_else(|| {
            unknown(
                "facility",
                "There is no such open cemetery or columbarium.",
                "没有该运营中的安葬设施。",
            )
        })?;
    act.officer(scope::FUNERAL_CASE, home.division_id)?;
    let fits = day >= act.today
        && (0..24).contains(&starts)
        && starts < ends
        && ends <= 24
        && (1..=100_000).contains(&capacity);
    let same_time = worship_slot::Entity::find()
        .filter(worship_slot::Column::FacilityId.eq(facility))
        .filter(worship_slot::Column::Day.eq(day))
        .filter(worship_slot::Column::StartsHour.lt(ends))
        .filter(worship_slot::Column::EndsHour.gt(starts))
        .one(act.tx)
        .await?;
    if !fits || same_time.is_some() {
        return Err(Error::Invalid(
            UserError::new(
                "SLOT_TIMES",
                "A span has whole hours of one day to come, takes someone, and overlaps no other.",
                "时段须为今日及以后的整点，人数大于零，且不与其他时段重叠。",
            )
            .field(&["startsHour"]),
        ));
    }
    let key = id::new();
    let row = worship_slot::ActiveModel {
        id: Set(key),
        facility_id: Set(facility),
        day: Set(day),
        starts_hour: Set(starts),
        ends_hour: Set(ends),
        capacity: Set(capacity),
        booked: Set(0),
        attended: Set(None),
    };
    worship_slot::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("WorshipSlot", key),
        "WorshipSlotOpened",
        None,
        json!({ "day": day, "capacity": capacity }),
    )
    .await?;
    Ok(key)
}

/// Books a span. The database compares what is booked and the capacity in the same statement, so that it is never
/// exceeded.
pub async fn book(act: &Act<'_>, slot_id: Uuid, people: i32, mode: WorshipMode) -> Result<Uuid> {
    let booker = act.person()?;
    let slot = worship_slot::Entity::find_by_id(slot_id)
        .one(act.tx)
        .await?
        .ok_or_else(|| unknown("slot", "There is no such span of time.", "没有该祭扫时段。"))?;
    worship::book(
        mode,
        people,
        slot.capacity - slot.booked,
        (slot.day, slot.ends_hour),
        (act.today, act.hour()),
        &act.rules(),
    )?;
    let places = worship::places(mode, people);
    if places > 0 {
        let room = worship_slot::Entity::update_many()
            .col_expr(
                worship_slot::Column::Booked,
                Expr::col(worship_slot::Column::Booked).add(places),
            )
            .filter(worship_slot::Column::Id.eq(slot_id))
            .filter(
                Expr::col(worship_slot::Column::Booked)
                    .add(places)
                    .lte(Expr::col(worship_slot::Column::Capacity)),
            )
            .exec(act.tx)
            .await?;
        if room.rows_affected == 0 {
            return Err(Error::Invalid(worship::slot_full()));
        }
        crowd_changed(act, slot_id).await?;
    }
    let key = id::new();
    let row = worship_booking::ActiveModel {
        id: Set(key),
        slot_id: Set(slot_id),
        facility_id: Set(slot.facility_id),
        booker: Set(booker.to_owned()),
        mode: Set(mode),
        people: Set(people),
        places: Set(places),
        state: Set(BookingState::Booked),
        booked_at: Set(act.now),
        version: Set(1),
    };
    worship_booking::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("WorshipBooking", key),
        "WorshipBooked",
        None,
        json!({ "slot": slot_id, "places": places }),
    )
    .await?;
    Ok(key)
}

/// Calls a booking off before its day; its places are free again.
pub async fn cancel(act: &Act<'_>, booking: Uuid, version: i64) -> Result<Uuid> {
    let me = act.person()?;
    let row = worship_booking::Entity::find_by_id(booking)
        .one(act.tx)
        .await?
        .filter(|b| b.booker == me)
        .ok_or(Error::Forbidden)?;
    same_version(row.version, version)?;
    let slot = worship_slot::Entity::find_by_id(row.slot_id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    if row.state != BookingState::Booked || slot.day < act.today {
        return Err(Error::Invalid(no_such_move(
            "The booking has ended.",
            "该预约已结束。",
        )));
    }
    if row.places > 0 {
        worship_slot::Entity::update_many()
            .col_expr(
                worship_slot::Column::Booked,
                Expr::col(worship_slot::Column::Booked).sub(row.places),
            )
            .filter(worship_slot::Column::Id.eq(row.slot_id))
            .exec(act.tx)
            .await?;
        crowd_changed(act, row.slot_id).await?;
    }
    let mut row: worship_booking::ActiveModel = row.into();
    row.state = Set(BookingState::Cancelled);
    row.version = Set(version + 1);
    row.update(act.tx).await?;
    act.done(
        ("WorshipBooking", booking),
        "WorshipCancelled",
        None,
        json!({ "state": BookingState::Cancelled }),
    )
    .await?;
    Ok(booking)
}

/// The spans of facilities from a day on, at most `limit` each, with one statement.
pub async fn slots<C: ConnectionTrait>(
    c: &C,
    facilities: &[Uuid],
    from: NaiveDate,
    limit: usize,
) -> Result<HashMap<Uuid, Vec<worship_slot::Model>>> {
    let rows = worship_slot::Entity::find()
        .filter(worship_slot::Column::FacilityId.is_in(facilities.iter().copied()))
        .filter(worship_slot::Column::Day.gte(from))
        .order_by_asc(worship_slot::Column::Day)
        .order_by_asc(worship_slot::Column::StartsHour)
        .all(c)
        .await?;
    Ok(group(rows, limit, |s| s.facility_id))
}

/// Spans by id, with one statement.
pub async fn by_ids<C: ConnectionTrait>(
    c: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, worship_slot::Model>> {
    let rows = worship_slot::Entity::find()
        .filter(worship_slot::Column::Id.is_in(ids.iter().copied()))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|s| (s.id, s)).collect())
}

/// What is expected in the spans of a day, with what they are compared with: spans of the same facility,
/// starting at the same hour, within three days of the same date in the five years before.
pub async fn forecast<C: ConnectionTrait>(
    c: &C,
    facility: Uuid,
    day: NaiveDate,
) -> Result<Vec<(worship_slot::Model, i64)>> {
    let earliest = day - Duration::days(5 * 366);
    let rows = worship_slot::Entity::find()
        .filter(worship_slot::Column::FacilityId.eq(facility))
        .filter(worship_slot::Column::Day.between(earliest, day))
        .order_by_asc(worship_slot::Column::Day)
        .order_by_asc(worship_slot::Column::StartsHour)
        .all(c)
        .await?;
    let (present, past): (Vec<_>, Vec<_>) = rows.into_iter().partition(|s| s.day == day);
    Ok(present
        .into_iter()
        .map(|slot| {
            let alike: Vec<(i64, i64)> = past
                .iter()
                .filter(|p| p.starts_hour == slot.starts_hour && near_in_year(p.day, day))
                .map(|p| {
                    (
                        i64::from(p.attended.unwrap_or(p.booked)),
                        i64::from(p.capacity),
                    )
                })
                .collect();
            let expected =
                worship::forecast(i64::from(slot.booked), i64::from(slot.capacity), &alike);
            (slot, expected)
        })
        .collect())
}

/// Whether two days lie within three days of each other in their years, in different years.
fn near_in_year(earlier: NaiveDate, day: NaiveDate) -> bool {
    if earlier.year() == day.year() {
        return false;
    }
    let gap = i64::from(earlier.ordinal()) - i64::from(day.ordinal());
    gap.abs() <= 3 || gap.abs() >= 362
}
