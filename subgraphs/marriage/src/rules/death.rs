//! M-23: what a death does here.

use super::Refusal;
use super::application::State;
use super::record::RecordState;
use chrono::NaiveDate;

/// What a death means for a marriage record, whenever it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeathOnRecord {
    /// The death ends the marriage, or ended it before the court did.
    Ends,
    /// The other party's later death, told first, was taken to have ended the marriage; this one did, and the other
    /// was widowed until then.
    EndsBefore,
    /// Somebody else stood at the counter: a registration, of the marriage or of its divorce, lies behind the
    /// death of one who had to be there in person. A case has to clear it.
    Contradicts,
    /// Nothing changes.
    Stands,
}

/// M-23, M-21, M-3, 民法典 13, 1049, 1051, 1078: what a death means for a record, in whatever order both are told. The
/// earliest end counts: a judgment whose day lies behind the death has divorced nobody, and of the deaths of both
/// spouses the first one ended the marriage; on one day neither outlived the other. A registration takes both in
/// person, so one behind the death of either is a case and no end; the day of death itself may have been both.
#[must_use]
pub fn death_on_record(
    state: RecordState,
    registered_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    died_on: NaiveDate,
) -> DeathOnRecord {
    let too_late = died_on < registered_on;
    let ended_later = ended_on.is_some_and(|day| died_on < day);
    match state {
        RecordState::Valid if too_late => DeathOnRecord::Contradicts,
        RecordState::Valid => DeathOnRecord::Ends,
        RecordState::DissolvedJudgment if ended_later && too_late => DeathOnRecord::Contradicts,
        RecordState::DissolvedJudgment if ended_later => DeathOnRecord::Ends,
        RecordState::DissolvedDivorce if ended_later => DeathOnRecord::Contradicts,
        RecordState::EndedDeath if ended_later && too_late => DeathOnRecord::Contradicts,
        RecordState::EndedDeath if ended_later => DeathOnRecord::EndsBefore,
        _ => DeathOnRecord::Stands,
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_death_ends_what_is_open_and_nothing_that_is_over() {
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
    fn the_order_in_which_death_and_act_are_told_decides_nothing() {
        use DeathOnRecord::{Contradicts, Ends, EndsBefore, Stands};
        use RecordState as R;
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        // All died on 2026-11-10.
        for (state, registered, ended, expected) in [
            (R::Valid, "2020-05-20", None, Ends),
            (R::Valid, "2026-11-10", None, Ends),
            (R::Valid, "2026-11-11", None, Contradicts),
            (R::DissolvedJudgment, "2020-05-20", Some("2026-11-15"), Ends),
            (
                R::DissolvedJudgment,
                "2020-05-20",
                Some("2026-11-10"),
                Stands,
            ),
            (
                R::DissolvedJudgment,
                "2020-05-20",
                Some("2026-11-09"),
                Stands,
            ),
            (
                R::DissolvedJudgment,
                "2026-11-12",
                Some("2026-11-15"),
                Contradicts,
            ),
            (
                R::DissolvedDivorce,
                "2020-05-20",
                Some("2026-11-15"),
                Contradicts,
            ),
            (
                R::DissolvedDivorce,
                "2020-05-20",
                Some("2026-11-10"),
                Stands,
            ),
            (R::EndedDeath, "2020-05-20", Some("2026-11-15"), EndsBefore),
            (R::EndedDeath, "2020-05-20", Some("2026-11-10"), Stands),
            (R::EndedDeath, "2020-05-20", Some("2026-11-09"), Stands),
            (R::EndedDeath, "2026-11-12", Some("2026-11-15"), Contradicts),
            (R::Void, "2020-05-20", Some("2026-11-15"), Stands),
            (R::Annulled, "2020-05-20", Some("2026-11-15"), Stands),
            (R::RevokedFraud, "2026-11-15", Some("2026-11-18"), Stands),
        ] {
            let found = death_on_record(state, day(registered), ended.map(day), day("2026-11-10"));
            assert_eq!(found, expected, "{state:?} {registered} {ended:?}");
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
