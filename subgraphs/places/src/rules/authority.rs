//! Who approves a name and to whom the approval is filed.

use minzheng_kit::UserError;

use super::scope::PlaceKind;
use crate::model::vocabulary::{NamingAuthority, NamingFilingReceiver};

/// P-8, 地名管理条例 12: the bodies that may approve a name of a kind. Where the article leaves it to the
/// province, every rank from the county up is let pass; roads are the cities' and counties' own.
pub fn approvers(kind: PlaceKind) -> &'static [NamingAuthority] {
    use NamingAuthority as A;
    match kind {
        PlaceKind::NaturalFeature => &[
            A::StateCouncil,
            A::Ministry,
            A::ProvinceGovernment,
            A::PrefectureGovernment,
            A::CountyGovernment,
        ],
        PlaceKind::Division => &[A::StateCouncil, A::ProvinceGovernment],
        PlaceKind::Village => &[
            A::StateCouncil,
            A::ProvinceGovernment,
            A::PrefectureGovernment,
            A::CountyGovernment,
        ],
        PlaceKind::Park => &[
            A::StateCouncil,
            A::Ministry,
            A::ProvinceGovernment,
            A::PrefectureGovernment,
            A::CountyGovernment,
            A::OtherDepartment,
        ],
        PlaceKind::Road => &[
            A::ProvinceGovernment,
            A::PrefectureGovernment,
            A::CountyGovernment,
        ],
        PlaceKind::Residence | PlaceKind::Facility => &[A::Ministry, A::OtherDepartment],
        PlaceKind::Other => &[
            A::ProvinceGovernment,
            A::PrefectureGovernment,
            A::CountyGovernment,
            A::PlaceNameDepartment,
            A::OtherDepartment,
        ],
    }
}

/// P-8, 地名管理条例 12: whether this body may approve a name of this kind. A road is approved by a government
/// at province level only in a municipality (直辖市).
pub fn may_approve(
    kind: PlaceKind,
    authority: NamingAuthority,
    in_municipality: bool,
) -> Option<UserError> {
    let fits = approvers(kind).contains(&authority)
        && (kind != PlaceKind::Road
            || authority != NamingAuthority::ProvinceGovernment
            || in_municipality);
    (!fits).then(|| {
        UserError::new(
            "AUTHORITY_UNFIT",
            "This body may not approve names of this kind.",
            "该机关无权批准此类地名。",
        )
        .field(&["input", "authority"])
        .basis("地名管理条例第十二条")
    })
}

/// P-9, 地名管理条例 13: to whom an approval is filed.
pub fn receiver(authority: NamingAuthority) -> Option<NamingFilingReceiver> {
    use NamingAuthority as A;
    match authority {
        // What the State Council approves itself is filed with nobody, nor what stands above it.
        A::NationalPeoplesCongress | A::StateCouncil => None,
        A::Ministry => Some(NamingFilingReceiver::StateCouncil),
        A::ProvinceGovernment | A::PrefectureGovernment | A::CountyGovernment => {
            Some(NamingFilingReceiver::HigherGovernment)
        }
        A::PlaceNameDepartment => Some(NamingFilingReceiver::HigherPlaceNameDepartment),
        A::OtherDepartment => Some(NamingFilingReceiver::SameLevelPlaceNameDepartment),
    }
}

/// P-10, 地名管理条例 14: names that other departments approve are made public by the department for place
/// names after they were filed with it; all others may be made public at once.
pub fn notice_waits_for_filing(authority: NamingAuthority) -> bool {
    matches!(
        authority,
        NamingAuthority::OtherDepartment | NamingAuthority::Ministry
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_the_bodies_of_the_article() {
        use NamingAuthority as A;
        for (kind, authority, municipality, fits) in [
            (PlaceKind::Road, A::CountyGovernment, false, true),
            (PlaceKind::Road, A::PrefectureGovernment, false, true),
            (PlaceKind::Road, A::ProvinceGovernment, false, false),
            (PlaceKind::Road, A::ProvinceGovernment, true, true),
            (PlaceKind::Road, A::OtherDepartment, false, false),
            (PlaceKind::Residence, A::OtherDepartment, false, true),
            (PlaceKind::Residence, A::CountyGovernment, false, false),
            (PlaceKind::Facility, A::OtherDepartment, false, true),
            (PlaceKind::Village, A::CountyGovernment, false, true),
            (PlaceKind::Village, A::OtherDepartment, false, false),
            (PlaceKind::NaturalFeature, A::StateCouncil, false, true),
            (PlaceKind::Park, A::Ministry, false, true),
            (PlaceKind::Other, A::PlaceNameDepartment, false, true),
            (PlaceKind::Division, A::CountyGovernment, false, false),
        ] {
            let refusal = may_approve(kind, authority, municipality);
            assert_eq!(refusal.is_none(), fits, "{kind:?} {authority:?}");
        }
    }

    #[test]
    fn filings_go_one_step_up_or_across() {
        use NamingAuthority as A;
        assert_eq!(receiver(A::StateCouncil), None);
        assert_eq!(
            receiver(A::Ministry),
            Some(NamingFilingReceiver::StateCouncil)
        );
        assert_eq!(
            receiver(A::CountyGovernment),
            Some(NamingFilingReceiver::HigherGovernment)
        );
        assert_eq!(
            receiver(A::OtherDepartment),
            Some(NamingFilingReceiver::SameLevelPlaceNameDepartment)
        );
        assert!(notice_waits_for_filing(A::OtherDepartment));
        assert!(!notice_waits_for_filing(A::CountyGovernment));
    }
}
