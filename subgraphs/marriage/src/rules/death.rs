//! M-23: what a death does here.

use super::Refusal;
use super::application::State;
use super::record::RecordState;

/// M-23, 民法典 1051 and 13: what belongs to the dead and what it becomes; none where it stays.
#[must_use]
pub const fn record_after_death(state: RecordState) -> Option<RecordState> {
    match state {
        RecordState::Valid => Some(RecordState::EndedDeath),
        _ => None,
    }
}

/// M-23, 民法典 13: an application of a dead person ends; one already being committed elsewhere is
/// for the deciding authority, and what is registered stays for a case.
#[must_use]
pub const fn application_after_death(state: State) -> Option<State> {
    match state {
        State::Draft
        | State::Booked
        | State::CheckedIn
        | State::Received
        | State::Checking
        | State::Eligible
        | State::SuspendedUnverified => Some(State::Aborted),
        State::Holding
        | State::Committing
        | State::Registered
        | State::Certified
        | State::Archived
        | State::Refused
        | State::Aborted => None,
    }
}

/// M-23, 民法典 51: what becomes of a marriage that a declared death has ended when a court takes the
/// declaration back: it lives again by itself, unless the spouse has married again or has declared in
/// writing not to want it; what ended otherwise stays ended.
#[must_use]
pub const fn record_after_revocation(
    state: RecordState,
    spouse_stays_apart: bool,
) -> Option<RecordState> {
    match (state, spouse_stays_apart) {
        (RecordState::EndedDeath, false) => Some(RecordState::Valid),
        _ => None,
    }
}

/// M-23, 民法典 51: the spouse who lives may declare in writing, once a death has ended the marriage, that it
/// is not to live again.
pub fn may_decline(state: RecordState, by_living_spouse: bool) -> Result<(), Refusal> {
    if matches!(state, RecordState::EndedDeath) && by_living_spouse {
        return Ok(());
    }
    Err(Refusal::by_law(
        "REVIVAL_NOT_TO_DECLINE",
        "Only the living spouse of a marriage that a death has ended may declare that it is not to live again.",
        "仅因死亡宣告而消除的婚姻关系中在世的配偶可以书面声明不愿意恢复。",
        "民法典第五十一条",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_ends_what_is_open_and_nothing_that_is_over() {
        for state in RecordState::ALL {
            let after = record_after_death(state);
            assert_eq!(after.is_some(), state == RecordState::Valid, "{state:?}");
        }
        for state in State::ALL {
            let over = state.is_over()
                || matches!(
                    state,
                    State::Holding | State::Committing | State::Registered | State::Certified
                );
            assert_eq!(application_after_death(state).is_none(), over, "{state:?}");
        }
    }

    #[test]
    fn a_death_taken_back_revives_what_it_had_ended_and_nothing_else() {
        for state in RecordState::ALL {
            let revived = record_after_revocation(state, false);
            let expected = (state == RecordState::EndedDeath).then_some(RecordState::Valid);
            assert_eq!(revived, expected, "{state:?}");
            assert_eq!(record_after_revocation(state, true), None, "{state:?}");
            let may = may_decline(state, true).is_ok();
            assert_eq!(may, state == RecordState::EndedDeath, "{state:?}");
            assert!(may_decline(state, false).is_err(), "{state:?}");
        }
    }
}
