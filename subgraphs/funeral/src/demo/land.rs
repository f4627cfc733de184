//! Burial places of villages, zones, plans, reported prices, the steps of open clean-ups, and a booking for
//! worship.

use chrono::TimeDelta;
use minzheng_kit::Result;
use minzheng_kit::database::insert_many;
use minzheng_kit::demo::{pick, point_of};
use minzheng_kit::id::derived;
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::{Rows, Stage, TODAY, at, day};
use crate::model::{
    burial_zone, facility_plan, grave_step, price_breach, rural_burial_site, worship_booking,
};
use crate::rules::terms::{
    BookingState, BreachKind, BreachState, FacilityKind, FacilitySubKind, GraveState, WorshipMode,
    ZoneKind,
};

/// The rows of this part.
#[derive(Default)]
pub(super) struct Land {
    sites: Vec<rural_burial_site::ActiveModel>,
    zones: Vec<burial_zone::ActiveModel>,
    plans: Vec<facility_plan::ActiveModel>,
    breaches: Vec<price_breach::ActiveModel>,
    steps: Vec<grave_step::ActiveModel>,
    bookings: Vec<worship_booking::ActiveModel>,
}

impl Land {
    /// The divisions that something here lies in.
    pub(super) fn divisions(&self) -> impl Iterator<Item = Uuid> {
        self.sites.iter().filter_map(|s| match &s.division_id {
            Set(id) => Some(*id),
            _ => None,
        })
    }

    /// Writes all.
    pub(super) async fn write(&self, tx: &DatabaseTransaction) -> Result<()> {
        insert_many(tx, self.sites.clone()).await?;
        insert_many(tx, self.zones.clone()).await?;
        insert_many(tx, self.plans.clone()).await?;
        insert_many(tx, self.breaches.clone()).await?;
        insert_many(tx, self.steps.clone()).await?;
        insert_many(tx, self.bookings.clone()).await
    }
}

/// Builds all.
pub(super) fn build(stage: &Stage<'_>, rows: &mut Rows) {
    for (index, county) in stage.counties.iter().enumerate() {
        let (lon, lat) = point_of(&county.code);
        let draw = |what: &str, below: u64| pick(&["land", &county.code, what], below);
        for n in 0..2_i32 {
            rows.land.sites.push(rural_burial_site::ActiveModel {
                id: Set(derived("rural site", &format!("{}/{n}", county.code))),
                division_id: Set(county.id),
                name: Set(format!("{}第{}集中安葬点", county.name, n + 1)),
                lon: Set(lon + 0.2 + f64::from(n) * 0.01),
                lat: Set(lat + 0.2),
                area_milli_m2: Set(800_000 + draw("area", 4_000_000) as i64),
                graves: Set(20 + draw("graves", 180) as i32),
                managed: Set(n == 0),
                registered_on: Set(day(2022, 5, 1)),
                inspected_on: Set((n == 0).then_some(day(2026, 4, 10))),
                version: Set(1),
            });
        }
        for (kind, share) in [
            (FacilityKind::Columbarium, 60),
            (FacilityKind::Cemetery, 30),
        ] {
            rows.land.plans.push(facility_plan::ActiveModel {
                id: Set(derived(
                    "facility plan",
                    &format!("{}/{share}", county.code),
                )),
                division_id: Set(county.id),
                kind: Set(kind),
                population: Set(200_000 + draw("population", 900_000) as i64),
                deaths_per_ten_thousand: Set(70 + draw("deaths", 15) as i32),
                years: Set(10),
                share_percent: Set(share),
                basis: Set(format!("{}殡葬设施布局规划（示例）", county.name)),
                valid_from: Set(day(2026, 1, 1)),
                valid_to: Set(None),
            });
        }
        if index.is_multiple_of(5) {
            zone(rows, county.id, &county.name, (lon + 0.3, lat + 0.3));
        }
    }
    breaches(rows);
    steps(rows);
    booking(stage, rows);
}

fn zone(rows: &mut Rows, division: Uuid, name: &str, (lon, lat): (f64, f64)) {
    let (east, north) = (lon + 0.05, lat + 0.05);
    let ring = [[lon, lat], [east, lat], [east, north], [lon, north]];
    rows.land.zones.push(burial_zone::ActiveModel {
        id: Set(derived("burial zone", &division.to_string())),
        division_id: Set(division),
        kind: Set(ZoneKind::Water),
        name: Set(format!("{name}水源保护区（示例）")),
        ring: Set(serde_json::json!(ring).to_string()),
        min_lon: Set(lon),
        min_lat: Set(lat),
        max_lon: Set(east),
        max_lat: Set(north),
        valid_from: Set(day(2020, 1, 1)),
        valid_to: Set(None),
    });
}

/// Every fifteenth home had a price outside its list reported.
fn breaches(rows: &mut Rows) {
    let homes = rows.facilities.iter().filter(|f| {
        f.kind == FacilityKind::FuneralHome && f.sub_kind == FacilitySubKind::UrbanPublic
    });
    for (n, home) in homes.enumerate().filter(|(n, _)| n.is_multiple_of(15)) {
        let kinds = [
            (BreachKind::NotOnList, "骨灰盒提货费"),
            (BreachKind::OverCeiling, "B04"),
            (BreachKind::OutOfRange, "X02"),
        ];
        let (kind, item) = kinds[n / 15 % 3];
        let decided = n.is_multiple_of(2);
        rows.land.breaches.push(price_breach::ActiveModel {
            id: Set(derived("price breach", &home.id.to_string())),
            facility_id: Set(home.id),
            division_id: Set(home.division_id),
            item_code: Set(item.to_owned()),
            charged: Set(120_000),
            service_on: Set(day(2026, 9, 10)),
            kind: Set(kind),
            state: Set(if decided {
                BreachState::Confirmed
            } else {
                BreachState::Reported
            }),
            case_id: Set(None),
            reporter: Set(None),
            refunded: Set(0),
            reported_at: Set(at(day(2026, 9, 12), 10, 0)),
            decided_on: Set(decided.then_some(day(2026, 10, 8))),
            version: Set(1),
        });
    }
}

/// The steps of clean-ups that are open.
fn steps(rows: &mut Rows) {
    use GraveState::{Found, Notice, Rectifying, Registered};
    for grave in &rows.graves {
        let (Set(id), Set(state), Set(found)) = (&grave.id, &grave.state, &grave.found_on) else {
            continue;
        };
        let road = [Found, Registered, Notice, Rectifying];
        let Some(reached) = road.iter().position(|s| s == state) else {
            continue;
        };
        for (n, step) in road.iter().take(reached + 1).enumerate() {
            rows.land.steps.push(grave_step::ActiveModel {
                id: Set(derived("grave step", &format!("{id}/{n}"))),
                grave_id: Set(*id),
                seq: Set(n as i32 + 1),
                state: Set(*step),
                on_day: Set(*found + TimeDelta::days(10 * n as i64)),
                paper: Set(
                    (*step == Notice).then(|| format!("告{}", &id.simple().to_string()[26..]))
                ),
                officer: Set(None),
            });
        }
    }
}

/// The story's citizen visits a grave at 冬至.
fn booking(stage: &Stage<'_>, rows: &mut Rows) {
    let found = rows
        .slots
        .iter()
        .find(|s| matches!(s.day, Set(day) if day >= TODAY));
    if let Some((Set(slot), Set(facility))) = found.map(|s| (s.id.clone(), s.facility_id.clone())) {
        rows.land.bookings.push(worship_booking::ActiveModel {
            id: Set(derived("worship booking", stage.province)),
            slot_id: Set(slot),
            facility_id: Set(facility),
            booker: Set(stage.token(0)),
            mode: Set(WorshipMode::Proxy),
            people: Set(2),
            places: Set(0),
            state: Set(BookingState::Booked),
            booked_at: Set(at(TODAY, 9, 0)),
            version: Set(1),
        });
    }
}
