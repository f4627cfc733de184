//! Facility planning: what a division will need, and what it has (殡葬设施布局规划).

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

/// The places needed: the deaths of the years covered that use this kind, and a reserve above, rounded
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

trait DivCeil {
    fn div_ceil_by(self, by: Self) -> Self;
}

impl DivCeil for i128 {
    /// Rounded up; both are positive here.
    fn div_ceil_by(self, by: Self) -> Self {
        (self + by - 1) / by
    }
}

/// How many places are missing; nought where there are enough.
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
