//! Funeral cases with their bills and waivers, from 2025 to the day of the demonstration.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use minzheng_kit::YearMonth;
use minzheng_kit::demo::{person, pick};
use minzheng_kit::id::derived;
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::facilities::PRIVATE_HOME;
use super::{Rows, Stage, TODAY, at, day};
use crate::model::{
    case_item, death_record, eco_burial, facility, funeral_case, price_line, waiver,
    waiver_settlement,
};
use crate::rules::price::in_force;
use crate::rules::terms::{
    CaseState, DeathPaperKind, FacilityKind, FacilitySubKind, IntermentKind, KinRelation,
    SettlementSource, WaiverPayer,
};
use crate::rules::waiver::{Standard, amount};
use crate::service::month_of;

/// The index of the first deceased.
const FIRST_DECEASED: usize = 8_000;
/// How many cases there are.
const CASES: usize = 1_500;
/// The first day of death.
const SINCE: NaiveDate = day(2025, 1, 2);
/// Waivers granted up to the end of this month are settled.
const SETTLED_UNTIL: YearMonth = YearMonth {
    year: 2026,
    month: 9,
};

/// Builds all cases, each in the county of one funeral home, in turn.
pub(super) fn build(stage: &Stage<'_>, rows: &mut Rows) {
    let homes: Vec<facility::Model> = rows
        .facilities
        .iter()
        .filter(|f| {
            f.kind == FacilityKind::FuneralHome && f.sub_kind == FacilitySubKind::UrbanPublic
        })
        .cloned()
        .collect();
    let lists = lists(&rows.prices, &homes);
    let standards: HashMap<&str, (Uuid, Standard)> = rows
        .policies
        .iter()
        // The first policy of an item is the province's.
        .rev()
        .map(|p| {
            (
                p.item_code.as_str(),
                (
                    p.id,
                    Standard {
                        amount: p.standard,
                        valid_from: p.valid_from,
                        valid_to: p.valid_to,
                    },
                ),
            )
        })
        .collect();
    let mut made = Made::default();
    for n in 0..CASES {
        let Some(home) = homes.get(home_of(stage, n, homes.len())) else {
            return;
        };
        one(stage, &mut made, n, home, &lists, &standards);
    }
    settle(&mut made);
    rows.deaths.extend(made.deaths);
    rows.cases.extend(made.cases);
    rows.bill.extend(made.bill);
    rows.waivers.extend(made.waivers);
    rows.eco.extend(made.eco);
    rows.settlements.extend(made.settlements);
    rows.course.join(made.course);
}

#[derive(Default)]
struct Made {
    deaths: Vec<death_record::ActiveModel>,
    cases: Vec<funeral_case::Model>,
    bill: Vec<case_item::ActiveModel>,
    waivers: Vec<waiver::Model>,
    eco: Vec<eco_burial::ActiveModel>,
    settlements: Vec<waiver_settlement::ActiveModel>,
    course: super::course::Course,
}

type Lists = HashMap<Uuid, Vec<price_line::Model>>;

fn lists(prices: &[price_line::Model], homes: &[facility::Model]) -> Lists {
    let homes: HashSet<Uuid> = homes.iter().map(|h| h.id).collect();
    let mut lists: Lists = HashMap::new();
    for line in prices.iter().filter(|p| homes.contains(&p.facility_id)) {
        lists
            .entry(line.facility_id)
            .or_default()
            .push(line.clone());
    }
    lists
}

/// The home of the n-th case. The story's cases are in the county that the province's report is about, the others go
/// round. In 51 one case in eight is that county's and one the private home's, so that both have figures of a month
/// and of a year that may be shown (k = 3).
fn home_of(stage: &Stage<'_>, n: usize, homes: usize) -> usize {
    let county = match stage.province {
        "51" => "510118",
        "32" => "320302",
        "35" => "350102",
        _ => "361103",
    };
    let home_in = |code: &str| {
        let found = stage.counties.iter().position(|c| c.code == code);
        found.unwrap_or(0)
    };
    match n % 8 {
        _ if n < 3 => home_in(county),
        3 if stage.province == "51" => home_in(county),
        5 if stage.province == "51" => home_in(PRIVATE_HOME),
        _ => (n * 7) % homes.max(1),
    }
}

/// Day of death and state of the n-th case: the older, the further.
fn fate(n: usize) -> (NaiveDate, CaseState) {
    match n {
        0 => (day(2026, 11, 19), CaseState::Stored),
        1 => (day(2026, 9, 3), CaseState::Closed),
        2 => (day(2026, 11, 21), CaseState::Opened),
        _ => {
            let days = (TODAY - SINCE).num_days();
            let died = SINCE + TimeDelta::days(days * n as i64 / CASES as i64);
            let state = match (TODAY - died).num_days() {
                ..=1 => CaseState::Opened,
                2..=3 => CaseState::Stored,
                4..=8 => CaseState::Cremated,
                9..=25 => CaseState::AshesInCustody,
                26..=40 => CaseState::Settled,
                _ => CaseState::Closed,
            };
            (died, state)
        }
    }
}

/// The person who arranges the n-th funeral.
fn applicant(n: usize) -> usize {
    match n {
        0 => 6,
        1 => 0,
        2 => 7,
        // The story's persons, and those too young to arrange a funeral, are left out.
        _ => 20 + n * 37 % 6_900,
    }
}

fn one(
    stage: &Stage<'_>,
    made: &mut Made,
    n: usize,
    home: &facility::Model,
    lists: &Lists,
    standards: &HashMap<&str, (Uuid, Standard)>,
) {
    let key = format!("{}/{n}", stage.province);
    let (died, state) = fate(n);
    let deceased = stage.token(FIRST_DECEASED + n);
    let cremated = (state >= CaseState::Cremated).then(|| died + TimeDelta::days(3));
    let natural = !n.is_multiple_of(23);
    let opened = at(died, 9 + (n % 9) as u32, (n * 13 % 60) as u32).max(at(died, 9, 0));
    let mut case = funeral_case::Model {
        id: derived("case", &key),
        number: format!("ZS{}-{}-{n:04}", code_of(home), died.format("%Y%m%d")),
        deceased: deceased.clone(),
        death_id: derived("death record", &key),
        applicant: stage.token(applicant(n)),
        relation: [
            KinRelation::Child,
            KinRelation::Spouse,
            KinRelation::Child,
            KinRelation::OtherRelative,
        ][n % 4],
        phone_masked: format!("1{}****{:04}", 30 + n % 60, pick(&["phone", &key], 10_000)),
        facility_id: home.id,
        division_id: home.division_id,
        state,
        opened_at: opened,
        cremated_on: cremated,
        cremated_month: cremated.map(month_of),
        closed_on: (state == CaseState::Closed).then(|| died + TimeDelta::days(38)),
        settled_at: None,
        payable: None,
        cancel_reason: None,
        paper_pending: false,
        relation_confirmed: true,
        mandate: None,
        continues: None,
        counted_in: None,
        household: None,
        version: 1,
    };
    made.deaths.push(death_record::ActiveModel {
        id: Set(case.death_id),
        deceased: Set(deceased),
        died_on: Set(died.max(person(stage.province, FIRST_DECEASED + n).birth_date)),
        paper_kind: Set(if natural {
            DeathPaperKind::Medical
        } else {
            DeathPaperKind::Police
        }),
        paper_number: Set(format!(
            "{}-{:06}",
            if natural { "SW" } else { "GA" },
            n + 1
        )),
        natural: Set(Some(natural)),
        division_id: Set(home.division_id),
        recorded_at: Set(opened),
        version: Set(1),
        revoked_on: Set(None),
    });
    if let Some(on) = cremated {
        let left = bill(
            made,
            &case,
            on,
            n,
            lists.get(&home.id).map_or(&[][..], Vec::as_slice),
            standards,
        );
        if case.state >= CaseState::Settled {
            case.payable = Some(left);
            case.settled_at = Some(at(on + TimeDelta::days(22), 10, 0));
        }
        interment(made, &case, on, n);
    }
    super::course::of_case(&mut made.course, &case, died, n);
    made.cases.push(case);
}

fn code_of(home: &facility::Model) -> &'static str {
    minzheng_kit::divisions::dataset()
        .by_id(&home.division_id)
        .map_or("000000", |d| d.code.as_str())
}

/// What is charged for a cremation, and what of it is waived.
fn bill(
    made: &mut Made,
    case: &funeral_case::Model,
    on: NaiveDate,
    n: usize,
    list: &[price_line::Model],
    standards: &HashMap<&str, (Uuid, Standard)>,
) -> i64 {
    let mut left = 0;
    let mut wanted = vec![("B01", 1), ("B02", 3), ("B04", 1), ("B05", 1)];
    wanted.extend([("B03", 1), ("X03", 1), ("X02", 1)].into_iter().take(n % 4));
    for (item, quantity) in wanted {
        let Some(line) = list
            .iter()
            .find(|l| l.item_code == item && in_force(l.valid_from, l.valid_to, on))
        else {
            continue;
        };
        let charged = line.price * i64::from(quantity);
        left += charged;
        made.bill.push(case_item::ActiveModel {
            id: Set(derived("bill", &format!("{}/{item}", case.id))),
            case_id: Set(case.id),
            item_code: Set(item.to_owned()),
            price_line_id: Set(line.id),
            quantity: Set(quantity),
            amount: Set(charged),
            service_on: Set(on),
            flagged: Set(false),
            corrects: Set(None),
            superseded: Set(false),
            facility_id: Set(None),
        });
        let Some((policy, standard)) = standards.get(item) else {
            continue;
        };
        if let Ok(granted) = amount(charged, standard, on, false) {
            left -= granted;
            made.waivers.push(waiver::Model {
                id: derived("waiver", &format!("{}/{item}", case.id)),
                case_id: case.id,
                policy_id: *policy,
                item_code: item.to_owned(),
                household: case.deceased.clone(),
                applicant: case.applicant.clone(),
                division_id: case.division_id,
                amount: granted,
                payer: WaiverPayer::Fiscal,
                granted_on: on,
                granted_month: month_of(on),
                settlement_id: None,
                reverses: None,
                reversed_on: None,
            });
        }
    }
    left
}

/// One in five of those interred went back to nature on land.
fn interment(made: &mut Made, case: &funeral_case::Model, on: NaiveDate, n: usize) {
    if case.state < CaseState::Settled || !n.is_multiple_of(5) {
        return;
    }
    let on = on + TimeDelta::days(20);
    made.eco.push(eco_burial::ActiveModel {
        id: Set(derived("eco", &case.id.to_string())),
        case_id: Set(case.id),
        kind: Set([
            IntermentKind::Tree,
            IntermentKind::Flower,
            IntermentKind::Lawn,
            IntermentKind::Wall,
        ][n / 5 % 4]),
        facility_id: Set(None),
        voyage_id: Set(None),
        division_id: Set(case.division_id),
        buried_on: Set(on),
        buried_month: Set(month_of(on)),
        keeps_ashes: Set(n / 5 % 4 == 3),
        subsidy: Set(100_000),
        superseded: Set(false),
    });
}

/// Settles each division's months that have ended: every batch is the sum of its waivers (F-11).
fn settle(made: &mut Made) {
    let mut batches: BTreeMap<(Uuid, i32), (HashSet<String>, i64)> = BTreeMap::new();
    for waiver in made
        .waivers
        .iter_mut()
        .filter(|w| w.granted_month <= SETTLED_UNTIL.index())
    {
        let key = (waiver.division_id, waiver.granted_month);
        waiver.settlement_id = Some(batch_id(key));
        let batch = batches.entry(key).or_default();
        batch.0.insert(waiver.household.clone());
        batch.1 += waiver.amount;
    }
    for (key, (households, amount)) in batches {
        made.settlements.push(waiver_settlement::ActiveModel {
            id: Set(batch_id(key)),
            division_id: Set(key.0),
            month: Set(key.1),
            households: Set(households.len() as i64),
            amount: Set(amount),
            payer: Set(WaiverPayer::Fiscal),
            source: Set(SettlementSource::Cases),
            settled_on: Set(YearMonth::from_index(key.1).end().unwrap_or_default()),
        });
    }
}

fn batch_id(key: (Uuid, i32)) -> Uuid {
    derived("settlement", &format!("{}/{}", key.0, key.1))
}
