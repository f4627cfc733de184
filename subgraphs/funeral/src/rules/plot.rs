//! A niche or grave through its life: `FREE → HELD → OCCUPIED → EXPIRED → (renewed) | CLOSED`.
//!
//! That two cases cannot hold one place is kept by a unique index in the database; here stands
//! what may follow what.

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::calendar::Deadline;
use minzheng_kit::error::UserError;

use super::terms::PlotState;
use super::{Verdict, no_such_move, period};

/// What happens to a niche or grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotEvent {
    /// Held for a case until a time.
    Hold {
        /// When the hold ends by itself.
        until: DateTime<Utc>,
    },
    /// The hold is given up or has run out.
    Release,
    /// The ashes or the body are laid in it.
    Occupy,
    /// The contract's term ended on this day.
    TermEnds(NaiveDate),
    /// The family renews.
    Renew,
    /// Taken back after the grace period.
    Close,
}

/// B.2.3, 墓位状态机: the state after an event. `held_until` is the end of the present hold, if there is one.
pub fn advance(
    from: PlotState,
    event: PlotEvent,
    held_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Verdict<PlotState> {
    use PlotState::*;
    let lapsed = held_until.is_none_or(|end| end <= now);
    match (from, event) {
        (Free, PlotEvent::Hold { until }) if until > now => Ok(Held),
        // A hold that ran out is no hold: whoever asks next gets the place.
        (Held, PlotEvent::Hold { until }) if lapsed && until > now => Ok(Held),
        (Held, PlotEvent::Hold { .. }) => Err(taken()),
        (Occupied | Expired | Closed, PlotEvent::Hold { .. }) => Err(taken()),
        (Held, PlotEvent::Release) => Ok(Free),
        (Held, PlotEvent::Occupy) if !lapsed => Ok(Occupied),
        (Occupied, PlotEvent::TermEnds(_)) => Ok(Expired),
        (Expired, PlotEvent::Renew) => Ok(Occupied),
        (Expired, PlotEvent::Close) => Ok(Closed),
        _ => Err(no_such_move(
            "The place cannot move to that state from where it is.",
            "该格位/墓位当前状态不能如此变更。",
        )),
    }
}

/// F-9, 殡葬管理条例（2012）第十一条: how a place looks to whoever asks now: a hold that ran out is free, a contract that ran out is
/// expired.
pub fn seen(
    state: PlotState,
    held_until: Option<DateTime<Utc>>,
    contract_to: Option<NaiveDate>,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> PlotState {
    match state {
        PlotState::Held if held_until.is_none_or(|end| end <= now) => PlotState::Free,
        PlotState::Occupied if contract_to.is_some_and(|end| end <= today) => PlotState::Expired,
        _ => state,
    }
}

/// F-9, 殡葬管理条例（2012）第十一条: a place is taken back only when the grace after its term has run out.
pub fn may_close(grace_ends: Option<Deadline>, today: NaiveDate) -> Verdict {
    if let Some(end) = grace_ends
        && period::has_run(end, today)?
    {
        return Ok(());
    }
    Err(UserError::new(
        "GRACE_STILL_RUNS",
        "The family may still renew; the place is not taken back yet.",
        "仍在续期宽限期内，不得收回。",
    )
    .field(&["plot"])
    .basis("殡葬管理条例（2012）第十一条"))
}

/// B.2.3, 墓位状态机: someone else has the place.
pub fn taken() -> UserError {
    UserError::new(
        "PLOT_TAKEN",
        "This niche or grave is taken; choose another.",
        "该格位/墓位已被预留或使用，请另选。",
    )
    .field(&["plot"])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_place_goes_from_free_to_closed() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let until = now + TimeDelta::hours(72);
        let day = now.date_naive();
        let held = advance(PlotState::Free, PlotEvent::Hold { until }, None, now).unwrap();
        let occupied = advance(held, PlotEvent::Occupy, Some(until), now).unwrap();
        let expired = advance(occupied, PlotEvent::TermEnds(day), None, now).unwrap();
        assert_eq!(
            advance(expired, PlotEvent::Renew, None, now).unwrap(),
            PlotState::Occupied
        );
        assert_eq!(
            advance(expired, PlotEvent::Close, None, now).unwrap(),
            PlotState::Closed
        );
    }

    #[test]
    fn holds_and_terms_run_out_by_themselves() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(400);
        let today = now.date_naive();
        use PlotState::*;
        let (past, soon) = (now - TimeDelta::hours(1), now + TimeDelta::hours(1));
        let table = [
            (Held, Some(soon), None, Held),
            (Held, Some(past), None, Free),
            (Held, Some(now), None, Free),
            (Held, None, None, Free),
            (Occupied, None, Some(today), Expired),
            (Occupied, None, today.succ_opt(), Occupied),
            (Occupied, None, None, Occupied),
            (Closed, Some(past), Some(today), Closed),
        ];
        for (state, held, contract, expected) in table {
            assert_eq!(
                seen(state, held, contract, now, today),
                expected,
                "{state:?} {held:?} {contract:?}"
            );
        }
        let ends = |day, provisional| Some(Deadline { day, provisional });
        let before = today.pred_opt().unwrap();
        assert!(may_close(ends(today, false), today).is_err());
        assert!(may_close(ends(before, false), today).is_ok());
        assert!(may_close(ends(before, true), today).is_err());
        assert!(may_close(None, today).is_err());
    }

    #[test]
    fn a_held_place_is_refused_until_the_hold_runs_out() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let hold = PlotEvent::Hold {
            until: now + TimeDelta::hours(72),
        };
        let (soon, past) = (now + TimeDelta::hours(1), now - TimeDelta::hours(1));
        assert_eq!(
            advance(PlotState::Held, hold, Some(soon), now)
                .unwrap_err()
                .code,
            "PLOT_TAKEN"
        );
        assert_eq!(
            advance(PlotState::Held, hold, Some(past), now).unwrap(),
            PlotState::Held
        );
        assert!(advance(PlotState::Held, PlotEvent::Occupy, Some(past), now).is_err());
        assert_eq!(
            advance(PlotState::Occupied, hold, None, now)
                .unwrap_err()
                .code,
            "PLOT_TAKEN"
        );
        assert!(advance(PlotState::Free, PlotEvent::Hold { until: past }, None, now).is_err());
    }

    #[test]
    fn an_occupied_place_is_not_released() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        for state in [
            PlotState::Free,
            PlotState::Occupied,
            PlotState::Expired,
            PlotState::Closed,
        ] {
            assert!(
                advance(state, PlotEvent::Release, None, now).is_err(),
                "{state:?}"
            );
        }
    }
}
