//! Who may found and run a facility.

use minzheng_kit::error::UserError;

use super::settings::{Parameter, Settings};
use super::terms::{
    FacilityKind, FacilityOperator, FacilityState, FacilitySubKind, HearseState, PlotKind,
};
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

/// B.2.2, 殡葬管理条例（2026）殡葬设施: the moves of a facility: `UNDER_CONSTRUCTION → OPEN →
/// CLOSED`; what was never opened may be given up.
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

/// The most people that a hall takes, and the most cremators of a home.
const MOST_SEATS: i32 = 2_000;
const MOST_CREMATORS: i32 = 50;

/// B.2.1, 殡葬管理条例（2026）殡葬设施: halls, hearses and cremators belong to a funeral home.
pub fn of_a_home(kind: FacilityKind) -> Verdict {
    if kind == FacilityKind::FuneralHome {
        return Ok(());
    }
    Err(UserError::new(
        "FUNERAL_HOME_ONLY",
        "Halls, hearses and cremators belong to a funeral home.",
        "告别厅、接运车、火化炉仅限殡仪馆配置。",
    )
    .field(&["facility"])
    .basis(REGULATION))
}

/// B.2.1, 殡葬管理条例（2026）殡葬设施: a hall takes 1 to 2,000 people.
pub fn hall(kind: FacilityKind, seats: i32) -> Verdict {
    of_a_home(kind)?;
    if (1..=MOST_SEATS).contains(&seats) {
        return Ok(());
    }
    Err(capacity_error("seats"))
}

/// B.2.1, 殡葬管理条例（2026）殡葬设施: a capacity is above nought and not below what is there already; only a funeral home has
/// cremators, and a service point has none.
pub fn capacity(
    (kind, sub_kind): (FacilityKind, FacilitySubKind),
    places: i64,
    cremators: i32,
    built: i64,
) -> Verdict {
    if places <= 0 || places > 10_000_000 || places < built {
        return Err(capacity_error("capacity"));
    }
    if cremators != 0 {
        of_a_home(kind)?;
    }
    let fits = (0..=MOST_CREMATORS).contains(&cremators)
        && (cremators == 0 || sub_kind != FacilitySubKind::ServicePoint);
    if fits {
        Ok(())
    } else {
        Err(capacity_error("cremators"))
    }
}

/// F-2, 殡葬管理条例（1997）第十三条: a hearse goes to the workshop when it has no task, and comes back from there; a task
/// is begun and ended by the case or the ticket, and not by the driver.
pub fn hearse(from: HearseState, in_service: Option<bool>) -> Verdict<HearseState> {
    use HearseState::{OnTask, OutOfService, Ready};
    match (from, in_service) {
        (state, None) | (state @ (Ready | OnTask), Some(true)) => Ok(state),
        (Ready | OutOfService, Some(false)) => Ok(OutOfService),
        (OutOfService, Some(true)) => Ok(Ready),
        (OnTask, Some(false)) => Err(no_such_move(
            "The hearse is on a task.",
            "该接运车正在执行任务。",
        )
        .field(&["inService"])),
    }
}

/// The most places that are entered at once, and the most people in one.
pub const MOST_PLOTS: i32 = 500;
const MOST_OCCUPANTS: i32 = 2;

/// F-9 and F-5, 殡葬管理条例（2012）第十一条: niches are built in columbaria and in the walls of cemeteries, graves in
/// cemeteries; a place holds one or two, no clan; all of them together are within what was approved.
pub fn plots(
    kind: FacilityKind,
    of: PlotKind,
    (count, occupants): (i32, i32),
    (built, approved): (i64, i64),
) -> Verdict {
    let fits = match of {
        PlotKind::Niche => kind != FacilityKind::FuneralHome,
        PlotKind::AshPlot | PlotKind::BodyPlot => kind == FacilityKind::Cemetery,
    };
    let (code, en, zh, field) = if !fits {
        (
            "PLOT_KIND",
            "Niches are built in columbaria and cemeteries, graves in cemeteries.",
            "格位设于骨灰堂、公墓，墓位设于公墓。",
            "kind",
        )
    } else if !(1..=MOST_OCCUPANTS).contains(&occupants) {
        (
            "OCCUPANTS",
            "A place holds one or two; clan graves are forbidden.",
            "每个格位、墓位限安放1至2人，禁止建造家族墓。",
            "occupantLimit",
        )
    } else if !(1..=MOST_PLOTS).contains(&count) {
        (
            "PLOT_COUNT",
            "One to 500 places are entered at once.",
            "每次登记1至500个格位或墓位。",
            "count",
        )
    } else if built.saturating_add(i64::from(count)) > approved {
        (
            "CAPACITY_EXCEEDED",
            "There would be more places than were approved.",
            "超过批准的容量。",
            "count",
        )
    } else {
        return Ok(());
    };
    Err(UserError::new(code, en, zh)
        .field(&[field])
        .basis(REGULATION))
}

fn capacity_error(field: &str) -> UserError {
    UserError::new("CAPACITY", "This capacity cannot be right.", "容量不正确。").field(&[field])
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
    fn what_a_facility_is_furnished_with_fits_its_kind_and_its_approval() {
        use FacilityKind::*;
        let code = |verdict: Verdict| verdict.err().map(|e| e.code);
        let table = [
            (Columbarium, PlotKind::Niche, (12, 2), (88, 100), None),
            (Cemetery, PlotKind::Niche, (1, 1), (0, 1), None),
            (Cemetery, PlotKind::AshPlot, (1, 1), (0, 1), None),
            (
                Columbarium,
                PlotKind::AshPlot,
                (1, 1),
                (0, 9),
                Some("PLOT_KIND"),
            ),
            (
                FuneralHome,
                PlotKind::Niche,
                (1, 1),
                (0, 9),
                Some("PLOT_KIND"),
            ),
            // 禁止建立或者恢复宗族墓地.
            (
                Cemetery,
                PlotKind::AshPlot,
                (1, 3),
                (0, 9),
                Some("OCCUPANTS"),
            ),
            (
                Cemetery,
                PlotKind::AshPlot,
                (0, 1),
                (0, 9),
                Some("PLOT_COUNT"),
            ),
            (
                Cemetery,
                PlotKind::AshPlot,
                (501, 1),
                (0, 900),
                Some("PLOT_COUNT"),
            ),
            (
                Cemetery,
                PlotKind::AshPlot,
                (2, 1),
                (8, 9),
                Some("CAPACITY_EXCEEDED"),
            ),
        ];
        for (kind, of, wanted, there, expected) in table {
            assert_eq!(
                code(plots(kind, of, wanted, there)).as_deref(),
                expected,
                "{kind:?} {of:?} {wanted:?}"
            );
        }
        let home = (FuneralHome, FacilitySubKind::UrbanPublic);
        let table = [
            (home, 20, 4, 0, None),
            (
                (FuneralHome, FacilitySubKind::ServicePoint),
                20,
                1,
                0,
                Some("CAPACITY"),
            ),
            (
                (Cemetery, FacilitySubKind::UrbanPublic),
                20,
                1,
                0,
                Some("FUNERAL_HOME_ONLY"),
            ),
            (
                (Cemetery, FacilitySubKind::UrbanPublic),
                20,
                0,
                21,
                Some("CAPACITY"),
            ),
            (home, 0, 4, 0, Some("CAPACITY")),
            (home, 20, -1, 0, Some("CAPACITY")),
        ];
        for (kinds, places, cremators, built, expected) in table {
            assert_eq!(
                code(capacity(kinds, places, cremators, built)).as_deref(),
                expected,
                "{kinds:?} {places} {cremators}"
            );
        }
        assert!(hall(FuneralHome, 60).is_ok() && hall(FuneralHome, 0).is_err());
        assert!(hall(Cemetery, 60).is_err() && of_a_home(Columbarium).is_err());
    }

    #[test]
    fn a_hearse_on_a_task_does_not_go_to_the_workshop() {
        use HearseState::*;
        let table = [
            (Ready, None, Some(Ready)),
            (OnTask, None, Some(OnTask)),
            (Ready, Some(false), Some(OutOfService)),
            (OutOfService, Some(true), Some(Ready)),
            (OnTask, Some(true), Some(OnTask)),
            (OnTask, Some(false), None),
        ];
        for (from, in_service, expected) in table {
            assert_eq!(
                hearse(from, in_service).ok(),
                expected,
                "{from:?} {in_service:?}"
            );
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
