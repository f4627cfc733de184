//! Replacement certificates 补领: M-20 and M-25a.

use super::Refusal;
use super::certificate::Prefix;
use super::record::RecordState;
use chrono::NaiveDate;

/// What is asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Replaced {
    /// 结婚证.
    Marriage,
    /// 离婚证.
    Divorce,
}

impl Replaced {
    /// The prefix of the new certificate's number.
    #[must_use]
    pub const fn prefix(self) -> Prefix {
        match self {
            Self::Marriage => Prefix::MarriageReplacement,
            Self::Divorce => Prefix::DivorceReplacement,
        }
    }
}

/// What the registrar has before him.
#[derive(Clone, Copy, Debug)]
pub struct ReplacementFacts {
    /// What is asked for.
    pub what: Replaced,
    /// The holder stands before the registrar with an identity card.
    pub holder_identified: bool,
    /// The archive was consulted and the record found in it.
    pub archive_checked: bool,
    /// State of the marriage record; none where there is none.
    pub record: Option<RecordState>,
    /// A registered divorce of it exists.
    pub divorce_registered: bool,
    /// A court's notice about the couple waits or was noted.
    pub court_notice: bool,
    /// A case of impersonation about the record is open.
    pub disputed: bool,
    /// The holder has died, by the records.
    pub holder_dead: bool,
}

/// The reasons of [`not_replaced`] that the counter sees itself; all others are told by the registers.
pub const SEEN_AT_THE_COUNTER: [&str; 2] = ["HOLDER_NOT_IDENTIFIED", "ARCHIVE_NOT_CHECKED"];

/// M-25a, M-21, 民法典 1080, 婚姻登记条例: whether a court's notice about a couple still speaks against a replacement: one that waits does, and
/// one that was annotated, unless two officers have since found that its record is a valid marriage after all.
#[must_use]
pub fn notice_speaks(annotated_on: Option<NaiveDate>, found_valid_on: Option<NaiveDate>) -> bool {
    match (annotated_on, found_valid_on) {
        (Some(annotated), Some(valid)) => valid < annotated,
        _ => true,
    }
}

/// M-20, M-25a, 婚姻登记条例: any registry replaces a certificate, by identity card, after the archive
/// and the courts' notices were checked; it makes no new marriage.
#[must_use]
pub fn not_replaced(facts: &ReplacementFacts) -> Vec<Refusal> {
    const BASIS: &str = "婚姻登记条例（国务院令第804号）";
    let mut reasons = Vec::new();
    if !facts.holder_identified {
        reasons.push(Refusal::by_law(
            "HOLDER_NOT_IDENTIFIED",
            "The holder must come in person with an identity card.",
            "当事人须持居民身份证亲自办理补领。",
            BASIS,
        ));
    }
    if !facts.archive_checked {
        reasons.push(Refusal::by_law(
            "ARCHIVE_NOT_CHECKED",
            "The archive has not been checked.",
            "尚未查档核实。",
            BASIS,
        ));
    }
    match (facts.what, facts.record) {
        (_, None) => reasons.push(Refusal::by_law(
            "RECORD_NOT_FOUND",
            "There is no record of this marriage.",
            "未查到该婚姻登记记录。",
            BASIS,
        )),
        (Replaced::Marriage, Some(RecordState::Valid)) if facts.court_notice => {
            reasons.push(Refusal::by_law(
                "COURT_NOTICE_EXISTS",
                "A court has given notice about this couple; it must be annotated first.",
                "存在法院生效裁判通知，须先行核实批注。",
                "最高人民法院等关于妥善处理以冒名顶替或者弄虚作假的方式办理婚姻登记问题的指导意见（案例）",
            ));
        }
        (Replaced::Marriage, Some(RecordState::Valid)) => {}
        (Replaced::Marriage, Some(_)) => reasons.push(Refusal::by_law(
            "MARRIAGE_NOT_VALID",
            "The marriage of this record has ended; its certificate is not replaced.",
            "该婚姻关系已终止，不补发结婚证。",
            BASIS,
        )),
        // A divorce certificate certifies a registered divorce that stands: not a record whose marriage never
        // was, was revoked, or was found to have ended otherwise.
        (Replaced::Divorce, Some(state))
            if !facts.divorce_registered || state != RecordState::DissolvedDivorce =>
        {
            reasons.push(Refusal::by_law(
                "NO_REGISTERED_DIVORCE",
                "No divorce of this couple was registered by a registry.",
                "未查到该夫妻的离婚登记记录。",
                BASIS,
            ));
        }
        (Replaced::Divorce, Some(_)) => {}
    }
    if facts.holder_dead {
        reasons.push(super::eligibility::DECEASED);
    }
    if facts.disputed {
        reasons.push(Refusal::by_form(
            "RECORDS_DISPUTED",
            "A case about this record is open and must be cleared first.",
            "该记录存在未结的存疑案件，须先行核实。",
        ));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_that_was_taken_back_by_two_officers_speaks_no_more() {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        for (annotated, valid, speaks) in [
            (None, None, true),
            (None, day("2026-11-01"), true),
            (day("2026-11-02"), None, true),
            (day("2026-11-02"), day("2026-11-01"), true),
            (day("2026-11-02"), day("2026-11-02"), false),
            (day("2026-11-02"), day("2026-11-05"), false),
        ] {
            assert_eq!(notice_speaks(annotated, valid), speaks, "{annotated:?}");
        }
    }

    #[test]
    fn a_certificate_is_replaced_only_when_archive_courts_and_cases_allow() {
        let fine = ReplacementFacts {
            what: Replaced::Marriage,
            holder_identified: true,
            archive_checked: true,
            record: Some(RecordState::Valid),
            divorce_registered: false,
            court_notice: false,
            disputed: false,
            holder_dead: false,
        };
        let table: Vec<(ReplacementFacts, Vec<&str>)> = vec![
            (fine, vec![]),
            (
                ReplacementFacts {
                    holder_identified: false,
                    archive_checked: false,
                    ..fine
                },
                vec!["HOLDER_NOT_IDENTIFIED", "ARCHIVE_NOT_CHECKED"],
            ),
            // M-25a: divorced by court mediation in 2013, the certificate asked for in 2015.
            (
                ReplacementFacts {
                    court_notice: true,
                    ..fine
                },
                vec!["COURT_NOTICE_EXISTS"],
            ),
            (
                ReplacementFacts {
                    record: Some(RecordState::DissolvedJudgment),
                    court_notice: true,
                    ..fine
                },
                vec!["MARRIAGE_NOT_VALID"],
            ),
            (
                ReplacementFacts {
                    record: None,
                    ..fine
                },
                vec!["RECORD_NOT_FOUND"],
            ),
            (
                ReplacementFacts {
                    disputed: true,
                    ..fine
                },
                vec!["RECORDS_DISPUTED"],
            ),
            (
                ReplacementFacts {
                    what: Replaced::Divorce,
                    record: Some(RecordState::DissolvedDivorce),
                    divorce_registered: true,
                    court_notice: true,
                    ..fine
                },
                vec![],
            ),
            (
                ReplacementFacts {
                    what: Replaced::Divorce,
                    record: Some(RecordState::DissolvedJudgment),
                    ..fine
                },
                vec!["NO_REGISTERED_DIVORCE"],
            ),
            // A registered divorce whose record was revoked, voided or put right again is none to certify.
            (
                ReplacementFacts {
                    what: Replaced::Divorce,
                    record: Some(RecordState::RevokedFraud),
                    divorce_registered: true,
                    ..fine
                },
                vec!["NO_REGISTERED_DIVORCE"],
            ),
            (
                ReplacementFacts {
                    what: Replaced::Divorce,
                    record: Some(RecordState::Valid),
                    divorce_registered: true,
                    ..fine
                },
                vec!["NO_REGISTERED_DIVORCE"],
            ),
            (
                ReplacementFacts {
                    record: Some(RecordState::EndedDeath),
                    ..fine
                },
                vec!["MARRIAGE_NOT_VALID"],
            ),
            (
                ReplacementFacts {
                    holder_dead: true,
                    ..fine
                },
                vec!["PARTY_DEAD_ON_RECORD"],
            ),
        ];
        for (facts, codes) in table {
            let found: Vec<_> = not_replaced(&facts).iter().map(|r| r.code).collect();
            assert_eq!(found, codes, "{facts:?}");
        }
        assert_eq!(Replaced::Marriage.prefix().letters(), "BJ");
        assert_eq!(Replaced::Divorce.prefix().letters(), "BL");
    }
}
