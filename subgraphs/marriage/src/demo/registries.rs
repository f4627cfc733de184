//! One registry for each county, two with a second site in a park, and when they are open.

use super::Rows;
use super::land::{County, Land};
use crate::kit::Services;
use crate::kit::demo::{credit_code, pick, point_of};
use crate::kit::divisions::{DemoPlace, demo_place_id};
use crate::model::{opening_exception, opening_hours, record_coverage, registry};
use crate::rules::days::plus;
use chrono::NaiveDate;
use uuid::Uuid;

/// The id of a demonstration registry by its code, such as `510118-1`.
#[must_use]
pub fn registry_id(code: &str) -> Uuid {
    crate::kit::id::derived("marriage registry", code)
}

/// Registries in parks: county, name, offset of the park from the hall in degrees.
const PARKS: [(&str, &str, f64, f64); 2] = [
    (
        "510118",
        "成都市新津区天府农博园公园式婚姻登记中心",
        -0.035,
        0.022,
    ),
    (
        "350103",
        "福州市台江区江心岛公园式婚姻登记处",
        0.012,
        -0.018,
    ),
];

/// Organizations 30 to 59 of societies' demonstration are the ones that counsel couples.
const COUNSELLORS: std::ops::Range<u32> = 30..60;

pub(super) fn fill(rows: &mut Rows, land: &Land, services: &Services) {
    let digits = services.province.as_str();
    let mut counsellor = COUNSELLORS;
    for county in &land.counties {
        let hall = hall(county, land, digits, &mut counsellor);
        let second = PARKS
            .iter()
            .find(|park| park.0 == county.code)
            .map(|(_, name, lon, lat)| registry::Model {
                id: registry_id(&format!("{}-2", county.code)),
                code: format!("{}-2", county.code),
                name: (*name).to_owned(),
                lon: hall.lon + lon,
                lat: hall.lat + lat,
                place_id: Some(demo_place_id(&county.code, DemoPlace::Park)),
                site_kind: "PARK".to_owned(),
                windows: 2,
                counselling_rooms: 0,
                counselling_by: None,
                weekend_service: true,
                hmt_overseas: false,
                foreign_parties: false,
                ..hall.clone()
            });
        for registry in std::iter::once(hall).chain(second) {
            week(rows, &registry);
            rows.registries.push(registry);
        }
        rows.coverage.push(record_coverage::Model {
            county_id: county.id,
            complete_from: coverage(county),
        });
    }
    // One closed day, so that exceptions are seen: ten days ahead, at the story's hall.
    if let Some(story) = land.counties.get(land.story) {
        rows.exceptions.push(opening_exception::Model {
            registry_id: registry_id(&format!("{}-1", story.code)),
            day: plus(services.clock.today(), 10),
            opens: 0,
            closes: None,
        });
    }
}

fn is_fuzhou(county: &County) -> bool {
    county.code.starts_with("3501")
}

/// 福州 has entered all records since 1949; others reach back to some year of 1980 to 1995.
fn coverage(county: &County) -> NaiveDate {
    let year = if is_fuzhou(county) {
        1949
    } else {
        1980 + pick(&["coverage", &county.code], 16) as i32
    };
    let month = if is_fuzhou(county) { 10 } else { 1 };
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default()
}

fn hall(
    county: &County,
    land: &Land,
    digits: &str,
    counsellor: &mut std::ops::Range<u32>,
) -> registry::Model {
    let of = |what: &str, below: u64| pick(&["registry", what, &county.code], below);
    let story = land
        .counties
        .get(land.story)
        .is_some_and(|story| story.id == county.id);
    // 福州: 13 counties, one room each, 13 rooms in all.
    let counselling_rooms = match (is_fuzhou(county), story) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => [0, 0, 1, 1, 2][of("rooms", 5) as usize % 5],
    };
    let capital = county.code.get(2..4) == Some("01");
    let (lon, lat) = point_of(&county.code);
    let code = format!("{}-1", county.code);
    registry::Model {
        id: registry_id(&code),
        code,
        name: format!("{}民政局婚姻登记处", county.full_name()),
        county_id: county.id,
        prefecture_id: county.prefecture.as_ref().map(|(id, _)| *id),
        province_id: land.province,
        county_code: county.code.clone(),
        place_id: Some(demo_place_id(&county.code, DemoPlace::CivilAffairs)),
        lon,
        lat,
        mainland: true,
        hmt_overseas: capital || of("hmt", 6) == 0,
        foreign_parties: capital && of("foreign", 3) == 0,
        site_kind: "HALL".to_owned(),
        windows: 1 + of("windows", 5) as i32,
        counselling_rooms,
        counselling_by: (counselling_rooms > 0)
            .then(|| counsellor.next())
            .flatten()
            .map(|n| credit_code(digits, &format!("{digits}9901"), '2', n)),
        // 延时服务 in all of 福州 and in the stories' counties; elsewhere in every third.
        weekend_service: is_fuzhou(county) || story || of("weekend", 3) == 0,
        version: 1,
    }
}

fn week(rows: &mut Rows, registry: &registry::Model) {
    let late = pick(&["late", &registry.code], 2) == 1;
    let (morning, afternoon) = if late {
        ((540, 720), (840, 1050))
    } else {
        ((540, 720), (810, 1020))
    };
    let mut add = |weekday, (opens, closes)| {
        rows.hours.push(opening_hours::Model {
            registry_id: registry.id,
            weekday,
            opens,
            closes,
        });
    };
    for weekday in 1..=5 {
        add(weekday, morning);
        add(weekday, afternoon);
    }
    if registry.weekend_service {
        // By these hours it also serves on Sundays and holidays.
        add(6, (570, 960));
    }
}
