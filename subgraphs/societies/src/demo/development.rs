//! Fees, projects, adoptions, funds, party bodies and targets of the demonstration.

use super::figures::{self, fuzhou, xinjin, xuzhou};
use super::land::Land;
use super::names::is_trade;
use super::roll::{day, day_between};
use super::split::{fee_cuts, split};
use super::{Rows, STORY_ASSOCIATION};
use crate::model::{
    adoption, fee_reduction, micro_fund, organization, party_unit, project, target,
};
use crate::service::development::HUBS;
use crate::vocabulary::OrgKind;
use kit::YearMonth;
use kit::demo::RngExt;
use minzheng_kit as kit;
use minzheng_kit::divisions::dataset;
use rand::rngs::StdRng;
use uuid::Uuid;

fn month(year: i32, month: u32) -> i32 {
    YearMonth { year, month }.index()
}

fn id(kind: &str, name: &str) -> Uuid {
    kit::id::derived(kind, name)
}

/// Fills what organizations do for others.
pub(super) fn fill(land: &Land, rows: &mut Rows) {
    let mut rng = kit::demo::rng(&format!("societies/development/{}", land.digits));
    match land.digits.as_str() {
        "35" => {
            let places = land.places_of(fuzhou::CODE);
            let cuts = fee_cuts(
                fuzhou::FEE_YUAN,
                fuzhou::FEE_ASSOCIATIONS,
                fuzhou::FEE_ENTERPRISES,
                &mut rng,
            );
            reported_fees(land, &places, cuts, &mut rng, rows);
            reported_projects(land, &places, &mut rng, rows);
        }
        "32" => {
            let places = land.places_of(xuzhou::CODE);
            let cuts = fee_cuts(
                xuzhou::FEE_YUAN,
                xuzhou::FEE_ASSOCIATIONS,
                xuzhou::FEE_ENTERPRISES,
                &mut rng,
            );
            reported_fees(land, &places, cuts, &mut rng, rows);
            reported_adoptions(land, &places, &mut rng, rows);
        }
        "51" => xinjin(land, &mut rng, rows),
        _ => {}
    }
    later_fees(&mut rng, rows);
    if land.digits != "35" {
        plain_projects(land, &mut rng, rows);
    }
    for (n, row) in rows
        .organizations
        .iter()
        .enumerate()
        .filter(|(_, row)| row.state.is_live())
    {
        if n % 5 < 2 || n == STORY_ASSOCIATION {
            rows.parties.push(party_unit::Model {
                credit_code: row.credit_code.clone(),
                division_id: row.division_id,
                established: day_between(&mut rng, row.founded, day(2025, 12, 1)),
                score: (n % 3 != 0).then(|| rng.random_range(72..100)),
                version: 1,
                assessed: None,
                aspects: None,
            });
        }
    }
}

/// Living associations registered in these counties, those of trades first.
fn associations<'a>(
    land: &Land,
    places: &[usize],
    rows: &'a [organization::Model],
) -> Vec<&'a organization::Model> {
    let divisions: Vec<Uuid> = places.iter().map(|&at| land.counties[at].id).collect();
    let mut found: Vec<&organization::Model> = rows
        .iter()
        .filter(|row| row.kind == OrgKind::SocialGroup && row.state.is_live())
        .filter(|row| divisions.contains(&row.division_id) && row.founded < day(2023, 1, 1))
        .collect();
    found.sort_by_key(|row| !is_trade(&row.name));
    found
}

/// Fees whose old level is twice what was cut and a little more: round figures, a lower fee remains.
fn line(
    organization: &organization::Model,
    number: usize,
    item: &str,
    (cut_fen, enterprises): (i64, i64),
    month: i32,
) -> fee_reduction::Model {
    fee_reduction::Model {
        id: id(
            "fee",
            &format!("{}/{month}/{number}", organization.credit_code),
        ),
        credit_code: organization.credit_code.clone(),
        division_id: organization.division_id,
        item: item.to_owned(),
        old_fen: cut_fen * 2,
        new_fen: cut_fen,
        enterprises,
        month,
    }
}

/// The report's fee cuts, spread over the half year of the report.
fn reported_fees(
    land: &Land,
    places: &[usize],
    cuts: Vec<super::split::Cuts>,
    rng: &mut StdRng,
    rows: &mut Rows,
) {
    const ITEMS: [&str; 2] = ["会费（副会长单位）", "会费（会员单位）"];
    let ((year, first), (_, last)) = figures::HALF_YEAR;
    let chosen = associations(land, places, &rows.organizations);
    let mut fees = Vec::new();
    for (association, cuts) in chosen.into_iter().zip(cuts) {
        let at = month(year, rng.random_range(first..=last));
        for (number, cut) in cuts.into_iter().enumerate() {
            fees.push(line(
                association,
                number,
                ITEMS[number % ITEMS.len()],
                cut,
                at,
            ));
        }
    }
    rows.fees.append(&mut fees);
}

/// Invented fee cuts of the years after the reports, so that every month has some somewhere.
fn later_fees(rng: &mut StdRng, rows: &mut Rows) {
    const ITEMS: [&str; 5] = ["会费", "培训费", "评审费", "展览费", "检测费"];
    let mut fees = Vec::new();
    let trades = rows.organizations.iter().enumerate().filter(|(_, row)| {
        row.kind == OrgKind::SocialGroup && row.state.is_live() && is_trade(&row.name)
    });
    for (n, row) in trades {
        if n == STORY_ASSOCIATION {
            fees.push(line(row, 0, "会费", (100_000, 86), month(2026, 3)));
            fees.push(line(row, 1, "培训费", (30_000, 40), month(2026, 6)));
            continue;
        }
        for year in [2024, 2025, 2026] {
            if rng.random_range(0..100) < 45 {
                let last = if year == 2026 { 10 } else { 12 };
                let at = month(year, rng.random_range(1..=last));
                let cut = rng.random_range(2..20) * 10_000;
                let enterprises = rng.random_range(8..120);
                fees.push(line(row, 0, ITEMS[n % ITEMS.len()], (cut, enterprises), at));
            }
        }
    }
    rows.fees.append(&mut fees);
}

const THEMES: [&str; 8] = [
    "邻里互助",
    "为老服务",
    "儿童成长",
    "助残融合",
    "社区营造",
    "志愿联动",
    "困境家庭帮扶",
    "健康社区",
];

/// A project that belongs to no report.
fn plain(land: &Land, at: usize, number: usize, rng: &mut StdRng) -> project::Model {
    let county = &land.counties[at];
    project::Model {
        id: id("project", &format!("{}/{number}", land.digits)),
        name: format!(
            "{}{}五社联动项目",
            county.name,
            THEMES[number % THEMES.len()]
        ),
        division_id: county.id,
        credit_code: None,
        started: day_between(rng, day(2022, 3, 1), day(2023, 6, 1)),
        pilot: false,
        honoured: false,
        amount_fen: rng.random_range(60..300) * 100_000,
        organizations_grown: rng.random_range(1..6),
        people_served: rng.random_range(500..6_000),
        people_approximate: false,
        version: 1,
    }
}

fn plain_projects(land: &Land, rng: &mut StdRng, rows: &mut Rows) {
    for (number, at) in (0..land.counties.len())
        .cycle()
        .step_by(3)
        .take(40)
        .enumerate()
    {
        rows.projects.push(plain(land, at, number, rng));
    }
}

fn reported_projects(land: &Land, places: &[usize], rng: &mut StdRng, rows: &mut Rows) {
    /// Amounts are whole multiples of this many yuan.
    const STEP_YUAN: i64 = 500;
    let amounts = split(fuzhou::PROJECT_YUAN / STEP_YUAN, fuzhou::PROJECTS, rng);
    let grown = split(fuzhou::GROWN, fuzhou::PROJECTS, rng);
    let served = split(fuzhou::SERVED, fuzhou::PROJECTS, rng);
    let places = places.iter().copied().cycle();
    for (number, (((at, amount), grown), served)) in
        places.zip(amounts).zip(grown).zip(served).enumerate()
    {
        rows.projects.push(project::Model {
            pilot: true,
            honoured: number % 24 == 7 && number / 24 < fuzhou::HONOURED,
            amount_fen: amount * STEP_YUAN * 100,
            organizations_grown: i32::try_from(grown).unwrap_or_default(),
            people_served: served,
            people_approximate: true,
            ..plain(land, at, number, rng)
        });
    }
}

fn reported_adoptions(land: &Land, places: &[usize], rng: &mut StdRng, rows: &mut Rows) {
    let households = split(xuzhou::HOUSEHOLDS, xuzhou::ADOPTERS, rng);
    let chosen = associations(land, places, &rows.organizations);
    let mut adoptions = Vec::new();
    for (row, households) in chosen.into_iter().zip(households) {
        adoptions.push(adoption::Model {
            id: id("adoption", &row.credit_code),
            credit_code: row.credit_code.clone(),
            division_id: row.division_id,
            households: i32::try_from(households).unwrap_or_default(),
            approximate: true,
            started: day_between(rng, day(2022, 6, 1), day(2023, 6, 1)),
        });
    }
    rows.adoptions.append(&mut adoptions);
}

/// 新津: the funds of its communities, and the plan's hubs.
fn xinjin(land: &Land, rng: &mut StdRng, rows: &mut Rows) {
    /// Amounts are whole hundreds of yuan.
    const STEP_YUAN: i64 = 100;
    let here = &land.counties[land.story];
    let towns: Vec<&str> = dataset()
        .children(&here.id)
        .map(|town| town.name.as_str())
        .collect();
    let amounts = split(xinjin::FUND_YUAN / STEP_YUAN, xinjin::FUNDS, rng);
    for (number, amount) in amounts.into_iter().enumerate() {
        let town = towns
            .get(number % towns.len().max(1))
            .copied()
            .unwrap_or_default();
        rows.funds.push(micro_fund::Model {
            id: id("micro-fund", &format!("{}/{number}", here.code)),
            name: format!("{town}第{}社区微基金", number / towns.len().max(1) + 1),
            division_id: here.id,
            amount_fen: amount * STEP_YUAN * 100,
            approximate: true,
            opened: day_between(rng, day(2020, 3, 1), day(2021, 12, 1)),
            version: 1,
        });
    }
    rows.targets.push(target::Model {
        division_id: here.id,
        year: xinjin::HUB_TARGET_YEAR,
        indicator: HUBS.to_owned(),
        value: xinjin::HUB_TARGET,
    });
}
