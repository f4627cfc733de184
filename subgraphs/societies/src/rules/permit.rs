//! The way of an application from the counter to the decision (O-4).
//!
//! ```text
//! SUBMITTED → ACCEPTED → GRANTED | REFUSED
//! SUBMITTED ⇄ RETURNED          (missing papers are named once, all together)
//! SUBMITTED | RETURNED | ACCEPTED → WITHDRAWN
//! ```
//! An authority that says nothing within five working days has accepted: the state that counts is
//! judged on the day it is read, so that no clerk's silence stops the clock.

use super::Refusal;
use super::parameter::{Parameter, count};
use super::term::due_on;
use crate::vocabulary::{DayUnit, PermitState};
use chrono::NaiveDate;

/// What happens to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermitEvent {
    /// The papers are complete.
    Accept,
    /// Papers are missing.
    Return,
    /// Handed in again with what was missing.
    Resubmit,
    /// Granted.
    Grant,
    /// Refused.
    Refuse,
    /// Taken back.
    Withdraw,
}

/// O-4, 行政许可法 第三十二条至第三十八条: the state after an event, or a refusal when the event cannot happen
/// in that state.
pub const fn next(state: PermitState, event: PermitEvent) -> Result<PermitState, Refusal> {
    use PermitEvent as E;
    use PermitState as S;
    match (state, event) {
        (S::Submitted, E::Accept) => Ok(S::Accepted),
        (S::Submitted, E::Return) => Ok(S::Returned),
        (S::Returned, E::Resubmit) => Ok(S::Submitted),
        (S::Accepted, E::Grant) => Ok(S::Granted),
        (S::Accepted, E::Refuse) => Ok(S::Refused),
        (S::Submitted | S::Returned | S::Accepted, E::Withdraw) => Ok(S::Withdrawn),
        _ => Err(Refusal {
            code: "CASE_STATE_FORBIDS",
            en: "The application does not stand where this is possible.",
            zh: "申请当前状态不允许该操作。",
            basis: "行政许可法 (2019) 第三十二条至第三十八条",
        }),
    }
}

/// O-4, 行政许可法 第三十二条: where an application stands on a day. Handed in and not answered within five
/// working days, it is accepted from the day it was handed in. An unknown calendar decides nothing.
#[must_use]
pub fn state_on(
    recorded: PermitState,
    submitted: NaiveDate,
    today: NaiveDate,
    is_rest: &dyn Fn(NaiveDate) -> Option<bool>,
) -> PermitState {
    if recorded != PermitState::Submitted {
        return recorded;
    }
    let days = u16::try_from(count(Parameter::CompletenessDays, submitted)).unwrap_or_default();
    match due_on(submitted, days, DayUnit::Working, is_rest) {
        Some(due) if today > due => PermitState::Accepted,
        _ => recorded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;
    use PermitEvent as E;
    use PermitState as S;

    #[test]
    fn every_pair_of_state_and_event_is_as_the_picture_says() {
        let states = [
            S::Submitted,
            S::Returned,
            S::Accepted,
            S::Granted,
            S::Refused,
            S::Withdrawn,
        ];
        let events = [
            E::Accept,
            E::Return,
            E::Resubmit,
            E::Grant,
            E::Refuse,
            E::Withdraw,
        ];
        let allowed = [
            (S::Submitted, E::Accept, S::Accepted),
            (S::Submitted, E::Return, S::Returned),
            (S::Returned, E::Resubmit, S::Submitted),
            (S::Accepted, E::Grant, S::Granted),
            (S::Accepted, E::Refuse, S::Refused),
            (S::Submitted, E::Withdraw, S::Withdrawn),
            (S::Returned, E::Withdraw, S::Withdrawn),
            (S::Accepted, E::Withdraw, S::Withdrawn),
        ];
        for state in states {
            for event in events {
                let expected = allowed
                    .iter()
                    .find(|(from, by, _)| (*from, *by) == (state, event))
                    .map(|(_, _, to)| *to);
                assert_eq!(next(state, event).ok(), expected, "{state:?} by {event:?}");
            }
        }
    }

    #[test]
    fn silence_for_five_working_days_accepts() {
        let calendar = minzheng_kit::calendar::WorkCalendar::china();
        let is_rest = |day| calendar.is_rest(day);
        // Handed in on a Friday: the fifth working day is the next Friday.
        for (recorded, today, expected) in [
            (S::Submitted, "2026-11-20", S::Submitted),
            (S::Submitted, "2026-11-27", S::Submitted),
            (S::Submitted, "2026-11-28", S::Accepted),
            (S::Returned, "2026-12-28", S::Returned),
            (S::Granted, "2026-12-28", S::Granted),
        ] {
            let state = state_on(recorded, day("2026-11-20"), day(today), &is_rest);
            assert_eq!(state, expected, "{recorded:?} on {today}");
        }
        // No calendar of that year: nothing is decided by silence.
        let state = state_on(S::Submitted, day("2027-03-01"), day("2027-06-01"), &is_rest);
        assert_eq!(state, S::Submitted);
    }
}
