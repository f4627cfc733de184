//! The last day of a period, by the work calendar (民法典 201 and 203).
//!
//! A year whose rest days are not known is reckoned with its weekends, and that is said: such a day may still move.

use chrono::{Days, NaiveDate};
use minzheng_kit::calendar::{Deadline, WorkCalendar};
use minzheng_kit::error::UserError;

use super::Verdict;

/// No rest has been longer than ten days, weekends that belong to it included: a period whose reckoned end lies
/// further back than this has ended, whatever will be announced.
const LONGEST_MOVE: Days = Days::new(14);

/// B.0.5, 民法典 201, 203: the last day of a period of days after an act. The day of the act is not counted; a last day of
/// rest moves to the next working day.
pub fn days_after(act: NaiveDate, days: i64) -> Deadline {
    WorkCalendar::china().days_after(act, u64::try_from(days).unwrap_or(0))
}

/// B.0.5, 民法典 203: a day that was named as the last one moves like any other.
pub fn ends_on(last: NaiveDate) -> Deadline {
    WorkCalendar::china().period_ends(last)
}

/// B.0.5, 民法典 203: a last day as it was written down, and whether it may still move.
pub fn written(last: NaiveDate) -> Deadline {
    Deadline {
        day: last,
        provisional: WorkCalendar::china().is_rest(last).is_none(),
    }
}

/// B.0.5, 民法典 203: whether a period has run out; what cannot be taken back is not done while that is uncertain.
pub fn has_run(end: Deadline, today: NaiveDate) -> Verdict<bool> {
    let surely = end.day.checked_add_days(LONGEST_MOVE).unwrap_or(end.day);
    if end.provisional && today > end.day && today <= surely {
        return Err(UserError::new(
            "DEADLINE_PROVISIONAL",
            "The rest days of the year are not in this version of the system, so it is not certain whether the period has ended; ask again once the system was updated with the State Council's announcement for that year.",
            "所涉年度的节假日安排尚未收入本系统，期限是否届满暂不能确定；请待系统按国务院公布的安排更新后再办理。",
        )
        .basis("民法典第二百零三条"));
    }
    Ok(today > end.day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_that_may_still_move_has_neither_run_nor_not() {
        // Thirty days from 2026-12-03 end on Saturday 2027-01-02, in a year that is not announced.
        let end = days_after(day("2026-12-03"), 30);
        assert_eq!((end.day, end.provisional), (day("2027-01-04"), true));
        assert_eq!(written(end.day), end);
        let table = [
            ("2027-01-04", Ok(false)),
            ("2027-01-05", Err("DEADLINE_PROVISIONAL".to_owned())),
            ("2027-01-18", Err("DEADLINE_PROVISIONAL".to_owned())),
            ("2027-01-19", Ok(true)),
        ];
        for (today, expected) in table {
            assert_eq!(
                has_run(end, day(today)).map_err(|e| e.code),
                expected,
                "{today}"
            );
        }
        // 国庆节 moves a period that would end in it, for certain.
        let end = days_after(day("2026-09-01"), 31);
        assert_eq!((end.day, end.provisional), (day("2026-10-08"), false));
        assert_eq!(has_run(end, day("2026-10-09")), Ok(true));
        assert_eq!(ends_on(day("2026-10-31")).day, day("2026-11-02"));
    }
}
