//! Who may found and run a facility.

use chrono::NaiveDate;
use minzheng_kit::error::UserError;

use super::settings::REVISION_IN_FORCE;
use super::terms::{FacilityOperator, FacilitySubKind};
use super::{REGULATION, Verdict};

/// F-17, 殡葬管理条例（2026）: a facility approved since 2026-03-30 is run by the government,
/// or, in a village, by its collective.
pub fn operator(
    approved_on: NaiveDate,
    sub_kind: FacilitySubKind,
    operator: FacilityOperator,
) -> Verdict {
    if approved_on < REVISION_IN_FORCE {
        return Ok(());
    }
    let allowed = match operator {
        FacilityOperator::Government => sub_kind != FacilitySubKind::Pre2026Commercial,
        FacilityOperator::VillageCollective => sub_kind == FacilitySubKind::RuralPublic,
        FacilityOperator::LegacyPrivate => false,
    };
    if allowed {
        return Ok(());
    }
    Err(UserError::new(
        "OPERATOR_NOT_ALLOWED",
        "A new facility is run by the government or, in a village, by its collective.",
        "新建殡葬设施须由政府或者农村集体举办，不得新设经营性机构。",
    )
    .field(&["operator"])
    .basis(REGULATION))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_private_facility_is_founded_after_the_revision() {
        use FacilityOperator::*;
        use FacilitySubKind::*;
        let before = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
        let table = [
            (before, Pre2026Commercial, LegacyPrivate, true),
            (REVISION_IN_FORCE, Pre2026Commercial, LegacyPrivate, false),
            (REVISION_IN_FORCE, UrbanPublic, LegacyPrivate, false),
            (REVISION_IN_FORCE, UrbanPublic, Government, true),
            (REVISION_IN_FORCE, Pre2026Commercial, Government, false),
            (REVISION_IN_FORCE, RuralPublic, VillageCollective, true),
            (REVISION_IN_FORCE, UrbanPublic, VillageCollective, false),
        ];
        for (on, sub_kind, by, allowed) in table {
            assert_eq!(
                operator(on, sub_kind, by).is_ok(),
                allowed,
                "{on} {sub_kind:?} {by:?}"
            );
        }
    }
}
