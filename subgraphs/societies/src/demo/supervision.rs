//! Reports, ratings, credit lists, clean-up and permits of the demonstration.

use super::figures;
use super::land::Land;
use super::roll::{day, day_between};
use super::{CITIZENS_ASSOCIATION, OLD_NAMED_ASSOCIATION, Rows, STORY_ASSOCIATION};
use crate::model::{
    annual_report, cleanup_case, credit_listing, organization, permit_case, rating,
};
use crate::rules;
use crate::vocabulary::{
    CleanupKind, CleanupResult, CreditList, DayUnit, IllegalGround, ListingReason,
    OrgRefusalGround, OrgState, PermitItem, PermitState, RatingLevel, RatingState, ReportDuty,
    ReportResult, SupervisorView,
};
use chrono::{Days, NaiveDate};
use kit::YearMonth;
use kit::calendar::WorkCalendar;
use kit::demo::RngExt;
use minzheng_kit as kit;
use rand::rngs::StdRng;
use uuid::Uuid;

/// Years whose reports the demonstration holds.
const REPORT_YEARS: std::ops::RangeInclusive<i32> = 2023..=2025;

fn id(kind: &str, name: &str) -> Uuid {
    kit::id::derived(kind, name)
}

/// Fills what the supervision looks at.
pub(super) fn fill(land: &Land, today: NaiveDate, rows: &mut Rows) {
    let mut rng = kit::demo::rng(&format!("societies/supervision/{}", land.digits));
    for (n, row) in rows.organizations.iter().enumerate() {
        if row.state.is_live() {
            let missing = reports(n, row, &mut rng, &mut rows.reports);
            listings(n, row, &missing, &mut rows.listings);
            ratings(n, row, &mut rng, &mut rows.ratings);
        } else {
            rows.cleanups.push(zombie(n, row));
        }
    }
    illegal(land, &mut rng, rows);
    permits(land, today, &mut rng, rows);
}

/// Reports of an organization; answers the years that are missing.
fn reports(
    n: usize,
    row: &organization::Model,
    rng: &mut StdRng,
    all: &mut Vec<annual_report::Model>,
) -> Vec<i32> {
    let duty = rules::report::duty(row.charity_since.is_some(), row.supervisor.is_some());
    let first = rules::report::first_report_year(row.founded);
    let mut missing = Vec::new();
    for year in REPORT_YEARS.filter(|year| first <= *year) {
        let absent = match n {
            CITIZENS_ASSOCIATION => year == 2025,
            0..=OLD_NAMED_ASSOCIATION => false,
            // One in ten is missing, and who is missing once is missing again.
            _ => n % 10 == 7 && (year == 2025 || n % 30 == 7 || n % 90 == 17 && year == 2024),
        };
        if absent {
            missing.push(year);
            continue;
        }
        let late = n > OLD_NAMED_ASSOCIATION && rng.random_range(0..100) < 4;
        let reached = if late {
            let over = rules::report::deadlines(year).registry + Days::new(1);
            day_between(rng, over, day(year + 1, 9, 1))
        } else {
            day_between(rng, day(year + 1, 2, 1), day(year + 1, 5, 31))
        };
        let result = match rng.random_range(0..100) {
            0..82 => ReportResult::Pass,
            82..95 => ReportResult::Basic,
            _ => ReportResult::Fail,
        };
        let result = if n <= OLD_NAMED_ASSOCIATION {
            ReportResult::Pass
        } else {
            result
        };
        // The conclusions on the last year are still being drawn for some.
        let open = year == 2025 && n > OLD_NAMED_ASSOCIATION && n % 6 == 1;
        let spending = rng.random_range(20..400) * 100_000;
        all.push(annual_report::Model {
            id: id("annual-report", &format!("{}/{year}", row.credit_code)),
            credit_code: row.credit_code.clone(),
            year,
            duty,
            to_supervisor: (duty == ReportDuty::Inspection)
                .then(|| reached.checked_sub_days(Days::new(12)).unwrap_or(reached)),
            to_registry: reached,
            late,
            result: (!open).then_some(result),
            income_fen: spending + rng.random_range(0..50) * 100_000,
            spending_fen: spending,
            charitable_fen: if row.charity_since.is_some() {
                spending * 8 / 10
            } else {
                0
            },
            management_fen: spending / 12,
            staff: rng.random_range(1..25),
            activities: rng.random_range(2..40),
            version: 1,
            supervisor_view: (duty == ReportDuty::Inspection).then_some(SupervisorView::Agreed),
            party_members: Some(party_members(n)),
            handed_to_supervisor: (duty == ReportDuty::Inspection)
                .then(|| reached.checked_sub_days(Days::new(32)).unwrap_or(reached))
                .map(|handed_in| handed_in.max(day(year + 1, 1, 4))),
        });
    }
    missing
}

/// Full party members: as many as ask for a party body where there is one, and in a few bodies that have none yet.
fn party_members(n: usize) -> i32 {
    let has_body = n % 5 < 2 || n == super::STORY_ASSOCIATION;
    let few = i32::try_from(n % 3).unwrap_or_default();
    if has_body || n % 40 == 3 {
        few + 3
    } else {
        few
    }
}

/// Who does not report is listed in July; two years later the entry becomes serious.
fn listings(
    n: usize,
    row: &organization::Model,
    missing: &[i32],
    all: &mut Vec<credit_listing::Model>,
) {
    let Some(first) = missing.first() else {
        return;
    };
    let listed = day(first + 1, 7, 15);
    let escalates = rules::credit::escalates_on(listed);
    let serious = escalates <= day(2026, 11, 1);
    let reason = if n % 50 == 47 {
        ListingReason::Unreachable
    } else {
        ListingReason::NoAnnualReport
    };
    all.push(credit_listing::Model {
        id: id("listing", &format!("{}/abnormal", row.credit_code)),
        credit_code: row.credit_code.clone(),
        list: CreditList::Abnormal,
        reason,
        listed,
        escalates: Some(escalates),
        removed: serious.then_some(escalates),
        version: 1,
        arose: Some(day(first + 1, 6, 1)),
        entered_late: true,
        first_reason: None,
    });
    if serious {
        all.push(credit_listing::Model {
            id: id("listing", &format!("{}/serious", row.credit_code)),
            credit_code: row.credit_code.clone(),
            list: CreditList::Serious,
            reason: ListingReason::AbnormalTwoYears,
            listed: escalates,
            escalates: None,
            removed: None,
            version: 1,
            arose: Some(escalates),
            entered_late: false,
            first_reason: Some(reason),
        });
    }
}

fn ratings(n: usize, row: &organization::Model, rng: &mut StdRng, all: &mut Vec<rating::Model>) {
    let mut push = |level, score, from| {
        all.push(rating::Model {
            id: id("rating", &format!("{}/{from}", row.credit_code)),
            credit_code: row.credit_code.clone(),
            level,
            score: Some(score),
            valid_from: from,
            valid_to: rules::rating::valid_to(from),
            state: RatingState::Valid,
            version: 1,
            changed: None,
        });
    };
    if n == STORY_ASSOCIATION {
        push(RatingLevel::A3, 872, day(2018, 12, 18));
        push(RatingLevel::A4, 927, day(2023, 12, 20));
    } else if n % 4 == 1 && row.founded < day(2017, 1, 1) {
        let from = day_between(rng, day(2020, 1, 1), day(2025, 12, 31));
        let score: u16 = rng.random_range(760..985);
        let level = rules::rating::level_for(score, &rules::rating::score_bands(from));
        push(level, i32::from(score), from);
    }
}

/// The case of an organization that was cleaned up.
fn zombie(n: usize, row: &organization::Model) -> cleanup_case::Model {
    let closed = row.ended.unwrap_or(row.founded);
    let result = match row.state {
        OrgState::Revoked => CleanupResult::Revoke,
        _ if n.is_multiple_of(12) => CleanupResult::Merge,
        _ => CleanupResult::Deregister,
    };
    cleanup_case::Model {
        id: id("cleanup", &row.credit_code),
        kind: CleanupKind::Zombie,
        credit_code: Some(row.credit_code.clone()),
        name: row.name.clone(),
        division_id: row.division_id,
        opened: closed.checked_sub_days(Days::new(75)).unwrap_or(closed),
        closed: Some(closed),
        closed_month: Some(YearMonth::of(closed).index()),
        result: Some(result),
        version: 1,
        ground: None,
        confiscated_fen: 0,
        merged_into: None,
    }
}

/// Illegal organizations that were banned: 福州's of the report, and some elsewhere and later.
fn illegal(land: &Land, rng: &mut StdRng, rows: &mut Rows) {
    let ((year, first), (_, last)) = figures::HALF_YEAR;
    let reported = if land.digits == "35" {
        land.places_of(figures::fuzhou::CODE)
    } else {
        Vec::new()
    };
    let mut case = |number: usize, at: usize, closed: NaiveDate| {
        let county = &land.counties[at];
        rows.cleanups.push(cleanup_case::Model {
            id: id("cleanup", &format!("{}/illegal/{number}", land.digits)),
            kind: CleanupKind::Illegal,
            credit_code: None,
            name: format!("未经登记的“{}第{}联合会”", county.name, number + 1),
            division_id: county.id,
            opened: closed.checked_sub_days(Days::new(20)).unwrap_or(closed),
            closed: Some(closed),
            closed_month: Some(YearMonth::of(closed).index()),
            result: Some(CleanupResult::Ban),
            version: 1,
            ground: Some(IllegalGround::Unregistered),
            confiscated_fen: 0,
            merged_into: None,
        });
    };
    let mut number = 0;
    if !reported.is_empty() {
        for at in reported
            .iter()
            .copied()
            .cycle()
            .take(figures::fuzhou::ILLEGAL)
        {
            case(
                number,
                at,
                day_between(rng, day(year, first, 1), day(year, last + 1, 1)),
            );
            number += 1;
        }
    }
    for at in (0..land.counties.len()).cycle().step_by(2).take(70) {
        case(
            number,
            at,
            day_between(rng, day(2023, 7, 1), day(2026, 11, 1)),
        );
        number += 1;
    }
}

/// First day of the permits shown: the work calendar is known from this year on.
const FIRST_PERMIT: (i32, u32, u32) = (2025, 1, 6);

fn permits(land: &Land, today: NaiveDate, rng: &mut StdRng, rows: &mut Rows) {
    let calendar = WorkCalendar::china();
    let is_rest = |day: NaiveDate| calendar.is_rest(day);
    let (year, month, first) = FIRST_PERMIT;
    let (first, last) = (day(year, month, first), today.min(day(2026, 11, 20)));
    let prompt = land.places_of(figures::xuzhou::CODE);
    for (at, county) in land.counties.iter().enumerate() {
        for number in 0..rng.random_range(8..16) {
            let item = match rng.random_range(0..20) {
                0..10 => PermitItem::Change,
                10..13 => PermitItem::Charter,
                13..16 => PermitItem::Deregister,
                16..18 => PermitItem::Found,
                18 => PermitItem::RecogniseCharity,
                _ => PermitItem::PublicRaising,
            };
            let received = day_between(rng, first, last);
            let term = rules::term::permit_term(item, &county.code, received);
            let taken: u16 = match term.unit {
                // The promise is ten working days; here and there it is missed, the law is not. In
                // 徐州, whose promise it is, it holds.
                DayUnit::Working if !prompt.contains(&at) && rng.random_range(0..10) == 0 => {
                    rng.random_range(11..=16)
                }
                DayUnit::Working => rng.random_range(3..=10),
                DayUnit::Calendar => {
                    rng.random_range(term.committed_days / 3..=term.committed_days * 9 / 10)
                }
            };
            let decided = match term.unit {
                DayUnit::Working => rules::term::due_on(received, taken, term.unit, &is_rest),
                DayUnit::Calendar => received.checked_add_days(Days::new(u64::from(taken))),
            }
            .filter(|decided| *decided < today);
            rows.permits.push(permit_case::Model {
                id: id("permit", &format!("{}/{number}", county.code)),
                item,
                credit_code: None,
                division_id: county.id,
                received,
                unit: term.unit,
                statutory_days: i32::from(term.statutory_days),
                committed_days: i32::from(term.committed_days),
                statutory_due: rules::term::due_on(
                    received,
                    term.statutory_days,
                    term.unit,
                    &is_rest,
                ),
                committed_due: rules::term::due_on(
                    received,
                    term.committed_days,
                    term.unit,
                    &is_rest,
                ),
                decided,
                decided_month: decided.map(|decided| YearMonth::of(decided).index()),
                days_taken: decided.map(|_| i32::from(taken)),
                granted: decided.map(|_| number % 13 != 5),
                state: match decided {
                    None => PermitState::Accepted,
                    Some(_) if number % 13 != 5 => PermitState::Granted,
                    Some(_) => PermitState::Refused,
                },
                version: 1,
                submitted: Some(received),
                name: None,
                form: None,
                missing: None,
                ground: (decided.is_some() && number % 13 == 5)
                    .then_some(OrgRefusalGround::ConditionsNotMet),
                late: false,
                extended_days: 0,
                extension_reason: None,
            });
        }
    }
}
