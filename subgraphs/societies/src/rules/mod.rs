//! The law of social organizations as pure functions, one article at a time.
//!
//! Nothing here reads a clock, a database or the network: dates, figures and calendars are passed
//! in, so that every rule is tested by a table. Each function's comment begins with the rule's id
//! (domain model, part B.4.2) and its article. Numbers of the law stand in the dated tables of
//! [`threshold`] (what an organization must have) and [`parameter`] (days, years, sums, shares),
//! because the regulation on societies was amended in March 2026 and its numbers can be replaced
//! there without touching a rule.
//!
//! A rule answers `Ok` or a [`Refusal`], which the service turns into a user error with its field.

pub mod assignment;
pub mod change;
pub mod charity;
pub mod cleanup;
pub mod cooperation;
pub mod credit;
pub mod fee;
pub mod founding;
pub mod name;
pub mod office;
pub mod parameter;
pub mod penalty;
pub mod permit;
pub mod rating;
pub mod refusal;
pub mod report;
pub mod state;
pub mod term;
pub mod threshold;
pub mod zombie;

use chrono::NaiveDate;

/// Why the law refuses: a stable code, the words in both languages, the article.
///
/// It never holds a value that the user gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code for programs.
    pub code: &'static str,
    /// One English sentence.
    pub en: &'static str,
    /// One Chinese sentence.
    pub zh: &'static str,
    /// The law and its article.
    pub basis: &'static str,
}

/// The first of January of a year; a year out of the calendar's range gives its last day.
pub(crate) fn year_start(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX)
}

/// The same day some years later; 29 February becomes 28 February.
pub(crate) fn add_years(day: NaiveDate, years: u32) -> NaiveDate {
    day.checked_add_months(chrono::Months::new(years.saturating_mul(12)))
        .unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
pub(crate) fn day(text: &str) -> NaiveDate {
    #[allow(clippy::unwrap_used)]
    text.parse().unwrap()
}
