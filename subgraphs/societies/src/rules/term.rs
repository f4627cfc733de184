//! How long an authority may take, by law and by promise (O-4, O-17).
//!
//! The work calendar is a function from a day to whether it is a rest day, `None` where the calendar
//! of that year is not known: then a due day is unknown too, never guessed.

use crate::vocabulary::{DayUnit, PermitItem};
use chrono::{Days, NaiveDate};

/// The term of one permit item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermitTerm {
    /// Days by law.
    pub statutory_days: u16,
    /// Days the authority promises; never more than by law.
    pub committed_days: u16,
    /// How the days are counted.
    pub unit: DayUnit,
    /// The law and its article.
    pub legal_basis: &'static str,
}

/// The promise of the 2023 report: permits that the law gives 20 working days are decided in 10.
pub const PROMISED_WORKING_DAYS: u16 = 10;

/// O-4, 社会团体登记管理条例 第十二条, 基金会管理条例 第十一条, 民办非企业单位登记管理暂行条例 第十一条: founding is decided
/// within 60 days of complete papers; 行政许可法 第四十二条: other permits within 20 working days, and the
/// promise "20 to 10" is on these; 慈善法 第十条、第二十二条: recognition and the licence in 20 days.
#[must_use]
pub const fn permit_term(item: PermitItem) -> PermitTerm {
    match item {
        PermitItem::Found => PermitTerm {
            statutory_days: 60,
            committed_days: 60,
            unit: DayUnit::Calendar,
            legal_basis: "社会团体登记管理条例 (2016) 第十二条",
        },
        PermitItem::RecogniseCharity | PermitItem::PublicRaising => PermitTerm {
            statutory_days: 20,
            committed_days: 20,
            unit: DayUnit::Calendar,
            legal_basis: "慈善法 (2023) 第十条、第二十二条",
        },
        PermitItem::Change | PermitItem::Charter | PermitItem::Deregister => PermitTerm {
            statutory_days: 20,
            committed_days: PROMISED_WORKING_DAYS,
            unit: DayUnit::Working,
            legal_basis: "行政许可法 (2019) 第四十二条",
        },
    }
}

/// O-4, 民法典 第二百零一条、第二百零三条 and 行政许可法 第八十二条: the last day of a term. The day of the act is not
/// counted; working days skip rest days; a term in calendar days that ends on a rest day ends on the
/// next working day. `None` when the calendar does not know a day it needs.
#[must_use]
pub fn due_on(
    received: NaiveDate,
    days: u16,
    unit: DayUnit,
    is_rest: &dyn Fn(NaiveDate) -> Option<bool>,
) -> Option<NaiveDate> {
    match unit {
        DayUnit::Calendar => {
            let mut day = received.checked_add_days(Days::new(u64::from(days)))?;
            while is_rest(day)? {
                day = day.succ_opt()?;
            }
            Some(day)
        }
        DayUnit::Working => {
            let mut day = received;
            let mut left = days;
            while left > 0 {
                day = day.succ_opt()?;
                if !is_rest(day)? {
                    left -= 1;
                }
            }
            Some(day)
        }
    }
}

/// O-4, 行政许可法 第八十二条: how many days a decision took, counted as its term is. A decision on the day of
/// receipt took none.
#[must_use]
pub fn days_taken(
    received: NaiveDate,
    decided: NaiveDate,
    unit: DayUnit,
    is_rest: &dyn Fn(NaiveDate) -> Option<bool>,
) -> Option<u16> {
    let mut taken = 0_u16;
    let mut day = received;
    while day < decided {
        day = day.succ_opt()?;
        if unit == DayUnit::Calendar || !is_rest(day)? {
            taken = taken.checked_add(1)?;
        }
    }
    Some(taken)
}

/// O-17, 社会组织信用信息管理办法 (2018): credit information is entered within five working days of arising.
#[must_use]
pub fn credit_entry_due(
    arose: NaiveDate,
    is_rest: &dyn Fn(NaiveDate) -> Option<bool>,
) -> Option<NaiveDate> {
    due_on(arose, 5, DayUnit::Working, is_rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::rules::day;
    use chrono::{Datelike, Weekday};

    /// Weekends rest; 2027 is not known.
    fn weekends(day: NaiveDate) -> Option<bool> {
        (day.year() < 2027).then_some(matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
    }

    #[test]
    fn founding_has_sixty_days_and_the_promise_is_on_permits_only() {
        assert_eq!(permit_term(PermitItem::Found).statutory_days, 60);
        assert_eq!(permit_term(PermitItem::Found).committed_days, 60);
        let change = permit_term(PermitItem::Change);
        assert_eq!(
            (change.statutory_days, change.committed_days, change.unit),
            (20, 10, DayUnit::Working)
        );
    }

    #[test]
    fn terms_end_on_the_right_day() {
        for (received, days, unit, due) in [
            // A Monday: ten working days later is the Monday after next.
            ("2026-11-02", 10, DayUnit::Working, Some("2026-11-16")),
            // A Friday: the next working day is Monday.
            ("2026-11-06", 1, DayUnit::Working, Some("2026-11-09")),
            ("2026-11-06", 0, DayUnit::Working, Some("2026-11-06")),
            // Sixty days from 2026-09-01 is Saturday 2026-10-31, so Monday.
            ("2026-09-01", 60, DayUnit::Calendar, Some("2026-11-02")),
            ("2026-09-02", 61, DayUnit::Calendar, Some("2026-11-02")),
            // Runs into a year whose calendar is not known.
            ("2026-12-28", 10, DayUnit::Working, None),
            ("2026-12-28", 10, DayUnit::Calendar, None),
        ] {
            assert_eq!(
                due_on(day(received), days, unit, &weekends),
                due.map(day),
                "{received} + {days}"
            );
        }
    }

    #[test]
    fn days_taken_is_the_inverse_of_the_term() {
        for days in 1..20 {
            let due = due_on(day("2026-11-02"), days, DayUnit::Working, &weekends).unwrap();
            assert_eq!(
                days_taken(day("2026-11-02"), due, DayUnit::Working, &weekends),
                Some(days)
            );
        }
        assert_eq!(
            days_taken(
                day("2026-11-02"),
                day("2026-11-02"),
                DayUnit::Working,
                &weekends
            ),
            Some(0)
        );
    }

    #[test]
    fn credit_information_is_entered_within_five_working_days() {
        assert_eq!(
            credit_entry_due(day("2026-11-05"), &weekends),
            Some(day("2026-11-12"))
        );
    }
}
