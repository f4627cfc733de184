//! How long an authority may take, by law and by promise (O-4, O-17).
//!
//! The work calendar is a function from a day to whether it is a rest day, `None` where the calendar
//! of that year is not known: then a due day is unknown too, never guessed.

use super::Refusal;
use super::parameter::{Parameter, ParameterRow, number_at, row_for};
use crate::vocabulary::{DayUnit, PermitItem, PermitState};
use chrono::{Days, NaiveDate};

/// The term of one permit item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermitTerm {
    /// Days by law.
    pub statutory_days: u16,
    /// Days the authority promises; never more than by law.
    pub committed_days: u16,
    /// How the days are counted.
    pub unit: DayUnit,
    /// The law and its article.
    pub legal_basis: &'static str,
}

/// O-4, 社会团体登记管理条例 第十二条, 基金会管理条例 第十一条, 民办非企业单位登记管理暂行条例 第十一条: founding is decided
/// within 60 days of complete papers; 行政许可法 第四十二条: other permits within 20 working days, and the
/// promise "20 to 10" is on these; 慈善法 第十条、第二十二条: recognition and the licence in 20 days. `place` is the
/// division code of the authority, whose own promise stands before the general one.
#[must_use]
pub fn permit_term(item: PermitItem, place: &str, on: NaiveDate) -> PermitTerm {
    let (by_law, promised, unit) = match item {
        PermitItem::Found => (Parameter::FoundingDays, None, DayUnit::Calendar),
        PermitItem::RecogniseCharity => (Parameter::CharityDays, None, DayUnit::Calendar),
        PermitItem::PublicRaising => (Parameter::LicenceDays, None, DayUnit::Calendar),
        PermitItem::Change | PermitItem::Charter | PermitItem::Deregister => (
            Parameter::PermitDays,
            Some(Parameter::PromisedPermitDays),
            DayUnit::Working,
        ),
    };
    let days = |parameter| u16::try_from(number_at(parameter, place, on)).unwrap_or(u16::MAX);
    let statutory_days = days(by_law);
    PermitTerm {
        statutory_days,
        // A promise is never longer than the law.
        committed_days: promised
            .map_or(statutory_days, |promise| days(promise).min(statutory_days)),
        unit,
        legal_basis: row_for(by_law, place, on).map_or("", |row: &ParameterRow| row.legal_basis),
    }
}

/// O-22, 慈善法 第十条: a body that asks to be a charity from the start is decided on within 30 days; every other
/// item as [`permit_term`] says.
#[must_use]
pub fn asked_term(item: PermitItem, as_charity: bool, place: &str, on: NaiveDate) -> PermitTerm {
    let term = permit_term(item, place, on);
    if item != PermitItem::Found || !as_charity {
        return term;
    }
    let by_law = Parameter::CharityFoundingDays;
    let days = u16::try_from(number_at(by_law, place, on)).unwrap_or(u16::MAX);
    PermitTerm {
        statutory_days: days,
        committed_days: days,
        legal_basis: row_for(by_law, place, on).map_or("", |row| row.legal_basis),
        ..term
    }
}

/// A term that is to be made longer.
#[derive(Clone, Copy, Debug)]
pub struct Extension {
    /// How its days are counted.
    pub unit: DayUnit,
    /// Where the case stands.
    pub state: PermitState,
    /// Whether the head of the authority approves it.
    pub by_head: bool,
    /// The days by which it was made longer before.
    pub extended: u16,
    /// The last day by law as it stands; none where the calendar is not known.
    pub due: Option<NaiveDate>,
}

/// O-4, 行政许可法 第四十二条: what cannot be decided within 20 working days may be made 10 longer, once, by the
/// head of the authority and before the term is over; the applicant is told why. The sixty days of a founding and
/// the days of the charity law are not of this article. Answers the days.
pub fn extend(asked: &Extension, today: NaiveDate) -> Result<u16, Refusal> {
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, "行政许可法 (2019) 第四十二条"));
    if asked.unit != DayUnit::Working {
        return refuse(
            "TERM_NOT_EXTENDABLE",
            "Only a term in working days can be made longer.",
            "仅以工作日计算的许可期限可以依法延长。",
        );
    }
    if asked.state != PermitState::Accepted {
        return refuse(
            "TERM_NOT_RUNNING",
            "Only the term of an accepted and undecided application can be made longer.",
            "仅已受理且未作出决定的申请可以延长期限。",
        );
    }
    if !asked.by_head {
        return refuse(
            "HEAD_MUST_APPROVE",
            "The head of the authority approves a longer term.",
            "延长期限应当经本行政机关负责人批准。",
        );
    }
    if asked.extended > 0 {
        return refuse(
            "EXTENDED_ALREADY",
            "A term is made longer once only.",
            "许可期限只能延长一次。",
        );
    }
    if asked.due.is_some_and(|due| due < today) {
        return refuse(
            "TERM_OVER",
            "The term is over and can no longer be made longer.",
            "法定期限已届满，不得再延长。",
        );
    }
    Ok(u16::try_from(number_at(Parameter::ExtensionDays, "", today)).unwrap_or_default())
}

/// O-4, 行政许可承诺办结时限: whether an open case is at risk: the promised day has passed, or no more than
/// three working days are left, or the calendar does not tell.
#[must_use]
pub fn at_risk(
    committed_due: Option<NaiveDate>,
    today: NaiveDate,
    is_rest: &dyn Fn(NaiveDate) -> Option<bool>,
) -> bool {
    let Some(due) = committed_due else {
        return true;
    };
    if due < today {
        return true;
    }
    let left = days_taken(today, due, DayUnit::Working, is_rest);
    left.is_none_or(|left| i64::from(left) <= number_at(Parameter::RiskDays, "", today))
}

/// O-4, 民法典 第二百零一条、第二百零三条 and 行政许可法 第八十二条: the last day of a term. The day of the act is not
/// counted; working days skip rest days; a term in calendar days that ends on a rest day ends on the
/// next working day. `None` when the calendar does not know a day it needs.
#[must_use]
pub fn due_on(
    received: NaiveDate,
    days: u16,
    unit: DayUnit,
    is_rest: &dyn Fn(NaiveDate) -> Option<bool>,
) -> Option<NaiveDate> {
    match unit {
        DayUnit::Calendar => {
            let mut day = received.checked_add_days(Days::new(u64::from(days)))?;
            while is_rest(day)? {
                day = day.succ_opt()?;
            }
            Some(day)
        }
        DayUnit::Working => {
            let mut day = received;
            let mut left = days;
            while left > 0 {
                day = day.succ_opt()?;
                if !is_rest(day)? {
                    left -= 1;
                }
            }
            Some(day)
        }
    }
}

/// O-4, 行政许可法 第八十二条: how many days a decision took, counted as its term is. A decision on the day of
/// receipt took none.
#[must_use]
pub fn days_taken(
    received: NaiveDate,
    decided: NaiveDate,
    unit: DayUnit,
    is_rest: &dyn Fn(NaiveDate) -> Option<bool>,
) -> Option<u16> {
    let mut taken = 0_u16;
    let mut day = received;
    while day < decided {
        day = day.succ_opt()?;
        if unit == DayUnit::Calendar || !is_rest(day)? {
            taken = taken.checked_add(1)?;
        }
    }
    Some(taken)
}

/// O-17, 社会组织信用信息管理办法 (2018): credit information is entered within five working days of arising.
#[must_use]
pub fn credit_entry_due(
    arose: NaiveDate,
    is_rest: &dyn Fn(NaiveDate) -> Option<bool>,
) -> Option<NaiveDate> {
    let days = u16::try_from(number_at(Parameter::CreditEntryDays, "", arose)).unwrap_or(u16::MAX);
    due_on(arose, days, DayUnit::Working, is_rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::rules::day;
    use chrono::{Datelike, Weekday};

    /// Weekends rest; 2027 is not known.
    fn weekends(day: NaiveDate) -> Option<bool> {
        (day.year() < 2027).then_some(matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
    }

    #[test]
    fn founding_has_sixty_days_and_the_promise_is_on_permits_only() {
        let term = |item| permit_term(item, "320303", day("2026-11-22"));
        let found = term(PermitItem::Found);
        assert_eq!((found.statutory_days, found.committed_days), (60, 60));
        assert_eq!(found.legal_basis, "社会团体登记管理条例 (2016) 第十二条");
        let change = term(PermitItem::Change);
        assert_eq!(
            (change.statutory_days, change.committed_days, change.unit),
            (20, 10, DayUnit::Working)
        );
    }

    /// 慈善法 10: 民政部门应当自受理申请之日起三十日内作出决定.
    #[test]
    fn a_charity_from_the_start_is_decided_on_within_thirty_days() {
        for (item, as_charity, days, basis) in [
            (PermitItem::Found, true, 30, "慈善法 (2023) 第十条"),
            (
                PermitItem::Found,
                false,
                60,
                "社会团体登记管理条例 (2016) 第十二条",
            ),
            (
                PermitItem::RecogniseCharity,
                true,
                20,
                "慈善法 (2023) 第十条",
            ),
            (PermitItem::Change, true, 20, "行政许可法 (2019) 第四十二条"),
        ] {
            let term = asked_term(item, as_charity, "510118", day("2026-11-22"));
            assert_eq!(
                (term.statutory_days, term.legal_basis),
                (days, basis),
                "{item:?}"
            );
            assert!(term.committed_days <= days);
        }
    }

    /// 行政许可法 42: 二十日内不能作出决定的，经本行政机关负责人批准，可以延长十日，并应当将延长期限的理由告知申请人.
    #[test]
    fn a_term_is_made_ten_working_days_longer_once_by_the_head() {
        let open = Extension {
            unit: DayUnit::Working,
            state: PermitState::Accepted,
            by_head: true,
            extended: 0,
            due: Some(day("2026-11-30")),
        };
        for (asked, expected) in [
            (open, "OK"),
            (Extension { due: None, ..open }, "OK"),
            (
                Extension {
                    due: Some(day("2026-11-22")),
                    ..open
                },
                "OK",
            ),
            (
                Extension {
                    due: Some(day("2026-11-20")),
                    ..open
                },
                "TERM_OVER",
            ),
            (
                Extension {
                    extended: 10,
                    ..open
                },
                "EXTENDED_ALREADY",
            ),
            (
                Extension {
                    by_head: false,
                    ..open
                },
                "HEAD_MUST_APPROVE",
            ),
            (
                Extension {
                    state: PermitState::Submitted,
                    ..open
                },
                "TERM_NOT_RUNNING",
            ),
            (
                Extension {
                    state: PermitState::Granted,
                    ..open
                },
                "TERM_NOT_RUNNING",
            ),
            (
                Extension {
                    unit: DayUnit::Calendar,
                    ..open
                },
                "TERM_NOT_EXTENDABLE",
            ),
        ] {
            let done = extend(&asked, day("2026-11-22"));
            assert!(done.as_ref().is_ok_and(|days| *days == 10) || done.is_err());
            let code = done.err().map_or("OK", |refusal| refusal.code);
            assert_eq!(code, expected, "{asked:?}");
        }
    }

    #[test]
    fn a_case_is_at_risk_three_working_days_before_its_promise() {
        // Monday to Thursday: three working days are left.
        for (due, risky) in [
            (Some("2026-11-05"), true),
            (Some("2026-11-06"), false),
            (Some("2026-11-01"), true),
            (None, true),
        ] {
            let due = due.map(day);
            assert_eq!(at_risk(due, day("2026-11-02"), &weekends), risky, "{due:?}");
        }
    }

    #[test]
    fn terms_end_on_the_right_day() {
        for (received, days, unit, due) in [
            // A Monday: ten working days later is the Monday after next.
            ("2026-11-02", 10, DayUnit::Working, Some("2026-11-16")),
            // A Friday: the next working day is Monday.
            ("2026-11-06", 1, DayUnit::Working, Some("2026-11-09")),
            ("2026-11-06", 0, DayUnit::Working, Some("2026-11-06")),
            // Sixty days from 2026-09-01 is Saturday 2026-10-31, so Monday.
            ("2026-09-01", 60, DayUnit::Calendar, Some("2026-11-02")),
            ("2026-09-02", 61, DayUnit::Calendar, Some("2026-11-02")),
            // Runs into a year whose calendar is not known.
            ("2026-12-28", 10, DayUnit::Working, None),
            ("2026-12-28", 10, DayUnit::Calendar, None),
        ] {
            assert_eq!(
                due_on(day(received), days, unit, &weekends),
                due.map(day),
                "{received} + {days}"
            );
        }
    }

    #[test]
    fn days_taken_is_the_inverse_of_the_term() {
        for days in 1..20 {
            let due = due_on(day("2026-11-02"), days, DayUnit::Working, &weekends).unwrap();
            assert_eq!(
                days_taken(day("2026-11-02"), due, DayUnit::Working, &weekends),
                Some(days)
            );
        }
        assert_eq!(
            days_taken(
                day("2026-11-02"),
                day("2026-11-02"),
                DayUnit::Working,
                &weekends
            ),
            Some(0)
        );
    }

    #[test]
    fn credit_information_is_entered_within_five_working_days() {
        assert_eq!(
            credit_entry_due(day("2026-11-05"), &weekends),
            Some(day("2026-11-12"))
        );
    }
}
