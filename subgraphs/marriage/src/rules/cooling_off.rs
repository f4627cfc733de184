//! M-16 and M-17: the cooling-off period and the window after it.
//!
//! The dates are computed when the application is received and stored with it, and computed again at every
//! reading while it is in hand ([`as_known`]). While a needed year's calendar is not published they are
//! *provisional*, and nothing is refused for good or written down on their account. A published calendar may change
//! too (2019 the State Council moved 劳动节 six weeks before it, 2015 it gave a day in September): then of the day
//! that was told and the day that is right the later one counts, so that nobody is late by a change. The *state* is
//! never stored as an answer but computed from the dates at every reading, so that a stopped timer can never give a
//! wrong one.

use super::Refusal;
use super::days::{RestDays, period_end, plus};
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
    /// Until the end of this day the cooling-off surely lasts; its last day where that is certain.
    pub cooling_surely_to: NaiveDate,
    /// Until the end of this day the window surely lasts; its last day where that is certain.
    pub window_surely_to: NaiveDate,
    /// True while the end of the cooling-off itself may still move.
    pub cooling_provisional: bool,
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
    /// A period has ended or not, which nobody can say before the calendar of the year is published.
    EndUncertain,
}

/// M-16, M-17, 民法典 1077: thirty days from the day after receipt, then thirty days more; a last
/// day of rest moves to the next working day. None on a day for which the law knew no cooling-off.
#[must_use]
pub fn divorce_dates(calendar: &dyn RestDays, received_on: NaiveDate) -> Option<DivorceDates> {
    let window = law::count(Parameter::WindowDays, received_on)?;
    let first = period_end(
        calendar,
        received_on,
        law::count(Parameter::CoolingOffDays, received_on)?,
    );
    let second = period_end(calendar, first.day, window);
    // Where already the first period may end earlier, so may the second.
    let earliest = period_end(calendar, first.earliest, window).earliest;
    Some(DivorceDates {
        received_on,
        cooling_off_starts: plus(received_on, 1),
        cooling_off_ends: first.day,
        window_opens: plus(first.day, 1),
        window_ends: second.day,
        provisional: first.provisional || second.provisional,
        cooling_surely_to: first.earliest,
        window_surely_to: earliest.min(second.earliest),
        cooling_provisional: first.provisional,
    })
}

/// M-16, M-17, 民法典 203: the dates of an application as they are known now. What was provisional is computed
/// again with the calendar there is. Where the calendar says otherwise than at the receipt, a period ends on the later
/// of both days: it ends on no statutory rest day, and not before the day that was told to the couple. A calendar
/// that does not know the years by which the dates were certain moves nothing.
#[must_use]
pub fn as_known(calendar: &dyn RestDays, stored: DivorceDates) -> DivorceDates {
    let Some(now) = divorce_dates(calendar, stored.received_on) else {
        return stored;
    };
    if stored.provisional {
        return now;
    }
    if now.provisional {
        return stored;
    }
    let cooling = stored.cooling_off_ends.max(now.cooling_off_ends);
    let window = stored.window_ends.max(now.window_ends);
    DivorceDates {
        cooling_off_ends: cooling,
        window_opens: plus(cooling, 1),
        window_ends: window,
        cooling_surely_to: cooling,
        window_surely_to: window,
        ..stored
    }
}

/// M-16, 民法典 1077: an application of a day for which the law knew no cooling-off is not received.
pub const NO_COOLING_OFF: Refusal = Refusal::by_law(
    "NO_COOLING_OFF_ON_THAT_DAY",
    "On that day the law knew no cooling-off; there are no such dates.",
    "该日尚无离婚冷静期规定，无法计算期限。",
    "民法典第一千零七十七条",
);

/// M-16, M-17, 民法典 203: what depends on a last day that is not certain yet waits; it is refused for now
/// and never for good.
pub const END_UNCERTAIN: Refusal = Refusal::by_law(
    "DEADLINE_PROVISIONAL",
    "The rest days of the year are not in this version of the system, so it is not certain whether the period has ended; ask again once the system was updated with the State Council's announcement for that year.",
    "所涉年度的节假日安排尚未收入本系统，期限是否届满暂不能确定；请待系统按国务院公布的安排更新后再办理。",
    "民法典第二百零三条",
);

/// M-17, 民法典 203 and 1077: the phase at a moment of Shanghai time. The window's last day ends
/// with the registry's close of business; on the evening of the cooling-off's last day neither act
/// is possible any more, and the window opens on the next day. A day that may still move ends nothing.
#[must_use]
pub fn phase_at(dates: &DivorceDates, closes: NaiveTime, now: NaiveDateTime) -> Phase {
    if now.date() <= dates.cooling_surely_to {
        Phase::Cooling
    } else if dates.cooling_provisional {
        Phase::EndUncertain
    } else if now <= dates.window_surely_to.and_time(closes) {
        Phase::WindowOpen
    } else if dates.provisional {
        Phase::EndUncertain
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
            let dates = divorce_dates(&Year2026, day(received)).unwrap();
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
        let dates = divorce_dates(&Year2026, day("2026-03-02")).unwrap();
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

    /// 2027 as it might be published: 6 January a rest day, 9 January (a Saturday) worked.
    struct With2027;

    impl RestDays for With2027 {
        fn is_rest(&self, on: NaiveDate) -> Option<bool> {
            use chrono::{Datelike, Weekday};
            if on.year() != 2027 {
                return Year2026.is_rest(on);
            }
            let weekend = matches!(on.weekday(), Weekday::Sat | Weekday::Sun);
            Some(match (on.month(), on.day()) {
                (1, 1 | 6) => true,
                (1, 9) => false,
                _ => weekend,
            })
        }
    }

    #[test]
    fn a_provisional_end_is_computed_again_and_ends_nothing_before_it_is_certain() {
        // 民法典 203 (1): the last day of a period that is a rest day moves to the next that is none.
        let stored = divorce_dates(&Year2026, day("2026-11-05")).unwrap();
        assert!(stored.provisional && !stored.cooling_provisional);
        let known = as_known(&With2027, stored);
        assert_eq!(
            (known.window_ends, known.provisional),
            (day("2027-01-07"), false)
        );
        let closes = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
        let table = [
            ("2027-01-06T16:59:00", Phase::WindowOpen, Phase::WindowOpen),
            (
                "2027-01-06T18:00:00",
                Phase::EndUncertain,
                Phase::WindowOpen,
            ),
            (
                "2027-01-07T18:00:00",
                Phase::EndUncertain,
                Phase::DeemedWithdrawn,
            ),
            (
                "2027-03-01T09:00:00",
                Phase::EndUncertain,
                Phase::DeemedWithdrawn,
            ),
        ];
        for (now, before, after) in table {
            let now = now.parse().unwrap();
            assert_eq!(
                phase_at(&as_known(&Year2026, stored), closes, now),
                before,
                "{now}"
            );
            assert_eq!(phase_at(&known, closes, now), after, "{now}");
        }
        // The cooling-off itself may end on a Saturday that is worked: until then it surely runs.
        let stored = divorce_dates(&Year2026, day("2026-12-10")).unwrap();
        assert_eq!(
            (stored.cooling_surely_to, stored.cooling_off_ends),
            (day("2027-01-09"), day("2027-01-11"))
        );
        let monday = "2027-01-11T09:00:00".parse().unwrap();
        assert_eq!(phase_at(&stored, closes, monday), Phase::EndUncertain);
        assert_eq!(
            phase_at(&as_known(&With2027, stored), closes, monday),
            Phase::WindowOpen
        );
        // What was certain at receipt stands while the calendar says the same, or does not know the year.
        let certain = divorce_dates(&Year2026, day("2026-03-02")).unwrap();
        assert_eq!(as_known(&With2027, certain), certain);
        let certain = divorce_dates(&With2027, day("2026-11-05")).unwrap();
        assert_eq!(as_known(&Year2026, certain), certain);
    }

    /// 2026 with 1 April given as a day of rest after the calendar was published, and 6 May too.
    struct Changed2026;

    impl RestDays for Changed2026 {
        fn is_rest(&self, on: NaiveDate) -> Option<bool> {
            use chrono::Datelike;
            match (on.year(), on.month(), on.day()) {
                (2026, 4, 1) | (2026, 5, 6) => Some(true),
                _ => Year2026.is_rest(on),
            }
        }
    }

    #[test]
    fn a_published_calendar_that_is_changed_moves_a_running_period_to_the_later_day_and_never_back()
    {
        // 民法典 203; 国务院办公厅 2019-03-22 moved 劳动节, 2015-05-13 gave 2015-09-03.
        let told = divorce_dates(&Year2026, day("2026-03-02")).unwrap();
        let changed = divorce_dates(&Changed2026, day("2026-03-02")).unwrap();
        // stored, calendar of now; cooling-off ends, window opens, window ends
        let table: [(DivorceDates, &dyn RestDays, [&str; 3]); 4] = [
            (told, &Year2026, ["2026-04-01", "2026-04-02", "2026-05-06"]),
            (
                told,
                &Changed2026,
                ["2026-04-02", "2026-04-03", "2026-05-07"],
            ),
            (
                changed,
                &Changed2026,
                ["2026-04-02", "2026-04-03", "2026-05-07"],
            ),
            // Taken back again: what the couple was told holds.
            (
                changed,
                &Year2026,
                ["2026-04-02", "2026-04-03", "2026-05-07"],
            ),
        ];
        for (stored, calendar, expected) in table {
            let known = as_known(calendar, stored);
            let found = [
                known.cooling_off_ends,
                known.window_opens,
                known.window_ends,
            ];
            assert_eq!(found, expected.map(day), "{stored:?}");
            assert!(!known.provisional && !known.cooling_provisional);
            assert_eq!(as_known(calendar, known), known, "once and for all");
        }
        // On the evening of the day first told the window is still open by the day that is right.
        let closes = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
        let evening = "2026-05-06T18:00:00".parse().unwrap();
        assert_eq!(phase_at(&told, closes, evening), Phase::DeemedWithdrawn);
        let known = as_known(&Changed2026, told);
        assert_eq!(phase_at(&known, closes, evening), Phase::WindowOpen);
    }

    #[test]
    fn before_the_civil_code_there_was_no_cooling_off() {
        // 民法典 1077 is in force since 2021-01-01.
        for (received, dates) in [("2020-12-31", false), ("2021-01-01", true)] {
            assert_eq!(
                divorce_dates(&Year2026, day(received)).is_some(),
                dates,
                "{received}"
            );
        }
    }
}
