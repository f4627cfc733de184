//! A funeral case from its opening to its end.
//!
//! Nothing goes back; a correction is a new entry. A case can be called off only while the body
//! has not been fetched.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use minzheng_kit::error::UserError;

use super::settings::{Parameter, Settings};
use super::terms::{CaseState, ExtensionKind, IntermentKind};
use super::{REGULATION, Verdict, no_such_move};

/// B.2.3, 治丧案件状态机: the moves of a case: `OPENED → COLLECTING → STORED → (FAREWELL) → CREMATED | BODY_BURIED →
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

/// F-15, 骨灰管理规则（设定）: how far a case may be called off: until the body has been fetched; and a case that lays
/// ashes of an earlier one to rest, while the family still holds them.
pub fn cancel(from: CaseState, continues: bool) -> Verdict<CaseState> {
    if continues && from == CaseState::Cremated {
        return Ok(CaseState::Cancelled);
    }
    advance(from, CaseState::Cancelled)
}

/// F-10, 殡葬管理条例（2012）第十条: ashes of a closed case are laid to rest later in a case of their own, opened on the
/// cremation certificate, for the closed case goes back to nothing. It begins where the ashes are: in custody, or
/// with the family. Ashes that were interred have their rest.
pub fn later_interment(earlier: CaseState, interred: bool, in_custody: bool) -> Verdict<CaseState> {
    if earlier != CaseState::Closed {
        return Err(UserError::new(
            "EARLIER_CASE_RUNS",
            "The case of this cremation still runs; lay the ashes to rest there.",
            "该火化证明所属案件尚未结案，请在原案办理安葬。",
        )
        .field(&["certificateNo"]));
    }
    if interred {
        return Err(UserError::new(
            "INTERRED_ALREADY",
            "The ashes of this certificate were laid to rest already.",
            "该火化证明所载骨灰已安葬。",
        )
        .field(&["certificateNo"])
        .basis(REGULATION));
    }
    Ok(if in_custody {
        CaseState::AshesInCustody
    } else {
        CaseState::Cremated
    })
}

/// F-6, 殡葬管理条例（2026）: a bill is written until it is settled; nothing is charged, and no place given against a
/// charge, after that.
pub fn bill_runs(state: CaseState) -> Verdict {
    if state < CaseState::Settled {
        return Ok(());
    }
    Err(no_such_move("The bill is settled already.", "费用已结算。").field(&["case"]))
}

/// F-12, B.2.3, 治丧案件状态机: a bill is settled when the ashes have their rest or stay in custody. Those that are enrolled
/// for a voyage have neither: `INTERRED` comes before `SETTLED` and nothing goes back, so a settled case could never
/// say that they were given to the sea.
pub fn settle(enrolled: bool) -> Verdict {
    if !enrolled {
        return Ok(());
    }
    Err(UserError::new(
        "SEA_ENROLMENT_OPEN",
        "These ashes are enrolled for a voyage; settle the bill after it has sailed, or call the enrolment off first.",
        "骨灰已报名海葬航次；请在航次办结后结算，或者先取消报名。",
    )
    .field(&["case"])
    .basis(REGULATION))
}

/// F-13, one deceased, one open case: whether a case in this state still runs.
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

/// What there is beside a case that is to be opened, as far as the caller may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside<'n> {
    /// No open case.
    Nothing,
    /// An open case that the caller may see, by its number.
    Own(&'n str),
    /// An open case that is no business of the caller's.
    Another,
}

/// F-13, 一逝者一案（本系统设定）: one deceased, one open case. Its number is shown to those who may see it, and
/// nothing else of it.
pub fn no_second_case(beside: Beside<'_>) -> Verdict {
    let (en, zh) = match beside {
        Beside::Nothing => return Ok(()),
        Beside::Own(number) => (
            format!("A case for this deceased is open already: {number}."),
            format!("该逝者已有在办治丧案件：{number}。"),
        ),
        Beside::Another => (
            "A case for this deceased is open already.".to_owned(),
            "该逝者已有在办治丧案件。".to_owned(),
        ),
    };
    Err(UserError::new("CASE_ALREADY_OPEN", en, zh).field(&["deceased"]))
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
    let plain = arrived + Duration::days(settings.value(Parameter::StorageDays));
    match extension {
        Extension::None => plain,
        Extension::Ordinary => arrived + Duration::days(settings.value(Parameter::StorageMaxDays)),
        Extension::Approved(until) => until.max(plain),
    }
}

/// What is said of an extension, judged.
#[derive(Clone, Copy, Debug)]
pub struct ExtensionAsked<'e> {
    /// Ordinary or approved.
    pub kind: ExtensionKind,
    /// The day until which the authority approved it.
    pub until: Option<NaiveDate>,
    /// The number of the approval.
    pub approval: Option<&'e str>,
}

/// F-14, 省殡葬管理规定: an ordinary extension reaches to the longest time; beyond it the authority's
/// approval is needed, with its number and its day. Nothing is shortened by an extension.
pub fn extend(
    arrived: NaiveDate,
    present_until: NaiveDate,
    asked: &ExtensionAsked<'_>,
    settings: &Settings,
) -> Verdict<NaiveDate> {
    let approved = asked
        .approval
        .is_some_and(|number| !number.trim().is_empty());
    let until = match (asked.kind, asked.until) {
        (ExtensionKind::Ordinary, _) => storage_until(arrived, Extension::Ordinary, settings),
        (ExtensionKind::Approved, Some(day)) if approved => {
            storage_until(arrived, Extension::Approved(day), settings)
        }
        (ExtensionKind::Approved, _) => {
            return Err(UserError::new(
                "APPROVAL_REQUIRED",
                "An approved extension names the approval and its last day.",
                "超期存放须注明批准文号及截止日期。",
            )
            .field(&["approval"])
            .basis(settings.basis(Parameter::StorageMaxDays)));
        }
        (ExtensionKind::None, _) => present_until,
    };
    if until <= present_until {
        return Err(UserError::new(
            "NOT_AN_EXTENSION",
            "This does not extend the storage.",
            "未延长存放期限。",
        )
        .field(&["until"])
        .basis(settings.basis(Parameter::StorageDays)));
    }
    Ok(until)
}

/// F-14, 省殡葬管理规定: whether a body is stored beyond what is allowed.
pub fn storage_overdue(until: NaiveDate, left_on: Option<NaiveDate>, today: NaiveDate) -> bool {
    left_on.unwrap_or(today) > until
}

/// F-1, 火化记录: times of a cremation: begun before it ended, not in the future, after the body came.
pub fn cremation_times(
    stored_at: Option<DateTime<Utc>>,
    started: DateTime<Utc>,
    ended: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Verdict {
    if started < ended && ended <= now && stored_at.is_none_or(|at| at <= started) {
        return Ok(());
    }
    Err(UserError::new(
        "CREMATION_TIMES",
        "A cremation begins after the body came, ends after it began, and is not in the future.",
        "火化时间应在遗体入库之后，结束晚于开始，且不得晚于当前时间。",
    )
    .field(&["endedAt"]))
}

/// A.2-16, 集中治丧场所: the hours of a hall: whole hours of one day that have not begun. `hour` is the legal hour of now.
pub fn hall_hours(
    day: NaiveDate,
    starts: i32,
    hours: i32,
    (today, hour): (NaiveDate, i32),
) -> Verdict<std::ops::Range<i32>> {
    let to_come = day > today || (day == today && starts > hour);
    if to_come && (6..24).contains(&starts) && (1..=6).contains(&hours) && starts + hours <= 24 {
        return Ok(starts..starts + hours);
    }
    Err(UserError::new(
        "HALL_HOURS",
        "A hall is booked for one to six whole hours between 6 and 24 that have not begun.",
        "告别厅须预订尚未开始的6至24时内的1至6个整小时。",
    )
    .field(&["startsHour"]))
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
    fn ashes_of_a_closed_case_are_laid_to_rest_by_their_certificate() {
        // 殡葬管理条例: 凭死亡证明或者火化证明; nothing goes back, so the closed case is not opened again.
        use CaseState::*;
        let table = [
            (Closed, false, true, Ok(AshesInCustody)),
            (Closed, false, false, Ok(Cremated)),
            (Closed, true, false, Err("INTERRED_ALREADY")),
            (AshesInCustody, false, true, Err("EARLIER_CASE_RUNS")),
            (Settled, false, true, Err("EARLIER_CASE_RUNS")),
        ];
        for (earlier, interred, kept, expected) in table {
            assert_eq!(
                later_interment(earlier, interred, kept).map_err(|e| e.code),
                expected.map_err(str::to_owned),
                "{earlier:?} {interred} {kept}"
            );
        }
        assert!(cancel(Cremated, true).is_ok() && cancel(Cremated, false).is_err());
        assert!(cancel(AshesInCustody, true).is_err() && cancel(Opened, false).is_ok());
    }

    #[test]
    fn nothing_is_charged_after_the_settlement() {
        for state in CaseState::iter() {
            let ended = matches!(
                state,
                CaseState::Settled | CaseState::Closed | CaseState::Cancelled
            );
            assert_eq!(bill_runs(state).is_err(), ended, "{state:?}");
        }
    }

    #[test]
    fn a_bill_is_settled_when_the_ashes_wait_for_no_voyage() {
        for (enrolled, expected) in [(false, None), (true, Some("SEA_ENROLMENT_OPEN"))] {
            let code = settle(enrolled).err().map(|e| e.code);
            assert_eq!(code.as_deref(), expected);
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
        let rules = settings::on("51", NaiveDate::from_ymd_opt(2026, 11, 22).unwrap());
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
    fn an_extension_extends_and_beyond_thirty_days_needs_an_approval() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let december = |d| NaiveDate::from_ymd_opt(2026, 12, d).unwrap();
        let rules = settings::on("51", day(22));
        let ask = |kind, until, approval, present| {
            extend(
                day(1),
                present,
                &ExtensionAsked {
                    kind,
                    until,
                    approval,
                },
                &rules,
            )
            .map_err(|e| e.code)
        };
        use ExtensionKind::{Approved, Ordinary};
        assert_eq!(ask(Ordinary, None, None, day(8)), Ok(december(1)));
        assert_eq!(
            ask(Ordinary, None, None, december(1)),
            Err("NOT_AN_EXTENSION".to_owned())
        );
        assert_eq!(
            ask(Approved, Some(december(20)), Some("批-1"), december(1)),
            Ok(december(20))
        );
        assert_eq!(
            ask(Approved, Some(december(20)), None, december(1)),
            Err("APPROVAL_REQUIRED".to_owned())
        );
        assert_eq!(
            ask(Approved, None, Some("批-1"), december(1)),
            Err("APPROVAL_REQUIRED".to_owned())
        );
        assert_eq!(
            ask(Approved, Some(day(2)), Some("批-1"), day(8)),
            Err("NOT_AN_EXTENSION".to_owned())
        );
        assert_eq!(
            ask(ExtensionKind::None, None, None, day(8)),
            Err("NOT_AN_EXTENSION".to_owned())
        );
        assert!(!storage_overdue(day(8), None, day(8)) && storage_overdue(day(8), None, day(9)));
        assert!(!storage_overdue(day(8), Some(day(7)), day(20)));
    }

    #[test]
    fn a_cremation_has_its_times_in_order() {
        let at = |h| DateTime::<Utc>::UNIX_EPOCH + Duration::hours(h);
        let table = [
            (Some(1), 2, 3, true),
            (Option::None, 2, 3, true),
            (Some(3), 2, 4, false),
            (Some(1), 3, 3, false),
            (Some(1), 2, 11, false),
        ];
        for (stored, started, ended, fits) in table {
            assert_eq!(
                cremation_times(stored.map(at), at(started), at(ended), at(10)).is_ok(),
                fits,
                "{started} {ended}"
            );
        }
    }

    #[test]
    fn a_hall_is_booked_by_whole_hours_of_one_day() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let table = [
            (23, 9, 2, true),
            (22, 13, 2, true),
            // It is past twelve: the hour that runs and those before are gone.
            (22, 12, 2, false),
            (22, 9, 2, false),
            (21, 9, 2, false),
            (23, 5, 1, false),
            (23, 23, 2, false),
            (23, 9, 0, false),
            (23, 9, 7, false),
        ];
        for (on, starts, hours, fits) in table {
            assert_eq!(
                hall_hours(day(on), starts, hours, (day(22), 12)).is_ok(),
                fits,
                "{on} {starts} {hours}"
            );
        }
    }

    #[test]
    fn a_second_case_is_refused_and_the_first_is_shown() {
        assert!(no_second_case(Beside::Nothing).is_ok());
        let untold = no_second_case(Beside::Another).unwrap_err();
        assert_eq!(untold.code, "CASE_ALREADY_OPEN");
        assert!(!untold.message_en.contains(':') && !untold.message_zh.contains('：'));
        let refusal = no_second_case(Beside::Own("ZS-1")).unwrap_err();
        assert_eq!(refusal.code, "CASE_ALREADY_OPEN");
        assert!(refusal.message_zh.contains("ZS-1"));
    }
}
