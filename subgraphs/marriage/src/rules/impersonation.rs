//! Registrations obtained by impersonation or fraud: the one case in which a registry revokes.
//!
//! It does so on the written advice of a court or a prosecutor or on a finding of the police, and
//! two officers decide. A defect of procedure alone is for review or suit, never for this.

use super::Refusal;
use super::record::RecordState;
use crate::kit::officer::Officer;
use chrono::NaiveDate;

/// What a case was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ground {
    /// 当事人申请.
    Complaint,
    /// 登记日在一方死亡之后.
    Death,
    /// 同一人存在两段婚姻.
    TwoMarriages,
}

impl Ground {
    /// Every ground.
    pub const ALL: [Self; 3] = [Self::Complaint, Self::Death, Self::TwoMarriages];

    /// The text kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complaint => "COMPLAINT",
            Self::Death => "DEATH",
            Self::TwoMarriages => "TWO_MARRIAGES",
        }
    }

    /// The ground of a stored text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.as_str() == text)
    }
}

/// What evidence a case can rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    /// 法院司法建议.
    CourtAdvice,
    /// 检察建议.
    ProsecutorAdvice,
    /// 公安机关认定.
    PoliceFinding,
    /// 当事人材料.
    PartyPapers,
    /// 档案材料.
    Archive,
}

impl EvidenceKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::CourtAdvice,
        Self::ProsecutorAdvice,
        Self::PoliceFinding,
        Self::PartyPapers,
        Self::Archive,
    ];

    /// The text kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CourtAdvice => "COURT_ADVICE",
            Self::ProsecutorAdvice => "PROSECUTOR_ADVICE",
            Self::PoliceFinding => "POLICE_FINDING",
            Self::PartyPapers => "PARTY_PAPERS",
            Self::Archive => "ARCHIVE",
        }
    }

    /// The kind of a stored text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is of an organ whose word the registry may act on.
    #[must_use]
    pub const fn is_of_an_organ(self) -> bool {
        matches!(
            self,
            Self::CourtAdvice | Self::ProsecutorAdvice | Self::PoliceFinding
        )
    }
}

const BASIS: &str = "最高人民法院、最高人民检察院、公安部、民政部关于妥善处理以冒名顶替或者弄虚作假的方式\
                     办理婚姻登记问题的指导意见（2021年）";

/// B.1.1, 指导意见 (2021): a registration is revoked on the word of a court, a prosecutor or the police.
#[must_use]
pub fn not_revoked(evidence: &[EvidenceKind]) -> Option<Refusal> {
    (!evidence.iter().any(|kind| kind.is_of_an_organ())).then_some(Refusal::by_law(
        "EVIDENCE_OF_AN_ORGAN_MISSING",
        "Written advice of a court or prosecutor, or a finding of the police, is missing.",
        "缺少人民法院、人民检察院的书面建议或者公安机关的认定。",
        BASIS,
    ))
}

/// M-26, B.1.1, 指导意见 (2021), 内部监督: the officer who decides is not the one who proposed, under no other account
/// either.
#[must_use]
pub fn two_officers(first: Officer<'_>, second: Officer<'_>) -> Option<Refusal> {
    (!second.is_another_than(first)).then_some(Refusal::by_law(
        "SECOND_OFFICER_NEEDED",
        "A second officer, not the one who proposed, must decide.",
        "须由提出意见以外的另一名工作人员复核决定。",
        BASIS,
    ))
}

/// M-23, M-15, 民法典 13, 1078: what is revoked in a case about a record: the divorce, where one of the two had died before it
/// was registered; then that death has ended the marriage, on the day that is given. Otherwise the marriage itself.
#[must_use]
pub fn divorce_behind_death(
    state: RecordState,
    registered_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    died_on: Option<NaiveDate>,
) -> Option<NaiveDate> {
    died_on.filter(|died| {
        state == RecordState::DissolvedDivorce
            && *died >= registered_on
            && ended_on.is_some_and(|day| *died < day)
    })
}

/// I-1, 民法典 1042: a case about a marriage that lies over another one is not dismissed while it does: one of the two has
/// to go first.
#[must_use]
pub fn not_dismissed(lies_over_another: bool) -> Option<Refusal> {
    lies_over_another.then_some(Refusal::by_law(
        "TWO_MARRIAGES_STAND",
        "By the records one party is married to two at one time; the other record must be cleared before this case is dismissed.",
        "登记记录显示一方同时存在两段婚姻，须先核实处理另一登记记录，方可结案。",
        "民法典第一千零四十二条、第一千零五十一条",
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_of_an_organ_revokes() {
        use EvidenceKind::{Archive, CourtAdvice, PartyPapers, PoliceFinding, ProsecutorAdvice};
        for (evidence, fine) in [
            (vec![], false),
            (vec![PartyPapers, Archive], false),
            (vec![PartyPapers, PoliceFinding], true),
            (vec![CourtAdvice], true),
            (vec![ProsecutorAdvice], true),
        ] {
            assert_eq!(not_revoked(&evidence).is_none(), fine, "{evidence:?}");
        }
        for kind in EvidenceKind::ALL {
            assert_eq!(EvidenceKind::from_text(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn two_different_persons_decide() {
        let officer = |account, person| Officer {
            account: Some(account),
            person,
        };
        let nobody = Officer::default();
        for (first, second, fine) in [
            (officer("a", None), officer("b", None), true),
            (officer("a", None), officer("a", None), false),
            (officer("a", Some("p")), officer("b", Some("p")), false),
            (officer("a", Some("p")), officer("b", Some("q")), true),
            (nobody, officer("b", None), false),
            (officer("a", None), nobody, false),
            (nobody, nobody, false),
        ] {
            assert_eq!(two_officers(first, second).is_none(), fine);
        }
    }

    #[test]
    fn a_divorce_behind_a_death_is_revoked_and_not_the_marriage() {
        use RecordState as R;
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (state, ended, died, revoked) in [
            (
                R::DissolvedDivorce,
                Some("2026-11-15"),
                Some("2026-11-10"),
                Some("2026-11-10"),
            ),
            (
                R::DissolvedDivorce,
                Some("2026-11-15"),
                Some("2026-11-15"),
                None,
            ),
            // Dead before the wedding: the marriage itself was made by somebody else.
            (
                R::DissolvedDivorce,
                Some("2026-11-15"),
                Some("2019-01-01"),
                None,
            ),
            (R::DissolvedDivorce, Some("2026-11-15"), None, None),
            (R::Valid, None, Some("2026-11-10"), None),
            (
                R::DissolvedJudgment,
                Some("2026-11-15"),
                Some("2026-11-10"),
                None,
            ),
        ] {
            let found =
                divorce_behind_death(state, day("2020-05-20"), ended.map(day), died.map(day));
            assert_eq!(found, revoked.map(day), "{state:?} {ended:?} {died:?}");
        }
        assert!(not_dismissed(false).is_none() && not_dismissed(true).is_some());
        for ground in Ground::ALL {
            assert_eq!(Ground::from_text(ground.as_str()), Some(ground));
        }
    }
}
