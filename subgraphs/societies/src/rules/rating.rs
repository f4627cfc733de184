//! Ratings from 1A to 5A (O-12).

use super::parameter::{Parameter, count};
use super::{Refusal, add_years};
use crate::vocabulary::{RatingChange, RatingLevel, RatingState, ReportResult};
use chrono::{Datelike, NaiveDate};

const BASIS: &str = "社会组织评估管理办法 (2011)";

/// O-12, 社会组织评估管理办法: the first day on which a rating given on `from` no longer counts: five years
/// later.
#[must_use]
pub fn valid_to(from: NaiveDate) -> NaiveDate {
    add_years(from, count(Parameter::RatingYears, from))
}

/// O-12, 社会组织评估管理办法: what a rating is worth on a day. Lowered and revoked ones stay so; `to` is the
/// first day on which it no longer counts.
#[must_use]
pub fn state_on(recorded: RatingState, to: NaiveDate, on: NaiveDate) -> RatingState {
    match recorded {
        RatingState::Valid if on >= to => RatingState::Expired,
        other => other,
    }
}

/// O-12, 社会组织评估管理办法: a body has one grade at a time: the end of a rating that counts when a new one is given
/// `today`; `None` for one that does not count any more.
#[must_use]
pub fn superseded(recorded: RatingState, to: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
    (state_on(recorded, to, today) == RatingState::Valid).then_some(today)
}

/// O-12, 社会组织评估管理办法: from 3A upwards, while it is valid, a body may enjoy the policies that ask for a
/// rating.
#[must_use]
pub fn enjoys_policies(level: RatingLevel, state: RatingState) -> bool {
    state == RatingState::Valid && level >= RatingLevel::A3
}

/// O-12, one city's notice (a setting): the scores out of 1,000 from which the grades above 1A begin, the
/// highest first.
#[must_use]
pub fn score_bands(on: NaiveDate) -> [(u16, RatingLevel); 4] {
    let from = |parameter| u16::try_from(count(parameter, on)).unwrap_or(u16::MAX);
    [
        (from(Parameter::ScoreFor5A), RatingLevel::A5),
        (from(Parameter::ScoreFor4A), RatingLevel::A4),
        (from(Parameter::ScoreFor3A), RatingLevel::A3),
        (from(Parameter::ScoreFor2A), RatingLevel::A2),
    ]
}

/// O-12, one city's notice (a setting): the grade for a score out of 1,000. Below the last band it is 1A.
#[must_use]
pub fn level_for(score: u16, bands: &[(u16, RatingLevel)]) -> RatingLevel {
    bands
        .iter()
        .find(|(from, _)| score >= *from)
        .map_or(RatingLevel::A1, |(_, level)| *level)
}

/// How far the registry came with the report on one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspected {
    /// No report was handed in: 未参检.
    Missing,
    /// It was handed in and waits for the registry's conclusion.
    Pending,
    /// The registry has concluded.
    Concluded(ReportResult),
}

/// What is known of a body that asks to be rated.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The day it was founded.
    pub founded: NaiveDate,
    /// Last year's inspection: of the last year whose deadline has passed, or a later one that is concluded.
    pub last_year: Inspected,
    /// The inspection of the year before.
    pub year_before: Inspected,
    /// Punished in the last two years.
    pub punished: bool,
    /// On a credit list now.
    pub listed: bool,
    /// Under investigation now.
    pub investigated: bool,
}

/// O-12, 社会组织评估管理办法: the year that counts as last year: the last one whose deadline has passed, unless
/// the registry has already concluded on the one after it. `concluded` says whether it has for a year.
#[must_use]
pub fn last_inspected_year(today: NaiveDate, concluded: impl Fn(i32) -> bool) -> i32 {
    let due = super::report::last_due_year(today);
    let newer = due.saturating_add(1);
    if concluded(newer) { newer } else { due }
}

/// O-12, 社会组织评估管理办法: rated after two full years; not if last year was unchecked or failed, or both
/// years only 基本合格, nor while punished, listed or under investigation. A report that was handed in is not
/// 未参检: the body did its part, and is rated as soon as the registry has concluded.
pub fn may_be_rated(c: &Candidate, today: NaiveDate) -> Result<(), Refusal> {
    // Full years: whole calendar years after the year of founding.
    let years = i32::try_from(count(Parameter::YearsBeforeRating, today)).unwrap_or(i32::MAX);
    if today.year() - c.founded.year() <= years {
        return Err(Refusal::new(
            "TOO_YOUNG_TO_BE_RATED",
            "An organization may be rated after {years} full years.",
            "取得登记证书满{years}个年度方可申请评估。",
            BASIS,
        )
        .with(&["years"], &[i64::from(years)]));
    }
    use Inspected::{Concluded, Missing, Pending};
    use ReportResult::{Basic, Fail, NotDone, Pass};
    let (fails, pending) = match (c.last_year, c.year_before) {
        (Missing | Concluded(NotDone | Fail), _) | (Concluded(Basic), Concluded(Basic)) => {
            (true, false)
        }
        // 基本合格 twice cannot be ruled out while the year before waits.
        (Pending, _) | (Concluded(Basic), Pending) => (false, true),
        (Concluded(Pass | Basic), _) => (false, false),
    };
    if pending {
        return Err(Refusal::new(
            "INSPECTION_NOT_CONCLUDED",
            "The annual report was handed in and not yet judged: conclude the inspection first.",
            "年度报告已报送、尚未作出检查结论，请先完成年度检查再申请评估。",
            BASIS,
        ));
    }
    if fails {
        return Err(Refusal::new(
            "INSPECTION_NOT_PASSED",
            "Last year's inspection is missing or failed, or two years in a row passed only basically.",
            "上年度未参加年度检查、年度检查不合格或者连续两年基本合格的，不予评估。",
            BASIS,
        ));
    }
    if c.punished || c.listed || c.investigated {
        return Err(Refusal::new(
            "NOT_IN_GOOD_STANDING",
            "An organization that was punished, is on a credit list or under investigation is not rated.",
            "受到行政处罚、被列入信用名单或者正在被调查的，不予评估。",
            BASIS,
        ));
    }
    Ok(())
}

/// O-12, 社会组织评估管理办法: what may be done to a rating before its end: one that counts is lowered to a
/// lesser grade, or taken away; nothing is done to one that no longer counts.
pub fn change(
    level: RatingLevel,
    state: RatingState,
    change: RatingChange,
    to: Option<RatingLevel>,
) -> Result<(), Refusal> {
    if state != RatingState::Valid {
        return Err(Refusal::new(
            "RATING_NOT_IN_FORCE",
            "Only a rating that counts today can be changed.",
            "只能调整有效期内的评估等级。",
            BASIS,
        ));
    }
    let fits = match change {
        RatingChange::Lower => to.is_some_and(|to| to < level),
        RatingChange::Revoke => to.is_none(),
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::new(
        "GRADE_DOES_NOT_FIT",
        "Lowering names a lesser grade; taking away names none.",
        "降低等级应载明更低的等级；取消等级不得载明等级。",
        BASIS,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::rules::day;

    #[test]
    fn a_rating_that_counts_is_lowered_or_taken_away() {
        use RatingChange::{Lower, Revoke};
        use RatingLevel::{A3, A4, A5};
        for (state, by, to, expected) in [
            (RatingState::Valid, Lower, Some(A3), "OK"),
            (RatingState::Valid, Lower, Some(A4), "GRADE_DOES_NOT_FIT"),
            (RatingState::Valid, Lower, Some(A5), "GRADE_DOES_NOT_FIT"),
            (RatingState::Valid, Lower, None, "GRADE_DOES_NOT_FIT"),
            (RatingState::Valid, Revoke, None, "OK"),
            (RatingState::Valid, Revoke, Some(A3), "GRADE_DOES_NOT_FIT"),
            (RatingState::Expired, Revoke, None, "RATING_NOT_IN_FORCE"),
        ] {
            let code = change(A4, state, by, to).err().map_or("OK", |r| r.code);
            assert_eq!(code, expected, "{state:?} {by:?} {to:?}");
        }
    }

    #[test]
    fn a_rating_lasts_five_years_to_the_day() {
        let to = valid_to(day("2023-12-20"));
        assert_eq!(to, day("2028-12-20"));
        assert_eq!(
            state_on(RatingState::Valid, to, day("2028-12-19")),
            RatingState::Valid
        );
        assert_eq!(
            state_on(RatingState::Valid, to, day("2028-12-20")),
            RatingState::Expired
        );
        assert_eq!(
            state_on(RatingState::Revoked, to, day("2024-01-01")),
            RatingState::Revoked
        );
        assert_eq!(valid_to(day("2024-02-29")), day("2029-02-28"));
    }

    /// 社会组织评估管理办法: 评估等级有效期为5年, one grade at a time.
    #[test]
    fn a_new_rating_ends_the_one_before() {
        let today = day("2026-11-22");
        for (state, to, expected) in [
            (RatingState::Valid, "2028-12-20", Some(today)),
            (RatingState::Valid, "2026-11-22", None),
            (RatingState::Lowered, "2028-12-20", None),
            (RatingState::Revoked, "2028-12-20", None),
        ] {
            assert_eq!(
                superseded(state, day(to), today),
                expected,
                "{state:?} to {to}"
            );
        }
        assert_eq!(
            state_on(RatingState::Valid, today, today),
            RatingState::Expired
        );
    }

    #[test]
    fn policies_begin_at_three_a_and_end_with_the_rating() {
        for (level, state, enjoys) in [
            (RatingLevel::A2, RatingState::Valid, false),
            (RatingLevel::A3, RatingState::Valid, true),
            (RatingLevel::A5, RatingState::Valid, true),
            (RatingLevel::A5, RatingState::Expired, false),
            (RatingLevel::A4, RatingState::Lowered, false),
        ] {
            assert_eq!(enjoys_policies(level, state), enjoys, "{level:?} {state:?}");
        }
    }

    #[test]
    fn scores_fall_into_their_bands() {
        for (score, level) in [
            (1000, RatingLevel::A5),
            (950, RatingLevel::A5),
            (949, RatingLevel::A4),
            (901, RatingLevel::A4),
            (900, RatingLevel::A3),
            (850, RatingLevel::A2),
            (800, RatingLevel::A1),
        ] {
            assert_eq!(
                level_for(score, &score_bands(day("2026-01-01"))),
                level,
                "{score}"
            );
        }
    }

    #[test]
    fn a_conclusion_before_the_deadline_counts_as_last_years() {
        for (today, concluded, year) in [
            ("2027-03-10", 2025, 2025),
            ("2027-03-10", 2026, 2026),
            ("2027-06-01", 2025, 2026),
        ] {
            assert_eq!(
                last_inspected_year(day(today), |year| year == concluded),
                year,
                "{today} {concluded}"
            );
        }
    }

    #[test]
    fn a_body_is_rated_only_in_good_standing() {
        use Inspected::{Concluded, Missing, Pending};
        use ReportResult::{Basic, Fail, NotDone, Pass};
        let good = Candidate {
            founded: day("2015-01-01"),
            last_year: Concluded(Pass),
            year_before: Concluded(Pass),
            punished: false,
            listed: false,
            investigated: false,
        };
        let today = day("2026-11-22");
        for (what, c, expected) in [
            ("good", good, "OK"),
            (
                "young",
                Candidate {
                    founded: day("2024-01-02"),
                    ..good
                },
                "TOO_YOUNG_TO_BE_RATED",
            ),
            (
                "two full years",
                Candidate {
                    founded: day("2023-12-31"),
                    ..good
                },
                "OK",
            ),
            (
                "unchecked",
                Candidate {
                    last_year: Concluded(NotDone),
                    ..good
                },
                "INSPECTION_NOT_PASSED",
            ),
            (
                "no report",
                Candidate {
                    last_year: Missing,
                    ..good
                },
                "INSPECTION_NOT_PASSED",
            ),
            (
                "handed in and not judged",
                Candidate {
                    last_year: Pending,
                    ..good
                },
                "INSPECTION_NOT_CONCLUDED",
            ),
            (
                "basic now, the year before not judged",
                Candidate {
                    last_year: Concluded(Basic),
                    year_before: Pending,
                    ..good
                },
                "INSPECTION_NOT_CONCLUDED",
            ),
            (
                "passed, the year before not judged",
                Candidate {
                    year_before: Pending,
                    ..good
                },
                "OK",
            ),
            (
                "failed",
                Candidate {
                    last_year: Concluded(Fail),
                    ..good
                },
                "INSPECTION_NOT_PASSED",
            ),
            (
                "once basic",
                Candidate {
                    last_year: Concluded(Basic),
                    ..good
                },
                "OK",
            ),
            (
                "twice basic",
                Candidate {
                    last_year: Concluded(Basic),
                    year_before: Concluded(Basic),
                    ..good
                },
                "INSPECTION_NOT_PASSED",
            ),
            (
                "punished",
                Candidate {
                    punished: true,
                    ..good
                },
                "NOT_IN_GOOD_STANDING",
            ),
            (
                "listed",
                Candidate {
                    listed: true,
                    ..good
                },
                "NOT_IN_GOOD_STANDING",
            ),
            (
                "investigated",
                Candidate {
                    investigated: true,
                    ..good
                },
                "NOT_IN_GOOD_STANDING",
            ),
        ] {
            assert_eq!(
                may_be_rated(&c, today).err().map_or("OK", |r| r.code),
                expected,
                "{what}"
            );
        }
    }
}
