//! Counting legal days: 民法典 200–203.
//!
//! The day of the act is not counted (201); a period whose last day is a statutory rest day ends
//! on the next day that is none (203); its last moment is the close of business (203).
//! The state publishes its rest days one year ahead. Where the year is not yet published the
//! answer falls back to weekends and says so, for a deadline must never be guessed in silence.

use crate::kit::calendar::WorkCalendar;
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Who knows which days are statutory rest days (weekends, holidays, make-up working days).
pub trait RestDays: Sync {
    /// Whether the day is one of rest; `None` where its year is not published.
    fn is_rest(&self, day: NaiveDate) -> Option<bool>;
}

impl RestDays for WorkCalendar {
    fn is_rest(&self, day: NaiveDate) -> Option<bool> {
        WorkCalendar::is_rest(self, day)
    }
}

/// A day that ends a period, and whether it may still move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegalDay {
    /// The day.
    pub day: NaiveDate,
    /// True where the calendar of a needed year is not published yet.
    pub provisional: bool,
    /// The first day on which the period can end whatever will be published: the day itself where it is
    /// certain.
    pub earliest: NaiveDate,
}

/// M-16, 民法典 203: whether a day is one of rest, falling back to the weekend, with the doubt stated.
#[must_use]
pub fn rest_or_weekend(calendar: &dyn RestDays, day: NaiveDate) -> (bool, bool) {
    match calendar.is_rest(day) {
        Some(rest) => (rest, false),
        None => (matches!(day.weekday(), Weekday::Sat | Weekday::Sun), true),
    }
}

/// M-16, M-17, 民法典 200–203: the last day of a period of `days` that runs from the day after `act`.
#[must_use]
pub fn period_end(calendar: &dyn RestDays, act: NaiveDate, days: u64) -> LegalDay {
    let mut day = plus(act, days);
    let mut doubtful = None;
    // No rest in the calendar is longer than ten days; thirty bound a damaged calendar.
    for _ in 0..30 {
        let (rest, doubt) = rest_or_weekend(calendar, day);
        if doubt && doubtful.is_none() {
            doubtful = Some(day);
        }
        if !rest {
            break;
        }
        day = plus(day, 1);
    }
    LegalDay {
        day,
        provisional: doubtful.is_some(),
        earliest: doubtful.unwrap_or(day),
    }
}

/// B.0.5, 民法典 201: a day later by `days`; stays where it is at the end of representable time.
#[must_use]
pub fn plus(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// A calendar made of closures and tables, for tests of rules.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// The published rest days of 2026, weekends included, as far as tests need them.
    pub(crate) struct Year2026;

    impl RestDays for Year2026 {
        fn is_rest(&self, day: NaiveDate) -> Option<bool> {
            if day.year() != 2026 {
                return None;
            }
            let key = (day.month(), day.day());
            let holidays = [
                (5, 1),
                (5, 2),
                (5, 3),
                (5, 4),
                (5, 5),
                (1, 1),
                (1, 2),
                (1, 3),
            ];
            let make_up = [(5, 9), (1, 4)];
            Some(if holidays.contains(&key) {
                true
            } else if make_up.contains(&key) {
                false
            } else {
                matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
            })
        }
    }
}
