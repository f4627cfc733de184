//! The death itself: its paper, and the one event that tells the other subsystems.

use chrono::NaiveDate;
use minzheng_kit::error::UserError;
use minzheng_kit::officer::Officer;

use super::terms::{CorrectionReason, DeathPaperKind, RevocationState};
use super::{REGULATION, Verdict};

/// The paper that attests a death.
#[derive(Clone, Copy, Debug)]
pub struct DeathPaper<'a> {
    /// Who issued it.
    pub kind: DeathPaperKind,
    /// Its number as printed.
    pub number: &'a str,
    /// Whether the death was natural; `None` when the cause is not known.
    pub natural: Option<bool>,
    /// The day of death that it states.
    pub died_on: NaiveDate,
}

/// F-1, 殡葬管理条例（1997）第十三条: no cremation without a death paper: of a medical
/// institution, or of public security when the death was unnatural or its cause is not known.
pub fn death_paper(paper: &DeathPaper<'_>, today: NaiveDate) -> Verdict {
    let length = paper.number.trim().chars().count();
    if length == 0 || length > 40 {
        return Err(UserError::new(
            "DEATH_PAPER_REQUIRED",
            "A death paper with its number is required before anything is arranged.",
            "须提供死亡证明及其编号。",
        )
        .field(&["paperNumber"])
        .basis(REGULATION));
    }
    if paper.kind == DeathPaperKind::Medical && paper.natural != Some(true) {
        return Err(UserError::new(
            "DEATH_PAPER_POLICE_REQUIRED",
            "An unnatural death, or one of unknown cause, needs the paper of public security.",
            "非正常死亡或死因不明的，须提供公安机关出具的死亡证明。",
        )
        .field(&["paperKind"])
        .basis(REGULATION));
    }
    if paper.died_on > today {
        return Err(UserError::new(
            "DEATH_DATE_IN_FUTURE",
            "The day of death lies after today.",
            "死亡日期晚于今日。",
        )
        .field(&["diedOn"]));
    }
    Ok(())
}

/// F-1, 殡葬管理条例（1997）第十三条: what a citizen says of a death paper counts only when an officer has seen the paper;
/// until then nothing is arranged, nobody is told of a death, and the case can only be called off.
pub fn confirmed(paper_pending: bool) -> Verdict {
    if !paper_pending {
        return Ok(());
    }
    Err(UserError::new(
        "DEATH_PAPER_UNCONFIRMED",
        "An officer of the funeral home has to see the death paper first.",
        "须先由殡仪馆工作人员核验死亡证明原件。",
    )
    .field(&["case"])
    .basis(REGULATION))
}

/// F-1, 殡葬管理条例（1997）第十三条: a body is cremated or buried on the paper of a medical institution or of public
/// security. A court's declaration stands for somebody who is not there; it lets no body be cremated.
pub fn of_a_body(kind: DeathPaperKind) -> Verdict {
    match kind {
        DeathPaperKind::Medical | DeathPaperKind::Police => Ok(()),
        DeathPaperKind::CourtDeclared => Err(UserError::new(
            "DEATH_PAPER_OF_BODY_REQUIRED",
            "A declaration by a court lets no body be cremated or buried; a medical institution or public security must attest the death.",
            "宣告死亡判决不能作为遗体火化、安葬的凭证，须有医疗卫生机构或者公安机关出具的死亡证明。",
        )
        .field(&["case"])
        .basis(REGULATION)),
    }
}

/// F-1, 死亡登记（本系统设定）: nobody dies before their birth.
pub fn after_birth(died_on: NaiveDate, born_on: NaiveDate) -> Verdict {
    if born_on <= died_on {
        return Ok(());
    }
    Err(UserError::new(
        "DEATH_BEFORE_BIRTH",
        "The day of death lies before the birth.",
        "死亡日期早于出生日期。",
    )
    .field(&["diedOn"]))
}

/// F-1, 死亡登记（本系统设定）: a corrected day of death lies not after what was done with the body: its arrival at
/// the home and its cremation.
pub fn before_the_course(died_on: NaiveDate, earliest_step: Option<NaiveDate>) -> Verdict {
    if earliest_step.is_none_or(|step| died_on <= step) {
        return Ok(());
    }
    Err(UserError::new(
        "DEATH_AFTER_COURSE",
        "The day of death lies after the body was received or cremated.",
        "死亡日期晚于遗体接收或火化日期。",
    )
    .field(&["diedOn"]))
}

/// F-19, 死亡信息共享（本系统设定）: the key of the event that publishes a death. It is made of the person and, where an
/// earlier record was taken back, of the version of the new one, so that a death is published once and once only,
/// however often it is reported, and a second death is not taken for the first.
pub fn event_key(person: &str, record_version: i64) -> String {
    if record_version <= 1 {
        return minzheng_kit::id::derived("death", person).to_string();
    }
    minzheng_kit::id::derived("death", &format!("{person}/{record_version}")).to_string()
}

/// How many officers a revocation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// On a court's judgment: the court has checked it.
    AtOnce,
    /// On other grounds: a second officer confirms it.
    ByTwo,
}

/// F-19 and 民法典 50: a declaration by a court is set aside by a court, or was entered for the wrong person; any
/// other record is taken back on proper grounds: a slip of the pen, a finding of public security, or the family's
/// evidence. A replaced paper is a correction and no ground.
pub fn may_revoke(kind: DeathPaperKind, reason: CorrectionReason) -> Verdict<Revocation> {
    use CorrectionReason::{Clerical, CourtRevoked, KinEvidence, PaperReplaced, PoliceFinding};
    match (kind, reason) {
        (DeathPaperKind::CourtDeclared, CourtRevoked) => Ok(Revocation::AtOnce),
        (_, Clerical)
        | (DeathPaperKind::Medical | DeathPaperKind::Police, PoliceFinding | KinEvidence) => {
            Ok(Revocation::ByTwo)
        }
        (DeathPaperKind::CourtDeclared, _) => Err(UserError::new(
            "REVOCATION_BY_COURT_ONLY",
            "Only a court takes back a death that a court declared.",
            "仅法院可撤销其作出的死亡宣告。",
        )
        .field(&["reason"])
        .basis("民法典第五十条")),
        (_, CourtRevoked | PaperReplaced) => Err(UserError::new(
            "REVOCATION_GROUNDS",
            "A recorded death is taken back for a clerical error, on a finding of public security or on the family's evidence.",
            "撤销死亡登记须有笔误、公安机关结论或家属举证等依据。",
        )
        .field(&["reason"])),
    }
}

/// F-19, 死亡登记（本系统设定）: two officers take a death back, and not one under two hats; neither is the person who was
/// recorded as dead.
pub fn second_officer(
    state: RevocationState,
    first: Officer<'_>,
    second: Officer<'_>,
    deceased: &str,
) -> Verdict {
    if state != RevocationState::Asked {
        return Err(super::no_such_move(
            "This revocation is no longer waiting for a second officer.",
            "该撤销申请已处理。",
        ));
    }
    if second.is_another_than(first) && !second.is_among([deceased]) {
        return Ok(());
    }
    Err(UserError::new(
        "SECOND_OFFICER_REQUIRED",
        "A second officer must check the revocation of a death.",
        "撤销死亡登记须由另一名工作人员复核。",
    )
    .field(&["record"]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_paper_fits_the_kind_of_death() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let earlier = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let later = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        use DeathPaperKind::*;
        let table = [
            (Medical, "SW-1", Some(true), earlier, None),
            (Medical, "SW-1", Some(true), today, None),
            (
                Medical,
                " ",
                Some(true),
                earlier,
                Some("DEATH_PAPER_REQUIRED"),
            ),
            (
                Medical,
                "SW-1",
                Some(false),
                earlier,
                Some("DEATH_PAPER_POLICE_REQUIRED"),
            ),
            (
                Medical,
                "SW-1",
                None,
                earlier,
                Some("DEATH_PAPER_POLICE_REQUIRED"),
            ),
            (Police, "GA-1", None, earlier, None),
            (Police, "GA-1", Some(false), earlier, None),
            (CourtDeclared, "FY-1", None, earlier, None),
            (
                Police,
                "GA-1",
                Some(false),
                later,
                Some("DEATH_DATE_IN_FUTURE"),
            ),
        ];
        for (kind, number, natural, died_on, expected) in table {
            let verdict = death_paper(
                &DeathPaper {
                    kind,
                    number,
                    natural,
                    died_on,
                },
                today,
            );
            assert_eq!(
                verdict.err().map(|e| e.code).as_deref(),
                expected,
                "{kind:?} {natural:?}"
            );
        }
    }

    #[test]
    fn what_a_citizen_says_of_a_death_waits_for_an_officer() {
        // 殡葬管理条例第十三条: 须凭死亡证明; nobody has seen it yet.
        assert!(confirmed(false).is_ok());
        assert_eq!(confirmed(true).unwrap_err().code, "DEATH_PAPER_UNCONFIRMED");
    }

    #[test]
    fn a_courts_declaration_cremates_nobody() {
        use sea_orm::Iterable;
        // 殡葬管理条例第十三条: 凭公安机关或者国务院卫生行政部门规定的医疗机构出具的死亡证明.
        for kind in DeathPaperKind::iter() {
            assert_eq!(
                of_a_body(kind).err().map(|e| e.code).as_deref(),
                (kind == DeathPaperKind::CourtDeclared).then_some("DEATH_PAPER_OF_BODY_REQUIRED"),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_death_lies_between_the_birth_and_what_followed_it() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        for (died, born, fits) in [(2, 1, true), (1, 1, true), (1, 2, false)] {
            assert_eq!(
                after_birth(day(died), day(born)).is_ok(),
                fits,
                "{died} {born}"
            );
        }
        let table = [
            (5, None, true),
            (5, Some(5), true),
            (5, Some(6), true),
            (6, Some(5), false),
        ];
        for (died, step, fits) in table {
            assert_eq!(
                before_the_course(day(died), step.map(day)).is_ok(),
                fits,
                "{died} {step:?}"
            );
        }
    }

    #[test]
    fn a_death_is_taken_back_on_proper_grounds_only() {
        use CorrectionReason::*;
        use DeathPaperKind::*;
        use sea_orm::Iterable;
        // 民法典第五十条: 被宣告死亡的人重新出现，经本人或者利害关系人申请，人民法院应当撤销死亡宣告.
        let allowed = [
            (CourtDeclared, CourtRevoked, Revocation::AtOnce),
            (CourtDeclared, Clerical, Revocation::ByTwo),
            (Medical, Clerical, Revocation::ByTwo),
            (Medical, PoliceFinding, Revocation::ByTwo),
            (Medical, KinEvidence, Revocation::ByTwo),
            (Police, Clerical, Revocation::ByTwo),
            (Police, PoliceFinding, Revocation::ByTwo),
            (Police, KinEvidence, Revocation::ByTwo),
        ];
        for kind in DeathPaperKind::iter() {
            for reason in CorrectionReason::iter() {
                let expected = allowed
                    .iter()
                    .find(|(k, r, _)| (*k, *r) == (kind, reason))
                    .map(|(_, _, how)| *how);
                assert_eq!(
                    may_revoke(kind, reason).ok(),
                    expected,
                    "{kind:?} {reason:?}"
                );
            }
        }
        assert_eq!(
            may_revoke(CourtDeclared, KinEvidence).unwrap_err().code,
            "REVOCATION_BY_COURT_ONLY"
        );
    }

    #[test]
    fn one_officer_alone_takes_no_death_back() {
        use RevocationState::*;
        let officer = |account, person| Officer { account, person };
        let a = officer(Some("a"), Some("P1"));
        let table = [
            (Asked, a, officer(Some("b"), None), true),
            (Asked, a, officer(Some("a"), None), false),
            (Asked, a, officer(Some("b"), Some("P1")), false),
            (Asked, a, officer(Some("b"), Some("deceased")), false),
            (Asked, Officer::default(), officer(Some("b"), None), false),
            (Asked, a, Officer::default(), false),
            (Confirmed, a, officer(Some("b"), None), false),
            (Withdrawn, a, officer(Some("b"), None), false),
            (Expired, a, officer(Some("b"), None), false),
        ];
        for (state, first, second, allowed) in table {
            assert_eq!(
                second_officer(state, first, second, "deceased").is_ok(),
                allowed,
                "{state:?} {first:?} {second:?}"
            );
        }
    }

    #[test]
    fn each_death_of_a_person_has_one_event() {
        assert_eq!(event_key("A", 1), event_key("A", 1));
        assert_ne!(event_key("A", 1), event_key("B", 1));
        // Who was declared dead and came back dies once more.
        assert_ne!(event_key("A", 1), event_key("A", 3));
    }
}
