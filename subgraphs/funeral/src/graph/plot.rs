//! Niches, graves and times for visiting them.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, SimpleObject};
use chrono::{DateTime, Utc};
use minzheng_kit::federation::directives::{CacheScope, cache_control};
use minzheng_kit::page::{PageArgs, keyset};
use minzheng_kit::{Date, PrincipalExt};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter};
use uuid::Uuid;

use crate::model::{plot, worship_slot};
use crate::rules::settings::Settings;
use crate::rules::terms::{CrowdLevel, PlotKind, PlotState};
use crate::rules::worship;
use crate::service::plots;

/// A niche or grave (格位或墓位).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
pub struct Plot {
    /// Opaque identity (标识).
    pub id: ID,
    /// What it is (位类别).
    pub kind: PlotKind,
    /// Area, row and number (位号).
    pub label: String,
    /// Area in square metres, to three decimals (面积，平方米).
    pub area_m2: f64,
    /// How many it holds (可安放数).
    pub occupant_limit: i32,
    /// Where it stands (状态).
    pub state: PlotState,
    /// Until when it is held; null unless held (预留截止时间).
    pub held_until: Option<minzheng_kit::DateTime>,
    /// First day after the term of its contract; null where there is none (合同到期日).
    pub contract_to: Option<Date>,
    /// Counts the changes; a step is based on it (版本).
    pub version: i64,
}

impl Plot {
    /// As it looks at a time: a hold that ran out is free again.
    pub(super) fn of(row: plot::Model, now: DateTime<Utc>) -> Self {
        let state = plots::seen(&row, now);
        Self {
            id: row.id.into(),
            kind: row.kind,
            label: row.label,
            area_m2: row.area_milli_m2 as f64 / 1000.0,
            occupant_limit: row.occupant_limit,
            state,
            held_until: row
                .held_until
                .filter(|_| state == PlotState::Held)
                .map(minzheng_kit::DateTime),
            contract_to: row.contract_to.map(Date),
            version: row.version,
        }
    }
}

/// A page of a facility's niches and graves, by identity.
pub(super) async fn page(
    ctx: &Context<'_>,
    facility: Uuid,
    state: Option<PlotState>,
    first: Option<i32>,
    after: Option<String>,
) -> async_graphql::Result<Connection<String, Plot, EmptyFields, EmptyFields>> {
    let services = ctx.services();
    let now = services.clock.now();
    let mut select = plot::Entity::find().filter(plot::Column::FacilityId.eq(facility));
    select = match state {
        Some(PlotState::Free) => select.filter(plots::free(now)),
        Some(PlotState::Held) => select
            .filter(plot::Column::State.eq(PlotState::Held))
            .filter(plot::Column::HeldUntil.gt(now)),
        Some(PlotState::Occupied) => select
            .filter(plot::Column::State.eq(PlotState::Occupied))
            .filter(plots::term_runs(services.clock.today())),
        Some(PlotState::Expired) => select.filter(plots::expired(services.clock.today())),
        Some(state) => select.filter(plot::Column::State.eq(state)),
        None => select,
    };
    let order = [(plot::Column::Id, Order::Asc)];
    let page = keyset(
        services.db.read(),
        select,
        &order,
        &PageArgs::forward(first, after),
        |rows| rows.into_iter().map(|row| Plot::of(row, now)).collect(),
    )
    .await?;
    Ok(page)
}

/// A span of time for visiting graves (祭扫时段).
#[derive(SimpleObject, Clone)]
#[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
pub struct WorshipSlot {
    /// Opaque identity (标识).
    pub id: ID,
    /// Day (日期).
    pub day: Date,
    /// Hour at which it starts, legal time (开始时刻).
    pub starts_hour: i32,
    /// Hour at which it ends, legal time (结束时刻).
    pub ends_hour: i32,
    /// How many people it takes (可预约人数).
    pub capacity: i32,
    /// How many places are left (剩余人数).
    pub left: i32,
    /// How crowded it will be by what is booked (客流程度).
    pub crowd_level: CrowdLevel,
}

impl WorshipSlot {
    /// From its row.
    pub(super) fn of(row: worship_slot::Model, rules: &Settings<'_>) -> Self {
        Self {
            crowd_level: worship::crowd(i64::from(row.booked), i64::from(row.capacity), rules),
            id: row.id.into(),
            day: Date(row.day),
            starts_hour: row.starts_hour,
            ends_hour: row.ends_hour,
            capacity: row.capacity,
            left: (row.capacity - row.booked).max(0),
        }
    }
}
