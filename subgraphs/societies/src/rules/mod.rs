//! The law of social organizations as pure functions, one article at a time.
//!
//! Nothing here reads a clock, a database or the network: dates and figures are passed in, so that every rule is
//! tested by a table. The work calendar is one of the tables of the law (`kit::calendar`); where an answer waits for
//! the calendar of a year to be known, it is passed in too. Each function's comment begins with the rule's id
//! (domain model, part B.4.2) and its article. Numbers of the law stand in the dated tables of
//! [`threshold`] (what an organization must have) and [`parameter`] (days, years, sums, shares),
//! because the regulation on societies was amended in March 2026 and its numbers can be replaced
//! there without touching a rule.
//!
//! A rule answers `Ok` or a [`Refusal`], which the service turns into a user error with its field.

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
/// A number of the law that a sentence needs stands in it in braces and is filled in with the value of the day
/// that was judged ([`Refusal::with`]): a sentence that wrote it out would go on saying the old one when the law
/// changes. It never holds a value that the user gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code for programs.
    pub code: &'static str,
    /// One English sentence.
    en: &'static str,
    /// One Chinese sentence.
    zh: &'static str,
    /// The law and its article.
    pub basis: &'static str,
    /// The names of the numbers of the law in the sentences, as they stand in braces; four at most.
    names: &'static [&'static str],
    /// The numbers, in the order of their names.
    numbers: [i64; 4],
}

impl Refusal {
    /// A refusal without numbers, or before they are filled in.
    #[must_use]
    pub const fn new(
        code: &'static str,
        en: &'static str,
        zh: &'static str,
        basis: &'static str,
    ) -> Self {
        Self {
            code,
            en,
            zh,
            basis,
            names: &[],
            numbers: [0; 4],
        }
    }

    /// The same with the numbers of the law, by their names in braces; four at most.
    #[must_use]
    pub fn with(mut self, names: &'static [&'static str], numbers: &[i64]) -> Self {
        self.names = names;
        for (place, number) in self.numbers.iter_mut().zip(numbers) {
            *place = *number;
        }
        self
    }

    /// The sentence in English.
    #[must_use]
    pub fn en(&self) -> String {
        self.filled(self.en)
    }

    /// The sentence in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        self.filled(self.zh)
    }

    fn filled(&self, sentence: &str) -> String {
        let told = self.names.iter().zip(self.numbers);
        told.fold(sentence.to_owned(), |sentence, (name, number)| {
            sentence.replace(&format!("{{{name}}}"), &number.to_string())
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{OrgKind, OrgPenaltyGround, OrgPenaltyKind, RegistrarLevel};

    /// 社会团体登记管理条例 10 and others: the number told is the one that was judged by.
    #[test]
    fn sentences_tell_the_numbers_of_the_day_that_was_judged() {
        let today = day("2026-11-22");
        let candidate = rating::Candidate {
            founded: day("2026-01-02"),
            last_year: rating::Inspected::Missing,
            year_before: rating::Inspected::Missing,
            punished: false,
            listed: false,
            investigated: false,
        };
        let fine = penalty::Penalty {
            of: OrgKind::SocialGroup,
            ground: OrgPenaltyGround::InactiveOneYear,
            kind: OrgPenaltyKind::Fine,
            fine_fen: 1,
            income_fen: 100,
            turnover_fen: 0,
            decided: today,
            until: None,
        };
        let county = RegistrarLevel::County;
        for (refused, told) in [
            (
                rating::may_be_rated(&candidate, today),
                "after 2 full years",
            ),
            (
                penalty::fine(&fine),
                "3 to 5 times the illegal income or 1 to 3",
            ),
            (
                charity::may_ask_for_public_raising(today, today),
                "licence 1 years",
            ),
            (credit::unreachable(&[], today), "20 to 60 days"),
            (Err(credit::escalates_by_itself(today)), "2 years"),
            (
                founding::society_members(1, 0, county, day("2020-01-01")),
                "50 individual members, or 30 unit members, or 50 members",
            ),
            (
                founding::society_funds(1, county, day("2020-01-01")),
                "of 30000 yuan",
            ),
        ] {
            let refusal = refused
                .err()
                .unwrap_or_else(|| panic!("{told} was granted"));
            assert!(refusal.en().contains(told), "{}", refusal.en());
            for sentence in [refusal.en(), refusal.zh()] {
                assert!(!sentence.contains(['{', '}']), "{sentence}");
            }
        }
    }
}
