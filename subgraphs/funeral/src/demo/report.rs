//! The figures of the five reports that belong to the province shown, as rows that add up to them.

use minzheng_kit::YearMonth;
use minzheng_kit::demo::{pick, point_of};
use minzheng_kit::divisions::{Division, Kind, Level, dataset};
use minzheng_kit::id::derived;
use sea_orm::ActiveValue::Set;

use super::facilities::{Plan, add};
use super::{Rows, Stage, day};
use crate::model::{illegal_grave, report_figure, sea_voyage, waiver_settlement};
use crate::rules::period;
use crate::rules::terms::{
    FacilityKind, FacilityState, FacilitySubKind, GraveState, IllegalGraveKind, SettlementSource,
    WaiverPayer,
};
use crate::service::month_of;

/// 福州市, the city of report 002.
const FUZHOU: &str = "3501";
/// 广丰区, the district of report 004.
const GUANGFENG: &str = "361103";

/// The name under which report 002 stands as a source.
const REPORT_002: &str = "福州市民政局2023年上半年工作总结";

/// Report 002: rural public cemeteries, rural columbaria and life parks of 福州.
const FUZHOU_FACILITIES: (usize, usize, usize) = (396, 634, 381);
/// Report 002: households and fen that 福州 waived.
const FUZHOU_WAIVED: (i64, i64) = (84_400, 13_800_000_000);
/// Report 002: voyages and sets of ashes given to the sea.
const FUZHOU_AT_SEA: (i32, i32) = (19, 1_226);
/// Reports 002 and 004: vegetation restored, at least so many thousandths of a square metre.
const FUZHOU_RESTORED: i64 = 1_260_000 * 1_000;
/// Report 004: rural public cemeteries of 广丰.
const GUANGFENG_CEMETERIES: usize = 201;
/// Report 004: what the urban public cemetery of 广丰 cost, in yuan.
const GUANGFENG_INVESTMENT: i64 = 6_000_000;

/// The part of a total that the `index`-th of `parts` gets; the parts add up to the total.
fn part(total: i64, parts: i64, index: i64) -> i64 {
    total * (index + 1) / parts - total * index / parts
}

/// Rural cemeteries, rural columbaria and life parks of a county.
pub(super) fn rural_quota(stage: &Stage<'_>, county: &Division) -> (usize, usize, usize) {
    if county.code == GUANGFENG {
        return (GUANGFENG_CEMETERIES, 2, 3);
    }
    if !county.code.starts_with(FUZHOU) {
        return (
            1,
            1,
            usize::from(pick(&["life park", &county.code], 2) == 0),
        );
    }
    let all = stage.counties_with(FUZHOU);
    let index = all.iter().position(|c| c.id == county.id).unwrap_or(0) as i64;
    let share = |total: usize| part(total as i64, all.len().max(1) as i64, index) as usize;
    (
        share(FUZHOU_FACILITIES.0),
        share(FUZHOU_FACILITIES.1),
        share(FUZHOU_FACILITIES.2),
    )
}

/// Whether the county's urban public cemetery is made up; 广丰's is in the report.
pub(super) fn urban_cemetery_is_ours(county_code: &str) -> bool {
    county_code != GUANGFENG
}

/// Adds what the reports say of the province, and plausible rows for the rest of it.
pub(super) fn build(stage: &Stage<'_>, rows: &mut Rows) {
    match stage.province {
        "35" => fuzhou(stage, rows),
        "36" => guangfeng(stage, rows),
        _ => {}
    }
    other_voyages(stage, rows);
    other_graves(stage, rows);
}

fn fuzhou(stage: &Stage<'_>, rows: &mut Rows) {
    let counties = stage.counties_with(FUZHOU);
    let months: Vec<i32> = minzheng_kit::months::range(
        YearMonth {
            year: 2021,
            month: 1,
        },
        YearMonth {
            year: 2023,
            month: 6,
        },
    )
    .map(YearMonth::index)
    .collect();
    let batches = (counties.len() * months.len()) as i64;
    for (c, county) in counties.iter().enumerate() {
        for (m, month) in months.iter().enumerate() {
            let index = (c * months.len() + m) as i64;
            rows.settlements.push(waiver_settlement::ActiveModel {
                id: Set(derived(
                    "report",
                    &format!("waiver/{}/{month}", county.code),
                )),
                division_id: Set(county.id),
                month: Set(*month),
                households: Set(part(FUZHOU_WAIVED.0, batches, index)),
                amount: Set(part(FUZHOU_WAIVED.1, batches, index)),
                payer: Set(WaiverPayer::Fiscal),
                source: Set(SettlementSource::Report),
                settled_on: Set(YearMonth::from_index(*month).end().unwrap_or_default()),
            });
        }
    }
    let ports: Vec<&Division> = counties
        .iter()
        .copied()
        .filter(|c| c.name.starts_with("连江") || c.name.starts_with("马尾"))
        .collect();
    for round in 1..=FUZHOU_AT_SEA.0 {
        let Some(port) = ports.get(round as usize % ports.len().max(1)) else {
            continue;
        };
        let carried = part(
            i64::from(FUZHOU_AT_SEA.1),
            i64::from(FUZHOU_AT_SEA.0),
            i64::from(round - 1),
        ) as i32;
        // Two voyages a year, in spring and autumn, the last in the spring of 2023.
        let half = round - FUZHOU_AT_SEA.0 + 1;
        let sails = day(
            2023 + (half - 1).div_euclid(2),
            if half.rem_euclid(2) == 1 { 4 } else { 10 },
            18,
        );
        rows.voyages
            .push(voyage(port, round, sails, 80, Some(carried)));
    }
    if let Some(port) = ports.first() {
        rows.voyages.push(voyage(
            port,
            FUZHOU_AT_SEA.0 + 1,
            day(2027, 3, 20),
            80,
            None,
        ));
    }
    restored(&counties, rows);
}

/// The rectification of 福州: some cases as rows, the rest of the area as the report's figure.
fn restored(counties: &[&'static Division], rows: &mut Rows) {
    let mut counted = 0;
    for n in 0..260_usize {
        let Some(county) = counties.get(n % counties.len().max(1)) else {
            return;
        };
        let area = 12_000 + pick(&["grave", &n.to_string()], 48_000) as i64;
        let month = pick(&["grave month", &n.to_string()], 30) as i32;
        let closed = YearMonth::from_index(
            YearMonth {
                year: 2021,
                month: 1,
            }
            .index()
                + month,
        );
        let kinds = [
            IllegalGraveKind::Oversize,
            IllegalGraveKind::OutsideCemetery,
            IllegalGraveKind::ForbiddenZone,
        ];
        counted += area;
        rows.graves.push(grave(
            county,
            n,
            kinds[n % 3],
            area,
            GraveState::Restored,
            Some(closed),
        ));
    }
    let rest = FUZHOU_RESTORED - counted;
    for (index, county) in counties.iter().enumerate() {
        rows.figures.push(report_figure::ActiveModel {
            id: Set(derived("report", &format!("restored/{}", county.code))),
            division_id: Set(county.id),
            month: Set(YearMonth {
                year: 2023,
                month: 6,
            }
            .index()),
            indicator: Set(report_figure_indicator()),
            value: Set(part(rest, counties.len() as i64, index as i64)),
            source: Set(REPORT_002.to_owned()),
        });
    }
}

fn report_figure_indicator() -> String {
    crate::model::report_figure::RESTORED_AREA.to_owned()
}

fn guangfeng(stage: &Stage<'_>, rows: &mut Rows) {
    let Some(county) = stage.counties.iter().copied().find(|c| c.code == GUANGFENG) else {
        return;
    };
    let mut cemetery = Plan::public(
        county,
        "urban",
        format!("{}城市公益性公墓", county.name),
        (FacilityKind::Cemetery, FacilitySubKind::UrbanPublic),
    );
    cemetery.investment = Some(GUANGFENG_INVESTMENT);
    add(stage, rows, cemetery);
    let mut hall = Plan::public(
        county,
        "yangkou",
        "洋口青桥骨灰堂".to_owned(),
        (FacilityKind::Columbarium, FacilitySubKind::RuralPublic),
    );
    hall.state = FacilityState::UnderConstruction;
    let town = dataset()
        .children(&county.id)
        .find(|d| d.level == Level::Township && d.name.starts_with("洋口"));
    hall.division = town.unwrap_or(county);
    add(stage, rows, hall);
    // 拉网式排查, 逐一登记造册: clan, house-style and living-person graves, each in the register.
    let kinds = [
        IllegalGraveKind::Clan,
        IllegalGraveKind::HouseStyle,
        IllegalGraveKind::LivingPerson,
    ];
    for n in 0..240_usize {
        let area = 8_000 + pick(&["grave", GUANGFENG, &n.to_string()], 60_000) as i64;
        let state = match n % 8 {
            0 => GraveState::Notice,
            1 => GraveState::Rectifying,
            _ => GraveState::Registered,
        };
        rows.graves
            .push(grave(county, n, kinds[n % 3], area, state, None));
    }
}

/// Voyages of the rest of the province, done in 2025 and 2026 and one to come. Provinces without a
/// coast sail from another's port.
fn other_voyages(stage: &Stage<'_>, rows: &mut Rows) {
    let hosts: &[(&str, &str)] = match stage.province {
        "35" => &[("350203", "厦门东渡港"), ("350902", "宁德三都澳")],
        "32" => &[
            ("320602", "南通吕四港"),
            ("320703", "连云港"),
            ("320902", "盐城大丰港"),
        ],
        "51" => &[("510104", "上海吴淞口")],
        _ => &[("361102", "宁波舟山港")],
    };
    let days = [
        day(2025, 4, 19),
        day(2025, 10, 18),
        day(2026, 4, 18),
        day(2026, 10, 17),
    ];
    for (code, port) in hosts {
        let Some(county) = stage.counties.iter().copied().find(|c| c.code == *code) else {
            continue;
        };
        for (n, sails) in days.iter().enumerate() {
            let carried = 24 + pick(&["voyage", code, &n.to_string()], 40) as i32;
            let mut done = voyage(county, n as i32 + 1, *sails, 80, Some(carried));
            done.port = Set((*port).to_owned());
            rows.voyages.push(done);
        }
        let mut next = voyage(county, days.len() as i32 + 1, day(2027, 4, 17), 80, None);
        next.port = Set((*port).to_owned());
        rows.voyages.push(next);
    }
}

/// Illegal graves closed in the last two years, outside the places of the reports, so that the
/// month has something to show.
fn other_graves(stage: &Stage<'_>, rows: &mut Rows) {
    for (c, county) in stage.counties.iter().enumerate() {
        if county.code.starts_with(FUZHOU) || county.code == GUANGFENG {
            continue;
        }
        for n in 0..6_usize {
            let draw = |what: &str, below: u64| {
                pick(&["other grave", &county.code, &n.to_string(), what], below)
            };
            let month = YearMonth::from_index(
                YearMonth {
                    year: 2025,
                    month: 1,
                }
                .index()
                    + draw("month", 22) as i32,
            );
            let open = n == 5;
            let state = if open {
                GraveState::Registered
            } else {
                GraveState::Restored
            };
            let kinds = [
                IllegalGraveKind::Oversize,
                IllegalGraveKind::LivingPerson,
                IllegalGraveKind::Clan,
            ];
            let area = 6_000 + draw("area", 30_000) as i64;
            rows.graves.push(grave(
                county,
                n,
                kinds[(c + n) % 3],
                area,
                state,
                (!open).then_some(month),
            ));
        }
    }
}

fn voyage(
    county: &Division,
    round: i32,
    sails: chrono::NaiveDate,
    quota: i32,
    carried: Option<i32>,
) -> sea_voyage::ActiveModel {
    sea_voyage::ActiveModel {
        id: Set(derived("voyage", &format!("{}/{round}", county.code))),
        division_id: Set(county.id),
        round: Set(round),
        port: Set(format!("{}港", county.name)),
        sails_on: Set(sails),
        sails_month: Set(month_of(sails)),
        quota: Set(quota),
        enrolled: Set(carried.unwrap_or(quota / 4)),
        // Those enrolled for what is to come are of families from elsewhere: no case here stands for them.
        guests: Set(carried.map_or(quota / 4, |_| 0)),
        carried: Set(carried),
        cancelled_on: Set(None),
        version: Set(1),
    }
}

/// The grave of a county that lies at its border: one that is open in every county.
const AT_THE_BORDER: usize = 5;

/// A point some 300 metres inside the border with the next county by code, if there is one: where the line
/// between them is half way from seat to seat.
fn border(county: &Division) -> Option<(f64, f64)> {
    let next = dataset()
        .counties_of(&county.code)
        .find(|next| next.code > county.code && next.kind != Kind::Zone)?;
    let (own, other) = (point_of(&county.code), point_of(&next.code));
    let apart = (other.0 - own.0).hypot(other.1 - own.1);
    // A ten-thousandth of a degree is eleven metres.
    let share = 0.5 - 0.002_7 / apart;
    (share > 0.0).then_some((
        own.0 + (other.0 - own.0) * share,
        own.1 + (other.1 - own.1) * share,
    ))
}

fn grave(
    county: &Division,
    n: usize,
    kind: IllegalGraveKind,
    area: i64,
    state: GraveState,
    closed: Option<YearMonth>,
) -> illegal_grave::ActiveModel {
    let key = format!("{}/{n}", county.code);
    let (lon, lat) = point_of(&county.code);
    let aside = |what: &str| (pick(&["grave", &key, what], 1_001) as f64 / 1_000.0 - 0.5) * 0.2;
    let (lon, lat) = match border(county).filter(|_| n == AT_THE_BORDER) {
        Some(point) => point,
        None => (lon + aside("lon"), lat + aside("lat")),
    };
    let found = closed
        .and_then(YearMonth::first_day)
        .unwrap_or(day(2019, 6, 1))
        - chrono::TimeDelta::days(120);
    illegal_grave::ActiveModel {
        id: Set(derived("grave", &key)),
        kind: Set(kind),
        division_id: Set(county.id),
        lon: Set(lon),
        lat: Set(lat),
        found_on: Set(found),
        area_milli_m2: Set(area),
        state: Set(state),
        restored_milli_m2: Set(if state == GraveState::Restored {
            area
        } else {
            0
        }),
        closed_on: Set(closed
            .and_then(|m| m.end())
            .map(|end| end - chrono::TimeDelta::days(1))),
        closed_month: Set(closed.map(YearMonth::index)),
        number: Set((state != GraveState::Found).then(|| format!("FM{}-{n:05}", county.code))),
        reporter: Set(None),
        heritage: Set(false),
        // Notices of this autumn: some have run out, some have not.
        overdue_told: Set(None),
        due_on: Set(matches!(state, GraveState::Notice | GraveState::Rectifying)
            .then(|| period::days_after(day(2026, 11, 1), n as i64 % 60).day)),
        version: Set(1),
    }
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn parts_add_up_to_the_total() {
        for (total, parts) in [
            (84_400, 390),
            (13_800_000_000, 390),
            (1_226, 19),
            (7, 3),
            (2, 5),
        ] {
            let parts_of: Vec<i64> = (0..parts).map(|i| part(total, parts, i)).collect();
            assert_eq!(parts_of.iter().sum::<i64>(), total);
            let (least, most) = (parts_of.iter().min(), parts_of.iter().max());
            assert!(
                most.zip(least)
                    .is_some_and(|(most, least)| most - least <= 1)
            );
        }
    }
}
