//! When a registry is open: its week, and the days that are unlike others.

use super::super::act::{Act, add};
use super::super::visits;
use super::changing;
use crate::kit::Result;
use crate::kit::calendar::WorkCalendar;
use crate::model::{opening_exception, opening_hours};
use crate::rules::days::rest_or_weekend;
use crate::rules::opening::{Period, WeekdayPeriod, hours_fault, rest_day_fault};
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The regular hours of a registry, all of them.
#[derive(Clone, Debug, Serialize)]
pub struct Week {
    /// The registry.
    pub registry: Uuid,
    /// The version at which it was read, if the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// ISO weekday, opening and closing minute.
    pub hours: Vec<(u32, i32, i32)>,
}

/// Sets the regular hours; what was booked by earlier hours stays booked.
pub async fn set_week(act: Act<'_>, what: &Week) -> Result<Uuid> {
    let row = changing(&act, what.registry, what.version).await?;
    let week: Vec<WeekdayPeriod> = what
        .hours
        .iter()
        .map(|(weekday, opens, closes)| WeekdayPeriod {
            weekday: *weekday,
            period: Period {
                opens: *opens,
                closes: *closes,
            },
        })
        .collect();
    act.unless(hours_fault(&week).into_iter().collect())?;
    opening_hours::Entity::delete_many()
        .filter(opening_hours::Column::RegistryId.eq(row.id))
        .exec(act.tx)
        .await?;
    for hours in &week {
        let hours = opening_hours::Model {
            registry_id: row.id,
            weekday: i32::try_from(hours.weekday).unwrap_or(0),
            opens: hours.period.opens,
            closes: hours.period.closes,
        };
        add!(act.tx, opening_hours, hours)?;
    }
    act.leave("OpeningHours", row.id, None, "SET", json!({}))
        .await?;
    visits::told(&act, row.id, act.today()).await?;
    Ok(row.id)
}

/// The hours of one day that is unlike others.
#[derive(Clone, Debug, Serialize)]
pub struct Day {
    /// The registry.
    pub registry: Uuid,
    /// The version at which it was read, if the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The day.
    pub day: NaiveDate,
    /// Opening and closing minutes; closed all day when empty; the usual hours again when none.
    pub hours: Option<Vec<(i32, i32)>>,
}

/// Sets the hours of one day, closes it, or takes that back.
pub async fn set_day(act: Act<'_>, what: &Day) -> Result<Uuid> {
    let row = changing(&act, what.registry, what.version).await?;
    let hours = what.hours.as_deref().unwrap_or_default();
    let periods: Vec<WeekdayPeriod> = hours
        .iter()
        .map(|(opens, closes)| WeekdayPeriod {
            weekday: 1,
            period: Period {
                opens: *opens,
                closes: *closes,
            },
        })
        .collect();
    let (rest, _) = rest_or_weekend(&WorkCalendar::default(), what.day);
    let closed = rest_day_fault(!periods.is_empty(), rest, row.weekend_service);
    act.unless(hours_fault(&periods).into_iter().chain(closed).collect())?;
    opening_exception::Entity::delete_many()
        .filter(opening_exception::Column::RegistryId.eq(row.id))
        .filter(opening_exception::Column::Day.eq(what.day))
        .exec(act.tx)
        .await?;
    let mut rows: Vec<(i32, Option<i32>)> = hours.iter().map(|(o, c)| (*o, Some(*c))).collect();
    if rows.is_empty() && what.hours.is_some() {
        rows.push((0, None));
    }
    for (opens, closes) in rows {
        let exception = opening_exception::Model {
            registry_id: row.id,
            day: what.day,
            opens,
            closes,
        };
        add!(act.tx, opening_exception, exception)?;
    }
    act.leave(
        "OpeningDay",
        row.id,
        None,
        "SET",
        json!({ "day": what.day }),
    )
    .await?;
    visits::told(&act, row.id, what.day).await?;
    Ok(row.id)
}
