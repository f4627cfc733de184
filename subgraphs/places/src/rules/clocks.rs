//! The days by which something must be done. They are watched, not enforced: what is late is shown as
//! late (P-12), never refused.

use chrono::{Datelike, Months, NaiveDate};
use minzheng_kit::calendar::{self, WorkCalendar};

use super::parameters::{self, Key};

/// The last day of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The day itself, moved behind rest days; where their calendar is not known, behind weekends.
    pub day: NaiveDate,
    /// The calendar of a needed year is not known, so that the day may still move.
    pub is_provisional: bool,
}

/// 民法典 201 and 203: the day of the act is not counted, and a period that ends on a rest day ends on the
/// next working day.
fn after_days(calendar: &WorkCalendar, from: NaiveDate, days: u32) -> Deadline {
    calendar.days_after(from, u64::from(days)).into()
}

/// 民法典 202 and 203: a period of months ends on the day that bears the number of its first, or on the last of the
/// month, and moves like one of days.
fn after_months(from: NaiveDate, months: u32) -> Deadline {
    let last = from
        .checked_add_months(Months::new(months))
        .unwrap_or(NaiveDate::MAX);
    WorkCalendar::china().period_ends(last).into()
}

impl From<calendar::Deadline> for Deadline {
    fn from(end: calendar::Deadline) -> Self {
        Self {
            day: end.day,
            is_provisional: end.provisional,
        }
    }
}

/// P-9, 地名管理条例 13: a name is filed (备案) within 15 days of its approval.
pub fn filing_due(approved: NaiveDate) -> Deadline {
    filing_due_by(&WorkCalendar::china(), approved)
}

/// P-9, 地名管理条例 13: the same by a calendar.
pub fn filing_due_by(calendar: &WorkCalendar, approved: NaiveDate) -> Deadline {
    let days = parameters::count(Key::FilingDays, approved);
    after_days(calendar, approved, days)
}

/// P-10, 地名管理条例 14: a name is made public within 15 days of approval, or of filing for names that other
/// departments approve.
pub fn notice_due(approved: NaiveDate, filed_by_other_department: Option<NaiveDate>) -> Deadline {
    let from = filed_by_other_department.unwrap_or(approved);
    notice_due_by(&WorkCalendar::china(), from)
}

/// P-10, 地名管理条例 14: the same by a calendar, of a notice whose days run from a day.
pub fn notice_due_by(calendar: &WorkCalendar, from: NaiveDate) -> Deadline {
    after_days(calendar, from, parameters::count(Key::NoticeDays, from))
}

/// P-12, 地名管理条例 35: whether something due is late on `today`, done or not.
pub fn is_late(due: NaiveDate, done: Option<NaiveDate>, today: NaiveDate) -> bool {
    done.unwrap_or(today) > due
}

/// What is to be done about a filing that has not come (备案催办).
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "FilingReminder")]
pub enum Reminder {
    /// Nothing: it is filed, or there is still time (无需催办).
    None,
    /// It is late and must be chased (应当催办).
    Chase,
    /// It was chased; the answer is waited for (已催办，等待办理).
    Wait,
    /// Chasing has not helped: it is reported to the superior (应当向上级报告).
    Report,
    /// It was reported to the superior (已向上级报告).
    Reported,
}

/// P-12, 地名管理条例 35: a late filing is chased, and reported to the superior when that does not help.
pub fn reminder(
    due: NaiveDate,
    filed: Option<NaiveDate>,
    chased: Option<NaiveDate>,
    reported: Option<NaiveDate>,
    today: NaiveDate,
) -> Reminder {
    if filed.is_some() || !is_late(due, None, today) {
        return Reminder::None;
    }
    match (chased, reported) {
        (_, Some(_)) => Reminder::Reported,
        (None, None) => Reminder::Chase,
        (Some(chased), None) => {
            let days = parameters::count(Key::ChaseDays, chased);
            let last = after_days(&WorkCalendar::china(), chased, days).day;
            if today > last {
                Reminder::Report
            } else {
                Reminder::Wait
            }
        }
    }
}

/// B-1, 行政区域界线管理条例 12, 民法典 203: every line is jointly inspected every five years, of which the last day moves
/// behind days of rest; a 29 February falls on the 28th.
pub fn inspection_due(last: NaiveDate) -> Deadline {
    inspection_due_by(&WorkCalendar::china(), last)
}

/// B-1, 行政区域界线管理条例 12: the same by a calendar.
pub fn inspection_due_by(calendar: &WorkCalendar, last: NaiveDate) -> Deadline {
    let years = parameters::count(Key::InspectionYears, last);
    let year = last
        .year()
        .saturating_add(i32::try_from(years).unwrap_or(0));
    let day = last
        .with_year(year)
        .or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))
        .unwrap_or(last);
    calendar.period_ends(day).into()
}

/// D-9, 行政区划管理条例 15: a change of divisions is carried out within 12 months of its approval, and within
/// 6 months more where the approving body has granted them.
pub fn change_due(approved: NaiveDate, is_extended: bool) -> Deadline {
    let extra = if is_extended {
        parameters::count(Key::ChangeExtraMonths, approved)
    } else {
        0
    };
    after_months(
        approved,
        parameters::count(Key::ChangeMonths, approved) + extra,
    )
}

/// D-9, 行政区划管理条例 17: the new code is fixed and published within one month of the approval.
pub fn code_due(approved: NaiveDate) -> Deadline {
    after_months(approved, parameters::count(Key::CodeMonths, approved))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn fifteen_days_do_not_count_the_day_itself_and_end_on_a_working_day() {
        for (approved, due, is_provisional) in [
            // A Friday, a Saturday (so Monday), and the Spring Festival to 23 February.
            ("2026-01-01", "2026-01-16", false),
            ("2026-01-02", "2026-01-19", false),
            ("2026-02-01", "2026-02-24", false),
            // No calendar of these years is known.
            ("2024-02-20", "2024-03-06", true),
            ("2026-12-20", "2027-01-04", true),
            // Sunday 2024-03-10 and Saturday 2027-01-02: weekends move where no calendar is known.
            ("2024-02-24", "2024-03-11", true),
            ("2026-12-18", "2027-01-04", true),
        ] {
            let expected = Deadline {
                day: day(due),
                is_provisional,
            };
            assert_eq!(filing_due(day(approved)), expected, "{approved}");
            assert_eq!(notice_due(day(approved), None), expected, "{approved}");
        }
        let other = notice_due(day("2026-01-01"), Some(day("2026-01-12")));
        assert_eq!(other.day, day("2026-01-27"));
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
    fn a_late_filing_is_chased_and_then_reported() {
        let due = day("2026-03-02");
        let chased = Some(day("2026-03-05"));
        for (filed, chased, reported, today, expected) in [
            (None, None, None, "2026-03-02", Reminder::None),
            (None, None, None, "2026-03-03", Reminder::Chase),
            (None, chased, None, "2026-03-16", Reminder::Wait),
            (None, chased, None, "2026-03-17", Reminder::Report),
            (
                None,
                chased,
                Some(day("2026-03-18")),
                "2026-03-20",
                Reminder::Reported,
            ),
            (
                Some(day("2026-03-10")),
                chased,
                None,
                "2026-03-20",
                Reminder::None,
            ),
        ] {
            assert_eq!(
                reminder(due, filed, chased, reported, day(today)),
                expected,
                "{today}"
            );
        }
    }

    #[test]
    fn lines_are_inspected_every_five_years() {
        for (last, due, is_provisional) in [
            ("2021-06-30", "2026-06-30", false),
            // 民法典 203: within 劳动节 of 2026; a Saturday of a year that is not announced.
            ("2021-05-02", "2026-05-06", false),
            ("2026-11-22", "2031-11-24", true),
            ("2024-02-29", "2029-02-28", true),
        ] {
            let expected = Deadline {
                day: day(due),
                is_provisional,
            };
            assert_eq!(inspection_due(day(last)), expected, "{last}");
        }
    }

    #[test]
    fn a_change_of_divisions_has_twelve_months_and_six_more() {
        let approved = day("2025-08-31");
        let end = |text: &str, is_provisional| Deadline {
            day: day(text),
            is_provisional,
        };
        assert_eq!(change_due(approved, false), end("2026-08-31", false));
        // 民法典 203: 28 February 2027 is a Sunday, of a year that is not announced.
        assert_eq!(change_due(approved, true), end("2027-03-01", true));
        // A Saturday that is worked; Saturday 2 May within 劳动节.
        assert_eq!(code_due(day("2026-01-31")), end("2026-02-28", false));
        assert_eq!(code_due(day("2026-04-02")), end("2026-05-06", false));
    }
}
