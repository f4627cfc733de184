//! Facility planning: what a division will need, and what it has (殡葬设施布局规划).

use chrono::NaiveDate;
use minzheng_kit::error::UserError;

use super::Verdict;
use super::settings::{Parameter, Settings};

/// What is planned for one kind of place in a division.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// People who live there.
    pub population: i64,
    /// Deaths a year in ten thousand people.
    pub deaths_per_ten_thousand: i64,
    /// Years to be covered.
    pub years: i64,
    /// Of a hundred deaths how many use this kind of place.
    pub share_percent: i64,
}

/// A.2-17, 殡葬设施布局规划: the places needed: the deaths of the years covered that use this kind, and a reserve above, rounded
/// up.
pub fn places_needed(need: &Need, settings: &Settings<'_>) -> i64 {
    let reserve = 100 + settings.value(Parameter::PlanReservePercent);
    let hundredths = [
        need.population,
        need.deaths_per_ten_thousand,
        need.years,
        need.share_percent,
        reserve,
    ]
    .into_iter()
    .fold(1_i128, |product, factor| {
        product * i128::from(factor.max(0))
    });
    // Ten thousand people, a hundred per cent twice.
    i64::try_from(hundredths.div_ceil_by(10_000 * 100 * 100)).unwrap_or(i64::MAX)
}

/// A.2-17, 殡葬设施布局规划: what the plans of one division for one kind ask for together. There are several only since
/// divisions were merged, each for the people of its own part, until the new division plans for all: their needs
/// add up, and are held once against what there is.
pub fn needed_together(needs: &[Need], settings: &Settings<'_>) -> i64 {
    needs
        .iter()
        .map(|need| places_needed(need, settings))
        .fold(0, i64::saturating_add)
}

/// A.2-17, 殡葬设施布局规划: a plan counts people, deaths, years and a share that can be, from a day that is not past.
pub fn plan(need: &Need, from: NaiveDate, today: NaiveDate) -> Verdict {
    let fits = (1..=200_000_000).contains(&need.population)
        && (1..=1_000).contains(&need.deaths_per_ten_thousand)
        && (1..=50).contains(&need.years)
        && (1..=100).contains(&need.share_percent);
    let (code, en, zh, field) = if !fits {
        (
            "PLAN_FIGURES",
            "The plan's figures cannot be right.",
            "规划数据不正确。",
            "population",
        )
    } else if from < today {
        (
            "PLAN_DAYS",
            "A plan holds from today or later.",
            "规划生效日期不得早于今日。",
            "validFrom",
        )
    } else {
        return Ok(());
    };
    Err(UserError::new(code, en, zh)
        .field(&[field])
        .basis("殡葬设施布局规划"))
}

trait DivCeil {
    fn div_ceil_by(self, by: Self) -> Self;
}

impl DivCeil for i128 {
    /// Rounded up; both are positive here.
    fn div_ceil_by(self, by: Self) -> Self {
        (self + by - 1) / by
    }
}

/// A.2-17, 殡葬设施布局规划: how many places are missing; nought where there are enough.
pub fn gap(needed: i64, capacity: i64) -> i64 {
    needed.saturating_sub(capacity).max(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::settings;
    use chrono::NaiveDate;

    #[test]
    fn a_plan_has_figures_that_can_be() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let need = Need {
            population: 300_000,
            deaths_per_ten_thousand: 75,
            years: 10,
            share_percent: 60,
        };
        let table = [
            (need, today, None),
            (
                Need {
                    population: 0,
                    ..need
                },
                today,
                Some("PLAN_FIGURES"),
            ),
            (
                Need {
                    share_percent: 101,
                    ..need
                },
                today,
                Some("PLAN_FIGURES"),
            ),
            (Need { years: 51, ..need }, today, Some("PLAN_FIGURES")),
            (need, today.pred_opt().unwrap(), Some("PLAN_DAYS")),
        ];
        for (need, from, expected) in table {
            assert_eq!(
                plan(&need, from, today).err().map(|e| e.code).as_deref(),
                expected,
                "{need:?}"
            );
        }
    }

    #[test]
    fn a_plan_covers_the_deaths_of_its_years_with_a_reserve() {
        let rules = settings::on("51", NaiveDate::from_ymd_opt(2026, 11, 22).unwrap());
        let table = [
            (300_000, 75, 10, 60, 16_200),
            (1, 1, 1, 1, 1),
            (0, 75, 10, 60, 0),
            (-5, 75, 10, 60, 0),
        ];
        for (population, deaths, years, share, expected) in table {
            let need = Need {
                population,
                deaths_per_ten_thousand: deaths,
                years,
                share_percent: share,
            };
            assert_eq!(places_needed(&need, &rules), expected, "{population}");
        }
        let part = |population| Need {
            population,
            deaths_per_ten_thousand: 75,
            years: 10,
            share_percent: 60,
        };
        let table: [(&[Need], i64); 3] = [
            (&[], 0),
            (&[part(300_000)], 16_200),
            (&[part(300_000), part(100_000)], 21_600),
        ];
        for (parts, expected) in table {
            assert_eq!(needed_together(parts, &rules), expected, "{parts:?}");
        }
        let huge = Need {
            population: i64::MAX,
            deaths_per_ten_thousand: 1_000,
            years: 100,
            share_percent: 100,
        };
        assert_eq!(places_needed(&huge, &rules), i64::MAX);
        assert_eq!((gap(10, 4), gap(4, 10)), (6, 0));
    }
}
