//! The clean-up of illegal graves (违建坟墓专项整治).

use chrono::NaiveDate;
use minzheng_kit::calendar::Deadline;
use minzheng_kit::error::UserError;

use super::settings::{Parameter, Settings};
use super::terms::GraveState;
use super::{Verdict, no_such_move, period};

/// B.2.3, 违建坟墓专项整治: the moves of a case: `FOUND → REGISTERED → NOTICE → RECTIFYING → VERIFIED | FORCED →
/// RESTORED`; a grave under heritage protection becomes `EXEMPT` before anything is done to it.
pub fn advance(from: GraveState, to: GraveState, heritage: bool) -> Verdict<GraveState> {
    use GraveState::*;
    let allowed = match from {
        Found => to == Registered || (to == Exempt && heritage),
        Registered => (to == Notice && !heritage) || (to == Exempt && heritage),
        Notice => (to == Rectifying && !heritage) || (to == Exempt && heritage),
        // What was found to be heritage only while it was put right is exempt from there.
        Rectifying => (matches!(to, Verified | Forced) && !heritage) || (to == Exempt && heritage),
        Verified | Forced => to == Restored,
        Restored | Exempt => false,
    };
    if allowed {
        Ok(to)
    } else {
        Err(no_such_move(
            "The grave's case cannot move to that state from where it is.",
            "该坟墓处置当前状态不能转到该状态。",
        ))
    }
}

/// A.2-19, 违建坟墓专项整治方案 with 民法典 203: the day by which a grave is put right once notice was given; a day that the
/// notice names goes before the ordinary time.
pub fn rectify_by(
    noticed_on: NaiveDate,
    named: Option<NaiveDate>,
    settings: &Settings<'_>,
) -> Verdict<Deadline> {
    match named {
        None => Ok(period::days_after(
            noticed_on,
            settings.value(Parameter::RectifyDays),
        )),
        Some(day) if day > noticed_on => Ok(period::ends_on(day)),
        Some(_) => Err(UserError::new(
            "DUE_BEFORE_NOTICE",
            "The day to put it right lies after the notice.",
            "整改期限须晚于告知日期。",
        )
        .field(&["dueOn"])
        .basis(settings.basis(Parameter::RectifyDays))),
    }
}

/// A.2-19, 违建坟墓专项整治方案: whether a case is behind its time, to whoever looks today.
pub fn overdue(state: GraveState, due_on: Option<NaiveDate>, today: NaiveDate) -> bool {
    matches!(state, GraveState::Notice | GraveState::Rectifying)
        && due_on.is_some_and(|due| today > due)
}

/// A.2-19, 殡葬管理条例（2012）第二十条: removal by force follows only when the time to put it right has run.
pub fn may_force(due_on: Option<NaiveDate>, today: NaiveDate) -> Verdict {
    if let Some(due) = due_on
        && period::has_run(period::written(due), today)?
    {
        return Ok(());
    }
    Err(UserError::new(
        "STILL_IN_TIME",
        "The time to put the grave right has not run out.",
        "整改期限未满，不得强制执行。",
    )
    .basis("殡葬管理条例（2012）第二十条"))
}

/// A.2-19, 违建坟墓专项整治方案: the land restored is more than nothing and no more than ten times the grave's own: what else a
/// clean-up greens belongs to other cases.
pub fn restored(area_milli_m2: i64, restored_milli_m2: i64) -> Verdict {
    if restored_milli_m2 > 0 && restored_milli_m2 <= area_milli_m2.saturating_mul(10) {
        return Ok(());
    }
    Err(UserError::new(
        "RESTORED_AREA",
        "The restored area does not fit the grave.",
        "复绿面积与该坟墓占地不符。",
    )
    .field(&["restoredM2"]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn an_illegal_grave_ends_in_restored_land() {
        use GraveState::*;
        for middle in [Verified, Forced] {
            for pair in [Found, Registered, Notice, Rectifying, middle, Restored].windows(2) {
                assert!(advance(pair[0], pair[1], false).is_ok(), "{pair:?}");
            }
        }
    }

    #[test]
    fn the_time_to_put_it_right_runs_and_force_waits_for_it() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let rules = crate::rules::settings::on("36", day(1));
        assert_eq!(
            rectify_by(day(1), None, &rules).unwrap().day.to_string(),
            "2026-12-01"
        );
        let named = |d| rectify_by(day(1), Some(day(d)), &rules).unwrap().day;
        // 民法典 203: the 7th is a Saturday.
        assert_eq!((named(9), named(7)), (day(9), day(9)));
        assert!(rectify_by(day(1), Some(day(1)), &rules).is_err());
        use GraveState::*;
        let table = [
            (Notice, Some(9), 10, true),
            (Notice, Some(9), 9, false),
            (Rectifying, Some(9), 10, true),
            (Registered, Some(9), 10, false),
            (Notice, None, 10, false),
            (Verified, Some(9), 10, false),
        ];
        for (state, due, today, late) in table {
            assert_eq!(
                overdue(state, due.map(day), day(today)),
                late,
                "{state:?} {today}"
            );
        }
        assert!(may_force(Some(day(9)), day(10)).is_ok());
        assert!(may_force(Some(day(9)), day(9)).is_err());
        assert!(may_force(None, day(9)).is_err());
    }

    #[test]
    fn the_land_restored_fits_the_grave() {
        for (area, restored_area, fits) in [
            (4_000, 4_000, true),
            (4_000, 40_000, true),
            (4_000, 40_001, false),
            (4_000, 0, false),
        ] {
            assert_eq!(
                restored(area, restored_area).is_ok(),
                fits,
                "{restored_area}"
            );
        }
    }

    #[test]
    fn a_protected_grave_is_exempt_and_never_removed() {
        use GraveState::*;
        for from in [Found, Registered, Notice, Rectifying] {
            assert!(advance(from, Exempt, true).is_ok(), "{from:?}");
            assert!(advance(from, Exempt, false).is_err(), "{from:?}");
        }
        for to in GraveState::iter() {
            assert_eq!(
                advance(Rectifying, to, true).is_ok(),
                to == Exempt,
                "{to:?}"
            );
            assert!(advance(Exempt, to, true).is_err(), "{to:?}");
        }
    }
}
