//! Projects of the five partners, small funds, the assessment of party bodies.
//!
//! These have no rule number in the domain model: they are the reports' items 39, 42 and 43, and what
//! a form must say for its figures to mean anything.

use super::Refusal;
use crate::vocabulary::PartnerKind;

/// A.4-39, 五社联动 policy: a project joins at least two of the five partners.
pub fn partners(kinds: &[PartnerKind]) -> Result<(), Refusal> {
    const MOST: usize = 20;
    let mut different = kinds.to_vec();
    different.sort_unstable();
    different.dedup();
    if different.len() >= 2 && kinds.len() <= MOST {
        return Ok(());
    }
    Err(Refusal::new(
        "TOO_FEW_PARTNERS",
        "A project joins at least two of the five partners, twenty names at most.",
        "五社联动项目应至少包含两类主体，合计不超过二十个。",
        "五社联动工作口径",
    ))
}

/// A.4-43, 社区微基金 practice: a fund never holds less than nothing. Sums are in fen.
pub fn balance(before_fen: i64, moved_fen: i64) -> Result<i64, Refusal> {
    match before_fen.checked_add(moved_fen) {
        Some(after) if after >= 0 && moved_fen != 0 => Ok(after),
        _ => Err(Refusal::new(
            "FUND_TOO_SMALL",
            "A fund cannot spend more than it holds, and a movement moves something.",
            "支出不得超过微基金余额，收支金额不得为零。",
            "社区微基金管理口径",
        )),
    }
}

/// A.4-42, 党支部标准化考核 practice: five aspects of 0 to 20 each, 100 in all; answers the sum.
pub fn assessment(aspects: &[i32]) -> Result<i32, Refusal> {
    const ASPECTS: usize = 5;
    const MOST: i32 = 20;
    if aspects.len() == ASPECTS && aspects.iter().all(|score| (0..=MOST).contains(score)) {
        return Ok(aspects.iter().sum());
    }
    Err(Refusal::new(
        "ASPECTS_MALFORMED",
        "An assessment has five aspects of 0 to 20 each.",
        "考核应包含五个方面，每方面0至20分。",
        "社会组织党支部标准化考核口径",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_joins_two_of_the_five() {
        use PartnerKind::{Community, SocialOrganization};
        for (kinds, allowed) in [
            (vec![], false),
            (vec![Community], false),
            (vec![Community, Community], false),
            (vec![Community, SocialOrganization], true),
            (vec![Community; 21], false),
        ] {
            assert_eq!(partners(&kinds).is_ok(), allowed, "{kinds:?}");
        }
    }

    #[test]
    fn a_fund_never_holds_less_than_nothing() {
        for (before, moved, after) in [
            (100, 50, Some(150)),
            (100, -100, Some(0)),
            (100, -101, None),
            (100, 0, None),
            (i64::MAX, 1, None),
        ] {
            assert_eq!(balance(before, moved).ok(), after, "{before} {moved}");
        }
    }

    #[test]
    fn an_assessment_has_five_aspects() {
        for (aspects, sum) in [
            (vec![20, 20, 20, 20, 20], Some(100)),
            (vec![0, 0, 0, 0, 0], Some(0)),
            (vec![20, 20, 20, 20], None),
            (vec![21, 0, 0, 0, 0], None),
            (vec![-1, 0, 0, 0, 0], None),
        ] {
            assert_eq!(assessment(&aspects).ok(), sum, "{aspects:?}");
        }
    }
}
