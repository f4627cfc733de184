//! The days by which something must be done. They are watched, not enforced: what is late is shown as
//! late (P-12), never refused.

use chrono::{Datelike, Days, NaiveDate};

/// Days from approval to filing and to public notice.
pub const NAME_DAYS: u64 = 15;
/// Years between two joint inspections of a boundary line.
pub const INSPECTION_YEARS: i32 = 5;

/// P-9, 地名管理条例 13: a name is filed (备案) within 15 days of its approval. The day of approval is not
/// counted (民法典 201).
pub fn filing_due(approved: NaiveDate) -> NaiveDate {
    plus_days(approved, NAME_DAYS)
}

/// P-10, 地名管理条例 14: a name is made public within 15 days of approval, or of filing for names that other
/// departments approve.
pub fn notice_due(approved: NaiveDate, filed_by_other_department: Option<NaiveDate>) -> NaiveDate {
    plus_days(filed_by_other_department.unwrap_or(approved), NAME_DAYS)
}

/// P-12, 地名管理条例 35: whether something due is late on `today`, done or not.
pub fn is_late(due: NaiveDate, done: Option<NaiveDate>, today: NaiveDate) -> bool {
    done.unwrap_or(today) > due
}

/// B-1, 行政区域界线管理条例 12: every line is jointly inspected every five years; a 29 February falls on the 28th.
pub fn inspection_due(last: NaiveDate) -> NaiveDate {
    let year = last.year() + INSPECTION_YEARS;
    last.with_year(year)
        .or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))
        .unwrap_or(last)
}

/// B-3, 行政区域界线管理条例 12: an inspection is complete when both sides have signed, on the later day.
pub fn inspection_completed(
    left: Option<NaiveDate>,
    right: Option<NaiveDate>,
) -> Option<NaiveDate> {
    Some(left?.max(right?))
}

fn plus_days(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days))
        .unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn fifteen_days_do_not_count_the_day_itself() {
        for (approved, due) in [
            ("2026-01-01", "2026-01-16"),
            ("2024-02-20", "2024-03-06"),
            ("2025-12-20", "2026-01-04"),
        ] {
            assert_eq!(filing_due(day(approved)), day(due));
            assert_eq!(notice_due(day(approved), None), day(due));
        }
        assert_eq!(
            notice_due(day("2026-01-01"), Some(day("2026-01-10"))),
            day("2026-01-25")
        );
    }

    #[test]
    fn late_is_after_the_day_and_not_on_it() {
        let due = day("2026-01-16");
        assert!(!is_late(due, Some(due), day("2026-06-01")));
        assert!(is_late(due, Some(day("2026-01-17")), day("2026-06-01")));
        assert!(is_late(due, None, day("2026-01-17")));
        assert!(!is_late(due, None, due));
    }

    #[test]
    fn lines_are_inspected_every_five_years_when_both_have_signed() {
        assert_eq!(inspection_due(day("2021-06-30")), day("2026-06-30"));
        assert_eq!(inspection_due(day("2024-02-29")), day("2029-02-28"));
        assert_eq!(inspection_completed(Some(day("2022-01-01")), None), None);
        let both = inspection_completed(Some(day("2022-01-01")), Some(day("2022-02-01")));
        assert_eq!(both, Some(day("2022-02-01")));
    }
}
