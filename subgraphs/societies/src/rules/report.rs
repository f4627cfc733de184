//! The annual report: when it is due, what it is, what its absence means (O-10, O-11).

use super::parameter::{Parameter, count};
use super::{Refusal, year_start};
use crate::vocabulary::{ReportDuty, ReportResult};
use chrono::{Datelike, NaiveDate};
use minzheng_kit::calendar::WorkCalendar;

const BASIS: &str = "社会团体登记管理条例 (2016) 第二十八条";

/// The two last days for the report on one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportDeadlines {
    /// To the supervising department: 31 March of the next year, or the next day that is none of rest.
    pub supervisor: NaiveDate,
    /// To the registry: 31 May of the next year, or the next day that is none of rest.
    pub registry: NaiveDate,
}

/// O-10, 社会团体登记管理条例 第二十八条、民法典 第二百零三条: the report on a year goes to the supervising department by
/// 31 March and to the registry by 31 May of the next year; a last day of rest moves to the next that is none, which is
/// behind the weekend where the rest days of the year are not known.
#[must_use]
pub fn deadlines(year: i32) -> ReportDeadlines {
    let next = year.saturating_add(1);
    // Month × 100 + day of the next year, as the table of that year has it.
    let day = |parameter| {
        let at = count(parameter, year_start(next));
        let named = NaiveDate::from_ymd_opt(next, at / 100, at % 100).unwrap_or(NaiveDate::MAX);
        WorkCalendar::china().period_ends(named).day
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
    /// The day it came to the supervising department, if it did.
    pub to_supervisor: Option<NaiveDate>,
    /// The day it reaches the registry.
    pub today: NaiveDate,
}

/// O-10, 社会团体登记管理条例 第二十八条: a report is on a year that is over and in which the body existed, and
/// comes to the supervising department before the registry; what that department says of it is an officer's word
/// ([`view_day`]) and not the body's. A late report is taken, because putting it right is how a body leaves the
/// abnormal list; the answer says whether it is late.
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
        let handed_in = s.to_supervisor.ok_or(Refusal::new(
            "SUPERVISOR_REVIEW_MISSING",
            "The report goes to the supervising department before the registry; say on which day it did.",
            "年度报告应先报送业务主管单位初审，请填写报送日期。",
            BASIS,
        ))?;
        if handed_in < year_start(s.year.saturating_add(1)) || handed_in > s.today {
            return Err(Refusal::new(
                "SUPERVISOR_REVIEW_IMPOSSIBLE",
                "The report can have come to the supervising department only after the year and not in the future.",
                "报送业务主管单位的日期应在该年度结束之后且不晚于今天。",
                BASIS,
            ));
        }
    }
    Ok(s.today > deadlines(s.year).registry)
}

/// O-10, 社会团体登记管理条例 第二十八条: the supervising department has its view of a report when it has the report (after the
/// year where that day is not known), and not in the future.
pub fn view_day(
    year: i32,
    handed_in: Option<NaiveDate>,
    viewed: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    let from = handed_in.unwrap_or_else(|| year_start(year.saturating_add(1)));
    if (from..=today).contains(&viewed) {
        return Ok(());
    }
    Err(Refusal::new(
        "SUPERVISOR_REVIEW_IMPOSSIBLE",
        "The supervising department has its view after the report came to it and not in the future.",
        "业务主管单位初审日期应不早于报送日期且不晚于今天。",
        BASIS,
    ))
}

/// O-10, 社会团体登记管理条例 第二十八条: whether the report on a year came to the supervising department after 31 March, the
/// day of handing in being judged and not the one of its agreement.
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
            // 31 March 2024 was a Sunday.
            (2023, "2024-04-01", false),
            (2023, "2024-04-02", true),
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

    /// 民法典 203: 期间的最后一日是法定休息日的，以法定休息日结束的次日为期间的最后一日.
    #[test]
    fn a_report_is_due_in_march_and_may_and_behind_days_of_rest() {
        for (year, supervisor, registry) in [
            // 31 May 2026 is a Sunday; 31 May 2025 began the Dragon Boat holiday; 31 March 2024 was a Sunday.
            (2025, "2026-03-31", "2026-06-01"),
            (2024, "2025-03-31", "2025-06-03"),
            (2023, "2024-04-01", "2024-05-31"),
        ] {
            let expected = ReportDeadlines {
                supervisor: day(supervisor),
                registry: day(registry),
            };
            assert_eq!(deadlines(year), expected, "{year}");
        }
    }

    #[test]
    fn the_supervisors_view_comes_after_the_report_and_not_tomorrow() {
        for (handed_in, viewed, fits) in [
            (Some("2026-03-20"), "2026-03-20", true),
            (Some("2026-03-20"), "2026-03-19", false),
            (Some("2026-03-20"), "2026-04-02", false),
            (None, "2026-01-01", true),
            (None, "2025-12-31", false),
        ] {
            let judged = view_day(2025, handed_in.map(day), day(viewed), day("2026-04-01"));
            let code = judged.err().map(|refusal| refusal.code);
            let expected = (!fits).then_some("SUPERVISOR_REVIEW_IMPOSSIBLE");
            assert_eq!(code, expected, "{handed_in:?} {viewed}");
        }
    }

    #[test]
    fn a_year_is_missing_only_after_its_deadline() {
        for (today, year) in [
            ("2026-06-01", 2024),
            ("2026-06-02", 2025),
            ("2026-12-31", 2025),
            ("2027-01-01", 2025),
        ] {
            assert_eq!(last_due_year(day(today)), year, "{today}");
        }
        assert_eq!(result_without_report(2025, day("2026-06-01")), None);
        assert_eq!(
            result_without_report(2025, day("2026-06-02")),
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
            to_supervisor: Some(day("2026-03-20")),
            today: day("2026-06-01"),
        };
        for (what, s, expected) in [
            ("in time", base, Ok(false)),
            (
                "late",
                Submission {
                    today: day("2026-06-02"),
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
                "not with the department",
                Submission {
                    to_supervisor: None,
                    ..base
                },
                Err("SUPERVISOR_REVIEW_MISSING"),
            ),
            (
                "with the department in the year itself",
                Submission {
                    to_supervisor: Some(day("2025-12-31")),
                    ..base
                },
                Err("SUPERVISOR_REVIEW_IMPOSSIBLE"),
            ),
            (
                "with the department tomorrow",
                Submission {
                    to_supervisor: Some(day("2026-06-02")),
                    ..base
                },
                Err("SUPERVISOR_REVIEW_IMPOSSIBLE"),
            ),
            (
                "a charity without review",
                Submission {
                    duty: ReportDuty::WorkReport,
                    to_supervisor: None,
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
