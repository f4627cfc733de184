//! Bookings for visiting graves, what is to be expected, and halls with their calendar.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use chrono::NaiveDate;
use minzheng_kit::batch::Siblings;
use minzheng_kit::federation::directives::{CacheScope, cache_control};
use minzheng_kit::{Date, DateTime, PrincipalExt};
use uuid::Uuid;

use super::plot::WorshipSlot;
use crate::model::{hall, worship_booking};
use crate::rules::terms::{BookingState, CrowdLevel, WorshipMode};
use crate::service::{halls, worship};

/// The hours of a hall that are taken, by day.
type Taken = Vec<(NaiveDate, Vec<i32>)>;

/// The most days of a calendar.
const MOST_DAYS: i64 = 31;

/// A booking for visiting a grave (祭扫预约).
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct WorshipBooking {
    /// Opaque identity (标识).
    pub id: ID,
    /// How (祭扫方式).
    pub mode: WorshipMode,
    /// How many people (人数).
    pub people: i32,
    /// Where it stands (预约状态).
    pub state: BookingState,
    /// When it was booked (预约时间).
    pub booked_at: DateTime,
    /// Counts the changes; a step is based on it (版本).
    pub version: i64,
    #[graphql(skip)]
    slot_id: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
}

impl WorshipBooking {
    /// Bookings that were read together.
    pub(super) fn all(rows: Vec<worship_booking::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|r| r.slot_id).collect());
        rows.into_iter()
            .map(|row| Self {
                id: row.id.into(),
                mode: row.mode,
                people: row.people,
                state: row.state,
                booked_at: DateTime(row.booked_at),
                version: row.version,
                slot_id: row.slot_id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }
}

#[ComplexObject]
impl WorshipBooking {
    /// The span of time; null if it cannot be read now (时段).
    async fn slot(&self, ctx: &Context<'_>) -> Result<Option<WorshipSlot>> {
        let services = ctx.services();
        let rules = super::settings_today(ctx);
        let slot = self
            .siblings
            .load(&self.slot_id, "slot", "", |ids| async move {
                worship::by_ids(services.db.read(), &ids).await
            })
            .await?;
        Ok(slot.map(|row| WorshipSlot::of(row, &rules)))
    }
}

/// What is to be expected in a span of time (客流预测).
#[derive(SimpleObject, Clone)]
#[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
pub struct WorshipForecast {
    /// The span of time (时段).
    pub slot: WorshipSlot,
    /// People expected: what spans of the same hour and date of earlier years were filled to, and no fewer
    /// than are booked (预计人数).
    pub expected: i64,
    /// How crowded that will be (预计客流程度).
    pub level: CrowdLevel,
}

/// A hall for farewells (告别厅).
#[derive(SimpleObject, Clone)]
#[graphql(complex, directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
pub struct Hall {
    /// Opaque identity (标识).
    pub id: ID,
    /// Its name (名称).
    pub name: String,
    /// How many people it takes (可容纳人数).
    pub seats: i32,
    #[graphql(skip)]
    key: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
}

impl Hall {
    /// Halls that were read together.
    pub(super) fn all(rows: Vec<hall::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|r| r.id).collect());
        rows.into_iter()
            .map(|row| Self {
                id: row.id.into(),
                name: row.name,
                seats: row.seats,
                key: row.id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }
}

#[ComplexObject]
impl Hall {
    /// Its days with the hours that are taken; null if they cannot be read now (告别厅日历).
    #[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
    async fn calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First day; today if not given (起始日期).")] from: Option<Date>,
        #[graphql(desc = "How many days, 1 to 31, seven if not given (天数).")] days: Option<i32>,
    ) -> Result<Option<Vec<HallDay>>> {
        let services = ctx.services();
        let first = from.map_or_else(|| services.clock.today(), |d| d.0);
        let days = i64::from(days.unwrap_or(7)).clamp(1, MOST_DAYS);
        let last = first + chrono::Duration::days(days - 1);
        let taken = self
            .siblings
            .load(
                &self.key,
                "calendar",
                &format!("{first}{last}"),
                |ids| async move {
                    let taken = halls::taken(services.db.read(), &ids, first, last).await?;
                    let mut by_hall: HashMap<Uuid, Arc<Taken>> = HashMap::new();
                    for hall in ids.iter() {
                        let of_hall = taken
                            .iter()
                            .filter(|((h, _), _)| h == hall)
                            .map(|((_, day), hours)| (*day, hours.clone()))
                            .collect();
                        by_hall.insert(*hall, Arc::new(of_hall));
                    }
                    Ok(by_hall)
                },
            )
            .await?
            .unwrap_or_default();
        let hours_of = |day: NaiveDate| {
            taken
                .iter()
                .find(|(d, _)| *d == day)
                .map(|(_, hours)| hours.clone())
                .unwrap_or_default()
        };
        Ok(Some(
            first
                .iter_days()
                .take_while(|day| *day <= last)
                .map(|day| HallDay {
                    day: Date(day),
                    taken_hours: hours_of(day),
                })
                .collect(),
        ))
    }
}

/// A day of a hall (告别厅一日).
#[derive(SimpleObject, Clone)]
#[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
pub struct HallDay {
    /// Day (日期).
    pub day: Date,
    /// Hours that are taken, legal time (已预订时刻).
    pub taken_hours: Vec<i32>,
}
