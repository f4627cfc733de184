//! The two lists of bad credit (O-13, O-15).

use super::add_years;
use crate::vocabulary::{CreditList, ListingReason};
use chrono::NaiveDate;

/// Fine from which a penalty is serious: 50,000 yuan, in fen (number of the draft text).
pub const LARGE_FINE_FEN: i64 = 5_000_000;

/// What was found of an organization.
#[derive(Clone, Copy, Debug, Default)]
pub struct Findings {
    /// The registry's deadline for the annual report has passed without one.
    pub report_missing: bool,
    /// An order to put something right was not followed in time.
    pub not_put_right: bool,
    /// A party body is due and was not set up.
    pub party_body_missing: bool,
    /// It cannot be reached at its domicile.
    pub unreachable: bool,
    /// Warned, or fined, with the fine in fen (0 for a warning).
    pub penalty_fen: Option<i64>,
    /// Minor penalties within the last three years.
    pub minor_penalties: u32,
    /// Registered or changed by false papers.
    pub fake_change: bool,
    /// Ordered to suspend activity.
    pub suspended: bool,
    /// A court lists it as breaking faith.
    pub judgment_defaulter: bool,
    /// Licence or registration revoked.
    pub revoked: bool,
}

/// O-13, 社会组织信用信息管理办法 (2018): the grounds for the abnormal list that a finding holds.
#[must_use]
pub fn abnormal_grounds(f: &Findings) -> Vec<ListingReason> {
    let minor_penalty = f.penalty_fen.is_some_and(|fen| fen < LARGE_FINE_FEN);
    [
        (f.report_missing, ListingReason::NoAnnualReport),
        (f.not_put_right, ListingReason::NotPutRight),
        (f.party_body_missing, ListingReason::NoPartyBody),
        (f.unreachable, ListingReason::Unreachable),
        (minor_penalty, ListingReason::MinorPenalty),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

/// O-15, 社会组织信用信息管理办法 (2018): the day on which an entry in the abnormal list becomes serious: two
/// full years later.
#[must_use]
pub fn escalates_on(listed: NaiveDate) -> NaiveDate {
    add_years(listed, 2)
}

/// O-15, 社会组织信用信息管理办法 (2018): the grounds for the serious list, of which two years on the abnormal
/// list is one. `abnormal_since` is the day of the oldest entry still open.
#[must_use]
pub fn serious_grounds(
    f: &Findings,
    abnormal_since: Option<NaiveDate>,
    today: NaiveDate,
) -> Vec<ListingReason> {
    let two_years = abnormal_since.is_some_and(|since| escalates_on(since) <= today);
    let large_fine = f.penalty_fen.is_some_and(|fen| fen >= LARGE_FINE_FEN);
    [
        (two_years, ListingReason::AbnormalTwoYears),
        (f.fake_change, ListingReason::FakeChange),
        (f.suspended, ListingReason::Suspension),
        (large_fine, ListingReason::LargeFine),
        (f.minor_penalties >= 2, ListingReason::RepeatedPenalties),
        (f.judgment_defaulter, ListingReason::JudgmentDefaulter),
        (f.revoked, ListingReason::Revocation),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

/// O-13 and O-15, 社会组织信用信息管理办法 (2018): the list an organization belongs on, the serious one first.
#[must_use]
pub fn list_for(
    f: &Findings,
    abnormal_since: Option<NaiveDate>,
    today: NaiveDate,
) -> Option<CreditList> {
    if !serious_grounds(f, abnormal_since, today).is_empty() {
        Some(CreditList::Serious)
    } else if !abnormal_grounds(f).is_empty() {
        Some(CreditList::Abnormal)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    #[test]
    fn each_finding_leads_to_its_list() {
        let today = day("2026-11-22");
        let clean = Findings::default();
        for (what, findings, expected) in [
            ("clean", clean, None),
            (
                "no report",
                Findings {
                    report_missing: true,
                    ..clean
                },
                Some(CreditList::Abnormal),
            ),
            (
                "not put right",
                Findings {
                    not_put_right: true,
                    ..clean
                },
                Some(CreditList::Abnormal),
            ),
            (
                "no party body",
                Findings {
                    party_body_missing: true,
                    ..clean
                },
                Some(CreditList::Abnormal),
            ),
            (
                "unreachable",
                Findings {
                    unreachable: true,
                    ..clean
                },
                Some(CreditList::Abnormal),
            ),
            (
                "a warning",
                Findings {
                    penalty_fen: Some(0),
                    ..clean
                },
                Some(CreditList::Abnormal),
            ),
            (
                "a fine just below",
                Findings {
                    penalty_fen: Some(LARGE_FINE_FEN - 1),
                    ..clean
                },
                Some(CreditList::Abnormal),
            ),
            (
                "a fine of fifty thousand",
                Findings {
                    penalty_fen: Some(LARGE_FINE_FEN),
                    ..clean
                },
                Some(CreditList::Serious),
            ),
            (
                "two minor penalties",
                Findings {
                    minor_penalties: 2,
                    ..clean
                },
                Some(CreditList::Serious),
            ),
            (
                "one minor penalty long ago",
                Findings {
                    minor_penalties: 1,
                    ..clean
                },
                None,
            ),
            (
                "false papers",
                Findings {
                    fake_change: true,
                    ..clean
                },
                Some(CreditList::Serious),
            ),
            (
                "suspended",
                Findings {
                    suspended: true,
                    ..clean
                },
                Some(CreditList::Serious),
            ),
            (
                "in a court's list",
                Findings {
                    judgment_defaulter: true,
                    ..clean
                },
                Some(CreditList::Serious),
            ),
            (
                "revoked",
                Findings {
                    revoked: true,
                    ..clean
                },
                Some(CreditList::Serious),
            ),
        ] {
            assert_eq!(list_for(&findings, None, today), expected, "{what}");
        }
    }

    #[test]
    fn two_years_on_the_abnormal_list_make_it_serious() {
        let clean = Findings::default();
        let since = Some(day("2024-11-22"));
        assert_eq!(list_for(&clean, since, day("2026-11-21")), None);
        assert_eq!(
            list_for(&clean, since, day("2026-11-22")),
            Some(CreditList::Serious)
        );
    }
}
