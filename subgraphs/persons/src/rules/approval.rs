//! How long a proposal waits for its second officer, and how long an approval is good.
//!
//! Both spans are this house's order, chosen so that an approval answers the need of the day on which it
//! was asked and no other; no law names them.

use chrono::{DateTime, TimeDelta, Utc};

/// A proposal that nobody decided in this time is over.
pub const DECIDED_WITHIN: TimeDelta = TimeDelta::days(7);

/// An approved reading in full may be made for this long.
pub const GOOD_FOR: TimeDelta = TimeDelta::hours(24);

/// N-8, domain.md E.4: whether a proposal has waited too long for its second officer.
#[must_use]
pub fn is_expired(proposed_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now >= proposed_at + DECIDED_WITHIN
}

/// N-8, domain.md E.4: whether an approval of a reading in full is still good.
#[must_use]
pub fn is_good(decided_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now >= decided_at && now < decided_at + GOOD_FOR
}

/// N-8, domain.md E.4: whether an approval for a person holds for another number that leads to them: only if it led
/// there when the approval was given, so that nobody's number comes in by a later join.
#[must_use]
pub fn covers(decided_at: DateTime<Utc>, joined_at: DateTime<Utc>) -> bool {
    decided_at > joined_at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_waits_a_week_and_an_approval_is_good_for_a_day_and_for_names_of_before() {
        let at = DateTime::UNIX_EPOCH;
        let second = TimeDelta::seconds(1);
        assert!(!is_expired(at, at + DECIDED_WITHIN - second));
        assert!(is_expired(at, at + DECIDED_WITHIN));
        assert!(is_good(at, at) && is_good(at, at + GOOD_FOR - second));
        assert!(!is_good(at, at + GOOD_FOR) && !is_good(at, at - second));
        assert!(covers(at + second, at) && !covers(at, at) && !covers(at - second, at));
    }
}
