//! When a registered organization counts as a "zombie" (O-21).

use super::add_years;
use super::parameter::{Parameter, count};
use chrono::NaiveDate;

/// What is known of an organization's life signs.
#[derive(Clone, Copy, Debug)]
pub struct LifeSigns {
    /// The day it was founded.
    pub founded: NaiveDate,
    /// The last year it reported for, if it ever did.
    pub last_report_year: Option<i32>,
    /// The last activity known, if any.
    pub last_activity: Option<NaiveDate>,
    /// Two registered letters to its domicile came back.
    pub unreachable: bool,
}

/// Which sign of a "zombie" was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZombieSign {
    /// No annual report for two years.
    NoReportTwoYears,
    /// No activity for a year.
    NoActivityOneYear,
    /// Not reachable at its domicile.
    Unreachable,
}

/// O-21, policy language without an article: no annual report for two years, or no activity for one
/// year, or not reachable. A report is counted as missing only when its deadline (31 May) has passed;
/// a body younger than the term cannot have missed it.
#[must_use]
pub fn zombie_signs(signs: &LifeSigns, today: NaiveDate) -> Vec<ZombieSign> {
    let mut found = Vec::new();
    let last_due = super::report::last_due_year(today);
    let last_reported = signs
        .last_report_year
        .unwrap_or(i32::MIN)
        .max(super::report::first_report_year(signs.founded) - 1);
    let years = i32::try_from(count(Parameter::ZombieReportYears, today)).unwrap_or(i32::MAX);
    if last_due.saturating_sub(last_reported) >= years {
        found.push(ZombieSign::NoReportTwoYears);
    }
    let last_activity = signs.last_activity.unwrap_or(signs.founded);
    if add_years(last_activity, count(Parameter::ZombieInactiveYears, today)) <= today {
        found.push(ZombieSign::NoActivityOneYear);
    }
    if signs.unreachable {
        found.push(ZombieSign::Unreachable);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    #[test]
    fn each_sign_alone_makes_a_zombie() {
        use ZombieSign::{NoActivityOneYear, NoReportTwoYears, Unreachable};
        let today = day("2026-11-22");
        let healthy = LifeSigns {
            founded: day("2010-05-01"),
            last_report_year: Some(2025),
            last_activity: Some(day("2026-09-01")),
            unreachable: false,
        };
        let none: Vec<ZombieSign> = vec![];
        for (what, signs, expected) in [
            ("healthy", healthy, none.clone()),
            (
                "one report missing",
                LifeSigns {
                    last_report_year: Some(2024),
                    ..healthy
                },
                none.clone(),
            ),
            (
                "two missing",
                LifeSigns {
                    last_report_year: Some(2023),
                    ..healthy
                },
                vec![NoReportTwoYears],
            ),
            (
                "never reported",
                LifeSigns {
                    last_report_year: None,
                    ..healthy
                },
                vec![NoReportTwoYears],
            ),
            (
                "never reported but young",
                LifeSigns {
                    last_report_year: None,
                    founded: day("2025-01-10"),
                    ..healthy
                },
                none.clone(),
            ),
            (
                "a year without activity",
                LifeSigns {
                    last_activity: Some(day("2025-11-22")),
                    ..healthy
                },
                vec![NoActivityOneYear],
            ),
            (
                "a day less than a year",
                LifeSigns {
                    last_activity: Some(day("2025-11-23")),
                    ..healthy
                },
                none,
            ),
            (
                "unreachable",
                LifeSigns {
                    unreachable: true,
                    ..healthy
                },
                vec![Unreachable],
            ),
        ] {
            assert_eq!(zombie_signs(&signs, today), expected, "{what}");
        }
    }
}
