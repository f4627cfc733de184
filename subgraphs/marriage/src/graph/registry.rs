//! Registries as clients see them. Everything here is public.

use super::counselling::CounsellingRoom;
use super::enums::{RegistryCompetence, RegistryService, RegistrySiteKind};
use super::places::{Division, Organization, Place};
use super::slots::RegistrySlot;
use super::staff::RegistryStandard;
use super::{access, bad_argument, clock_text};
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{Date, PrincipalExt, Result};
use crate::model::registry;
use crate::rules::opening::{DayHours, Period};
use crate::service::registries::{self, Timetables};
use crate::service::slots::{self, Day};
use crate::service::{counselling, issued, staff};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use uuid::Uuid;

/// Registries that were found together.
type Together = Siblings<Uuid>;

/// A marriage registry (婚姻登记机关).
#[derive(Clone, Debug)]
pub struct MarriageRegistry {
    row: Arc<registry::Model>,
    /// The rows of all siblings, for what is computed from rows.
    rows: Arc<Vec<Arc<registry::Model>>>,
    siblings: Arc<Together>,
    divisions: Arc<Together>,
}

impl MarriageRegistry {
    /// Registries that are shown together.
    #[must_use]
    pub fn together(rows: Vec<Arc<registry::Model>>) -> Vec<Self> {
        let siblings = Together::new(rows.iter().map(|row| row.id).collect());
        let divisions = Together::new(rows.iter().map(|row| row.county_id).collect());
        let rows = Arc::new(rows);
        rows.iter()
            .map(|row| Self {
                row: Arc::clone(row),
                rows: Arc::clone(&rows),
                siblings: Arc::clone(&siblings),
                divisions: Arc::clone(&divisions),
            })
            .collect()
    }

    /// Registries by what they belong to, all of them shown together.
    #[must_use]
    pub fn grouped<K: Eq + Hash>(
        rows: HashMap<K, Vec<Arc<registry::Model>>>,
    ) -> HashMap<K, Arc<Vec<Self>>> {
        let (keys, rows): (Vec<K>, Vec<Vec<_>>) = rows.into_iter().unzip();
        let sizes: Vec<usize> = rows.iter().map(Vec::len).collect();
        let mut shown = Self::together(rows.into_iter().flatten().collect()).into_iter();
        keys.into_iter()
            .zip(sizes)
            .map(|(of, size)| (of, Arc::new(shown.by_ref().take(size).collect())))
            .collect()
    }

    /// One registry alone.
    #[must_use]
    pub fn alone(row: Arc<registry::Model>) -> Self {
        let id = row.id;
        let divisions = Together::new(vec![row.county_id]);
        let rows = Arc::new(vec![Arc::clone(&row)]);
        Self {
            row,
            rows,
            siblings: Together::new(vec![id]),
            divisions,
        }
    }

    /// Its key.
    #[must_use]
    pub fn row_id(&self) -> Uuid {
        self.row.id
    }

    /// Its key in lists.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.row.code
    }

    /// Regular hours of all siblings, once.
    async fn timetables(&self, ctx: &Context<'_>) -> Result<Option<Arc<Timetables>>> {
        let db = ctx.services().db.clone();
        self.siblings
            .load(&self.row.id, "hours", "", |ids| async move {
                let tables = Arc::new(Timetables::load(db.read(), &ids, []).await?);
                Ok(ids
                    .iter()
                    .map(|id| (*id, Arc::clone(&tables)))
                    .collect::<HashMap<_, _>>())
            })
            .await
    }

    /// The day of all siblings, once for each day asked.
    async fn day(&self, ctx: &Context<'_>, date: Date) -> Result<Option<Arc<Day>>> {
        let services = ctx.services().clone();
        let rows = Arc::clone(&self.rows);
        self.siblings
            .load(&self.row.id, "day", &date.0.to_string(), |_| async move {
                let now = services.clock.now();
                let days = slots::on_day(services.db.read(), &rows, None, date.0, now).await?;
                Ok(days
                    .into_iter()
                    .map(|(id, day)| (id, Arc::new(day)))
                    .collect())
            })
            .await
    }
}

/// A marriage registry (婚姻登记机关).
#[Object(
    directive = key::apply("id".into(), None),
    directive = cache_control::apply(Some(300), Some(CacheScope::Public))
)]
impl MarriageRegistry {
    /// The opaque id (标识).
    pub async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// The version, to be given back with the next change of it or of its hours (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// The official name (名称).
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The authority code and site number (机关代码).
    #[graphql(name = "orgCode")]
    async fn org_code(&self) -> &str {
        &self.row.code
    }

    /// The division at county level it belongs to (所属行政区划).
    async fn division(&self) -> Division {
        Division::one_of(self.row.county_id, &self.divisions)
    }

    /// The place of its address; null when it is not on record (办公地点).
    async fn place(&self) -> Option<Place> {
        self.row.place_id.map(Place::alone)
    }

    /// Where it is, as a point on the map (坐标).
    async fn point(&self) -> GeoPoint {
        GeoPoint {
            longitude: self.row.lon,
            latitude: self.row.lat,
        }
    }

    /// What kind of place it is (场所类型).
    async fn site_kind(&self) -> Result<RegistrySiteKind> {
        RegistrySiteKind::of(&self.row.site_kind)
    }

    /// Which couples it may register (登记权限).
    async fn competence(&self) -> Vec<RegistryCompetence> {
        registries::competence(&self.row)
            .into_iter()
            .map(Into::into)
            .collect()
    }

    /// Whether it is open at weekends and on holidays (是否提供延时服务).
    async fn has_weekend_service(&self) -> bool {
        self.row.weekend_service
    }

    /// How many couples it serves at once (登记窗口数).
    async fn windows(&self) -> i32 {
        self.row.windows
    }

    /// How many rooms it has for marriage and family counselling (婚姻家庭辅导室数).
    async fn counselling_rooms(&self) -> i32 {
        self.row.counselling_rooms
    }

    /// The organization that gives the counselling; null when the registry does it itself (辅导服务机构).
    async fn counselling_provider(&self) -> Option<Organization> {
        self.row.counselling_by.clone().map(Organization::alone)
    }

    /// The rooms for marriage and family counselling (婚姻家庭辅导室).
    #[graphql(name = "rooms")]
    async fn rooms(&self, ctx: &Context<'_>) -> Result<Option<Vec<CounsellingRoom>>> {
        let db = ctx.services().db.clone();
        let rows = self
            .siblings
            .load(&self.row.id, "rooms", "", |ids| async move {
                let found = counselling::rooms_of(db.read(), &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, rows)| (id, Arc::new(rows)))
                    .collect())
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .iter()
                .map(CounsellingRoom::from)
                .collect(),
        ))
    }

    /// The standard level that holds today; null when it was never assessed (登记机关等级).
    async fn standard(&self, ctx: &Context<'_>) -> Result<Option<RegistryStandard>> {
        let services = ctx.services();
        let (db, today) = (services.db.clone(), services.clock.today());
        let rows = self
            .siblings
            .load(&self.row.id, "standards", "", |ids| async move {
                let found = staff::standards_of(db.read(), &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, rows)| (id, Arc::new(rows)))
                    .collect())
            })
            .await?;
        let rows: Arc<Vec<_>> = rows.unwrap_or_default();
        staff::level_on(&rows, today)
            .map(RegistryStandard::of)
            .transpose()
    }

    /// How many certificates of marriage and divorce it issued in a year, replacements included, whatever became of them: so many print its name and address; null where that would give one or two couples away (当年颁发婚姻证件数).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn certificates_issued(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year, from 1949 on (年份).")] year: i32,
    ) -> async_graphql::Result<Option<i64>> {
        access::figures(ctx, self.row.county_id)?;
        let days = issued::days_of(year).ok_or_else(|| {
            bad_argument(
                "year",
                "Give a year of four digits, from 1949 on.",
                "年份应为1949年以后的四位数。",
            )
        })?;
        let services = ctx.services();
        let (db, today) = (services.db.clone(), services.clock.today());
        let rows = Arc::clone(&self.rows);
        let whole = access::keeps_records(ctx, self.row.county_id);
        let what = if whole { "wholeIssued" } else { "shownIssued" };
        let found = self
            .siblings
            .load(&self.row.id, what, &year.to_string(), |_| async move {
                if whole {
                    return issued::whole(db.read(), &rows, days).await;
                }
                issued::shown(db.read(), &db.divisions(), &rows, days, today).await
            })
            .await?;
        Ok(found)
    }

    /// Regular opening hours by weekday (办公时间).
    async fn opening_hours(
        &self,
        ctx: &Context<'_>,
    ) -> Option<async_graphql::Result<Vec<WeekdayHours>>> {
        let tables = match self.timetables(ctx).await {
            Ok(tables) => tables?,
            Err(error) => return Some(Err(error.graphql())),
        };
        let hours = tables.week(self.row.id).iter().map(|p| WeekdayHours {
            weekday: i32::try_from(p.weekday).unwrap_or(0),
            opens: clock_text(p.period.opens),
            closes: clock_text(p.period.closes),
        });
        Some(Ok(hours.collect()))
    }

    /// When it is open on a day, holidays and exceptions considered (某日办公时间).
    async fn open_on(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day (日期).")] date: Date,
    ) -> async_graphql::Result<Option<DayOpening>> {
        let day = self.day(ctx, date).await?;
        Ok(day.map(|day| DayOpening::of(date, &day.hours)))
    }

    /// The slots with a free place on a day within the next thirty days (可预约时段).
    #[graphql(directive = cache_control::apply(Some(3), Some(CacheScope::Public)))]
    async fn open_slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day (日期).")] date: Date,
        #[graphql(desc = "For which service; all when null (办理事项).")] service: Option<
            RegistryService,
        >,
    ) -> async_graphql::Result<Option<Vec<RegistrySlot>>> {
        let day = self.day(ctx, date).await?;
        let wanted = service.map(Into::into);
        Ok(day.map(|day| {
            day.slots
                .iter()
                .filter(|view| view.free() > 0)
                .filter(|view| wanted.is_none_or(|service| view.key.service == service))
                .cloned()
                .map(RegistrySlot::new)
                .collect()
        }))
    }
}

/// A point on the map, in degrees of CGCS2000, which at this accuracy is WGS 84 (坐标点).
#[derive(SimpleObject, Clone, Copy, Debug, PartialEq)]
#[graphql(
    directive = shareable::apply(),
    directive = cache_control::apply(Some(300), Some(CacheScope::Public))
)]
pub struct GeoPoint {
    /// Degrees east (经度).
    pub longitude: f64,
    /// Degrees north (纬度).
    pub latitude: f64,
}

/// Regular opening hours on one weekday (每周办公时间).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct WeekdayHours {
    /// The weekday, 1 is Monday and 7 is Sunday (星期).
    pub weekday: i32,
    /// Opens, as HH:MM in Shanghai (开始时间).
    pub opens: String,
    /// Closes, as HH:MM in Shanghai (结束时间).
    pub closes: String,
}

/// One open period of a day (办公时段).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct OpenPeriod {
    /// Opens, as HH:MM in Shanghai (开始时间).
    pub opens: String,
    /// Closes, as HH:MM in Shanghai (结束时间).
    pub closes: String,
}

/// When a registry is open on one day (某日办公时间).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct DayOpening {
    /// The day (日期).
    pub date: Date,
    /// Whether it is open at all (是否办公).
    pub open: bool,
    /// Open although the day is one of rest (是否延时服务).
    pub extended: bool,
    /// The rest days of that year are not published yet and weekends were assumed (日历未公布).
    pub provisional: bool,
    /// The open periods in order (时段).
    pub periods: Vec<OpenPeriod>,
}

impl DayOpening {
    /// The hours of a day.
    #[must_use]
    pub fn of(date: Date, hours: &DayHours) -> Self {
        let period = |p: &Period| OpenPeriod {
            opens: clock_text(p.opens),
            closes: clock_text(p.closes),
        };
        Self {
            date,
            open: !hours.periods.is_empty(),
            extended: hours.extended,
            provisional: hours.provisional,
            periods: hours.periods.iter().map(period).collect(),
        }
    }
}

/// A registry near a point (附近的婚姻登记机关).
#[derive(SimpleObject, Clone, Debug)]
pub struct NearbyRegistry {
    /// How far it is in a straight line, in kilometres (直线距离，公里).
    pub distance_km: f64,
    /// When it is open on the asked day; null when no day was asked for (当日办公时间).
    pub opening: Option<DayOpening>,
    /// Free places on the asked day for the asked service; null when no day was asked for (余号).
    pub free_places: Option<i32>,
    /// The registry (登记机关).
    pub registry: MarriageRegistry,
}
