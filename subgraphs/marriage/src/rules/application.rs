//! The course of an application for marriage, from a draft to the archive.
//!
//! `Holding` and `Committing` belong to a registration that another province must agree to; where
//! both ledgers are kept here, one transaction passes through them. A certificate is printed only
//! in `Registered`.

use super::Refusal;
use chrono::NaiveDate;

/// Where an application for marriage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// 草稿.
    Draft,
    /// 已预约.
    Booked,
    /// 已签到.
    CheckedIn,
    /// 已受理.
    Received,
    /// 核验中.
    Checking,
    /// 可以登记.
    Eligible,
    /// 不予登记.
    Refused,
    /// 暂缓：一方信息尚未核实.
    SuspendedUnverified,
    /// 跨省占用中.
    Holding,
    /// 跨省提交中.
    Committing,
    /// 已终止.
    Aborted,
    /// 已登记.
    Registered,
    /// 已发证.
    Certified,
    /// 已归档.
    Archived,
}

impl State {
    /// Every state, in the order of the study.
    pub const ALL: [Self; 14] = [
        Self::Draft,
        Self::Booked,
        Self::CheckedIn,
        Self::Received,
        Self::Checking,
        Self::Eligible,
        Self::Refused,
        Self::SuspendedUnverified,
        Self::Holding,
        Self::Committing,
        Self::Aborted,
        Self::Registered,
        Self::Certified,
        Self::Archived,
    ];

    /// The text kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Booked => "BOOKED",
            Self::CheckedIn => "CHECKED_IN",
            Self::Received => "RECEIVED",
            Self::Checking => "CHECKING",
            Self::Eligible => "ELIGIBLE",
            Self::Refused => "REFUSED",
            Self::SuspendedUnverified => "SUSPENDED_UNVERIFIED",
            Self::Holding => "HOLDING",
            Self::Committing => "COMMITTING",
            Self::Aborted => "ABORTED",
            Self::Registered => "REGISTERED",
            Self::Certified => "CERTIFIED",
            Self::Archived => "ARCHIVED",
        }
    }

    /// The state of a stored text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// The registrar still enters what he sees.
    #[must_use]
    pub const fn is_at_counter(self) -> bool {
        matches!(
            self,
            Self::Received | Self::Checking | Self::Eligible | Self::SuspendedUnverified
        )
    }

    /// Nothing more happens but putting it into the archive.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Aborted | Self::Archived)
    }
}

/// B.1.5, 民法典 1049: whether a step is part of the course. New findings and new declarations lead back to
/// `Checking`, never further; before anything is received an appointment that comes to nothing leads back to `Draft`.
#[must_use]
pub const fn follows(from: State, to: State) -> bool {
    use State::{
        Aborted, Archived, Booked, Certified, CheckedIn, Checking, Committing, Draft, Eligible,
        Holding, Received, Refused, Registered, SuspendedUnverified,
    };
    matches!(
        (from, to),
        (Draft, Booked | CheckedIn | Received | Aborted)
            | (Booked, CheckedIn | Received | Aborted | Draft)
            | (CheckedIn, Received | Aborted | Draft)
            | (Received, Checking | Refused | Aborted)
            | (
                Checking | Eligible | SuspendedUnverified,
                Checking | Eligible | SuspendedUnverified | Refused | Aborted
            )
            | (Eligible, Holding)
            | (Holding, Committing | Aborted)
            | (Committing, Registered | Aborted)
            | (Registered, Certified)
            | (Certified, Archived)
    )
}

/// B.1.5, 民法典 1049: the refusal of a step that is not part of the course.
pub fn step(from: State, to: State) -> Result<(), Refusal> {
    if follows(from, to) {
        Ok(())
    } else {
        Err(Refusal::by_form(
            "APPLICATION_STATE",
            "In its present state the application does not allow this step.",
            "该申请当前状态不允许此操作。",
        ))
    }
}

/// M-11, 民法典 1049, 婚姻登记条例 (当场登记): an application belongs to the day on which it was received: what is
/// still at the counter when that day is over is over too.
#[must_use]
pub fn state_on(state: State, received_on: Option<NaiveDate>, today: NaiveDate) -> State {
    if state.is_at_counter() && received_on.is_some_and(|day| day < today) {
        State::Aborted
    } else {
        state
    }
}

/// B.1.5, 民法典 1049: what an application is when the appointment it was drafted for has ended without it: a draft
/// again, that the couple brings to another one. What was received is no longer held by the appointment.
#[must_use]
pub const fn freed(state: State) -> Option<State> {
    match state {
        State::Booked | State::CheckedIn => Some(State::Draft),
        _ => None,
    }
}

/// M-11, 民法典 1049: the refusal to register a couple that the checks have not found eligible.
pub const NOT_FOUND_ELIGIBLE: Refusal = Refusal::by_law(
    "NOT_FOUND_ELIGIBLE",
    "The checks have not found the couple eligible.",
    "尚未核验通过，不能登记。",
    "民法典第一千零四十九条",
);

/// M-11, 民法典 1049: only what was found eligible today is registered, and then on the spot.
pub fn may_register(state: State, checked_today: bool) -> Result<(), Refusal> {
    if state != State::Eligible {
        return Err(NOT_FOUND_ELIGIBLE);
    }
    if !checked_today {
        return Err(Refusal::by_law(
            "CHECKS_OF_ANOTHER_DAY",
            "The checks are of another day; receive the couple again today.",
            "核验结果非当日作出，须当日重新受理核验。",
            "婚姻登记条例（国务院令第804号）",
        ));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back_and_the_straight_course_is_open() {
        for state in State::ALL {
            assert_eq!(State::from_text(state.as_str()), Some(state));
        }
        let course = [
            State::Draft,
            State::Booked,
            State::CheckedIn,
            State::Received,
            State::Checking,
            State::Eligible,
            State::Holding,
            State::Committing,
            State::Registered,
            State::Certified,
            State::Archived,
        ];
        for pair in course.windows(2) {
            assert!(step(pair[0], pair[1]).is_ok(), "{pair:?}");
        }
    }

    #[test]
    fn nothing_leads_out_of_what_is_over_and_nothing_is_skipped() {
        for from in State::ALL {
            for to in State::ALL {
                if from.is_over() {
                    assert!(!follows(from, to), "{from:?} {to:?}");
                }
                // A registration is reached through the commitment only, a certificate through it.
                if to == State::Registered {
                    assert_eq!(follows(from, to), from == State::Committing);
                }
                if to == State::Certified {
                    assert_eq!(follows(from, to), from == State::Registered);
                }
            }
        }
        for (from, to) in [
            (State::Draft, State::Eligible),
            (State::Received, State::Eligible),
            (State::SuspendedUnverified, State::Registered),
            (State::Registered, State::Refused),
            (State::Committing, State::Refused),
        ] {
            assert!(step(from, to).is_err(), "{from:?} {to:?}");
        }
    }

    #[test]
    fn what_is_left_at_the_counter_ends_with_its_day() {
        // 婚姻登记条例: 当场予以登记.
        let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
        for state in State::ALL {
            let tomorrow = state_on(state, Some(day(22)), day(23));
            let expected = if state.is_at_counter() {
                State::Aborted
            } else {
                state
            };
            assert_eq!(tomorrow, expected, "{state:?}");
            assert_eq!(state_on(state, Some(day(22)), day(22)), state);
            assert_eq!(state_on(state, None, day(23)), state);
        }
    }

    #[test]
    fn a_draft_outlives_its_appointment_and_nothing_received_goes_back() {
        for state in State::ALL {
            let expected = matches!(state, State::Booked | State::CheckedIn);
            assert_eq!(freed(state), expected.then_some(State::Draft), "{state:?}");
            assert_eq!(follows(state, State::Draft), expected, "{state:?}");
        }
    }

    #[test]
    fn only_todays_finding_is_registered() {
        for (state, today, code) in [
            (State::Eligible, true, None),
            (State::Eligible, false, Some("CHECKS_OF_ANOTHER_DAY")),
            (State::Checking, true, Some("NOT_FOUND_ELIGIBLE")),
            (State::SuspendedUnverified, true, Some("NOT_FOUND_ELIGIBLE")),
        ] {
            assert_eq!(may_register(state, today).err().map(|r| r.code), code);
        }
    }
}
