//! Voyages for burials at sea: who enrols, and how a voyage ends.

use chrono::NaiveDate;
use minzheng_kit::error::UserError;

use super::case::advance;
use super::settings::{Parameter, Settings};
use super::terms::{CaseState, VoyageState};
use super::{REGULATION, Verdict};

/// A voyage as it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voyage {
    /// Its day.
    pub sails_on: NaiveDate,
    /// Sets of ashes it takes.
    pub quota: i32,
    /// Sets enrolled.
    pub enrolled: i32,
    /// Of these, sets of families without a case here.
    pub guests: i32,
    /// Whether it is done.
    pub done: bool,
    /// Whether it was called off.
    pub cancelled: bool,
}

/// A.2-15, 海葬: where a voyage stands on a day.
pub fn state(voyage: &Voyage, today: NaiveDate) -> VoyageState {
    match voyage {
        v if v.cancelled => VoyageState::Cancelled,
        v if v.done => VoyageState::Done,
        v if today >= v.sails_on => VoyageState::Due,
        v if v.enrolled >= v.quota => VoyageState::Full,
        _ => VoyageState::Open,
    }
}

/// F-12, 殡葬管理条例（2026）: ashes that are there are enrolled while there is room and before the day.
pub fn enrol(
    voyage: &Voyage,
    case: CaseState,
    relatives: i32,
    today: NaiveDate,
    settings: &Settings<'_>,
) -> Verdict {
    if !matches!(case, CaseState::Cremated | CaseState::AshesInCustody) {
        return Err(UserError::new(
            "ASHES_REQUIRED",
            "Only ashes after a cremation are enrolled.",
            "须火化后方可报名海葬。",
        )
        .field(&["case"])
        .basis(REGULATION));
    }
    if !(0..=settings.value(Parameter::SeaRelativesMost)).contains(&i64::from(relatives)) {
        return Err(UserError::new(
            "TOO_MANY_RELATIVES",
            "So many relatives cannot come aboard.",
            "随行亲属人数超过规定。",
        )
        .field(&["relatives"])
        .basis(settings.basis(Parameter::SeaRelativesMost)));
    }
    match state(voyage, today) {
        VoyageState::Open => Ok(()),
        VoyageState::Full => Err(full()),
        _ => Err(UserError::new(
            "VOYAGE_NOT_OPEN",
            "The voyage takes no more enrolments.",
            "该航次已停止报名。",
        )
        .field(&["voyage"])),
    }
}

/// A.2-15, 海葬: no place is left.
pub fn full() -> UserError {
    UserError::new(
        "VOYAGE_FULL",
        "The voyage is full; choose another.",
        "该航次名额已满，请另选。",
    )
    .field(&["voyage"])
}

/// F-12, 海葬服务规则（设定）: sets of ashes from elsewhere are enrolled like all others: before the day, and within the quota.
pub fn enrol_guests(voyage: &Voyage, sets: i32, today: NaiveDate) -> Verdict {
    match state(voyage, today) {
        VoyageState::Open if sets >= 1 && sets <= voyage.quota - voyage.enrolled => Ok(()),
        VoyageState::Open if sets < 1 => Err(UserError::new(
            "GUEST_SETS",
            "At least one set of ashes is enrolled.",
            "报名份数至少为1份。",
        )
        .field(&["sets"])),
        VoyageState::Open | VoyageState::Full => Err(full()),
        _ => Err(UserError::new(
            "VOYAGE_NOT_OPEN",
            "The voyage takes no more enrolments.",
            "该航次已停止报名。",
        )
        .field(&["voyage"])),
    }
}

/// F-12, 殡葬管理条例（2026）: a voyage is closed on or after its day, with no more sets carried than were enrolled: of
/// cases here, and, `guests`, of families from elsewhere.
pub fn close(voyage: &Voyage, carried: usize, guests: i32, today: NaiveDate) -> Verdict {
    if !(0..=voyage.guests).contains(&guests) {
        return Err(UserError::new(
            "GUESTS_NOT_ENROLLED",
            "More sets from elsewhere are named than were enrolled.",
            "外地撒放份数超过已报名的外地份数。",
        )
        .field(&["others"])
        .basis(REGULATION));
    }
    if voyage.done || voyage.cancelled {
        return Err(super::no_such_move(
            "The voyage has ended already.",
            "该航次已结束。",
        ));
    }
    if today < voyage.sails_on {
        return Err(UserError::new(
            "VOYAGE_NOT_SAILED",
            "The voyage has not sailed yet.",
            "航次尚未出航。",
        )
        .field(&["voyage"]));
    }
    if i32::try_from(carried).map_or(true, |n| n > voyage.enrolled - voyage.guests) {
        return Err(UserError::new(
            "MORE_CARRIED_THAN_ENROLLED",
            "More sets of ashes are named than were enrolled.",
            "撒放份数超过报名份数。",
        )
        .field(&["carried"]));
    }
    Ok(())
}

/// F-12, B.2.3, 治丧案件状态机: the closing of a voyage inters the ashes of the cases it names, each by its number and
/// state. Where one of them cannot be interred any more nothing is recorded, and all such cases are named, so that
/// the officer leaves them out and the others are not held up.
pub fn carried<'n>(named: impl IntoIterator<Item = (&'n str, CaseState)>) -> Verdict {
    let mut past: Vec<&str> = named
        .into_iter()
        .filter(|(_, state)| advance(*state, CaseState::Interred).is_err())
        .map(|(number, _)| number)
        .collect();
    if past.is_empty() {
        return Ok(());
    }
    past.sort_unstable();
    let numbers = past.join(", ");
    Err(UserError::new(
        "CASES_NOT_TO_INTER",
        format!(
            "The ashes of these cases cannot be interred from where the cases stand; close the voyage without them: {numbers}."
        ),
        format!("下列案件当前状态不能登记安葬，请不列入后再办结航次：{numbers}。"),
    )
    .field(&["carried"])
    .basis(REGULATION))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::settings;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, d).unwrap()
    }

    const fn voyage(enrolled: i32, done: bool, cancelled: bool, sails_on: NaiveDate) -> Voyage {
        Voyage {
            sails_on,
            quota: 2,
            enrolled,
            guests: 0,
            done,
            cancelled,
        }
    }

    #[test]
    fn a_voyage_is_open_until_full_due_or_ended() {
        use VoyageState::*;
        let table = [
            (voyage(1, false, false, day(20)), Open),
            (voyage(2, false, false, day(20)), Full),
            (voyage(1, false, false, day(10)), Due),
            (voyage(1, true, false, day(20)), Done),
            (voyage(1, false, true, day(20)), Cancelled),
        ];
        for (voyage, expected) in table {
            assert_eq!(state(&voyage, day(10)), expected, "{voyage:?}");
        }
    }

    #[test]
    fn ashes_are_enrolled_while_there_is_room() {
        let rules = settings::on("35", day(10));
        let open = voyage(1, false, false, day(20));
        let code = |v: &Voyage, case, relatives| {
            enrol(v, case, relatives, day(10), &rules)
                .err()
                .map(|e| e.code)
        };
        let table = [
            (open, CaseState::Cremated, 2, None),
            (open, CaseState::AshesInCustody, 0, None),
            (open, CaseState::Stored, 2, Some("ASHES_REQUIRED")),
            (open, CaseState::Cremated, 7, Some("TOO_MANY_RELATIVES")),
            (open, CaseState::Cremated, -1, Some("TOO_MANY_RELATIVES")),
            (
                voyage(2, false, false, day(20)),
                CaseState::Cremated,
                2,
                Some("VOYAGE_FULL"),
            ),
            (
                voyage(1, false, false, day(10)),
                CaseState::Cremated,
                2,
                Some("VOYAGE_NOT_OPEN"),
            ),
        ];
        for (voyage, case, relatives, expected) in table {
            assert_eq!(
                code(&voyage, case, relatives).as_deref(),
                expected,
                "{voyage:?} {case:?}"
            );
        }
    }

    #[test]
    fn a_voyage_inters_what_can_be_interred_and_names_what_cannot() {
        use CaseState::*;
        type Named<'a> = &'a [(&'a str, CaseState)];
        let table: [(Named<'_>, &[&str]); 4] = [
            (&[], &[]),
            (&[("a", Cremated), ("b", AshesInCustody)], &[]),
            (&[("a", Cremated), ("c", Settled), ("b", Closed)], &["b, c"]),
            (&[("d", Interred)], &["d"]),
        ];
        for (named, told) in table {
            let refusal = carried(named.iter().copied()).err();
            assert_eq!(refusal.is_some(), !told.is_empty(), "{named:?}");
            for (refusal, told) in refusal
                .iter()
                .flat_map(|r| told.iter().map(move |t| (r, t)))
            {
                assert_eq!(refusal.code, "CASES_NOT_TO_INTER");
                let said = format!("{} {}", refusal.message_en, refusal.message_zh);
                assert!(said.contains(told), "{said}");
            }
        }
    }

    #[test]
    fn guests_sail_within_the_quota_or_not_at_all() {
        let with = |enrolled, guests| Voyage {
            quota: 5,
            guests,
            ..voyage(enrolled, false, false, day(20))
        };
        let table = [
            (with(3, 0), 2, 10, None),
            (with(3, 0), 3, 10, Some("VOYAGE_FULL")),
            (with(5, 0), 1, 10, Some("VOYAGE_FULL")),
            (with(3, 0), 0, 10, Some("GUEST_SETS")),
            (with(3, 0), i32::MAX, 10, Some("VOYAGE_FULL")),
            (with(3, 0), 1, 20, Some("VOYAGE_NOT_OPEN")),
        ];
        for (trip, sets, today, expected) in table {
            assert_eq!(
                enrol_guests(&trip, sets, day(today))
                    .err()
                    .map(|e| e.code)
                    .as_deref(),
                expected,
                "{trip:?} {sets}"
            );
        }
        let code = |carried, guests| {
            close(&with(4, 1), carried, guests, day(20))
                .err()
                .map(|e| e.code)
        };
        assert_eq!(code(3, 1), None);
        assert_eq!(code(3, 2).as_deref(), Some("GUESTS_NOT_ENROLLED"));
        assert_eq!(code(0, -1).as_deref(), Some("GUESTS_NOT_ENROLLED"));
        assert_eq!(code(4, 0).as_deref(), Some("MORE_CARRIED_THAN_ENROLLED"));
    }

    #[test]
    fn a_voyage_ends_after_it_sailed_and_carries_no_more_than_it_had() {
        let at = |v: &Voyage, carried| close(v, carried, 0, day(20)).err().map(|e| e.code);
        let sailed = voyage(2, false, false, day(20));
        assert_eq!(at(&sailed, 2), None);
        assert_eq!(at(&sailed, 0), None);
        assert_eq!(
            at(&sailed, 3).as_deref(),
            Some("MORE_CARRIED_THAN_ENROLLED")
        );
        assert_eq!(
            at(&voyage(2, false, false, day(21)), 1).as_deref(),
            Some("VOYAGE_NOT_SAILED")
        );
        assert_eq!(
            at(&voyage(2, true, false, day(19)), 1).as_deref(),
            Some("STATE_NOT_ALLOWED")
        );
    }
}
