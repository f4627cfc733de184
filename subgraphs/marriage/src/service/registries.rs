//! Registries: by id, by division, by place, and the nearest ones that are open.

use crate::kit::calendar::WorkCalendar;
use crate::kit::{Error, Result};
use crate::model::{opening_exception, opening_hours, registry};
use crate::rules::eligibility::Competence;
use crate::rules::opening::{
    Capacity, DayHours, Exception, Period, Service, Timetable, WeekdayPeriod, hours_on,
};
use chrono::{NaiveDate, NaiveTime};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The mean radius of the earth in kilometres (IUGG).
const EARTH_KM: f64 = 6_371.008_8;
/// A search is never wider than this.
pub const MAX_RADIUS_KM: f64 = 300.0;
/// Close of business where a registry has no hours on record.
const USUAL_CLOSING: i32 = 17 * 60;

/// What a registry may register.
#[must_use]
pub fn competence(row: &registry::Model) -> Vec<Competence> {
    [
        (row.mainland, Competence::Mainland),
        (row.hmt_overseas, Competence::HmtOverseas),
        (row.foreign_parties, Competence::Foreign),
    ]
    .into_iter()
    .filter_map(|(has, competence)| has.then_some(competence))
    .collect()
}

/// How many couples it serves at once.
#[must_use]
pub fn capacity(row: &registry::Model) -> Capacity {
    Capacity {
        windows: row.windows,
        counselling_rooms: row.counselling_rooms,
    }
}

/// Registries by id, in one statement.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Arc<registry::Model>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = registry::Entity::find()
        .filter(registry::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, Arc::new(row)))
        .collect())
}

/// One registry, or `NotFound`.
pub async fn by_id(db: &impl ConnectionTrait, id: Uuid) -> Result<registry::Model> {
    registry::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// The registries in each of these divisions of any level, by code, in one statement.
pub async fn by_divisions(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Arc<registry::Model>>>> {
    use registry::Column;
    if divisions.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted = || divisions.iter().copied();
    let rows = registry::Entity::find()
        .filter(
            Condition::any()
                .add(Column::CountyId.is_in(wanted()))
                .add(Column::PrefectureId.is_in(wanted()))
                .add(Column::ProvinceId.is_in(wanted())),
        )
        .order_by_asc(Column::Code)
        .all(db)
        .await?;
    let asked: std::collections::HashSet<Uuid> = wanted().collect();
    let mut found: HashMap<Uuid, Vec<Arc<registry::Model>>> = HashMap::new();
    for row in rows {
        let row = Arc::new(row);
        for above in [
            Some(row.county_id),
            row.prefecture_id,
            Some(row.province_id),
        ] {
            if let Some(division) = above.filter(|id| asked.contains(id)) {
                found.entry(division).or_default().push(Arc::clone(&row));
            }
        }
    }
    Ok(found)
}

/// The registries at each of these places, in one statement.
pub async fn by_places(
    db: &impl ConnectionTrait,
    places: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Arc<registry::Model>>>> {
    let rows = registry::Entity::find()
        .filter(registry::Column::PlaceId.is_in(places.iter().copied()))
        .order_by_asc(registry::Column::Code)
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, Vec<Arc<registry::Model>>> = HashMap::new();
    for row in rows {
        if let Some(place) = row.place_id {
            found.entry(place).or_default().push(Arc::new(row));
        }
    }
    Ok(found)
}

/// The registries where each of these organizations gives counselling, in one statement.
pub async fn by_counselling_organizations(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> Result<HashMap<String, Vec<Arc<registry::Model>>>> {
    let rows = registry::Entity::find()
        .filter(registry::Column::CounsellingBy.is_in(codes.iter().cloned()))
        .order_by_asc(registry::Column::Code)
        .all(db)
        .await?;
    let mut found: HashMap<String, Vec<Arc<registry::Model>>> = HashMap::new();
    for row in rows {
        if let Some(code) = row.counselling_by.clone() {
            found.entry(code).or_default().push(Arc::new(row));
        }
    }
    Ok(found)
}

/// The timetables of some registries.
#[derive(Clone, Debug, Default)]
pub struct Timetables {
    week: HashMap<Uuid, Vec<WeekdayPeriod>>,
    exceptions: HashMap<Uuid, Vec<Exception>>,
}

impl Timetables {
    /// Loads regular hours, and the exceptions of some days if any are asked for, in at most two statements.
    pub async fn load(
        db: &impl ConnectionTrait,
        registries: &[Uuid],
        days: impl IntoIterator<Item = NaiveDate>,
    ) -> Result<Self> {
        let days: Vec<NaiveDate> = days.into_iter().collect();
        let mut tables = Self::default();
        if registries.is_empty() {
            return Ok(tables);
        }
        let hours = opening_hours::Entity::find()
            .filter(opening_hours::Column::RegistryId.is_in(registries.iter().copied()))
            .all(db)
            .await?;
        for row in hours {
            let period = Period {
                opens: row.opens,
                closes: row.closes,
            };
            tables
                .week
                .entry(row.registry_id)
                .or_default()
                .push(WeekdayPeriod {
                    weekday: u32::try_from(row.weekday).unwrap_or(0),
                    period,
                });
        }
        for week in tables.week.values_mut() {
            week.sort_by_key(|p| (p.weekday, p.period.opens));
        }
        if !days.is_empty() {
            let exceptions = opening_exception::Entity::find()
                .filter(opening_exception::Column::RegistryId.is_in(registries.iter().copied()))
                .filter(opening_exception::Column::Day.is_in(days))
                .all(db)
                .await?;
            for row in exceptions {
                let period = row.closes.map(|closes| Period {
                    opens: row.opens,
                    closes,
                });
                tables
                    .exceptions
                    .entry(row.registry_id)
                    .or_default()
                    .push(Exception {
                        day: row.day,
                        period,
                    });
            }
        }
        Ok(tables)
    }

    /// Regular hours by weekday.
    #[must_use]
    pub fn week(&self, registry: Uuid) -> &[WeekdayPeriod] {
        self.week.get(&registry).map_or(&[], Vec::as_slice)
    }

    /// The hours of a registry on the day the exceptions were loaded for.
    #[must_use]
    pub fn on(&self, row: &registry::Model, day: NaiveDate) -> DayHours {
        let timetable = Timetable {
            week: self.week(row.id),
            exceptions: self.exceptions.get(&row.id).map_or(&[], Vec::as_slice),
            extended_service: row.weekend_service,
        };
        hours_on(&timetable, &WorkCalendar::default(), day)
    }

    /// Close of business of a registry on a day: the moment that ends a period of the law on it (民法典 203), by
    /// the hours of that day, its exceptions included; on a day on which it is not open at all, the usual hour.
    #[must_use]
    pub fn closing_on(&self, row: &registry::Model, day: NaiveDate) -> NaiveTime {
        let last = |closes: Option<i32>| closes.unwrap_or(USUAL_CLOSING);
        let usual = self
            .week(row.id)
            .iter()
            .filter(|p| p.weekday <= 5)
            .map(|p| p.period.closes)
            .max();
        let of_the_day = self.on(row, day).periods.iter().map(|p| p.closes).max();
        super::time_of(last(of_the_day.or(usual)))
    }
}

/// A point in degrees, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Longitude.
    pub lon: f64,
    /// Latitude.
    pub lat: f64,
}

/// Great-circle distance in kilometres (haversine).
#[must_use]
pub fn distance_km(a: Point, b: Point) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.lon - a.lon).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    2.0 * EARTH_KM * h.sqrt().min(1.0).asin()
}

/// What "near me" asks.
#[derive(Clone, Copy, Debug)]
pub struct NearQuery {
    /// From where.
    pub point: Point,
    /// Only registries open on this day that still have a free slot.
    pub date: Option<NaiveDate>,
    /// For which service; marriage registration unless stated.
    pub service: Service,
    /// How far, in kilometres.
    pub radius_km: f64,
    /// How many at most.
    pub first: usize,
}

/// One registry near a point.
#[derive(Clone, Debug)]
pub struct Near {
    /// The registry.
    pub registry: Arc<registry::Model>,
    /// How far, in kilometres.
    pub distance_km: f64,
    /// Hours and free places on the day, when a day was asked for.
    pub day: Option<(DayHours, i32)>,
}

/// The nearest registries, nearest first: an indexed box of degrees, then the distance.
///
/// At most four statements, however many registries lie in the box.
pub async fn near(
    db: &impl ConnectionTrait,
    query: &NearQuery,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Near>> {
    use registry::Column;
    let radius = query.radius_km.clamp(0.0, MAX_RADIUS_KM);
    let lat_span = (radius / EARTH_KM).to_degrees();
    // Away from the poles the box narrows with the cosine of the latitude farthest north or south.
    let farthest = (query.point.lat.abs() + lat_span).min(89.0).to_radians();
    let lon_span = (lat_span / farthest.cos()).min(180.0);
    let rows = registry::Entity::find()
        .filter(Column::Lat.between(query.point.lat - lat_span, query.point.lat + lat_span))
        .filter(Column::Lon.between(query.point.lon - lon_span, query.point.lon + lon_span))
        .limit(5_000)
        .all(db)
        .await?;
    let mut found: Vec<(f64, Arc<registry::Model>)> = rows
        .into_iter()
        .map(|row| {
            (
                distance_km(
                    query.point,
                    Point {
                        lon: row.lon,
                        lat: row.lat,
                    },
                ),
                Arc::new(row),
            )
        })
        .filter(|(distance, row)| *distance <= radius && capacity(row).places(query.service) > 0)
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.code.cmp(&b.1.code)));
    let Some(day) = query.date else {
        found.truncate(query.first);
        return Ok(found
            .into_iter()
            .map(|(distance_km, registry)| Near {
                registry,
                distance_km,
                day: None,
            })
            .collect());
    };
    let rows: Vec<Arc<registry::Model>> = found.iter().map(|(_, row)| Arc::clone(row)).collect();
    let mut open = super::slots::on_day(db, &rows, Some(query.service), day, now).await?;
    Ok(found
        .into_iter()
        .filter_map(|(distance_km, registry)| {
            let day = open.remove(&registry.id)?;
            let free: i32 = day.slots.iter().map(super::slots::SlotView::free).sum();
            (free > 0).then_some(Near {
                registry,
                distance_km,
                day: Some((day.hours, free)),
            })
        })
        .take(query.first)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_agree_with_known_ones() {
        // Chengdu Tianfu Square to Beijing Tiananmen, some 1,518 km on the great circle.
        let chengdu = Point {
            lon: 104.0633,
            lat: 30.6598,
        };
        let beijing = Point {
            lon: 116.3975,
            lat: 39.9087,
        };
        assert!((distance_km(chengdu, beijing) - 1_518.0).abs() < 10.0);
        assert!(distance_km(chengdu, chengdu) < 1e-9);
    }
}
