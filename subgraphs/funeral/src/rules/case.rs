//! A funeral case from its opening to its end.
//!
//! Nothing goes back; a correction is a new entry. A case can be called off only while the body
//! has not been fetched.

use chrono::{Duration, NaiveDate};
use minzheng_kit::error::UserError;

use super::settings::Settings;
use super::terms::{CaseState, IntermentKind};
use super::{REGULATION, Verdict, no_such_move};

/// The moves of a case: `OPENED → COLLECTING → STORED → (FAREWELL) → CREMATED | BODY_BURIED →
/// ASHES_IN_CUSTODY | INTERRED → SETTLED → CLOSED`, and `CANCELLED` until the fetching ends.
pub fn advance(from: CaseState, to: CaseState) -> Verdict<CaseState> {
    use CaseState::*;
    let allowed = match from {
        Opened => matches!(to, Collecting | Cancelled),
        Collecting => matches!(to, Stored | Cancelled),
        Stored => matches!(to, Farewell | Cremated | BodyBuried),
        Farewell => matches!(to, Cremated | BodyBuried),
        Cremated => matches!(to, AshesInCustody | Interred),
        BodyBuried => to == Interred,
        AshesInCustody => matches!(to, Interred | Settled),
        Interred => to == Settled,
        Settled => to == Closed,
        Closed | Cancelled => false,
    };
    if allowed {
        Ok(to)
    } else {
        Err(no_such_move(
            "The case cannot move to that state from where it is.",
            "案件当前状态不能转到该状态。",
        ))
    }
}

/// Whether a case in this state still runs.
pub const fn is_open(state: CaseState) -> bool {
    !matches!(state, CaseState::Closed | CaseState::Cancelled)
}

/// F-2, 殡葬管理条例（1997）第十三条: a body is moved by the funeral home's own vehicles, and
/// only within a case.
pub fn transport(case: Option<CaseState>, vehicle_of_facility: bool) -> Verdict {
    match case {
        Some(CaseState::Opened | CaseState::Collecting) if vehicle_of_facility => Ok(()),
        Some(CaseState::Opened | CaseState::Collecting) => Err(UserError::new(
            "TRANSPORT_BY_FUNERAL_HOME_ONLY",
            "A body is moved by a vehicle of the funeral home.",
            "遗体须由殡仪馆专用车辆接运。",
        )
        .basis(REGULATION)),
        _ => Err(UserError::new(
            "TRANSPORT_NEEDS_CASE",
            "A transport needs a case that is opened and not past its collection.",
            "遗体接运须有在办且未完成接运的治丧案件。",
        )
        .basis(REGULATION)),
    }
}

/// F-13: one deceased, one open case. The number of the open case is shown, and nothing else of it.
pub fn no_second_case(open_case_number: Option<&str>) -> Verdict {
    match open_case_number {
        None => Ok(()),
        Some(number) => Err(UserError::new(
            "CASE_ALREADY_OPEN",
            format!("A case for this deceased is open already: {number}."),
            format!("该逝者已有在办治丧案件：{number}。"),
        )
        .field(&["deceased"])),
    }
}

/// F-12, 殡葬管理条例（2026）: after an interment that keeps no ashes there is nothing left to
/// take into custody.
pub fn custody(interred_as: Option<IntermentKind>, keeps_ashes: bool) -> Verdict {
    if interred_as.is_some() && !keeps_ashes {
        return Err(UserError::new(
            "NO_ASHES_KEPT",
            "The interment kept no ashes, so none can be taken into custody.",
            "该安葬方式不保留骨灰，不能再寄存。",
        )
        .basis(REGULATION));
    }
    Ok(())
}

/// What an extension of the storage allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// None.
    None,
    /// The ordinary one, up to the longest time.
    Ordinary,
    /// One approved by the authority until a day.
    Approved(NaiveDate),
}

/// F-14, 省殡葬管理规定: the last day on which a body may be stored. Default 7 days, at most 30
/// unless approved; the day of arrival is not counted.
pub fn storage_until(arrived: NaiveDate, extension: Extension, settings: &Settings) -> NaiveDate {
    let plain = arrived + Duration::days(settings.storage_days.value);
    match extension {
        Extension::None => plain,
        Extension::Ordinary => arrived + Duration::days(settings.storage_max_days.value),
        Extension::Approved(until) => until.max(plain),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::settings;
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_case_walks_its_road_and_never_back() {
        use CaseState::*;
        let road = [
            Opened,
            Collecting,
            Stored,
            Farewell,
            Cremated,
            AshesInCustody,
            Interred,
            Settled,
            Closed,
        ];
        for pair in road.windows(2) {
            assert_eq!(advance(pair[0], pair[1]).unwrap(), pair[1]);
        }
        for (i, later) in road.iter().enumerate() {
            for earlier in &road[..=i] {
                assert!(
                    advance(*later, *earlier).is_err(),
                    "{later:?} -> {earlier:?}"
                );
            }
        }
    }

    #[test]
    fn a_case_is_called_off_only_before_the_collection_ends() {
        for state in CaseState::iter() {
            let allowed = matches!(state, CaseState::Opened | CaseState::Collecting);
            assert_eq!(
                advance(state, CaseState::Cancelled).is_ok(),
                allowed,
                "{state:?}"
            );
        }
    }

    #[test]
    fn nothing_follows_an_ended_case() {
        for to in CaseState::iter() {
            assert!(advance(CaseState::Closed, to).is_err());
            assert!(advance(CaseState::Cancelled, to).is_err());
        }
    }

    #[test]
    fn a_buried_body_gives_no_ashes() {
        assert!(advance(CaseState::BodyBuried, CaseState::AshesInCustody).is_err());
        assert!(advance(CaseState::BodyBuried, CaseState::Interred).is_ok());
        assert!(custody(Some(IntermentKind::Sea), false).is_err());
        assert!(custody(Some(IntermentKind::Wall), true).is_ok());
        assert!(custody(None, false).is_ok());
    }

    #[test]
    fn a_transport_needs_a_case_and_the_homes_own_vehicle() {
        assert!(transport(Some(CaseState::Opened), true).is_ok());
        assert_eq!(
            transport(None, true).unwrap_err().code,
            "TRANSPORT_NEEDS_CASE"
        );
        assert_eq!(
            transport(Some(CaseState::Stored), true).unwrap_err().code,
            "TRANSPORT_NEEDS_CASE"
        );
        assert_eq!(
            transport(Some(CaseState::Opened), false).unwrap_err().code,
            "TRANSPORT_BY_FUNERAL_HOME_ONLY"
        );
    }

    #[test]
    fn storage_ends_after_seven_days_thirty_or_the_approved_day() {
        let rules = settings::of_province("51");
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let december = NaiveDate::from_ymd_opt(2026, 12, 31).unwrap();
        assert_eq!(storage_until(day(1), Extension::None, &rules), day(8));
        assert_eq!(
            storage_until(day(1), Extension::Ordinary, &rules),
            NaiveDate::from_ymd_opt(2026, 12, 1).unwrap()
        );
        assert_eq!(
            storage_until(day(1), Extension::Approved(december), &rules),
            december
        );
        assert_eq!(
            storage_until(day(1), Extension::Approved(day(2)), &rules),
            day(8)
        );
    }

    #[test]
    fn a_second_case_is_refused_and_the_first_is_shown() {
        assert!(no_second_case(None).is_ok());
        let refusal = no_second_case(Some("ZS-1")).unwrap_err();
        assert_eq!(refusal.code, "CASE_ALREADY_OPEN");
        assert!(refusal.message_zh.contains("ZS-1"));
    }
}
