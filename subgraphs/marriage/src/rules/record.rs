//! The life of a marriage record 婚姻登记记录: from `Valid` to one end, and no way back.
//!
//! M-13 and M-14 keep two days apart: the day of registration and the day from which the
//! marriage has effect. M-22: a void or annulled marriage never existed in law, so its record
//! counts for nothing, yet its history stays.

use super::Refusal;
use crate::kit::officer::Officer;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// State of a marriage record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordState {
    /// 有效.
    Valid,
    /// 登记离婚.
    DissolvedDivorce,
    /// 判决或调解离婚.
    DissolvedJudgment,
    /// 一方死亡.
    EndedDeath,
    /// 婚姻无效.
    Void,
    /// 撤销 (by a court, 民法典 1052, 1053).
    Annulled,
    /// 因冒名顶替、弄虚作假撤销登记.
    RevokedFraud,
}

impl RecordState {
    /// Every state, in the order of the study.
    pub const ALL: [Self; 7] = [
        Self::Valid,
        Self::DissolvedDivorce,
        Self::DissolvedJudgment,
        Self::EndedDeath,
        Self::Void,
        Self::Annulled,
        Self::RevokedFraud,
    ];

    /// The text kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::DissolvedDivorce => "DISSOLVED_DIVORCE",
            Self::DissolvedJudgment => "DISSOLVED_JUDGMENT",
            Self::EndedDeath => "ENDED_DEATH",
            Self::Void => "VOID",
            Self::Annulled => "ANNULLED",
            Self::RevokedFraud => "REVOKED_FRAUD",
        }
    }

    /// The state of a stored text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// M-5, 民法典 1042: whether the record still binds both parties.
    #[must_use]
    pub const fn blocks_another_marriage(self) -> bool {
        matches!(self, Self::Valid)
    }

    /// M-22, 民法典 1054: whether the marriage counts as never having been.
    #[must_use]
    pub const fn never_was(self) -> bool {
        matches!(self, Self::Void | Self::Annulled | Self::RevokedFraud)
    }
}

/// What allows a step that the ordinary course does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction<'a> {
    /// Who proposes it.
    pub first: Officer<'a>,
    /// Who decides, another one; none while it is proposed.
    pub second: Option<Officer<'a>>,
    /// Reference to the evidence, not empty.
    pub evidence: &'a str,
}

/// A correction that nobody decided in this time is over: what the first officer saw may no longer hold.
/// This house's order; no law names the span.
pub const DECIDED_WITHIN: TimeDelta = TimeDelta::days(7);

/// M-21, domain.md E.4: whether a correction, or a proposal to end a case of impersonation, has waited too long
/// for its second officer.
#[must_use]
pub fn is_expired(proposed_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now >= proposed_at + DECIDED_WITHIN
}

/// M-21, M-22, M-26, 民法典 1054, 1080: a record ends once; only a correction by two officers with
/// evidence takes a step back.
pub fn may_change(
    from: RecordState,
    to: RecordState,
    correction: Option<&Correction<'_>>,
) -> Result<(), Refusal> {
    if from == to {
        return Err(Refusal::by_form(
            "RECORD_UNCHANGED",
            "The record is already in this state.",
            "该记录已处于此状态。",
        ));
    }
    if from == RecordState::Valid {
        return Ok(());
    }
    match correction {
        Some(c)
            if c.second
                .is_none_or(|second| second.is_another_than(c.first))
                && !c.evidence.trim().is_empty() =>
        {
            Ok(())
        }
        Some(_) => Err(Refusal::by_form(
            "CORRECTION_NEEDS_TWO_OFFICERS",
            "A correction needs two different officers and evidence.",
            "更正须由两名不同的工作人员办理并附证据。",
        )),
        None => Err(Refusal::by_form(
            "RECORD_ENDED",
            "The marriage of this record has already ended.",
            "该记录的婚姻关系已经终止。",
        )),
    }
}

/// M-21, M-22, M-23, 民法典 1051, 1054, 1080: whether an end that another authority tells changes a record: one that has
/// ended keeps its end, unless the other one lies before it (a death before the judgment, a judgment before the death,
/// one spouse's death before the other's), or says that the marriage never was.
#[must_use]
pub fn ends_by(
    (state, ended_on): (RecordState, Option<NaiveDate>),
    (to, on): (RecordState, NaiveDate),
) -> bool {
    use RecordState::{DissolvedJudgment, EndedDeath, Valid};
    match (state, to) {
        (_, Valid) => false,
        (Valid, _) => true,
        _ if state.never_was() => false,
        _ if to.never_was() => true,
        (EndedDeath, DissolvedJudgment | EndedDeath) | (DissolvedJudgment, EndedDeath) => {
            ended_on.is_some_and(|day| on < day)
        }
        _ => false,
    }
}

/// M-13, 司法解释(一) 6: a registration made good later has effect from the day both first met the
/// conditions; any other from the day of registration.
#[must_use]
pub fn effective_from(
    registered_on: NaiveDate,
    conditions_first_met: Option<NaiveDate>,
) -> NaiveDate {
    conditions_first_met.map_or(registered_on, |met| met.min(registered_on))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_record_may_end_in_any_way_and_an_ended_one_in_none() {
        let officer = |account| Officer {
            account: Some(account),
            person: None,
        };
        let fair = Correction {
            first: officer("a"),
            second: Some(officer("b")),
            evidence: "court notice",
        };
        let proposed = Correction {
            second: None,
            ..fair.clone()
        };
        let alone = Correction {
            second: Some(officer("a")),
            ..fair.clone()
        };
        let bare = Correction {
            evidence: " ",
            ..fair.clone()
        };
        for from in RecordState::ALL {
            for to in RecordState::ALL {
                let plain = may_change(from, to, None).map_err(|r| r.code);
                let corrected = may_change(from, to, Some(&fair)).map_err(|r| r.code);
                if from == to {
                    assert_eq!(plain, Err("RECORD_UNCHANGED"));
                    assert_eq!(corrected, Err("RECORD_UNCHANGED"));
                } else if from == RecordState::Valid {
                    assert_eq!(plain, Ok(()));
                } else {
                    assert_eq!(plain, Err("RECORD_ENDED"));
                    assert_eq!(corrected, Ok(()));
                    assert!(may_change(from, to, Some(&proposed)).is_ok());
                    assert!(may_change(from, to, Some(&alone)).is_err());
                    assert!(may_change(from, to, Some(&bare)).is_err());
                }
            }
        }
    }

    #[test]
    fn of_two_ends_the_earlier_counts_in_whatever_order_they_are_told() {
        use RecordState as R;
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (state, ended, to, on, changes) in [
            (R::Valid, None, R::EndedDeath, "2026-11-10", true),
            (
                R::DissolvedJudgment,
                Some("2026-11-15"),
                R::EndedDeath,
                "2026-11-10",
                true,
            ),
            (
                R::DissolvedJudgment,
                Some("2026-11-10"),
                R::EndedDeath,
                "2026-11-10",
                false,
            ),
            (
                R::EndedDeath,
                Some("2026-11-10"),
                R::DissolvedJudgment,
                "2026-11-15",
                false,
            ),
            (
                R::EndedDeath,
                Some("2026-11-10"),
                R::DissolvedJudgment,
                "2026-11-01",
                true,
            ),
            (
                R::EndedDeath,
                Some("2026-11-10"),
                R::EndedDeath,
                "2026-11-01",
                true,
            ),
            (
                R::EndedDeath,
                Some("2026-11-10"),
                R::EndedDeath,
                "2026-11-15",
                false,
            ),
            (
                R::DissolvedDivorce,
                Some("2026-11-15"),
                R::EndedDeath,
                "2026-11-10",
                false,
            ),
            (
                R::DissolvedDivorce,
                Some("2026-11-15"),
                R::Void,
                "2026-11-20",
                true,
            ),
            (
                R::Annulled,
                Some("2026-11-15"),
                R::EndedDeath,
                "2026-11-10",
                false,
            ),
        ] {
            let found = ends_by((state, ended.map(day)), (to, day(on)));
            assert_eq!(found, changes, "{state:?} {ended:?} {to:?} {on}");
        }
    }

    #[test]
    fn every_state_is_read_back_from_its_text() {
        for state in RecordState::ALL {
            assert_eq!(RecordState::from_text(state.as_str()), Some(state));
        }
        assert_eq!(RecordState::from_text("valid"), None);
    }

    #[test]
    fn a_retroactive_marriage_has_effect_from_when_the_conditions_were_met() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (registered, met, effective) in [
            ("2024-05-20", None, "2024-05-20"),
            ("2024-05-20", Some("1996-10-01"), "1996-10-01"),
            ("2024-05-20", Some("2025-01-01"), "2024-05-20"),
        ] {
            assert_eq!(
                effective_from(day(registered), met.map(day)),
                day(effective)
            );
        }
    }
}
