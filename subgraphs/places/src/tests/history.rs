//! D-7 and D-9 over the whole real history as the database serves it: every code of every year since 1981.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::{
    Clock,
    divisions::{Level, Version},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::*;
use crate::{
    model::{division_version, vocabulary::DivisionLevel},
    service::divisions,
};

const YEARS: std::ops::RangeInclusive<u32> = 1981..=2026;

/// The versions of counties, prefectures and provinces in a year.
fn of_year(year: u32) -> impl Iterator<Item = &'static Version> {
    let versions = dataset().versions().iter();
    versions.filter(move |version| {
        version.level != Level::Township
            && version.from_year <= year
            && version.to_year.is_none_or(|to| to > year)
    })
}

/// D-7: whatever has changed since, a code of a day means the division that bore it then, under its name of then; so a
/// document keeps the code of its own date and is understood.
pub(super) async fn every_code_is_its_bearers_of_the_day(run: &Running) {
    let mut judged = 0;
    for year in YEARS {
        let day = NaiveDate::from_ymd_opt(i32::try_from(year).unwrap(), 7, 1).unwrap();
        let rows = division_version::Entity::find()
            .filter(divisions::in_force(day))
            .filter(division_version::Column::Level.ne(DivisionLevel::Township))
            .all(run.services.db.read())
            .await
            .unwrap();
        let served: HashMap<&str, (Uuid, &str)> = rows
            .iter()
            .map(|row| (row.code.as_str(), (row.division, row.name.as_str())))
            .collect();
        assert_eq!(served.len(), rows.len(), "{year}: a code is borne twice");
        for version in of_year(year) {
            let then = Some(&(version.division, version.name.as_str()));
            assert_eq!(
                served.get(version.code.as_str()),
                then,
                "{} in {year}",
                version.code
            );
            judged += 1;
        }
    }
    assert!(judged > 100_000, "{judged} codes of years");
}

/// D-9: with the clock at a year, everything that came later stands in the database as announced ahead, and nothing of
/// it is served as current: each division is what it was then, and what was founded later is nothing yet.
pub(super) async fn nothing_is_served_before_its_day(run: &Running) {
    let province = dataset().by_code("510000").unwrap().id;
    for year in [
        1981, 1984, 1988, 1993, 1996, 1998, 2001, 2007, 2014, 2019, 2021,
    ] {
        let services = Services {
            clock: Clock::fixed(format!("{year}-07-01T04:00:00Z").parse().unwrap()),
            ..run.services.clone()
        };
        let then = Running {
            graph: Places.schema(services.clone()),
            services,
        };
        let query = "query($id: ID!) { division(id: $id) { descendants(level: COUNTY, first: 500) {
            nodes { id current { code name } } } } }";
        let data = then.data(query, json!({ "id": province })).await;
        let nodes = data["division"]["descendants"]["nodes"].as_array().unwrap();
        let mut served: Vec<(String, String)> = nodes
            .iter()
            .map(|node| {
                let text = |field: &str| node["current"][field].as_str().unwrap().to_owned();
                (text("code"), text("name"))
            })
            .collect();
        served.sort();
        let of_then: HashMap<Uuid, &Version> = of_year(year).map(|v| (v.division, v)).collect();
        let within = |version: &&Version| {
            let mut above = version.parent;
            while let Some(id) = above {
                if id == province {
                    return true;
                }
                above = of_then.get(&id).and_then(|version| version.parent);
            }
            false
        };
        let mut expected: Vec<(String, String)> = of_then
            .values()
            .copied()
            .filter(|version| version.level == Level::County)
            .filter(within)
            .map(|version| (version.code.clone(), version.name.clone()))
            .collect();
        expected.sort();
        assert_eq!(served, expected, "{year}");
    }
}
