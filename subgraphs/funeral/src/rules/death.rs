//! The death itself: its paper, and the one event that tells the other subsystems.

use chrono::NaiveDate;
use minzheng_kit::error::UserError;

use super::terms::{CorrectionReason, DeathPaperKind};
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

/// F-19, 死亡信息共享（本系统设定）: the key of the event that publishes a death. It is made of the person alone, so that a
/// death is published once and once only, however often it is reported.
pub fn event_key(person: &str) -> String {
    minzheng_kit::id::derived("death", person).to_string()
}

/// F-19 and 民法典 50: a record of a death is corrected by a new entry with its reason; only a
/// declaration by a court is taken back, and only by a court.
pub fn may_revoke(kind: DeathPaperKind, reason: CorrectionReason) -> Verdict {
    if kind == DeathPaperKind::CourtDeclared && reason == CorrectionReason::CourtRevoked {
        return Ok(());
    }
    Err(UserError::new(
        "REVOCATION_BY_COURT_ONLY",
        "Only a court takes back a death that a court declared.",
        "仅法院可撤销其作出的死亡宣告。",
    )
    .field(&["reason"])
    .basis("民法典第五十条"))
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
    fn only_a_court_takes_back_what_a_court_declared() {
        use sea_orm::Iterable;
        for kind in DeathPaperKind::iter() {
            for reason in CorrectionReason::iter() {
                let allowed = kind == DeathPaperKind::CourtDeclared
                    && reason == CorrectionReason::CourtRevoked;
                assert_eq!(
                    may_revoke(kind, reason).is_ok(),
                    allowed,
                    "{kind:?} {reason:?}"
                );
            }
        }
    }

    #[test]
    fn one_person_has_one_death_event() {
        assert_eq!(event_key("A"), event_key("A"));
        assert_ne!(event_key("A"), event_key("B"));
    }
}
