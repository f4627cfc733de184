//! Which days are working days (domain.md B.0.5).
//!
//! The State Council decides the rest days one year at a time, with weekends moved. A year that is
//! not in the table has no answer (`None`): a deadline that needs it falls back to plain weekends and
//! says so ([`Deadline::provisional`], in the schema `deadlineProvisional`), never in silence.
//!
//! The end of December belongs to the notice of the year that follows, which begins with the New Year holiday
//! (元旦): 29 December 2018 was a Saturday that was worked and 31 December a Monday of rest, and so by the notices
//! for 2007, 2008 and 2012. So the days from [`TURN_OF_THE_YEAR`] on are known only when both years are.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The first day of December that the notice of the next year may move: the weekend that stands before New Year's Day
/// begins on the 26th at the earliest.
pub const TURN_OF_THE_YEAR: u32 = 26;

/// One year as the State Council's General Office announced it.
///
/// A day is (month, day) of that year; one of December is of the December before it, for no notice reaches the
/// December of its own year, and each may begin in the one before.
#[derive(Clone, Copy, Debug)]
pub struct YearTable {
    /// The year.
    pub year: i32,
    /// Rest days by holiday: first and last day as (month, day), both included.
    pub holidays: &'static [Holiday],
    /// Weekend days that are worked, as (month, day).
    pub worked: &'static [(u32, u32)],
    /// The announcement that the table gives from knowledge of it.
    pub source: &'static str,
    /// The day on which somebody compared the table with the announcement's published text; `None`
    /// if nobody has. Both tables here were entered without access to it.
    pub verified_on: Option<NaiveDate>,
}

impl YearTable {
    /// A day as it stands in this table, December being its month 0; `None` if another year's notice has it.
    fn place(&self, day: NaiveDate) -> Option<(u32, u32)> {
        match day.month() {
            12 => (day.year() + 1 == self.year).then_some((0, day.day())),
            month => (day.year() == self.year).then_some((month, day.day())),
        }
    }

    fn holiday_at(&self, at: (u32, u32)) -> Option<&Holiday> {
        let mut all = self.holidays.iter();
        all.find(|holiday| placed(holiday.from) <= at && at <= placed(holiday.to))
    }
}

/// Month and day with the December before the year as its month 0.
const fn placed((month, day): (u32, u32)) -> (u32, u32) {
    (month % 12, day)
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
        verified_on: None,
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
        verified_on: None,
    },
];

/// A day on which a period ends, and whether it may still move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The day.
    pub day: NaiveDate,
    /// True while the rest days of a needed year are not known: `day` then reckons with weekends only.
    pub provisional: bool,
}

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

    fn table(&self, year: i32) -> Option<&'static YearTable> {
        self.years.iter().find(|table| table.year == year)
    }

    /// The table that may name a day: its year's, in December the next one's.
    fn naming(&self, day: NaiveDate) -> Option<&'static YearTable> {
        self.table(day.year() + i32::from(day.month() == 12))
    }

    /// The first and the last day for which there is an answer; `None` for a calendar without years.
    pub fn known(&self) -> Option<(NaiveDate, NaiveDate)> {
        let first = self.years.iter().map(|table| table.year).min()?;
        let last = self.years.iter().map(|table| table.year).max()?;
        Some((
            NaiveDate::from_ymd_opt(first, 1, 1)?,
            NaiveDate::from_ymd_opt(last, 12, TURN_OF_THE_YEAR - 1)?,
        ))
    }

    /// Whether a day is a statutory rest day; `None` when its year is not known, and at the turn of the year when
    /// the next one is not.
    pub fn is_rest(&self, day: NaiveDate) -> Option<bool> {
        self.table(day.year())?;
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let turns = (day.month(), day.day()) >= (12, TURN_OF_THE_YEAR);
        let Some(table) = self.naming(day) else {
            return (!turns).then_some(weekend);
        };
        let at = table.place(day)?;
        if table.holiday_at(at).is_some() {
            return Some(true);
        }
        let worked = table.worked.iter().any(|worked| placed(*worked) == at);
        Some(weekend && !worked)
    }

    /// The holiday that a day belongs to; `None` on other days and in unknown years.
    pub fn holiday(&self, day: NaiveDate) -> Option<&'static str> {
        let table = self.naming(day)?;
        table.holiday_at(table.place(day)?).map(|h| h.name_zh)
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

    /// Whether a day is one of rest; in a year that is not known Saturdays and Sundays are, and that is
    /// said.
    pub fn rest_or_weekend(&self, day: NaiveDate) -> (bool, bool) {
        match self.is_rest(day) {
            Some(rest) => (rest, false),
            None => (matches!(day.weekday(), Weekday::Sat | Weekday::Sun), true),
        }
    }

    /// The last day of a period of calendar days, weeks or months whose last day would be `last`: that
    /// day, or the next one that is no rest day (民法典 203).
    pub fn period_ends(&self, last: NaiveDate) -> Deadline {
        let mut deadline = Deadline {
            day: last,
            provisional: false,
        };
        // No rest is longer than ten days; the bound is for a damaged table.
        for _ in 0..31 {
            let (rest, doubt) = self.rest_or_weekend(deadline.day);
            deadline.provisional |= doubt;
            match deadline.day.succ_opt() {
                Some(next) if rest => deadline.day = next,
                _ => break,
            }
        }
        deadline
    }

    /// The last day of a period of `days` calendar days after an act; the day of the act is not counted
    /// (民法典 201, 203).
    pub fn days_after(&self, act: NaiveDate, days: u64) -> Deadline {
        self.period_ends(act.checked_add_days(Days::new(days)).unwrap_or(act))
    }

    /// The last day of a period of `count` working days after an act (工作日; make-up weekends count).
    pub fn working_days_after(&self, act: NaiveDate, count: u32) -> Deadline {
        let mut deadline = Deadline {
            day: act,
            provisional: false,
        };
        let mut left = count;
        while left > 0 {
            let Some(next) = deadline.day.succ_opt() else {
                break;
            };
            let (rest, doubt) = self.rest_or_weekend(next);
            deadline.day = next;
            deadline.provisional |= doubt;
            left -= u32::from(!rest);
        }
        deadline
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

    /// The New Year holiday of 2019 as it was announced: 30 December 2018 to 1 January 2019, and Saturday
    /// 29 December worked.
    const BY_2019: [YearTable; 2] = {
        const fn year(year: i32, holidays: &'static [Holiday]) -> YearTable {
            YearTable {
                year,
                holidays,
                worked: if year == 2019 { &[(12, 29)] } else { &[] },
                source: "",
                verified_on: None,
            }
        }
        [
            year(2018, &[holiday("元旦", (1, 1), (1, 1))]),
            year(2019, &[holiday("元旦", (12, 30), (1, 1))]),
        ]
    };

    #[test]
    fn days_at_the_end_of_december_are_as_the_notice_of_the_next_year_says() {
        static BOTH: [YearTable; 2] = BY_2019;
        static BEFORE: [YearTable; 1] = [BY_2019[0]];
        let (both, before) = (WorkCalendar::of(&BOTH), WorkCalendar::of(&BEFORE));
        for (text, told, untold) in [
            ("2018-01-01", Some(true), Some(true)),
            ("2018-12-01", Some(true), Some(true)),
            ("2018-12-25", Some(false), Some(false)),
            ("2018-12-26", Some(false), None),
            ("2018-12-29", Some(false), None),
            ("2018-12-30", Some(true), None),
            ("2018-12-31", Some(true), None),
            ("2019-01-01", Some(true), None),
            ("2019-01-02", Some(false), None),
            ("2019-12-25", Some(false), None),
            ("2019-12-26", None, None),
            ("2017-12-31", None, None),
        ] {
            assert_eq!(both.is_rest(day(text)), told, "{text} with 2019");
            assert_eq!(before.is_rest(day(text)), untold, "{text} without");
        }
        assert_eq!(both.holiday(day("2018-12-31")), Some("元旦"));
        assert_eq!(both.holiday(day("2019-12-31")), None);
        assert_eq!(both.known(), Some((day("2018-01-01"), day("2019-12-25"))));
        let end = |calendar: &WorkCalendar| calendar.days_after(day("2018-12-01"), 30);
        let moved = Deadline {
            day: day("2019-01-02"),
            provisional: false,
        };
        assert_eq!(end(&both), moved);
        assert!(end(&before).provisional);
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
    fn a_deadline_in_a_year_that_is_not_known_is_provisional_and_still_has_a_day() {
        let calendar = WorkCalendar::china();
        // act, calendar days, last day, provisional
        let days = [
            // 劳动节 moves it to the Wednesday after.
            ("2026-04-01", 30, "2026-05-06", false),
            // A Saturday that is worked is no rest day: the period ends on it.
            ("2026-02-18", 10, "2026-02-28", false),
            ("2026-11-23", 30, "2026-12-23", false),
            ("2026-11-25", 30, "2026-12-25", false),
            // The notice for 2027 may move 31 December 2026, as that for 2019 moved the day of 2018.
            ("2026-12-01", 30, "2026-12-31", true),
            ("2025-12-01", 30, "2025-12-31", false),
            // 2 January 2027 is a Saturday of a year without a table.
            ("2026-12-03", 30, "2027-01-04", true),
            ("2027-03-01", 30, "2027-03-31", true),
        ];
        for (act, count, last, provisional) in days {
            let expected = Deadline {
                day: day(last),
                provisional,
            };
            assert_eq!(calendar.days_after(day(act), count), expected, "{act}");
        }
        let working = [
            ("2026-09-30", 1, "2026-10-08", false),
            // The make-up Saturday 10 October counts.
            ("2026-10-08", 2, "2026-10-10", false),
            ("2026-11-20", 0, "2026-11-20", false),
            ("2026-12-30", 5, "2027-01-06", true),
        ];
        for (act, count, last, provisional) in working {
            let expected = Deadline {
                day: day(last),
                provisional,
            };
            assert_eq!(
                calendar.working_days_after(day(act), count),
                expected,
                "{act}"
            );
        }
    }

    #[test]
    fn nobody_claims_to_have_compared_a_table_that_was_entered_from_knowledge() {
        for table in YEARS {
            assert!(table.source.contains("国办发明电"));
            assert_eq!(table.verified_on, None, "{}", table.year);
        }
    }

    proptest::proptest! {
        #[test]
        fn both_ways_of_counting_agree_where_the_calendar_is_known(from in 0u64..600, count in 0u32..40) {
            let calendar = WorkCalendar::china();
            let act = day("2025-01-01").checked_add_days(Days::new(from)).unwrap();
            let strict = calendar.add_working_days(act, count);
            let deadline = calendar.working_days_after(act, count);
            match strict {
                Some(last) => proptest::prop_assert_eq!(deadline, Deadline { day: last, provisional: false }),
                None => proptest::prop_assert!(deadline.provisional),
            }
        }
    }

    #[test]
    fn every_worked_day_is_a_weekend_and_no_holiday() {
        for table in YEARS {
            for (month, date) in table.worked {
                let year = table.year - i32::from(*month == 12);
                let day = NaiveDate::from_ymd_opt(year, *month, *date).unwrap();
                assert!(
                    matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
                    "{day}"
                );
                assert_eq!(WorkCalendar::china().holiday(day), None);
            }
        }
    }
}
