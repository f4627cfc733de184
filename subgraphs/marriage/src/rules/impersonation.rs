//! Registrations obtained by impersonation or fraud: the one case in which a registry revokes.
//!
//! It does so on the written advice of a court or a prosecutor or on a finding of the police, and
//! two officers decide. A defect of procedure alone is for review or suit, never for this.

use super::Refusal;

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

/// B.1.1, 指导意见 (2021), 内部监督: the officer who decides is not the one who proposed.
#[must_use]
pub fn two_officers(first: Option<&str>, second: Option<&str>) -> Option<Refusal> {
    let fine = matches!((first, second), (Some(first), Some(second)) if first != second);
    (!fine).then_some(Refusal::by_law(
        "SECOND_OFFICER_NEEDED",
        "A second officer, not the one who proposed, must decide.",
        "须由提出意见以外的另一名工作人员复核决定。",
        BASIS,
    ))
}

#[cfg(test)]
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
    fn two_different_accounts_decide() {
        for (first, second, fine) in [
            (Some("a"), Some("b"), true),
            (Some("a"), Some("a"), false),
            (None, Some("b"), false),
            (Some("a"), None, false),
            (None, None, false),
        ] {
            assert_eq!(two_officers(first, second).is_none(), fine);
        }
    }
}
