//! Who may lead an organization (O-6).

use super::Refusal;
use super::add_years;
use super::parameter::{Parameter, count};
use crate::vocabulary::{OfficeRole, OrgKind};
use chrono::NaiveDate;

/// An office that a person holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOffice {
    /// The organization's credit code.
    pub credit_code: String,
    /// The organization's kind.
    pub kind: OrgKind,
    /// The office.
    pub role: OfficeRole,
}

/// O-6, 社会团体登记管理条例 第十二条: the legal representative of a society may not be the legal
/// representative of another society. Offices in other kinds do not count.
pub fn may_lead_society(held: &[HeldOffice], credit_code: &str) -> Result<(), Refusal> {
    let other = held.iter().any(|office| {
        office.kind == OrgKind::SocialGroup
            && office.role == OfficeRole::LegalRepresentative
            && office.credit_code != credit_code
    });
    if other {
        return Err(Refusal::new(
            "LEADS_ANOTHER_SOCIETY",
            "A person who is the legal representative of one association may not be that of another.",
            "社会团体的法定代表人，不得同时担任其他社会团体的法定代表人。",
            "社会团体登记管理条例 (2016) 第十二条",
        ));
    }
    Ok(())
}

/// O-5, 社会团体登记管理条例 第十三条 and 民法典 第十七条、第十八条: who heads an organization has full capacity, so
/// is at least 18.
pub fn full_capacity(born: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    if add_years(born, count(Parameter::FullAge, today)) <= today {
        return Ok(());
    }
    Err(Refusal::new(
        "HEAD_NOT_OF_AGE",
        "Who heads an organization must have full capacity.",
        "社会组织的负责人应具有完全民事行为能力。",
        "社会团体登记管理条例 (2016) 第十三条",
    ))
}

/// O-5, O-6, 民法典 第十三条: who has died leads nothing. The words do not say so: whoever hands in a form for somebody is
/// not told by it whether they live.
pub fn may_be_registered(is_dead: bool) -> Result<(), Refusal> {
    if !is_dead {
        return Ok(());
    }
    Err(Refusal::new(
        "HEAD_NOT_REGISTRABLE",
        "This person cannot be registered; check the identity documents, or name another person.",
        "该人员暂不能登记，请核对身份证件或者另行推选人员。",
        "社会团体登记管理条例 (2016) 第十三条",
    ))
}

/// O-6, 民法典 第五十条、社会团体登记管理条例 第十二条: an office that ended with a death which was taken back may be
/// held again when that was not decided before and, for the one legal representative, when nobody else
/// has been registered since.
pub fn may_return(
    decided: Option<NaiveDate>,
    restored: bool,
    role: OfficeRole,
    is_held: bool,
) -> Result<(), Refusal> {
    if decided.is_some() {
        return Err(Refusal::new(
            "OFFICE_REVIEW_DECIDED",
            "This review has been decided; read it again.",
            "该职务复核已办结，请重新查询。",
            "民法典第五十条",
        ));
    }
    if restored && is_held && role == OfficeRole::LegalRepresentative {
        return Err(Refusal::new(
            "OFFICE_HELD_BY_ANOTHER",
            "Another legal representative has been registered since; register a change instead.",
            "该社会组织已登记新的法定代表人，请办理变更登记。",
            "社会团体登记管理条例 (2016) 第十二条",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    #[test]
    fn a_head_is_of_age_on_the_eighteenth_birthday() {
        let today = day("2026-11-22");
        assert!(full_capacity(day("2008-11-22"), today).is_ok());
        assert!(full_capacity(day("2008-11-23"), today).is_err());
    }

    #[test]
    fn the_dead_lead_nothing_and_the_refusal_does_not_say_why() {
        assert!(may_be_registered(false).is_ok());
        let refusal = may_be_registered(true).unwrap_err();
        let told = format!("{} {} {}", refusal.code, refusal.en(), refusal.zh());
        for word in ["dea", "died", "亡", "死"] {
            assert!(!told.to_lowercase().contains(word), "{told}");
        }
    }

    #[test]
    fn an_office_comes_back_once_and_only_while_it_is_vacant() {
        use OfficeRole::{Director, LegalRepresentative};
        let on = Some(day("2026-11-20"));
        for (decided, restored, role, is_held, code) in [
            (None, true, LegalRepresentative, false, None),
            (
                None,
                true,
                LegalRepresentative,
                true,
                Some("OFFICE_HELD_BY_ANOTHER"),
            ),
            (None, false, LegalRepresentative, true, None),
            (None, true, Director, true, None),
            (on, true, Director, false, Some("OFFICE_REVIEW_DECIDED")),
            (on, false, Director, false, Some("OFFICE_REVIEW_DECIDED")),
        ] {
            let refused = may_return(decided, restored, role, is_held).err();
            assert_eq!(refused.map(|r| r.code), code, "{role:?} {restored}");
        }
    }

    fn held(credit_code: &str, kind: OrgKind, role: OfficeRole) -> HeldOffice {
        HeldOffice {
            credit_code: credit_code.to_owned(),
            kind,
            role,
        }
    }

    #[test]
    fn the_head_of_a_society_may_head_no_other_society() {
        use OfficeRole::{Director, LegalRepresentative};
        for (what, offices, allowed) in [
            ("nothing", vec![], true),
            (
                "the same society",
                vec![held("A", OrgKind::SocialGroup, LegalRepresentative)],
                true,
            ),
            (
                "another society",
                vec![held("B", OrgKind::SocialGroup, LegalRepresentative)],
                false,
            ),
            (
                "a lesser office elsewhere",
                vec![held("B", OrgKind::SocialGroup, Director)],
                true,
            ),
            (
                "a foundation",
                vec![held("B", OrgKind::Foundation, LegalRepresentative)],
                true,
            ),
            (
                "a service body",
                vec![held("B", OrgKind::CivilNonEnterprise, LegalRepresentative)],
                true,
            ),
        ] {
            assert_eq!(may_lead_society(&offices, "A").is_ok(), allowed, "{what}");
        }
    }
}
