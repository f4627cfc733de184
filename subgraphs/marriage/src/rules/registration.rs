//! What must be true at the counter before a marriage is registered: M-3, M-4, M-6 to M-10 and M-12 to
//! M-14.
//!
//! Register checks (age, status, competence) stand in [`super::eligibility`]. These here are
//! facts that a registrar sees and enters; each missing one is a refusal with its article.

use super::Refusal;
use super::law::{self, Parameter};
use super::ledger::{Entry, Status, conditions_met_on};
use super::record::RecordState;
use crate::kit::identity::NumberKind;
use chrono::NaiveDate;

/// The paper by which a party proves who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// 居民身份证.
    IdCard,
    /// 临时居民身份证.
    TemporaryId,
    /// 港澳台居民来往内地通行证.
    HmtPermit,
    /// 港澳台居民居住证.
    ResidencePermit,
    /// 护照.
    Passport,
    /// 外国人永久居留身份证.
    ForeignPermanentResident,
    /// 户口簿, which the law no longer asks for and which proves nothing here.
    HouseholdBook,
}

/// What the registrar has seen of one party.
#[derive(Clone, Copy, Debug)]
pub struct PartyAtCounter {
    /// The party stands before the registrar.
    pub present: bool,
    /// What the party, asked alone, said of the own will; none while nobody has asked.
    pub willing: Option<bool>,
    /// The paper shown.
    pub document: Option<Document>,
    /// Declaration of no spouse and no forbidden kinship, signed.
    pub declaration_signed: bool,
    /// The duty to tell of a serious illness was explained (the illness itself is not recorded).
    pub illness_duty_explained: bool,
    /// Single-status papers, notarised or certified; asked of foreign and HMT parties only.
    pub single_status_papers: bool,
    /// The kind of the number by which the party was entered; none where that is not on file.
    pub number: Option<NumberKind>,
    /// The face was compared with the paper and did not fit.
    pub face_differs: bool,
}

/// M-7, M-8, 婚姻登记条例: whether a paper can prove the identity that a number of this kind names: mainland
/// residents show an identity card, everyone else the paper that bears their own number.
#[must_use]
pub const fn document_fits(document: Document, number: NumberKind) -> bool {
    use Document::{
        ForeignPermanentResident, HmtPermit, HouseholdBook, IdCard, Passport, ResidencePermit,
        TemporaryId,
    };
    match document {
        IdCard | TemporaryId => {
            matches!(number, NumberKind::CitizenId | NumberKind::OldCitizenId)
        }
        // A travel permit bears a number of its own, which is entered in the form of a passport.
        HmtPermit => matches!(number, NumberKind::ResidencePermit | NumberKind::Passport),
        ResidencePermit => matches!(number, NumberKind::ResidencePermit),
        Passport => matches!(number, NumberKind::Passport),
        ForeignPermanentResident => matches!(number, NumberKind::PermanentResidence),
        HouseholdBook => false,
    }
}

/// M-3, 民法典 1049: both stood before the registrar in one visit: each was seen, and on the same legal day.
#[must_use]
pub fn in_one_visit(his: Option<NaiveDate>, hers: Option<NaiveDate>) -> bool {
    his.is_some() && his == hers
}

/// M-13, I-1, 司法解释(一) 6, 民法典 1042: a registration made good later has effect from a day on which each was
/// free and stayed so: another marriage of either that reaches behind that day refuses it.
#[must_use]
pub fn conditions_not_met(ledgers: [&[Entry]; 2], day: NaiveDate) -> Option<Refusal> {
    let met = ledgers
        .iter()
        .all(|entries| conditions_met_on(entries, day));
    (!met).then_some(CONDITIONS_NOT_MET)
}

/// M-13, I-1, 司法解释(一) 6: the refusal of an effect from a day on which one party was another's spouse.
pub const CONDITIONS_NOT_MET: Refusal = Refusal::by_law(
    "CONDITIONS_NOT_MET_ON_THAT_DAY",
    "On the stated day, or since, one party was married to another; the registration cannot have effect from it.",
    "所填日期或者其后，一方与他人存在婚姻关系，补办登记的效力不能溯及该日。",
    "民法典婚姻家庭编司法解释（一）第六条；民法典第一千零四十二条",
);

/// M-7, 婚姻登记条例: what a party declares of the own past must not contradict what the register knows of it.
/// Where the register knows nothing, the declaration and the papers count.
#[must_use]
pub fn declaration_contradicts(declared: Option<&str>, status: Status) -> Option<Refusal> {
    let fits = match (status, declared) {
        (Status::Divorced, Some(declared)) => declared == "DIVORCED",
        (Status::Widowed, Some(declared)) => declared == "WIDOWED",
        _ => true,
    };
    (!fits).then_some(Refusal::by_law(
        "DECLARATION_CONTRADICTS_RECORD",
        "What a party declared of the own past is not what the records say; ask again and let it be declared anew.",
        "当事人声明的婚姻状况与登记记录不一致，请核实后重新声明。",
        "婚姻登记条例（国务院令第804号）",
    ))
}

/// M-7, 居民身份证法 3: a person whose identity is in doubt must clear that first.
pub const IDENTITY_DISPUTED: Refusal = Refusal::by_law(
    "IDENTITY_DISPUTED",
    "The identity of one party is in doubt and must be cleared first.",
    "一方身份信息存疑，须先行核实。",
    "居民身份证法第三条",
);

/// Which papers prove identity for whom.
const fn needs_single_status_papers(document: Document) -> bool {
    matches!(
        document,
        Document::HmtPermit
            | Document::ResidencePermit
            | Document::Passport
            | Document::ForeignPermanentResident
    )
}

/// M-3, M-4, M-6, M-7, M-8, M-9, 民法典 1046–1053 and 婚姻登记条例: everything that is still missing
/// at the counter, in that order.
#[must_use]
pub fn missing_at_counter(
    man: &PartyAtCounter,
    woman: &PartyAtCounter,
    at_the_same_time: bool,
) -> Vec<Refusal> {
    let both = [man, woman];
    let any = |test: fn(&PartyAtCounter) -> bool| both.iter().any(|party| test(party));
    let mut missing = Vec::new();
    if any(|p| !p.present) || !at_the_same_time {
        missing.push(Refusal::by_law(
            "BOTH_MUST_BE_PRESENT",
            "Both parties must come in person, at the same time; no proxy and no video.",
            "双方须同时亲自到场办理，不得委托或视频办理。",
            "民法典第一千零四十九条",
        ));
    }
    if any(|p| p.willing.is_none()) {
        missing.push(Refusal::by_law(
            "WILL_NOT_ASKED",
            "Each party must be asked alone whether it is fully willing; ask, and record the answer.",
            "尚未分别单独询问双方是否完全自愿，请询问并记录。",
            "民法典第一千零四十六条",
        ));
    }
    if any(|p| p.willing == Some(false)) {
        missing.push(Refusal::by_law(
            "NOT_FULLY_WILLING",
            "Both parties must be fully willing; a sign of coercion stops the case.",
            "结婚须男女双方完全自愿，发现胁迫迹象应当停止办理。",
            "民法典第一千零四十六条",
        ));
    }
    if any(|p| !p.declaration_signed) {
        missing.push(Refusal::by_law(
            "DECLARATION_MISSING",
            "The signed declaration of no spouse and no forbidden kinship is missing.",
            "缺少本人无配偶以及与对方没有直系血亲和三代以内旁系血亲关系的签字声明。",
            "民法典第一千零四十八条；婚姻登记条例",
        ));
    }
    if any(|p| matches!(p.document, None | Some(Document::HouseholdBook))) {
        missing.push(Refusal::by_law(
            "IDENTITY_DOCUMENT_MISSING",
            "An identity document is missing; a household book is neither asked for nor enough.",
            "缺少有效身份证件；户口簿不再作为办理材料。",
            "婚姻登记条例（国务院令第804号）",
        ));
    }
    let misfit = |p: &PartyAtCounter| match (p.document, p.number) {
        (Some(document), Some(number)) if document != Document::HouseholdBook => {
            !document_fits(document, number)
        }
        _ => false,
    };
    if both.iter().any(|party| misfit(party)) {
        missing.push(Refusal::by_law(
            "DOCUMENT_DOES_NOT_FIT",
            "The paper shown is not the one that proves the identity behind the number that was entered.",
            "所出示证件与登记的身份号码种类不符。",
            "婚姻登记条例（国务院令第804号）",
        ));
    }
    if any(|p| p.face_differs) {
        missing.push(Refusal::by_law(
            "FACE_DOES_NOT_FIT",
            "The face of one party does not fit the paper; the identity is not proved.",
            "一方人像与证件不符，身份未能核实。",
            "婚姻登记条例（国务院令第804号）",
        ));
    }
    if any(|p| p.document.is_some_and(needs_single_status_papers) && !p.single_status_papers) {
        missing.push(Refusal::by_law(
            "SINGLE_STATUS_PAPERS_MISSING",
            "Notarised or certified papers of single status are missing.",
            "缺少经公证或认证的无配偶证明。",
            "婚姻登记条例第二条及有关证件章",
        ));
    }
    if any(|p| !p.illness_duty_explained) {
        missing.push(Refusal::by_law(
            "ILLNESS_DUTY_NOT_EXPLAINED",
            "The duty to tell of a serious illness before registration was not explained.",
            "尚未告知婚前重大疾病告知义务。",
            "民法典第一千零五十三条",
        ));
    }
    missing
}

/// M-10, 婚姻登记条例: what is refused for good, and not only until something is brought: age, will,
/// a living spouse, forbidden kinship, and what no marriage can come of at all. The refusal states its
/// reason; whatever else a check finds stops the registration and is no ground to refuse it.
#[must_use]
pub fn refused_for_good(code: &str) -> bool {
    matches!(
        code,
        "MAN_UNDER_AGE"
            | "WOMAN_UNDER_AGE"
            | "NOT_FULLY_WILLING"
            | "SPOUSE_ON_RECORD"
            | "FORBIDDEN_KINSHIP"
            | "NOT_ONE_MAN_ONE_WOMAN"
            | "SAME_PERSON"
            | "PARTY_DEAD_ON_RECORD"
    )
}

/// M-6, 民法典 1048: kinship that is on record forbids the marriage, whatever was declared.
#[must_use]
pub fn forbidden_kinship(known_edge: bool) -> Option<Refusal> {
    known_edge.then_some(Refusal::by_law(
        "FORBIDDEN_KINSHIP",
        "The two are related in a way that forbids marriage.",
        "双方有直系血亲或者三代以内旁系血亲关系。",
        "民法典第一千零四十八条",
    ))
}

/// M-12, 婚姻登记条例: what an act of a registry costs on a day, in fen: nothing, whatever it is. None on a day for
/// which nothing is known.
#[must_use]
pub fn fee(on: NaiveDate) -> Option<i64> {
    law::value(Parameter::FeeFen, on)
}

/// M-14, 民法典 1083: whether a registration of two persons who were married before and divorced
/// is a remarriage 复婚; it is a new record, and the old one stays dissolved.
#[must_use]
pub fn is_remarriage(earlier_records_of_these_two: &[RecordState]) -> bool {
    earlier_records_of_these_two.iter().any(|state| {
        matches!(
            state,
            RecordState::DissolvedDivorce | RecordState::DissolvedJudgment
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: PartyAtCounter = PartyAtCounter {
        present: true,
        willing: Some(true),
        document: Some(Document::IdCard),
        declaration_signed: true,
        illness_duty_explained: true,
        single_status_papers: false,
        number: Some(NumberKind::CitizenId),
        face_differs: false,
    };

    #[test]
    fn what_is_refused_for_good_is_a_closed_list() {
        for (code, good) in [
            ("MAN_UNDER_AGE", true),
            ("SPOUSE_ON_RECORD", true),
            ("FORBIDDEN_KINSHIP", true),
            ("PARTY_DEAD_ON_RECORD", true),
            ("NOT_FULLY_WILLING", true),
            // M-4: who was not asked yet has refused nothing.
            ("WILL_NOT_ASKED", false),
            ("DECLARATION_MISSING", false),
            ("CHECKS_OF_ANOTHER_DAY", false),
            ("OUTSIDE_SERVICE_SCOPE", false),
            ("AUTHORITY_NOT_ANSWERED", false),
        ] {
            assert_eq!(refused_for_good(code), good, "{code}");
        }
        assert!(forbidden_kinship(false).is_none());
        assert_eq!(
            forbidden_kinship(true).map(|r| r.code),
            Some("FORBIDDEN_KINSHIP")
        );
    }

    #[test]
    fn nothing_costs_anything() {
        // Nothing is guessed of the days before the fee for the paper was abolished.
        for (on, fen) in [
            ("2026-11-22", Some(0)),
            ("2025-05-10", Some(0)),
            ("2017-04-01", Some(0)),
            ("2017-03-31", None),
        ] {
            assert_eq!(fee(on.parse().unwrap()), fen, "{on}");
        }
    }

    #[test]
    fn each_missing_fact_is_refused_with_its_article() {
        let table: Vec<(PartyAtCounter, bool, Vec<&str>)> = vec![
            (FINE, true, vec![]),
            (FINE, false, vec!["BOTH_MUST_BE_PRESENT"]),
            (
                PartyAtCounter {
                    present: false,
                    ..FINE
                },
                true,
                vec!["BOTH_MUST_BE_PRESENT"],
            ),
            (
                PartyAtCounter {
                    willing: Some(false),
                    ..FINE
                },
                true,
                vec!["NOT_FULLY_WILLING"],
            ),
            (
                PartyAtCounter {
                    willing: None,
                    ..FINE
                },
                true,
                vec!["WILL_NOT_ASKED"],
            ),
            (
                PartyAtCounter {
                    declaration_signed: false,
                    ..FINE
                },
                true,
                vec!["DECLARATION_MISSING"],
            ),
            (
                PartyAtCounter {
                    document: None,
                    ..FINE
                },
                true,
                vec!["IDENTITY_DOCUMENT_MISSING"],
            ),
            (
                PartyAtCounter {
                    document: Some(Document::Passport),
                    number: Some(NumberKind::Passport),
                    ..FINE
                },
                true,
                vec!["SINGLE_STATUS_PAPERS_MISSING"],
            ),
            (
                PartyAtCounter {
                    document: Some(Document::Passport),
                    number: Some(NumberKind::Passport),
                    single_status_papers: true,
                    ..FINE
                },
                true,
                vec![],
            ),
            // M-7: a mainland resident shows the own identity card and no passport.
            (
                PartyAtCounter {
                    document: Some(Document::Passport),
                    single_status_papers: true,
                    ..FINE
                },
                true,
                vec!["DOCUMENT_DOES_NOT_FIT"],
            ),
            (
                PartyAtCounter {
                    face_differs: true,
                    ..FINE
                },
                true,
                vec!["FACE_DOES_NOT_FIT"],
            ),
            (
                PartyAtCounter {
                    illness_duty_explained: false,
                    ..FINE
                },
                true,
                vec!["ILLNESS_DUTY_NOT_EXPLAINED"],
            ),
        ];
        for (woman, together, codes) in table {
            let missing = missing_at_counter(&FINE, &woman, together);
            assert_eq!(missing.iter().map(|r| r.code).collect::<Vec<_>>(), codes);
            assert!(missing.iter().all(|r| r.basis.is_some()));
        }
    }

    #[test]
    fn a_paper_proves_only_the_number_it_bears() {
        use Document as D;
        use NumberKind as N;
        for (document, number, fits) in [
            (D::IdCard, N::CitizenId, true),
            (D::IdCard, N::ResidencePermit, false),
            (D::TemporaryId, N::CitizenId, true),
            (D::ResidencePermit, N::ResidencePermit, true),
            (D::HmtPermit, N::ResidencePermit, true),
            (D::HmtPermit, N::CitizenId, false),
            (D::ForeignPermanentResident, N::PermanentResidence, true),
            (D::Passport, N::Passport, true),
            (D::Passport, N::CitizenId, false),
            (D::HouseholdBook, N::CitizenId, false),
        ] {
            assert_eq!(
                document_fits(document, number),
                fits,
                "{document:?} {number:?}"
            );
        }
    }

    #[test]
    fn one_visit_is_one_day() {
        let day = |n| NaiveDate::from_ymd_opt(2026, 11, n);
        for (his, hers, one) in [
            (day(22), day(22), true),
            (day(21), day(22), false),
            (day(22), None, false),
            (None, None, false),
        ] {
            assert_eq!(in_one_visit(his, hers), one);
        }
    }

    #[test]
    fn a_declaration_must_not_contradict_the_record() {
        for (declared, status, contradicts) in [
            (Some("NEVER_MARRIED"), Status::Divorced, true),
            (Some("WIDOWED"), Status::Divorced, true),
            (Some("DIVORCED"), Status::Divorced, false),
            (Some("NEVER_MARRIED"), Status::Widowed, true),
            (Some("DIVORCED"), Status::NoRecord, false),
            (Some("NEVER_MARRIED"), Status::NeverMarriedDeclared, false),
            (None, Status::Divorced, false),
        ] {
            let found = declaration_contradicts(declared, status).is_some();
            assert_eq!(found, contradicts, "{declared:?} {status:?}");
        }
    }

    #[test]
    fn the_household_book_is_neither_asked_for_nor_enough() {
        let book = PartyAtCounter {
            document: Some(Document::HouseholdBook),
            ..FINE
        };
        let missing = missing_at_counter(&book, &FINE, true);
        assert_eq!(
            missing.iter().map(|r| r.code).collect::<Vec<_>>(),
            ["IDENTITY_DOCUMENT_MISSING"]
        );
    }

    #[test]
    fn two_who_were_divorced_from_each_other_remarry_by_a_new_record() {
        for (earlier, remarriage) in [
            (vec![], false),
            (vec![RecordState::DissolvedDivorce], true),
            (vec![RecordState::DissolvedJudgment], true),
            (vec![RecordState::RevokedFraud], false),
        ] {
            assert_eq!(is_remarriage(&earlier), remarriage);
        }
    }
}
