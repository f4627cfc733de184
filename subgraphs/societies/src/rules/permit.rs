//! The way of an application from the counter to the decision (O-4).
//!
//! ```text
//! SUBMITTED → ACCEPTED → GRANTED | REFUSED
//! SUBMITTED ⇄ RETURNED          (missing papers are named once, all together)
//! SUBMITTED | RETURNED | ACCEPTED → WITHDRAWN
//! SUBMITTED | ACCEPTED → RETURNED   (who was to lead has died: another is named)
//! ```
//! An authority that says nothing within five working days has accepted: the state that counts is
//! judged on the day it is read, so that no clerk's silence stops the clock.

use super::parameter::{Parameter, count};
use super::state::{self, OrgEvent, may_develop};
use super::term::due_on;
use super::{Refusal, charity};
use crate::vocabulary::{DayUnit, OrgState, PermitItem, PermitState};
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
    /// Who was to lead the organization has died.
    HeadDied,
}

/// What a registration is, as far as an application is judged by it.
#[derive(Clone, Copy, Debug)]
pub struct Applicant {
    /// Its state.
    pub state: OrgState,
    /// Since when it is a charity.
    pub charity_since: Option<NaiveDate>,
    /// Since when it may raise funds from the public.
    pub raising_since: Option<NaiveDate>,
}

/// O-18, O-22, 社会团体登记管理条例 第十八条至第二十一条、慈善法 第十条、第二十二条: what an organization may be granted as it stands
/// on a day. It is asked when the application comes in, and again when it is decided: between the two an organization
/// may be suspended, revoked or in liquidation.
pub fn may_be_granted(
    item: PermitItem,
    applicant: &Applicant,
    today: NaiveDate,
) -> Result<(), Refusal> {
    match item {
        // The founders apply: there is no organization yet.
        PermitItem::Found => Ok(()),
        PermitItem::Deregister => state::next(applicant.state, OrgEvent::Deregister).map(|_| ()),
        PermitItem::Change | PermitItem::Charter => may_develop(applicant.state),
        PermitItem::RecogniseCharity => {
            may_develop(applicant.state)?;
            charity::may_be_recognised(applicant.charity_since.is_some())
        }
        PermitItem::PublicRaising => {
            may_develop(applicant.state)?;
            charity::not_licensed(applicant.raising_since.is_some())?;
            let since = charity::charity_since(applicant.charity_since)?;
            charity::may_ask_for_public_raising(since, today)
        }
    }
}

/// O-4, 行政许可法 第三十二条至第三十八条: the state after an event, or a refusal when the event cannot happen
/// in that state.
pub const fn next(state: PermitState, event: PermitEvent) -> Result<PermitState, Refusal> {
    use PermitEvent as E;
    use PermitState as S;
    match (state, event) {
        (S::Submitted, E::Accept) => Ok(S::Accepted),
        (S::Submitted, E::Return) | (S::Submitted | S::Accepted, E::HeadDied) => Ok(S::Returned),
        (S::Returned, E::Resubmit) => Ok(S::Submitted),
        (S::Accepted, E::Grant) => Ok(S::Granted),
        (S::Accepted, E::Refuse) => Ok(S::Refused),
        (S::Submitted | S::Returned | S::Accepted, E::Withdraw) => Ok(S::Withdrawn),
        _ => Err(Refusal::new(
            "CASE_STATE_FORBIDS",
            "The application does not stand where this is possible.",
            "申请当前状态不允许该操作。",
            "行政许可法 (2019) 第三十二条至第三十八条",
        )),
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
            E::HeadDied,
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
            (S::Submitted, E::HeadDied, S::Returned),
            (S::Accepted, E::HeadDied, S::Returned),
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

    /// Each item in each state that matters, for bodies with and without a past as a charity.
    #[test]
    fn an_application_is_judged_by_what_the_organization_is_on_the_day() {
        use OrgState::{Changing, Deregistered, Liquidating, Registered, Revoked, Suspended};
        use PermitItem::{Change, Charter, Deregister, Found, PublicRaising, RecogniseCharity};
        let (long, lately) = (Some("2025-11-22"), Some("2025-11-23"));
        for (item, state, charity, raising, expected) in [
            (Found, Registered, None, None, "OK"),
            (Charter, Registered, None, None, "OK"),
            (Charter, Changing, None, None, "OK"),
            (Charter, Suspended, None, None, "ACTIVITY_SUSPENDED"),
            (Charter, Liquidating, None, None, "ONLY_LIQUIDATION"),
            (Charter, Revoked, None, None, "ORGANIZATION_ENDED"),
            (Change, Changing, None, None, "OK"),
            (Change, Liquidating, None, None, "ONLY_LIQUIDATION"),
            (RecogniseCharity, Registered, None, None, "OK"),
            (
                RecogniseCharity,
                Registered,
                long,
                None,
                "ALREADY_A_CHARITY",
            ),
            (RecogniseCharity, Revoked, None, None, "ORGANIZATION_ENDED"),
            (
                RecogniseCharity,
                Deregistered,
                None,
                None,
                "ORGANIZATION_ENDED",
            ),
            (
                RecogniseCharity,
                Suspended,
                None,
                None,
                "ACTIVITY_SUSPENDED",
            ),
            (PublicRaising, Registered, long, None, "OK"),
            (PublicRaising, Registered, lately, None, "CHARITY_TOO_YOUNG"),
            (PublicRaising, Registered, None, None, "NOT_A_CHARITY"),
            (PublicRaising, Registered, long, long, "ALREADY_LICENSED"),
            (PublicRaising, Liquidating, long, None, "ONLY_LIQUIDATION"),
            (PublicRaising, Revoked, long, None, "ORGANIZATION_ENDED"),
            (Deregister, Liquidating, None, None, "OK"),
            (Deregister, Revoked, None, None, "OK"),
            (Deregister, Registered, None, None, "STATE_FORBIDS"),
            (Deregister, Deregistered, None, None, "STATE_FORBIDS"),
        ] {
            let applicant = Applicant {
                state,
                charity_since: charity.map(day),
                raising_since: raising.map(day),
            };
            let code = may_be_granted(item, &applicant, day("2026-11-22"))
                .err()
                .map_or("OK", |r| r.code);
            assert_eq!(code, expected, "{item:?} {state:?} {charity:?} {raising:?}");
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
