//! M-16 and M-17: the cooling-off period and the window after it.
//!
//! The dates are fixed when the application is received and stored with it; the *state* is never
//! stored as an answer but computed from the dates at every reading, so that a stopped timer can
//! never give a wrong one.

use super::days::{LegalDay, RestDays, period_end, plus};
use super::law::{self, Parameter};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// The dates that follow from the day an application for divorce was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DivorceDates {
    /// The day the registry received the application; not itself counted.
    pub received_on: NaiveDate,
    /// First day of the cooling-off.
    pub cooling_off_starts: NaiveDate,
    /// Last day on which either party may withdraw.
    pub cooling_off_ends: NaiveDate,
    /// First day on which both may ask for the certificate.
    pub window_opens: NaiveDate,
    /// Last day; without the certificate asked for, the application is deemed withdrawn.
    pub window_ends: NaiveDate,
    /// True while the rest days of a needed year are not published.
    pub provisional: bool,
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// In the cooling-off period.
    Cooling,
    /// Both may come and ask for the certificate.
    WindowOpen,
    /// The window passed unused.
    DeemedWithdrawn,
}

/// M-16, M-17, 民法典 1077: thirty days from the day after receipt, then thirty days more; a last
/// day of rest moves to the next working day.
#[must_use]
pub fn divorce_dates(calendar: &dyn RestDays, received_on: NaiveDate) -> DivorceDates {
    let LegalDay {
        day: cooling_off_ends,
        provisional: first,
    } = period_end(
        calendar,
        received_on,
        law::count(Parameter::CoolingOffDays, received_on),
    );
    let LegalDay {
        day: window_ends,
        provisional: second,
    } = period_end(
        calendar,
        cooling_off_ends,
        law::count(Parameter::WindowDays, received_on),
    );
    DivorceDates {
        received_on,
        cooling_off_starts: plus(received_on, 1),
        cooling_off_ends,
        window_opens: plus(cooling_off_ends, 1),
        window_ends,
        provisional: first || second,
    }
}

/// M-17, 民法典 203 and 1077: the phase at a moment of Shanghai time. The window's last day ends
/// with the registry's close of business; on the evening of the cooling-off's last day neither act
/// is possible any more, and the window opens on the next day.
#[must_use]
pub fn phase_at(dates: &DivorceDates, closes: NaiveTime, now: NaiveDateTime) -> Phase {
    if now.date() <= dates.cooling_off_ends {
        Phase::Cooling
    } else if now <= dates.window_ends.and_time(closes) {
        Phase::WindowOpen
    } else {
        Phase::DeemedWithdrawn
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::days::testing::Year2026;
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_worked_dates_of_the_study_hold() {
        // received, cooling-off starts, ends, window opens, ends, provisional
        let table = [
            (
                "2026-03-02",
                "2026-03-03",
                "2026-04-01",
                "2026-04-02",
                "2026-05-06",
                false,
            ),
            (
                "2026-11-23",
                "2026-11-24",
                "2026-12-23",
                "2026-12-24",
                "2027-01-22",
                true,
            ),
            (
                "2026-11-05",
                "2026-11-06",
                "2026-12-07",
                "2026-12-08",
                "2027-01-06",
                true,
            ),
        ];
        for (received, starts, ends, opens, closes, provisional) in table {
            let dates = divorce_dates(&Year2026, day(received));
            assert_eq!(dates.cooling_off_starts, day(starts), "{received}");
            assert_eq!(dates.cooling_off_ends, day(ends), "{received}");
            assert_eq!(dates.window_opens, day(opens), "{received}");
            assert_eq!(dates.window_ends, day(closes), "{received}");
            assert_eq!(dates.provisional, provisional, "{received}");
        }
    }

    #[test]
    fn the_published_calendar_agrees_with_the_table_used_here() {
        let published = crate::kit::calendar::WorkCalendar::default();
        for received in ["2026-03-02", "2026-11-23", "2026-11-05"] {
            assert_eq!(
                divorce_dates(&published, day(received)),
                divorce_dates(&Year2026, day(received)),
                "{received}"
            );
        }
    }

    #[test]
    fn the_phase_turns_at_the_end_of_the_day_and_at_close_of_business() {
        let dates = divorce_dates(&Year2026, day("2026-03-02"));
        let closes = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
        let table = [
            ("2026-03-02T10:00:00", Phase::Cooling),
            ("2026-04-01T23:59:59", Phase::Cooling),
            ("2026-04-02T00:00:00", Phase::WindowOpen),
            ("2026-05-06T17:00:00", Phase::WindowOpen),
            ("2026-05-06T17:00:01", Phase::DeemedWithdrawn),
            ("2026-06-01T09:00:00", Phase::DeemedWithdrawn),
        ];
        for (now, phase) in table {
            assert_eq!(
                phase_at(&dates, closes, now.parse().unwrap()),
                phase,
                "{now}"
            );
        }
    }
}
