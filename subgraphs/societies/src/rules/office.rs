//! Who may lead an organization (O-6).

use super::Refusal;
use crate::vocabulary::{OfficeRole, OrgKind};

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
        return Err(Refusal {
            code: "LEADS_ANOTHER_SOCIETY",
            en: "A person who is the legal representative of one association may not be that of another.",
            zh: "社会团体的法定代表人，不得同时担任其他社会团体的法定代表人。",
            basis: "社会团体登记管理条例 (2016) 第十二条",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
