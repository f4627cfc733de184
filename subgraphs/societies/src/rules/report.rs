//! The annual report: when it is due, what it is, what its absence means (O-10, O-11).

use super::parameter::{Parameter, count};
use super::{Refusal, year_start};
use crate::vocabulary::{ReportDuty, ReportResult};
use chrono::{Datelike, NaiveDate};

const BASIS: &str = "社会团体登记管理条例 (2016) 第二十八条";

/// The two last days for the report on one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportDeadlines {
    /// To the supervising department: 31 March of the next year.
    pub supervisor: NaiveDate,
    /// To the registry: 31 May of the next year.
    pub registry: NaiveDate,
}

/// O-10, 社会团体登记管理条例 第二十八条: the report on a year goes to the supervising department by 31 March
/// and to the registry by 31 May of the next year.
#[must_use]
pub fn deadlines(year: i32) -> ReportDeadlines {
    let next = year.saturating_add(1);
    // Month × 100 + day of the next year, as the table of that year has it.
    let day = |parameter| {
        let at = count(parameter, year_start(next));
        NaiveDate::from_ymd_opt(next, at / 100, at % 100).unwrap_or(NaiveDate::MAX)
    };
    ReportDeadlines {
        supervisor: day(Parameter::ReportToSupervisor),
        registry: day(Parameter::ReportToRegistry),
    }
}

/// O-10, 社会团体登记管理条例 第二十八条: the last year whose report had to be with the registry before `today`.
#[must_use]
pub fn last_due_year(today: NaiveDate) -> i32 {
    let last = today.year() - 1;
    if today > deadlines(last).registry {
        last
    } else {
        last - 1
    }
}

/// O-10, practice of the registries: a body founded in the second half of a year reports on the next
/// year first.
#[must_use]
pub fn first_report_year(founded: NaiveDate) -> i32 {
    if founded.month() <= 6 {
        founded.year()
    } else {
        founded.year() + 1
    }
}

/// O-11, 慈善法 第十三条 and practice of direct registration: charities and bodies without a supervising
/// department owe an annual work report and its disclosure instead of the inspection.
#[must_use]
pub const fn duty(is_charity: bool, has_supervisor: bool) -> ReportDuty {
    if is_charity || !has_supervisor {
        ReportDuty::WorkReport
    } else {
        ReportDuty::Inspection
    }
}

/// A report as it is handed in.
#[derive(Clone, Copy, Debug)]
pub struct Submission {
    /// The year it is about.
    pub year: i32,
    /// When the organization was founded.
    pub founded: NaiveDate,
    /// What is owed.
    pub duty: ReportDuty,
    /// The day the supervising department had it and agreed, if it did.
    pub supervisor_agreed: Option<NaiveDate>,
    /// The day it reaches the registry.
    pub today: NaiveDate,
}

/// O-10, 社会团体登记管理条例 第二十八条: a report is on a year that is over and in which the body existed, and
/// passes the supervising department before the registry. A late report is taken, because putting it
/// right is how a body leaves the abnormal list; the answer says whether it is late.
pub fn submission(s: &Submission) -> Result<bool, Refusal> {
    if s.today < year_start(s.year.saturating_add(1)) {
        return Err(Refusal::new(
            "YEAR_NOT_OVER",
            "The report is on a year that is over.",
            "年度报告应在该年度结束后报送。",
            BASIS,
        ));
    }
    if s.year < s.founded.year() {
        return Err(Refusal::new(
            "BEFORE_FOUNDING",
            "The organization did not exist in that year.",
            "该年度社会组织尚未成立。",
            BASIS,
        ));
    }
    if s.duty == ReportDuty::Inspection {
        let agreed = s.supervisor_agreed.ok_or(Refusal::new(
            "SUPERVISOR_REVIEW_MISSING",
            "The supervising department must agree to the report before the registry takes it.",
            "年度报告须经业务主管单位初审同意后，报送登记管理机关。",
            BASIS,
        ))?;
        if agreed < year_start(s.year.saturating_add(1)) || agreed > s.today {
            return Err(Refusal::new(
                "SUPERVISOR_REVIEW_IMPOSSIBLE",
                "The supervising department can have agreed only after the year and not in the future.",
                "业务主管单位初审日期应在该年度结束之后且不晚于今天。",
                BASIS,
            ));
        }
    }
    Ok(s.today > deadlines(s.year).registry)
}

/// O-10, 社会团体登记管理条例 第二十八条: whether the report on a year came to the supervising department after 31 March.
#[must_use]
pub fn late_at_supervisor(year: i32, to_supervisor: NaiveDate) -> bool {
    to_supervisor > deadlines(year).supervisor
}

/// O-11, 社会团体登记管理条例 第二十八条 and practice of the registries: the registry concludes 合格, 基本合格 or 不合格 on a
/// report that was handed in; 未参检 is no conclusion on one. A report under inspection that passes has the
/// supervising department's agreement.
pub fn conclusion(
    result: ReportResult,
    is_inspection: bool,
    supervisor_agreed: bool,
) -> Result<(), Refusal> {
    if result == ReportResult::NotDone {
        return Err(Refusal::new(
            "REPORT_IS_THERE",
            "A report that was handed in is not missing.",
            "已报送年度报告的，不得作出未参检结论。",
            BASIS,
        ));
    }
    let passes = matches!(result, ReportResult::Pass | ReportResult::Basic);
    if passes && is_inspection && !supervisor_agreed {
        return Err(Refusal::new(
            "SUPERVISOR_REVIEW_MISSING",
            "The supervising department must agree to the report before it passes.",
            "年度报告须经业务主管单位初审同意，方可作出合格或者基本合格结论。",
            BASIS,
        ));
    }
    Ok(())
}

/// O-11, practice of the registries: without a report the result is 未参检 as soon as the deadline has
/// passed, and open before.
#[must_use]
pub fn result_without_report(year: i32, today: NaiveDate) -> Option<ReportResult> {
    (today > deadlines(year).registry).then_some(ReportResult::NotDone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::rules::day;

    /// 社会团体登记管理条例 28: 每年3月31日前向业务主管单位报送上一年度的工作报告.
    #[test]
    fn a_report_is_late_at_the_supervising_department_after_march() {
        for (year, to_supervisor, late) in [
            (2025, "2026-03-31", false),
            (2025, "2026-04-01", true),
            (2025, "2026-01-02", false),
            (2024, "2025-05-31", true),
        ] {
            assert_eq!(
                late_at_supervisor(year, day(to_supervisor)),
                late,
                "{to_supervisor}"
            );
        }
    }

    #[test]
    fn a_report_passes_only_with_the_supervisors_agreement() {
        use ReportResult::{Basic, Fail, NotDone, Pass};
        for (result, inspection, agreed, expected) in [
            (Pass, true, true, "OK"),
            (Basic, true, true, "OK"),
            (Pass, true, false, "SUPERVISOR_REVIEW_MISSING"),
            (Fail, true, false, "OK"),
            (Pass, false, false, "OK"),
            (NotDone, false, true, "REPORT_IS_THERE"),
        ] {
            let code = conclusion(result, inspection, agreed)
                .err()
                .map_or("OK", |r| r.code);
            assert_eq!(code, expected, "{result:?}");
        }
    }

    #[test]
    fn the_report_on_2025_is_due_in_march_and_may_of_2026() {
        assert_eq!(
            deadlines(2025),
            ReportDeadlines {
                supervisor: day("2026-03-31"),
                registry: day("2026-05-31")
            }
        );
    }

    #[test]
    fn a_year_is_missing_only_after_its_deadline() {
        for (today, year) in [
            ("2026-05-31", 2024),
            ("2026-06-01", 2025),
            ("2026-12-31", 2025),
            ("2027-01-01", 2025),
        ] {
            assert_eq!(last_due_year(day(today)), year, "{today}");
        }
        assert_eq!(result_without_report(2025, day("2026-05-31")), None);
        assert_eq!(
            result_without_report(2025, day("2026-06-01")),
            Some(ReportResult::NotDone)
        );
    }

    #[test]
    fn charities_and_directly_registered_bodies_owe_a_work_report() {
        assert_eq!(duty(false, true), ReportDuty::Inspection);
        assert_eq!(duty(true, true), ReportDuty::WorkReport);
        assert_eq!(duty(false, false), ReportDuty::WorkReport);
    }

    #[test]
    fn a_report_is_refused_early_and_taken_late() {
        let base = Submission {
            year: 2025,
            founded: day("2015-03-01"),
            duty: ReportDuty::Inspection,
            supervisor_agreed: Some(day("2026-03-20")),
            today: day("2026-05-31"),
        };
        for (what, s, expected) in [
            ("in time", base, Ok(false)),
            (
                "late",
                Submission {
                    today: day("2026-06-01"),
                    ..base
                },
                Ok(true),
            ),
            (
                "year not over",
                Submission { year: 2026, ..base },
                Err("YEAR_NOT_OVER"),
            ),
            (
                "before founding",
                Submission { year: 2014, ..base },
                Err("BEFORE_FOUNDING"),
            ),
            (
                "no review",
                Submission {
                    supervisor_agreed: None,
                    ..base
                },
                Err("SUPERVISOR_REVIEW_MISSING"),
            ),
            (
                "review in the year itself",
                Submission {
                    supervisor_agreed: Some(day("2025-12-31")),
                    ..base
                },
                Err("SUPERVISOR_REVIEW_IMPOSSIBLE"),
            ),
            (
                "review tomorrow",
                Submission {
                    supervisor_agreed: Some(day("2026-06-01")),
                    ..base
                },
                Err("SUPERVISOR_REVIEW_IMPOSSIBLE"),
            ),
            (
                "a charity without review",
                Submission {
                    duty: ReportDuty::WorkReport,
                    supervisor_agreed: None,
                    ..base
                },
                Ok(false),
            ),
        ] {
            assert_eq!(
                submission(&s).map_err(|refusal| refusal.code),
                expected,
                "{what}"
            );
        }
    }

    #[test]
    fn a_body_founded_in_autumn_reports_on_the_next_year_first() {
        assert_eq!(first_report_year(day("2024-06-30")), 2024);
        assert_eq!(first_report_year(day("2024-07-01")), 2025);
    }
}
