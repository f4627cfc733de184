//! Which days are working days (domain.md B.0.5).
//!
//! The State Council decides the rest days one year at a time, with weekends moved. A year that is
//! not in the table has no answer (`None`): a deadline that needs it is provisional, never guessed.

use chrono::{Datelike, NaiveDate, Weekday};

/// One year as the State Council's General Office announced it.
#[derive(Clone, Copy, Debug)]
pub struct YearTable {
    /// The year.
    pub year: i32,
    /// Rest days by holiday: first and last day as (month, day), both included.
    pub holidays: &'static [Holiday],
    /// Weekend days that are worked, as (month, day).
    pub worked: &'static [(u32, u32)],
    /// The announcement.
    pub source: &'static str,
    /// When the table was last compared with the announcement.
    pub verified_on: &'static str,
}

/// A holiday: its name, its first and its last rest day.
#[derive(Clone, Copy, Debug)]
pub struct Holiday {
    /// The name (节日名称).
    pub name_zh: &'static str,
    /// The first rest day, as (month, day).
    pub from: (u32, u32),
    /// The last rest day, as (month, day).
    pub to: (u32, u32),
}

const fn holiday(name_zh: &'static str, from: (u32, u32), to: (u32, u32)) -> Holiday {
    Holiday { name_zh, from, to }
}

/// The years known to this program.
pub const YEARS: &[YearTable] = &[
    YearTable {
        year: 2025,
        holidays: &[
            holiday("元旦", (1, 1), (1, 1)),
            holiday("春节", (1, 28), (2, 4)),
            holiday("清明节", (4, 4), (4, 6)),
            holiday("劳动节", (5, 1), (5, 5)),
            holiday("端午节", (5, 31), (6, 2)),
            holiday("国庆节、中秋节", (10, 1), (10, 8)),
        ],
        worked: &[(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)],
        source: "国务院办公厅关于2025年部分节假日安排的通知（国办发明电〔2024〕12号）",
        verified_on: "2026-11-22",
    },
    YearTable {
        year: 2026,
        holidays: &[
            holiday("元旦", (1, 1), (1, 3)),
            holiday("春节", (2, 15), (2, 23)),
            holiday("清明节", (4, 4), (4, 6)),
            holiday("劳动节", (5, 1), (5, 5)),
            holiday("端午节", (6, 19), (6, 21)),
            holiday("中秋节", (9, 25), (9, 27)),
            holiday("国庆节", (10, 1), (10, 7)),
        ],
        worked: &[(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
        source: "国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号）",
        verified_on: "2026-11-22",
    },
];

/// A calendar of rest days over some years.
#[derive(Clone, Copy, Debug)]
pub struct WorkCalendar {
    years: &'static [YearTable],
}

impl Default for WorkCalendar {
    fn default() -> Self {
        Self::china()
    }
}

impl WorkCalendar {
    /// The years known to this program.
    pub const fn china() -> Self {
        Self { years: YEARS }
    }

    /// A calendar of other years; for tests.
    pub const fn of(years: &'static [YearTable]) -> Self {
        Self { years }
    }

    /// Whether a day is a statutory rest day; `None` when its year is not known.
    pub fn is_rest(&self, day: NaiveDate) -> Option<bool> {
        let table = self.years.iter().find(|table| table.year == day.year())?;
        let at = (day.month(), day.day());
        if table.holidays.iter().any(|h| h.from <= at && at <= h.to) {
            return Some(true);
        }
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        Some(weekend && !table.worked.contains(&at))
    }

    /// The holiday that a day belongs to; `None` on other days and in unknown years.
    pub fn holiday(&self, day: NaiveDate) -> Option<&'static str> {
        let table = self.years.iter().find(|table| table.year == day.year())?;
        let at = (day.month(), day.day());
        table
            .holidays
            .iter()
            .find(|h| h.from <= at && at <= h.to)
            .map(|h| h.name_zh)
    }

    /// The first working day on or after a day: where a period ends whose last day this is
    /// (民法典 203). `None` when a needed year is not known.
    pub fn next_working_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        let mut day = day;
        while self.is_rest(day)? {
            day = day.succ_opt()?;
        }
        Some(day)
    }

    /// The day that is `count` working days after a day; the day itself is not counted (民法典 201).
    /// `None` when a needed year is not known.
    pub fn add_working_days(&self, day: NaiveDate, count: u32) -> Option<NaiveDate> {
        let mut day = day;
        for _ in 0..count {
            day = self.next_working_day(day.succ_opt()?)?;
        }
        Some(day)
    }

    /// The working days behind `from` up to and including `to`; `None` when a needed year is not known.
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> Option<u32> {
        let mut count = 0;
        let mut day = from;
        while day < to {
            day = day.succ_opt()?;
            count += u32::from(!self.is_rest(day)?);
        }
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn holidays_moved_weekends_and_plain_days_are_told_apart() {
        let calendar = WorkCalendar::china();
        let table = [
            ("2025-01-26", Some(false)),
            ("2025-10-08", Some(true)),
            ("2025-10-11", Some(false)),
            ("2026-02-14", Some(false)),
            ("2026-02-23", Some(true)),
            ("2026-05-09", Some(false)),
            ("2026-11-21", Some(true)),
            ("2026-11-23", Some(false)),
            ("2027-01-22", None),
        ];
        for (text, expected) in table {
            assert_eq!(calendar.is_rest(day(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_period_that_ends_on_a_rest_day_ends_on_the_next_working_day() {
        let calendar = WorkCalendar::china();
        let table = [
            ("2026-05-01", Some("2026-05-06")),
            ("2026-12-05", Some("2026-12-07")),
            ("2026-12-23", Some("2026-12-23")),
            ("2027-01-22", None),
        ];
        for (last, expected) in table {
            assert_eq!(
                calendar.next_working_day(day(last)),
                expected.map(day),
                "{last}"
            );
        }
    }

    #[test]
    fn working_days_skip_the_day_of_the_act_and_rest_days() {
        let calendar = WorkCalendar::china();
        assert_eq!(
            calendar.add_working_days(day("2026-09-30"), 1),
            Some(day("2026-10-08"))
        );
        assert_eq!(
            calendar.add_working_days(day("2026-11-20"), 10),
            Some(day("2026-12-04"))
        );
        assert_eq!(calendar.add_working_days(day("2026-12-30"), 5), None);
        assert_eq!(
            calendar.working_days_between(day("2026-11-20"), day("2026-12-04")),
            Some(10)
        );
    }

    #[test]
    fn every_worked_day_is_a_weekend_and_no_holiday() {
        for table in YEARS {
            for (month, date) in table.worked {
                let day = NaiveDate::from_ymd_opt(table.year, *month, *date).unwrap();
                assert!(
                    matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
                    "{day}"
                );
                assert_eq!(WorkCalendar::china().holiday(day), None);
            }
        }
    }
}
