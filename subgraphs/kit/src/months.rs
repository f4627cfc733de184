//! Ranges of months, as statistics ask for them (`from` and `to`, both included).

use chrono::{Datelike, NaiveDate};

use crate::scalars::YearMonth;

impl YearMonth {
    /// The month a day lies in.
    pub fn of(day: NaiveDate) -> Self {
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// The first day of the month; `None` only for a month outside the calendar.
    pub fn first_day(self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year, self.month, 1)
    }

    /// The first day after the month.
    pub fn end(self) -> Option<NaiveDate> {
        self.next().first_day()
    }

    /// The following month.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month >= 12 {
            Self {
                year: self.year + 1,
                month: 1,
            }
        } else {
            Self {
                year: self.year,
                month: self.month + 1,
            }
        }
    }

    /// Months since year 0, for comparing and for storing as one number.
    pub fn index(self) -> i32 {
        self.year * 12 + self.month as i32 - 1
    }

    /// The month of an [`YearMonth::index`].
    pub fn from_index(index: i32) -> Self {
        Self {
            year: index.div_euclid(12),
            month: index.rem_euclid(12) as u32 + 1,
        }
    }
}

/// The months from `from` to `to`, both included; empty when they are the wrong way round.
pub fn range(from: YearMonth, to: YearMonth) -> impl Iterator<Item = YearMonth> {
    (from.index()..=to.index()).map(YearMonth::from_index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_crosses_the_year() {
        let from = YearMonth {
            year: 2025,
            month: 11,
        };
        let to = YearMonth {
            year: 2026,
            month: 2,
        };
        let months: Vec<String> = range(from, to).map(|m| m.to_string()).collect();
        assert_eq!(months, ["2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(range(to, from).count(), 0);
    }

    #[test]
    fn december_ends_on_new_year() {
        let december = YearMonth {
            year: 2026,
            month: 12,
        };
        assert_eq!(december.end().unwrap().to_string(), "2027-01-01");
    }
}
