//! Counts by month since 2023: invented volumes that look like a county's, on top of the records of
//! the demonstration, so that no count is smaller than the records it stands for; and counselling,
//! exact where the report of 福州 counts it.

use super::Rows;
use super::land::Land;
use crate::kit::demo::pick;
use crate::kit::{Services, YearMonth, months};
use crate::model::{counselling_month, monthly_count};
use crate::service::instant;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

/// First month of the counts.
const FIRST: YearMonth = YearMonth {
    year: 2023,
    month: 1,
};
/// Report 002: family counselling in 福州, January to June 2023.
const FUZHOU_SESSIONS: i64 = 7_472;
/// How the year is spread, in percent of an average month: many marry in May and October.
const SEASON: [i64; 12] = [95, 120, 90, 80, 130, 85, 80, 105, 95, 125, 95, 100];

/// When the figures of a month were last changed: on the second day after it, or now.
fn as_of(month: YearMonth, now: DateTime<Utc>) -> DateTime<Utc> {
    let after = month
        .end()
        .and_then(|day| day.succ_opt())
        .unwrap_or_default();
    instant(after.and_time(NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default())).min(now)
}

/// A whole month's count, or its part up to today.
fn so_far(count: i64, month: YearMonth, today: NaiveDate) -> i64 {
    if month == YearMonth::of(today) {
        count * i64::from(today.day()) / 31
    } else {
        count
    }
}

pub(super) fn fill(rows: &mut Rows, land: &Land, services: &Services) {
    let (now, today) = (services.clock.now(), services.clock.today());
    let until = YearMonth::of(today);
    let mut records: HashMap<(Uuid, YearMonth), (i64, i64)> = HashMap::new();
    for marriage in &rows.marriages {
        let at = (marriage.county_id, YearMonth::of(marriage.registered_on));
        records.entry(at).or_default().0 += 1;
    }
    for divorce in &rows.divorces {
        let at = (divorce.county_id, YearMonth::of(divorce.registered_on));
        records.entry(at).or_default().1 += 1;
    }
    for county in &land.counties {
        let volume = 60 + pick(&["volume", &county.code], 180) as i64;
        for month in months::range(FIRST, until) {
            let text = month.to_string();
            let of = |what: &str, below| pick(&[what, &county.code, &text], below) as i64;
            let season = SEASON.get(month.month as usize - 1).copied().unwrap_or(100);
            let registered = so_far(
                volume * season * (90 + of("swing", 21)) / 10_000,
                month,
                today,
            );
            let divorces = so_far(volume * (34 + of("divorces", 15)) / 100, month, today);
            let withdrawn = so_far(volume * (9 + of("withdrawn", 8)) / 100, month, today);
            // Nationwide registration began on 2025-05-10.
            let nationwide = month.index()
                >= (YearMonth {
                    year: 2025,
                    month: 6,
                })
                .index();
            let share = if nationwide {
                4 + of("cross", 5)
            } else {
                1 + of("cross", 2)
            };
            let (recorded, dissolved) = records
                .get(&(county.id, month))
                .copied()
                .unwrap_or_default();
            rows.counts.push(monthly_count::Model {
                county_id: county.id,
                month: month.index(),
                prefecture_id: county.prefecture.as_ref().map(|(id, _)| *id),
                province_id: land.province,
                registered: registered + recorded,
                cross_province: registered * share / 100,
                divorces: divorces + dissolved,
                withdrawn,
                as_of: as_of(month, now),
            });
        }
    }
    counselling(rows, until, today, now);
}

fn counselling(rows: &mut Rows, until: YearMonth, today: NaiveDate, now: DateTime<Utc>) {
    let half = |month: YearMonth| month.year == 2023 && month.month <= 6;
    let in_report = |code: &str, month| code.starts_with("3501") && half(month);
    let rooms: Vec<_> = rows
        .registries
        .iter()
        .filter(|r| r.counselling_rooms > 0)
        .collect();
    let cells = rooms.iter().filter(|r| r.code.starts_with("3501")).count() as i64 * 6;
    let mut cell = 0;
    let mut made = Vec::new();
    for registry in rooms {
        for month in months::range(FIRST, until) {
            let sessions = if in_report(&registry.code, month) {
                cell += 1;
                // Even shares that add up exactly, with a swing that each pair of months undoes.
                let share = FUZHOU_SESSIONS * cell / cells - FUZHOU_SESSIONS * (cell - 1) / cells;
                let pair = month.month.div_ceil(2);
                let swing = pick(&["sessions", &registry.code, &pair.to_string()], 31) as i64;
                if month.month % 2 == 1 {
                    share + swing
                } else {
                    share - swing
                }
            } else {
                let text = month.to_string();
                let busy = 20 + pick(&["sessions", &registry.code, &text], 60) as i64;
                so_far(busy * i64::from(registry.counselling_rooms), month, today)
            };
            made.push(counselling_month::Model {
                registry_id: registry.id,
                month: month.index(),
                county_id: registry.county_id,
                prefecture_id: registry.prefecture_id,
                province_id: registry.province_id,
                sessions,
                as_of: as_of(month, now),
            });
        }
    }
    rows.counselling = made;
}
