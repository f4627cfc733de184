//! Facilities with their vehicles, price lists, niches and visiting times.

use minzheng_kit::demo::{credit_code, pick, point_of};
use minzheng_kit::divisions::{DemoPlace, Division, Level, dataset, demo_place_id};
use minzheng_kit::id::derived;
use sea_orm::ActiveValue::Set;

use super::{Rows, Stage, TODAY, at, catalogue, day};
use crate::model::{facility, hearse, plot, worship_slot};
use crate::rules::burial::renewal_due;
use crate::rules::settings::{self, REVISION_IN_FORCE};
use crate::rules::terms::{
    FacilityKind, FacilityOperator, FacilityState, FacilitySubKind, HearseState, PlotKind,
    PlotState,
};

/// What is built at one spot.
pub(super) struct Plan<'p> {
    /// Unique within the county.
    pub(super) key: String,
    /// Its name.
    pub(super) name: String,
    /// The division it lies in, a county or a township.
    pub(super) division: &'p Division,
    /// The county, whose seat is its place.
    pub(super) county: &'p Division,
    /// Kind and sub-kind.
    pub(super) kind: (FacilityKind, FacilitySubKind),
    /// Operator.
    pub(super) operator: FacilityOperator,
    /// State.
    pub(super) state: FacilityState,
    /// Cost in yuan.
    pub(super) investment: Option<i64>,
}

impl<'p> Plan<'p> {
    /// A public facility of a county, in operation.
    pub(super) fn public(
        county: &'p Division,
        key: &str,
        name: String,
        kind: (FacilityKind, FacilitySubKind),
    ) -> Self {
        let operator = match kind.1 {
            FacilitySubKind::RuralPublic => FacilityOperator::VillageCollective,
            FacilitySubKind::Pre2026Commercial => FacilityOperator::LegacyPrivate,
            _ => FacilityOperator::Government,
        };
        Self {
            key: key.to_owned(),
            name,
            division: county,
            county,
            kind,
            operator,
            state: FacilityState::Open,
            investment: None,
        }
    }
}

/// Builds what every county has; the reports' own facilities come in [`super::report`].
pub(super) fn build(stage: &Stage<'_>, rows: &mut Rows) {
    catalogue::build(rows, stage.province);
    for (index, county) in stage.counties.iter().enumerate() {
        county_facilities(stage, rows, index, county);
    }
}

fn county_facilities(stage: &Stage<'_>, rows: &mut Rows, index: usize, county: &Division) {
    use FacilityKind::{Cemetery, Columbarium, FuneralHome};
    use FacilitySubKind::{Pre2026Commercial, ServicePoint, UrbanPublic};
    let name = &county.name;
    let mut home = Plan::public(
        county,
        "home",
        format!("{name}殡仪馆"),
        (FuneralHome, UrbanPublic),
    );
    if county.code == PRIVATE_HOME {
        home.operator = FacilityOperator::LegacyPrivate;
    }
    add(stage, rows, home);
    add(
        stage,
        rows,
        Plan::public(
            county,
            "hall",
            format!("{name}骨灰堂"),
            (Columbarium, UrbanPublic),
        ),
    );
    if super::report::urban_cemetery_is_ours(&county.code) {
        add(
            stage,
            rows,
            Plan::public(
                county,
                "urban",
                format!("{name}公益性公墓"),
                (Cemetery, UrbanPublic),
            ),
        );
    }
    if index.is_multiple_of(3) {
        let plan = Plan::public(
            county,
            "point",
            format!("{name}殡仪服务站"),
            (FuneralHome, ServicePoint),
        );
        add(stage, rows, plan);
    }
    if index.is_multiple_of(7) {
        let plan = Plan::public(
            county,
            "old",
            format!("{name}青山陵园"),
            (Cemetery, Pre2026Commercial),
        );
        add(stage, rows, plan);
    }
    let (cemeteries, columbaria, parks) = super::report::rural_quota(stage, county);
    rural(stage, rows, county, cemeteries, columbaria, parks);
}

/// Rural public facilities and life parks, spread over the townships of a county.
fn rural(
    stage: &Stage<'_>,
    rows: &mut Rows,
    county: &Division,
    cemeteries: usize,
    columbaria: usize,
    parks: usize,
) {
    let towns: Vec<&Division> = dataset()
        .children(&county.id)
        .filter(|d| d.level == Level::Township)
        .collect();
    let mut some = |count: usize, key: &str, word: &str, kind: (FacilityKind, FacilitySubKind)| {
        for n in 0..count {
            let town = match towns.len() {
                0 => county,
                len => towns[n % len],
            };
            let round = n / towns.len().max(1) + 1;
            let number = if round > 1 {
                format!("第{round}")
            } else {
                String::new()
            };
            let name = format!("{}{number}{word}", town.name);
            let mut plan = Plan::public(county, &format!("{key}{n}"), name, kind);
            plan.division = town;
            add(stage, rows, plan);
        }
    };
    some(
        cemeteries,
        "rural-cemetery-",
        "农村公益性公墓",
        (FacilityKind::Cemetery, FacilitySubKind::RuralPublic),
    );
    some(
        columbaria,
        "rural-hall-",
        "农村公益性骨灰堂",
        (FacilityKind::Columbarium, FacilitySubKind::RuralPublic),
    );
    some(
        parks,
        "life-park-",
        "生命公园",
        (FacilityKind::Cemetery, FacilitySubKind::LifePark),
    );
}

/// Adds a facility with all that belongs to it.
pub(super) fn add(stage: &Stage<'_>, rows: &mut Rows, plan: Plan<'_>) {
    let code = &plan.county.code;
    let key = format!("{code}/{}", plan.key);
    let draw = |what: &str, below: u64| pick(&["funeral", &key, what], below);
    // The two facilities that are places themselves stand there, the others some kilometres aside; their
    // address is that of the nearest of the two.
    let (place, spread) = match plan.kind {
        (FacilityKind::FuneralHome, sub_kind) => (
            DemoPlace::FuneralHome,
            if sub_kind == FacilitySubKind::UrbanPublic {
                0.02
            } else {
                0.12
            },
        ),
        (FacilityKind::Columbarium, FacilitySubKind::UrbanPublic) => (DemoPlace::Columbarium, 0.02),
        _ => (DemoPlace::Columbarium, 0.12),
    };
    let (lon, lat) = point_of(code);
    let aside = |what: &str| (draw(what, 1_001) as f64 / 1_000.0 - 0.5) * spread;
    let is_home = plan.kind == (FacilityKind::FuneralHome, FacilitySubKind::UrbanPublic);
    // Nothing is founded by private hands after the revision (F-17); all of these are older.
    let approved_on = day(
        1996 + i32::try_from(draw("year", 28)).unwrap_or(0),
        1 + draw("month", 12) as u32,
        1 + draw("day", 28) as u32,
    );
    let number = u32::try_from(rows.facilities.len()).unwrap_or(0) + 1;
    let private = plan.operator == FacilityOperator::LegacyPrivate;
    // The register of societies holds thirty bodies that run facilities; the cemeteries take them in order.
    let others = rows
        .facilities
        .iter()
        .filter(|f| f.operator == plan.operator && f.kind == FacilityKind::Cemetery);
    let operator = match private_home(stage, &plan) {
        Some(operator) => operator,
        None => u32::try_from(others.count()).unwrap_or(0) % 30,
    };
    let facility = facility::Model {
        id: derived("facility", &key),
        kind: plan.kind.0,
        sub_kind: plan.kind.1,
        operator: plan.operator,
        state: plan.state,
        name: plan.name.clone(),
        // Private ones are run by 民办非企业单位, which the register of societies may know.
        credit_code: credit_code(
            stage.province,
            code,
            if private { '2' } else { '9' },
            if private { operator } else { number },
        ),
        // Kind 9 stands in no register of societies, so the verified name is kept here.
        operator_name: (!private).then(|| operator_name(&plan)),
        operator_verified_on: (!private).then_some(day(2026, 3, 30)),
        division_id: plan.division.id,
        place_id: demo_place_id(code, place),
        lon: lon + aside("lon"),
        lat: lat + aside("lat"),
        approved_on: if plan.state == FacilityState::UnderConstruction {
            REVISION_IN_FORCE
        } else {
            approved_on
        },
        approved_by: format!("{}民政局", plan.county.name),
        investment: plan.investment.map(|yuan| yuan * 100),
        capacity: if is_home {
            20 + draw("capacity", 40) as i64
        } else {
            200 + draw("capacity", 4_800) as i64
        },
        cremators: if is_home {
            2 + draw("cremators", 5) as i32
        } else {
            0
        },
        hearses: if is_home { 3 } else { 0 },
        phone: format!("0000-{:07}", 8_000_000 + draw("phone", 999_999)),
        version: 1,
    };
    if plan.state == FacilityState::Open {
        furnish(rows, &facility, &key);
    }
    rows.facilities.push(facility);
}

/// The one funeral home that a private body has run since before the revision (F-17), and which of the register's bodies
/// that is: one that stands on the abnormal list and goes on receiving waivers.
fn private_home(stage: &Stage<'_>, plan: &Plan<'_>) -> Option<u32> {
    let is_it = plan.operator == FacilityOperator::LegacyPrivate
        && plan.kind == (FacilityKind::FuneralHome, FacilitySubKind::UrbanPublic);
    (is_it && stage.province == "51").then_some(3)
}

/// The county of 51 whose home that is.
pub(super) const PRIVATE_HOME: &str = "510121";

/// Who runs a public facility.
fn operator_name(plan: &Plan<'_>) -> String {
    match plan.operator {
        FacilityOperator::VillageCollective => {
            format!("{}村级殡葬设施管理委员会", plan.division.name)
        }
        FacilityOperator::Government | FacilityOperator::LegacyPrivate => {
            format!("{}殡葬事务中心", plan.county.name)
        }
    }
}

/// Vehicles, prices, niches and visiting times of a facility.
fn furnish(rows: &mut Rows, facility: &facility::Model, key: &str) {
    let prefixes: &[&str] = match (facility.kind, facility.sub_kind) {
        (FacilityKind::FuneralHome, FacilitySubKind::UrbanPublic) => {
            hearses(rows, facility, key);
            super::course::halls(rows, facility);
            &["B", "P", "X"]
        }
        (FacilityKind::FuneralHome, _) => &["B01", "B03", "X"],
        (FacilityKind::Columbarium, sub_kind) => {
            if sub_kind == FacilitySubKind::UrbanPublic {
                niches(rows, facility, key);
            }
            &["N"]
        }
        (FacilityKind::Cemetery, FacilitySubKind::LifePark) => &["B06"],
        (FacilityKind::Cemetery, sub_kind) => {
            if sub_kind == FacilitySubKind::UrbanPublic {
                slots(rows, facility, key);
            }
            &["G"]
        }
    };
    catalogue::prices(rows, facility, key, prefixes);
}

fn hearses(rows: &mut Rows, facility: &facility::Model, key: &str) {
    for n in 1..=facility.hearses {
        let draw = |what: &str, below: u64| pick(&["hearse", key, &n.to_string(), what], below);
        let aside = |what: &str| (draw(what, 1_001) as f64 / 1_000.0 - 0.5) * 0.1;
        rows.hearses.push(hearse::ActiveModel {
            id: Set(derived("hearse", &format!("{key}/{n}"))),
            facility_id: Set(facility.id),
            label: Set(format!("接运{n}号车")),
            lon: Set(facility.lon + aside("lon")),
            lat: Set(facility.lat + aside("lat")),
            seen_at: Set(at(TODAY, 11, 50)),
            state: Set(if n == 2 {
                HearseState::OnTask
            } else {
                HearseState::Ready
            }),
            reserved_for: Set(None),
            version: Set(1),
        });
    }
}

fn niches(rows: &mut Rows, facility: &facility::Model, key: &str) {
    for n in 1..=12 {
        let occupied = n > 5;
        // The last two show a term that is over: one may still be renewed, the other be taken back.
        let from = match n {
            11 => day(2006, 6, 1),
            12 => day(2005, 11, 1),
            _ => facility.approved_on.max(day(2010, 1, 1)),
        };
        rows.plots.push(plot::Model {
            id: derived("plot", &format!("{key}/{n}")),
            facility_id: facility.id,
            kind: PlotKind::Niche,
            label: format!("一厅{}排{}号", (n - 1) / 4 + 1, (n - 1) % 4 + 1),
            area_milli_m2: 120,
            occupant_limit: if n % 3 == 0 { 2 } else { 1 },
            state: if occupied {
                PlotState::Occupied
            } else {
                PlotState::Free
            },
            held_until: None,
            contract_from: occupied.then_some(from),
            contract_to: occupied.then(|| renewal_due(from, &settings::on("", TODAY))),
            version: 1,
        });
    }
}

/// The days around 冬至 and 清明, and last year's, which a forecast looks back on.
fn slots(rows: &mut Rows, facility: &facility::Model, key: &str) {
    for on in [
        day(2026, 4, 4),
        day(2026, 4, 5),
        day(2026, 12, 22),
        day(2027, 4, 4),
        day(2027, 4, 5),
    ] {
        for starts in [8, 10, 14] {
            let name = format!("{key}/{on}/{starts}");
            rows.slots.push(worship_slot::ActiveModel {
                id: Set(derived("worship", &name)),
                facility_id: Set(facility.id),
                day: Set(on),
                starts_hour: Set(starts),
                ends_hour: Set(starts + 2),
                capacity: Set(300),
                booked: Set(pick(&["worship", &name], 301) as i32),
                attended: Set((on < TODAY).then(|| pick(&["attended", &name], 301) as i32)),
            });
        }
    }
}
