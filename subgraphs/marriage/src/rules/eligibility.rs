//! The eligibility of two people to register their marriage, as far as registers can tell.
//!
//! The answer says *whether* and *why*, never *to whom* someone is married. What only a person can
//! show (both present, both willing, papers, kinship) is checked at the counter, see
//! [`super::registration`].

use super::Refusal;
use super::age::{AgeSettings, Sex, full_years, marriage_age};
use super::ledger::{Entry, Status, death_in, replay};
use chrono::NaiveDate;

/// What the authority of a person says about the marital status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Records exist and none binds now.
    FreeOnRecord,
    /// No record was found; this is not proof of being unmarried (M-25).
    NoRecord,
    /// A valid marriage is on record.
    SpouseOnRecord,
    /// A registration in progress holds the person.
    Held,
    /// The records contradict each other.
    Disputed,
    /// A historic record waits to be matched.
    LegacyUnresolved,
    /// The authority has not answered.
    NotAnswered,
    /// The person has died, by the records.
    Deceased,
    /// No register keeps this person (a foreigner, a resident of Hong Kong, Macao or Taiwan, an overseas
    /// Chinese) and none here knows a marriage: the papers shown at the counter stand in.
    ByPapers,
}

/// M-5, M-23, 民法典 13, 1042: what a ledger says of its person. Death goes before every status: the dead marry
/// nobody, whatever else the entries tell.
#[must_use]
pub fn finding(entries: &[Entry]) -> Finding {
    if death_in(entries, None).is_some() {
        Finding::Deceased
    } else {
        replay(entries).into()
    }
}

/// M-8, 婚姻登记条例 2: what stands for the register where none keeps the person: an own record here counts as it
/// is, and where there is none the papers of single status do.
#[must_use]
pub const fn by_papers(finding: Finding) -> Finding {
    match finding {
        Finding::NoRecord | Finding::NotAnswered => Finding::ByPapers,
        known => known,
    }
}

impl From<Status> for Finding {
    fn from(status: Status) -> Self {
        match status {
            Status::NoRecord => Self::NoRecord,
            Status::NeverMarriedDeclared | Status::Divorced | Status::Widowed => Self::FreeOnRecord,
            Status::Married => Self::SpouseOnRecord,
            Status::Held | Status::InDoubt => Self::Held,
            Status::Disputed => Self::Disputed,
            Status::LegacyUnresolved => Self::LegacyUnresolved,
        }
    }
}

/// Which kinds of couples a registry may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Competence {
    /// 内地居民.
    Mainland,
    /// 港澳台居民、华侨.
    HmtOverseas,
    /// 涉外.
    Foreign,
}

/// What is known of one of the two.
#[derive(Clone, Copy, Debug)]
pub struct PartyFacts {
    /// Sex as the identity number states it.
    pub sex: Sex,
    /// Date of birth as the identity number states it.
    pub birth: NaiveDate,
    /// What the authority says.
    pub finding: Finding,
    /// The competence this person's nationality or residence asks of the registry.
    pub needs: Competence,
}

/// The outcome, ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing on record stands in the way.
    Eligible,
    /// An authority has not answered, or its records need clearing first.
    Unverified,
    /// The law forbids the registration.
    Refused,
}

/// Outcome with all its reasons; `notes` never change the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgment {
    /// The outcome.
    pub verdict: Verdict,
    /// Why it is not `Eligible`; empty otherwise.
    pub reasons: Vec<Refusal>,
    /// What the couple must know all the same.
    pub notes: Vec<Refusal>,
}

/// M-2, 民法典 1041, 1046: one man and one woman, each named once.
#[must_use]
pub fn one_man_one_woman(man: Sex, woman: Sex, same_person: bool) -> Option<Refusal> {
    if same_person {
        return Some(Refusal::by_law(
            "SAME_PERSON",
            "Both inputs name the same person.",
            "双方为同一人。",
            "民法典第一千零四十一条",
        ));
    }
    (man != Sex::Man || woman != Sex::Woman).then_some(Refusal::by_law(
        "NOT_ONE_MAN_ONE_WOMAN",
        "A marriage is registered between one man and one woman, each in the own place.",
        "结婚登记须为一男一女，且各填其位。",
        "民法典第一千零四十一条",
    ))
}

/// M-5, 民法典 1042, 1051: neither has a living spouse. `None` for what does not block.
#[must_use]
pub fn free_to_marry(finding: Finding) -> Option<(Verdict, Refusal)> {
    match finding {
        Finding::FreeOnRecord | Finding::NoRecord | Finding::ByPapers => None,
        Finding::Deceased => Some((Verdict::Refused, DECEASED)),
        Finding::SpouseOnRecord => Some((
            Verdict::Refused,
            Refusal::by_law(
                "SPOUSE_ON_RECORD",
                "A valid marriage of one party is on record.",
                "一方已有配偶（存在有效婚姻登记记录）。",
                "民法典第一千零四十二条、第一千零五十一条",
            ),
        )),
        Finding::Held => Some((
            Verdict::Refused,
            Refusal::by_law(
                "REGISTRATION_IN_PROGRESS",
                "Another registration of one party is in progress.",
                "一方正在其他登记机关办理登记。",
                "民法典第一千零四十二条",
            ),
        )),
        Finding::Disputed => Some((
            Verdict::Unverified,
            Refusal::by_form(
                "RECORDS_DISPUTED",
                "The records of one party contradict each other and must be cleared first.",
                "一方婚姻登记记录存在冲突，须先行核实。",
            ),
        )),
        Finding::LegacyUnresolved => Some((
            Verdict::Unverified,
            Refusal::by_form(
                "LEGACY_RECORD_UNRESOLVED",
                "A historic record may belong to one party and must be matched first.",
                "一方可能存在历史婚姻记录，须先行比对。",
            ),
        )),
        Finding::NotAnswered => Some((
            Verdict::Unverified,
            Refusal::by_law(
                "AUTHORITY_NOT_ANSWERED",
                "The authority that keeps the records of one party has not answered.",
                "一方婚姻信息所属省份尚未答复，暂不能核验。",
                "婚姻登记条例（国务院令第804号）",
            ),
        )),
    }
}

/// M-8, 婚姻登记条例 2: a registry without the competence may not register foreign, Hong Kong,
/// Macao, Taiwan or overseas Chinese parties.
#[must_use]
pub fn competent(registry: &[Competence], needs: Competence) -> Option<Refusal> {
    (!registry.contains(&needs)).then_some(Refusal::by_law(
        "REGISTRY_NOT_COMPETENT",
        "This registry may not register a party of this nationality or residence.",
        "该登记机关无权办理此类当事人的婚姻登记。",
        "婚姻登记条例第二条",
    ))
}

/// M-23, M-5, 民法典 13, 1046: the dead have no capacity and no will.
pub const DECEASED: Refusal = Refusal::by_law(
    "PARTY_DEAD_ON_RECORD",
    "The records say that one party has died; the identity must be cleared first.",
    "一方已有死亡记录，须先核实身份。",
    "民法典第十三条、第一千零四十六条",
);

/// M-8, 婚姻登记条例 2: what a couple must bring where no register answers for one of them.
pub const PAPERS_NEEDED: Refusal = Refusal::by_law(
    "SINGLE_STATUS_PAPERS_NEEDED",
    "No register answers for one party: notarised or certified papers of single status must be shown at the counter.",
    "一方无境内登记信息可供核验，须现场提交经公证或认证的无配偶证明。",
    "婚姻登记条例第二条及有关证件章",
);

/// M-1, GB 11643: the six digits of a number were not in use when its holder was born; a warning that stops
/// nothing.
pub const ADDRESS_NOT_IN_USE: Refusal = Refusal::by_form(
    "ADDRESS_NOT_IN_USE_AT_BIRTH",
    "The address code of one number was not in use on the birth date; compare the paper with care.",
    "一方身份号码的地址码在其出生日期尚未启用，请仔细核对证件。",
);

/// M-25, 司法解释(一) 7: "no record found" is not "unmarried".
pub const NO_RECORD_DISCLAIMER: Refusal = Refusal::by_law(
    "NO_RECORD_IS_NOT_UNMARRIED",
    "No record was found; this does not prove that the person is unmarried: records before the \
     stated day may be missing, and couples who lived as man and wife before 1994-02-01 may be \
     married without any record.",
    "未查到登记记录不等于未婚：所示日期之前的记录可能缺失，1994年2月1日以前以夫妻名义共同生活且符合\
     结婚实质要件的，按事实婚姻处理。",
    "民法典婚姻家庭编司法解释（一）第七条",
);

/// M-1, M-2, M-5, M-8, M-25, 民法典 1041–1051 and 司法解释(一) 7: all register checks on two people.
#[must_use]
pub fn judge(
    man: &PartyFacts,
    woman: &PartyFacts,
    same_person: bool,
    registry: &[Competence],
    on: NaiveDate,
    settings: AgeSettings,
) -> Judgment {
    let mut verdict = Verdict::Eligible;
    let mut reasons = Vec::new();
    let mut add = |worse: Verdict, reason: Refusal| {
        verdict = verdict.max(worse);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    };
    if let Some(reason) = one_man_one_woman(man.sex, woman.sex, same_person) {
        add(Verdict::Refused, reason);
    }
    // The age asked for is that of the place in the form, so that a swapped pair is told once.
    for (place, party) in [(Sex::Man, man), (Sex::Woman, woman)] {
        if place == party.sex
            && let Some(reason) = marriage_age(place, party.birth, on, settings)
        {
            add(Verdict::Refused, reason);
        }
        if let Some((worse, reason)) = free_to_marry(party.finding) {
            add(worse, reason);
        }
        if let Some(reason) = competent(registry, party.needs) {
            add(Verdict::Refused, reason);
        }
    }
    Judgment {
        verdict,
        reasons,
        notes: notes([man.finding, woman.finding]),
    }
}

/// M-25, M-8, 司法解释(一) 7: what goes with every answer that no spouse is on record, of whichever kind.
#[must_use]
pub fn notes(findings: [Finding; 2]) -> Vec<Refusal> {
    let any = |what: &[Finding]| findings.iter().any(|finding| what.contains(finding));
    let negative = any(&[Finding::NoRecord, Finding::FreeOnRecord, Finding::ByPapers]);
    let papers = any(&[Finding::ByPapers]);
    negative
        .then_some(NO_RECORD_DISCLAIMER)
        .into_iter()
        .chain(papers.then_some(PAPERS_NEEDED))
        .collect()
}

/// M-1, 民法典 1047: age in full years, as the answer shows it.
#[must_use]
pub fn age(party: &PartyFacts, on: NaiveDate, settings: AgeSettings) -> i32 {
    full_years(party.birth, on, settings)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn party(sex: Sex, birth: &str, finding: Finding) -> PartyFacts {
        PartyFacts {
            sex,
            birth: birth.parse().unwrap(),
            finding,
            needs: Competence::Mainland,
        }
    }

    #[test]
    fn the_worst_finding_decides_and_every_reason_is_told() {
        use Finding::{
            ByPapers, Deceased, Disputed, FreeOnRecord, Held, NoRecord, NotAnswered, SpouseOnRecord,
        };
        use Verdict::{Eligible, Refused, Unverified};
        let table = [
            (
                "1990-03-03",
                FreeOnRecord,
                "1996-02-02",
                NoRecord,
                Eligible,
                vec![],
            ),
            (
                "1990-03-03",
                FreeOnRecord,
                "1996-02-02",
                FreeOnRecord,
                Eligible,
                vec![],
            ),
            (
                "1990-03-03",
                SpouseOnRecord,
                "1996-02-02",
                NoRecord,
                Refused,
                vec!["SPOUSE_ON_RECORD"],
            ),
            (
                "2005-11-22",
                NoRecord,
                "2006-11-23",
                NoRecord,
                Refused,
                vec!["MAN_UNDER_AGE", "WOMAN_UNDER_AGE"],
            ),
            (
                "1990-03-03",
                NotAnswered,
                "1996-02-02",
                NotAnswered,
                Unverified,
                vec!["AUTHORITY_NOT_ANSWERED"],
            ),
            (
                "1990-03-03",
                NotAnswered,
                "1996-02-02",
                Held,
                Refused,
                vec!["AUTHORITY_NOT_ANSWERED", "REGISTRATION_IN_PROGRESS"],
            ),
            (
                "1990-03-03",
                Disputed,
                "1996-02-02",
                NoRecord,
                Unverified,
                vec!["RECORDS_DISPUTED"],
            ),
            // 民法典 13: capacity ends with death.
            (
                "1990-03-03",
                Deceased,
                "1996-02-02",
                NoRecord,
                Refused,
                vec!["PARTY_DEAD_ON_RECORD"],
            ),
            // 婚姻登记条例 2: papers stand in where no register keeps the person.
            (
                "1990-03-03",
                ByPapers,
                "1996-02-02",
                NoRecord,
                Eligible,
                vec![],
            ),
        ];
        let on = "2026-11-22".parse().unwrap();
        for (man, his, woman, hers, verdict, codes) in table {
            let judgment = judge(
                &party(Sex::Man, man, his),
                &party(Sex::Woman, woman, hers),
                false,
                &[Competence::Mainland],
                on,
                AgeSettings::default(),
            );
            assert_eq!(judgment.verdict, verdict, "{man} {his:?} {woman} {hers:?}");
            assert_eq!(
                judgment.reasons.iter().map(|r| r.code).collect::<Vec<_>>(),
                codes
            );
        }
    }

    #[test]
    fn a_negative_answer_carries_the_disclaimer_and_a_positive_one_does_not() {
        let on = "2026-11-22".parse().unwrap();
        // 司法解释(一) 7: a de facto marriage leaves no record, so no negative answer goes without it.
        for (his, hers, notes) in [
            (Finding::NoRecord, Finding::FreeOnRecord, 1),
            (Finding::FreeOnRecord, Finding::FreeOnRecord, 1),
            (Finding::SpouseOnRecord, Finding::FreeOnRecord, 1),
            (Finding::ByPapers, Finding::NoRecord, 2),
            (Finding::SpouseOnRecord, Finding::Deceased, 0),
            (Finding::NotAnswered, Finding::NotAnswered, 0),
        ] {
            let judgment = judge(
                &party(Sex::Man, "1990-03-03", his),
                &party(Sex::Woman, "1996-02-02", hers),
                false,
                &[Competence::Mainland],
                on,
                AgeSettings::default(),
            );
            assert_eq!(judgment.notes.len(), notes);
        }
    }

    #[test]
    fn death_goes_before_every_status_and_a_death_taken_back_no_longer() {
        use super::super::ledger::LedgerEvent as E;
        let entries = |list: &[(E, Option<u128>)]| -> Vec<Entry> {
            list.iter()
                .zip(1..)
                .map(|((event, record), seq)| Entry {
                    seq,
                    event: *event,
                    effective_on: "2026-01-01".parse().unwrap(),
                    at: chrono::DateTime::UNIX_EPOCH,
                    record: record.map(uuid::Uuid::from_u128),
                })
                .collect()
        };
        for (list, expected) in [
            (vec![], Finding::NoRecord),
            (vec![(E::Died, None)], Finding::Deceased),
            (
                vec![(E::DeclaredNeverMarried, None), (E::Died, None)],
                Finding::Deceased,
            ),
            (
                vec![(E::Married, Some(1)), (E::Died, Some(1))],
                Finding::Deceased,
            ),
            (
                vec![(E::Died, None), (E::Corrected, None)],
                Finding::NoRecord,
            ),
            (
                vec![(E::Married, Some(1)), (E::SpouseDied, Some(1))],
                Finding::FreeOnRecord,
            ),
            // The dead one was another, with whom this person had been taken for one.
            (
                vec![
                    (E::Married, Some(1)),
                    (E::Died, Some(1)),
                    (E::Parted, Some(1)),
                ],
                Finding::NoRecord,
            ),
        ] {
            assert_eq!(finding(&entries(&list)), expected, "{list:?}");
        }
    }

    #[test]
    fn papers_stand_in_only_where_no_record_speaks() {
        for (own, expected) in [
            (Finding::NoRecord, Finding::ByPapers),
            (Finding::NotAnswered, Finding::ByPapers),
            (Finding::SpouseOnRecord, Finding::SpouseOnRecord),
            (Finding::Deceased, Finding::Deceased),
            (Finding::FreeOnRecord, Finding::FreeOnRecord),
        ] {
            assert_eq!(by_papers(own), expected);
        }
    }

    #[test]
    fn one_man_and_one_woman_each_named_once() {
        for (man, woman, same, code) in [
            (Sex::Man, Sex::Woman, false, None),
            (Sex::Woman, Sex::Man, false, Some("NOT_ONE_MAN_ONE_WOMAN")),
            (Sex::Man, Sex::Man, false, Some("NOT_ONE_MAN_ONE_WOMAN")),
            (Sex::Man, Sex::Man, true, Some("SAME_PERSON")),
        ] {
            assert_eq!(one_man_one_woman(man, woman, same).map(|r| r.code), code);
        }
    }

    #[test]
    fn a_registry_registers_only_within_its_competence() {
        use Competence::{Foreign, HmtOverseas, Mainland};
        for (registry, needs, refused) in [
            (vec![Mainland], Mainland, false),
            (vec![Mainland], Foreign, true),
            (vec![Mainland, HmtOverseas], HmtOverseas, false),
            (vec![Mainland, HmtOverseas], Foreign, true),
        ] {
            assert_eq!(competent(&registry, needs).is_some(), refused);
        }
    }
}
