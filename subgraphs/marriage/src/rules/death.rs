//! M-23: what a death does here.

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
        | State::SuspendedUnverified
        | State::Holding => Some(State::Aborted),
        State::Committing
        | State::Registered
        | State::Certified
        | State::Archived
        | State::Refused
        | State::Aborted => None,
    }
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
                    State::Committing | State::Registered | State::Certified
                );
            assert_eq!(application_after_death(state).is_none(), over, "{state:?}");
        }
    }
}
