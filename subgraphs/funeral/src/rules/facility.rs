//! Who may found and run a facility.

use minzheng_kit::error::UserError;

use super::settings::{Parameter, Settings};
use super::terms::{FacilityOperator, FacilityState, FacilitySubKind};
use super::{REGULATION, Verdict, no_such_move};

/// F-17, 殡葬管理条例（2026）: a facility approved since 2026-03-30 is run by the government,
/// or, in a village, by its collective.
pub fn operator(
    sub_kind: FacilitySubKind,
    operator: FacilityOperator,
    on_approval: &Settings<'_>,
) -> Verdict {
    if !on_approval.is(Parameter::PublicFoundersOnly) {
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

/// The moves of a facility: `UNDER_CONSTRUCTION → OPEN → CLOSED`; what was never opened may be given up.
pub fn advance(from: FacilityState, to: FacilityState) -> Verdict<FacilityState> {
    use FacilityState::{Closed, Open, UnderConstruction};
    match (from, to) {
        (UnderConstruction, Open | Closed) | (Open, Closed) => Ok(to),
        _ => Err(no_such_move(
            "The facility cannot move to that state from where it is.",
            "该设施当前状态不能转到该状态。",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::settings::{REVISION_IN_FORCE, on as settings_on};
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn a_facility_is_built_opened_and_closed() {
        use FacilityState::*;
        let table = [
            (UnderConstruction, Open, true),
            (UnderConstruction, Closed, true),
            (Open, Closed, true),
            (Open, UnderConstruction, false),
            (Closed, Open, false),
            (Open, Open, false),
        ];
        for (from, to, allowed) in table {
            assert_eq!(advance(from, to).is_ok(), allowed, "{from:?} {to:?}");
        }
    }

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
                operator(sub_kind, by, &settings_on("51", on)).is_ok(),
                allowed,
                "{on} {sub_kind:?} {by:?}"
            );
        }
    }
}
