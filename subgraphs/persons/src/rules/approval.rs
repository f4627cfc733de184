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

/// Whether two officers are one person: the same account, whatever role it acts in.
#[must_use]
pub fn is_same_officer(one: &str, other: &str) -> bool {
    let account = |name: &str| {
        name.split_once(':')
            .map_or(name.to_owned(), |(_, who)| who.to_owned())
    };
    account(one) == account(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_waits_a_week_and_an_approval_is_good_for_a_day() {
        let at = DateTime::UNIX_EPOCH;
        let second = TimeDelta::seconds(1);
        assert!(!is_expired(at, at + DECIDED_WITHIN - second));
        assert!(is_expired(at, at + DECIDED_WITHIN));
        assert!(is_good(at, at) && is_good(at, at + GOOD_FOR - second));
        assert!(!is_good(at, at + GOOD_FOR) && !is_good(at, at - second));
    }

    #[test]
    fn an_officer_in_another_role_is_no_second_officer() {
        assert!(is_same_officer("registrar:li", "supervisor:li"));
        assert!(is_same_officer("li", "supervisor:li"));
        assert!(!is_same_officer("registrar:li", "registrar:wang"));
    }
}
