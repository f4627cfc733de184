//! The numbers of the law, each with the time it holds and its article.
//!
//! The 2016 text of the regulation on societies was amended by a decision published on 2026-03-20
//! whose numbers could not be read in an official text. Its rows therefore stay open and carry
//! [`OrgThreshold::provisional_from`]: an answer built on one after that day says that it is
//! provisional instead of guessing. When the new text is at hand, close the row and add the next.

use super::Refusal;
use crate::vocabulary::{OrgKind, RegistrarLevel};
use chrono::NaiveDate;

/// What a number limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Individual members at least.
    IndividualMembers,
    /// Unit members at least.
    UnitMembers,
    /// Members of both sorts together at least.
    MixedMembers,
    /// Funds or original fund at least, in fen.
    FundsFen,
    /// Original fund of a foundation that raises from the public at least, in fen.
    PublicRaisingFundsFen,
    /// Original fund from which the ministry may register, in fen.
    MinistryFundsFen,
}

/// One dated number of the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrgThreshold {
    /// The kind of organization it is for.
    pub kind: OrgKind,
    /// The registrar's level it is for; `None` for all.
    pub level: Option<RegistrarLevel>,
    /// What it limits.
    pub measure: Measure,
    /// The number: a count, or fen.
    pub value: i64,
    /// First day it holds.
    pub valid_from: NaiveDate,
    /// First day it no longer holds; `None` while it holds.
    pub valid_to: Option<NaiveDate>,
    /// From this day an amendment whose text is not confirmed may have changed it.
    pub provisional_from: Option<NaiveDate>,
    /// The law and its article.
    pub legal_basis: &'static str,
    /// The day it was compared with the published text; `None` if nobody has.
    pub verified_on: Option<NaiveDate>,
}

impl OrgThreshold {
    /// Whether the number may have been changed by an amendment whose text is not confirmed.
    #[must_use]
    pub fn is_provisional(&self, on: NaiveDate) -> bool {
        self.provisional_from.is_some_and(|from| on >= from)
    }
}

pub(super) const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

const YUAN: i64 = 100;
const SOCIETY: &str = "社会团体登记管理条例 (2016) 第十条";
const FOUNDATION: &str = "基金会管理条例 (2004) 第八条";
const FOUNDATION_REGISTRAR: &str = "基金会管理条例 (2004) 第六条";

const fn society(level: Option<RegistrarLevel>, measure: Measure, value: i64) -> OrgThreshold {
    OrgThreshold {
        kind: OrgKind::SocialGroup,
        level,
        measure,
        value,
        // The numbers of article 10 are those of the 1998 regulation, kept in 2016.
        valid_from: date(1998, 10, 25),
        valid_to: None,
        provisional_from: Some(date(2026, 3, 20)),
        legal_basis: SOCIETY,
        verified_on: None,
    }
}

const fn foundation(
    level: Option<RegistrarLevel>,
    measure: Measure,
    yuan: i64,
    legal_basis: &'static str,
) -> OrgThreshold {
    OrgThreshold {
        kind: OrgKind::Foundation,
        level,
        measure,
        value: yuan * YUAN,
        valid_from: date(2004, 6, 1),
        valid_to: None,
        provisional_from: None,
        legal_basis,
        verified_on: None,
    }
}

/// Every threshold known.
pub const THRESHOLDS: &[OrgThreshold] = &[
    society(None, Measure::IndividualMembers, 50),
    society(None, Measure::UnitMembers, 30),
    society(None, Measure::MixedMembers, 50),
    society(
        Some(RegistrarLevel::Ministry),
        Measure::FundsFen,
        100_000 * YUAN,
    ),
    society(
        Some(RegistrarLevel::Province),
        Measure::FundsFen,
        30_000 * YUAN,
    ),
    society(
        Some(RegistrarLevel::Prefecture),
        Measure::FundsFen,
        30_000 * YUAN,
    ),
    society(
        Some(RegistrarLevel::County),
        Measure::FundsFen,
        30_000 * YUAN,
    ),
    foundation(
        Some(RegistrarLevel::Ministry),
        Measure::PublicRaisingFundsFen,
        8_000_000,
        FOUNDATION,
    ),
    foundation(
        Some(RegistrarLevel::Province),
        Measure::PublicRaisingFundsFen,
        4_000_000,
        FOUNDATION,
    ),
    foundation(None, Measure::FundsFen, 2_000_000, FOUNDATION),
    foundation(
        None,
        Measure::MinistryFundsFen,
        20_000_000,
        FOUNDATION_REGISTRAR,
    ),
];

/// The number that holds on a day: the row of the level itself before the row of all levels.
#[must_use]
pub fn threshold(
    kind: OrgKind,
    level: RegistrarLevel,
    measure: Measure,
    on: NaiveDate,
) -> Option<&'static OrgThreshold> {
    let holds = |row: &&OrgThreshold| {
        row.kind == kind
            && row.measure == measure
            && row.valid_from <= on
            && row.valid_to.is_none_or(|to| on < to)
    };
    THRESHOLDS
        .iter()
        .filter(holds)
        .find(|row| row.level == Some(level))
        .or_else(|| {
            THRESHOLDS
                .iter()
                .filter(holds)
                .find(|row| row.level.is_none())
        })
}

/// Refuses a figure below the number that holds, which fills `{least}` in its sentences where no other number stands; a measure without a number holds nothing back.
pub(crate) fn at_least(
    kind: OrgKind,
    level: RegistrarLevel,
    measure: Measure,
    on: NaiveDate,
    figure: i64,
    refusal: Refusal,
) -> Result<(), Refusal> {
    match threshold(kind, level, measure, on) {
        Some(row) if figure < row.value => {
            let least = match measure {
                // Sums are told in yuan.
                Measure::FundsFen | Measure::PublicRaisingFundsFen | Measure::MinistryFundsFen => {
                    row.value / 100
                }
                _ => row.value,
            };
            let refusal = match refusal.names {
                [] => refusal.with(&["least"], &[least]),
                _ => refusal,
            };
            Err(Refusal {
                basis: row.legal_basis,
                ..refusal
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::rules::day;

    #[test]
    fn a_level_has_its_own_number_before_the_general_one() {
        let on = day("2020-01-01");
        let value = |level| {
            threshold(OrgKind::SocialGroup, level, Measure::FundsFen, on)
                .unwrap()
                .value
        };
        assert_eq!(value(RegistrarLevel::Ministry), 10_000_000);
        assert_eq!(value(RegistrarLevel::County), 3_000_000);
        assert_eq!(
            threshold(
                OrgKind::SocialGroup,
                RegistrarLevel::County,
                Measure::UnitMembers,
                on
            )
            .unwrap()
            .value,
            30
        );
    }

    #[test]
    fn no_number_holds_before_its_regulation() {
        let before = day("2004-05-31");
        assert!(
            threshold(
                OrgKind::Foundation,
                RegistrarLevel::Province,
                Measure::FundsFen,
                before
            )
            .is_none()
        );
    }

    #[test]
    fn numbers_of_societies_are_provisional_since_the_amendment_of_2026() {
        let row = threshold(
            OrgKind::SocialGroup,
            RegistrarLevel::County,
            Measure::FundsFen,
            day("2026-11-22"),
        )
        .unwrap();
        assert!(row.is_provisional(day("2026-03-20")));
        assert!(!row.is_provisional(day("2026-03-19")));
    }

    #[test]
    fn rows_of_one_measure_do_not_overlap() {
        for (i, a) in THRESHOLDS.iter().enumerate() {
            for b in &THRESHOLDS[i + 1..] {
                let same = a.kind == b.kind && a.level == b.level && a.measure == b.measure;
                let apart = a.valid_to.is_some_and(|to| to <= b.valid_from)
                    || b.valid_to.is_some_and(|to| to <= a.valid_from);
                assert!(!same || apart, "{a:?} and {b:?}");
            }
        }
    }
}
