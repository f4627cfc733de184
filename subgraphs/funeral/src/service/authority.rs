//! Who may act on which row, by role and division. The gateway has cut by scope already; a subgraph
//! reached directly must be just as safe.

use minzheng_kit::contract::scope;
use minzheng_kit::{Error, Principal, Result, Role};
use uuid::Uuid;

use crate::model::funeral_case;

/// Whether the caller's own division covers this one.
///
/// Who names no division covers nothing, except a role that is provincial by its nature (the display of
/// figures, the auditor), and that only in the province of its own token. An officer without a division
/// is an officer of nowhere.
pub fn covers(caller: &Principal, province: &str, division: Uuid) -> bool {
    match &caller.division {
        Some(_) => caller.works_in(&division) || above_all_parts(caller, &division),
        None => {
            caller.province == province && matches!(caller.role, Role::Dashboard | Role::Auditor)
        }
    }
}

/// Whether the caller works above all that a division was divided among: what it left is in their hands until it is
/// assigned ([`super::moves`]).
fn above_all_parts(caller: &Principal, division: &Uuid) -> bool {
    if caller.divisions.by_id(division).is_some() {
        return false;
    }
    let parts = caller.divisions.today(division);
    parts.len() > 1 && parts.iter().all(|part| caller.works_in(&part.id))
}

/// Refuses whoever lacks the scope or whose division does not cover this one.
pub fn officer(caller: &Principal, province: &str, needs: &str, division: Uuid) -> Result<()> {
    if caller.has_scope(needs) && covers(caller, province, division) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// Whether the caller is the applicant of a case.
pub fn is_applicant(caller: &Principal, case: &funeral_case::Model) -> bool {
    caller.has_scope(scope::SELF) && caller.is_person(&case.applicant)
}

/// A case is for its applicant and for the officers of its division.
pub fn case(caller: &Principal, province: &str, case: &funeral_case::Model) -> Result<()> {
    if is_applicant(caller, case) {
        return Ok(());
    }
    officer(caller, province, scope::FUNERAL_CASE, case.division_id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use minzheng_kit::divisions::dataset;

    #[test]
    fn an_officer_without_a_division_covers_nothing() {
        let county = dataset().by_code("510118").unwrap().id;
        let bare = |role| Principal::of(role, "51");
        let table = [
            (bare(Role::Registrar), false),
            (bare(Role::Supervisor), false),
            (bare(Role::Citizen), false),
            (bare(Role::Dashboard), true),
            (bare(Role::Auditor), true),
            (Principal::of(Role::Dashboard, "32"), false),
            (Principal::registrar("51", "510118", None), true),
            (Principal::registrar("51", "510000", None), true),
            (Principal::registrar("51", "510104", None), false),
        ];
        for (caller, expected) in table {
            assert_eq!(covers(&caller, "51", county), expected, "{caller:?}");
        }
    }
}
