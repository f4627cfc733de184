//! A ticket of the funeral hotline 96444, and how fast it was answered.

use chrono::{DateTime, TimeDelta, Utc};
use minzheng_kit::error::UserError;

use super::settings::{Parameter, Settings};
use super::terms::{TicketCategory, TicketState};
use super::{Verdict, no_such_move};

/// B.2.3, 工单状态机: the moves of a ticket: `OPEN → DISPATCHED → ACCEPTED → ON_SITE → RESOLVED → CLOSED`.
///
/// A running ticket can be escalated and is then dispatched anew; a resolved or closed one can be
/// reopened. Whatever needs nobody to go out is answered on the telephone: `OPEN → RESOLVED`.
pub fn advance(
    from: TicketState,
    to: TicketState,
    category: TicketCategory,
) -> Verdict<TicketState> {
    use TicketState::*;
    let allowed = match from {
        Open => {
            matches!(to, Dispatched | Escalated)
                || (to == Resolved && category != TicketCategory::Collect)
        }
        Dispatched => matches!(to, Accepted | Escalated),
        Accepted => {
            matches!(to, OnSite | Escalated)
                || (to == Resolved && category != TicketCategory::Collect)
        }
        OnSite => matches!(to, Resolved | Escalated),
        Resolved => matches!(to, Closed | Reopened),
        Closed => to == Reopened,
        Escalated => to == Dispatched || (to == Resolved && category != TicketCategory::Collect),
        Reopened => matches!(to, Dispatched | Escalated),
    };
    if allowed {
        Ok(to)
    } else {
        Err(no_such_move(
            "The ticket cannot move to that state from where it is.",
            "工单当前状态不能转到该状态。",
        ))
    }
}

/// F-18, 96444服务承诺: every ticket ends in CLOSED, with the caller's feedback from 1 to 5.
pub fn close(
    state: TicketState,
    category: TicketCategory,
    satisfaction: Option<i32>,
) -> Verdict<TicketState> {
    match satisfaction {
        Some(1..=5) => advance(state, TicketState::Closed, category),
        _ => Err(UserError::new(
            "FEEDBACK_REQUIRED",
            "A ticket is closed with the caller's feedback, from 1 to 5.",
            "工单须回访并记录满意度（1至5）后方可关闭。",
        )
        .field(&["satisfaction"])),
    }
}

/// F-18 with F-2, 96444服务承诺: whether a hearse goes out for a ticket: for a body to be fetched, and for nothing else.
pub const fn needs_hearse(category: TicketCategory) -> bool {
    matches!(category, TicketCategory::Collect)
}

/// F-18, 96444服务承诺: from when a ticket's times are measured: the call, or the last time it was opened again.
pub fn measured_from(
    opened_at: DateTime<Utc>,
    reopened_at: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    reopened_at.map_or(opened_at, |again| again.max(opened_at))
}

/// The longest that a telephone rings before it is answered, in hours; more is a slip of the pen.
const LONGEST_RING_HOURS: i64 = 2;

/// F-18, 96444服务承诺: a call rang before it was answered, and was answered by now.
pub fn answered(
    rang_at: DateTime<Utc>,
    answered_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Verdict<i64> {
    let wait = answered_at - rang_at;
    if rang_at <= answered_at && answered_at <= now && wait <= TimeDelta::hours(LONGEST_RING_HOURS)
    {
        return Ok(wait.num_seconds());
    }
    Err(UserError::new(
        "CALL_TIMES",
        "A call rings before it is answered, for two hours at most, and is answered by now.",
        "来电时间须早于接听时间（不超过2小时），且接听时间不得晚于现在。",
    )
    .field(&["rangAt"]))
}

/// F-18, 96444服务承诺: the time by which a ticket is dispatched.
pub fn dispatch_due(opened_at: DateTime<Utc>, settings: &Settings) -> DateTime<Utc> {
    opened_at + TimeDelta::minutes(settings.value(Parameter::DispatchMinutes))
}

/// F-18, 96444服务承诺: the minutes within which the hearse is promised, by distance band.
pub fn arrival_promise_minutes(distance_km: f64, settings: &Settings) -> i64 {
    settings.value(match distance_km {
        d if d <= 10.0 => Parameter::ArrivalMinutesTo10Km,
        d if d <= 30.0 => Parameter::ArrivalMinutesTo30Km,
        d if d <= 60.0 => Parameter::ArrivalMinutesTo60Km,
        _ => Parameter::ArrivalMinutesBeyond,
    })
}

/// F-18, 96444服务承诺: where a ticket stands to whoever looks now. One that nobody dispatched is
/// raised by itself once the time for that has run.
pub fn seen(
    state: TicketState,
    category: TicketCategory,
    waiting_since: DateTime<Utc>,
    now: DateTime<Utc>,
    settings: &Settings,
) -> TicketState {
    let waits = matches!(state, TicketState::Open | TicketState::Reopened)
        && category == TicketCategory::Collect;
    let raised_at = waiting_since + TimeDelta::minutes(settings.value(Parameter::EscalateMinutes));
    if waits && now >= raised_at {
        TicketState::Escalated
    } else {
        state
    }
}

/// F-18, 热线服务时限: the nearest-rank percentile of sorted values; none of an empty list.
pub fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent.min(100)).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::settings;
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_collection_is_dispatched_and_never_answered_on_the_telephone() {
        use TicketState::*;
        for pair in [Open, Dispatched, Accepted, OnSite, Resolved, Closed].windows(2) {
            assert!(
                advance(pair[0], pair[1], TicketCategory::Collect).is_ok(),
                "{pair:?}"
            );
        }
        assert!(advance(Open, Resolved, TicketCategory::Collect).is_err());
        // Raising it is no way round: the body is still to be fetched.
        assert!(advance(Escalated, Resolved, TicketCategory::Collect).is_err());
        assert!(advance(Escalated, Dispatched, TicketCategory::Collect).is_ok());
        assert!(advance(Escalated, Resolved, TicketCategory::Complaint).is_ok());
        assert!(advance(Open, Resolved, TicketCategory::Price).is_ok());
    }

    #[test]
    fn a_hearse_goes_out_for_a_body_only() {
        for category in TicketCategory::iter() {
            assert_eq!(
                needs_hearse(category),
                category == TicketCategory::Collect,
                "{category:?}"
            );
        }
    }

    #[test]
    fn times_are_measured_from_the_last_opening_and_the_answer_from_the_ring() {
        let at = |minute: i64| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute);
        assert_eq!(measured_from(at(0), None), at(0));
        assert_eq!(measured_from(at(0), Some(at(90))), at(90));
        let table = [
            (0, 1, 1, Some(60)),
            (1, 1, 1, Some(0)),
            (2, 1, 3, None),
            (0, 3, 2, None),
            (0, 121, 200, None),
        ];
        for (rang, taken, now, seconds) in table {
            assert_eq!(
                answered(at(rang), at(taken), at(now)).ok(),
                seconds,
                "{rang} {taken} {now}"
            );
        }
    }

    #[test]
    fn every_state_but_closed_leads_on_to_closed() {
        for start in TicketState::iter() {
            let mut reached = vec![start];
            let mut i = 0;
            while i < reached.len() {
                for to in TicketState::iter() {
                    if advance(reached[i], to, TicketCategory::Collect).is_ok()
                        && !reached.contains(&to)
                    {
                        reached.push(to);
                    }
                }
                i += 1;
            }
            assert!(reached.contains(&TicketState::Closed), "{start:?}");
        }
    }

    #[test]
    fn nothing_closes_without_feedback() {
        for (mark, allowed) in [
            (None, false),
            (Some(0), false),
            (Some(1), true),
            (Some(5), true),
            (Some(6), false),
        ] {
            assert_eq!(
                close(TicketState::Resolved, TicketCategory::Price, mark).is_ok(),
                allowed,
                "{mark:?}"
            );
        }
        assert!(close(TicketState::Open, TicketCategory::Price, Some(5)).is_err());
    }

    #[test]
    fn dispatch_is_due_after_fifteen_minutes_and_arrival_by_band() {
        let opened = "2026-11-22T04:00:00Z".parse::<DateTime<Utc>>().unwrap();
        assert_eq!(
            dispatch_due(opened, &settings::on("32", opened.date_naive())) - opened,
            TimeDelta::minutes(15)
        );
        for (km, minutes) in [(0.0, 60), (10.0, 60), (10.1, 90), (60.0, 150), (300.0, 240)] {
            assert_eq!(
                arrival_promise_minutes(km, &settings::on("32", opened.date_naive())),
                minutes,
                "{km}"
            );
        }
    }

    #[test]
    fn a_collection_that_nobody_dispatches_is_raised_by_itself() {
        let opened: DateTime<Utc> = "2026-11-22T04:00:00Z".parse().unwrap();
        let rules = settings::on("32", opened.date_naive());
        use TicketState::*;
        let table = [
            (Open, TicketCategory::Collect, 29, Open),
            (Open, TicketCategory::Collect, 30, Escalated),
            (Reopened, TicketCategory::Collect, 31, Escalated),
            (Dispatched, TicketCategory::Collect, 300, Dispatched),
            (Open, TicketCategory::Price, 300, Open),
        ];
        for (state, category, minutes, expected) in table {
            let now = opened + TimeDelta::minutes(minutes);
            assert_eq!(
                seen(state, category, opened, now, &rules),
                expected,
                "{state:?} {minutes}"
            );
        }
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let values: Vec<i64> = (1..=10).collect();
        assert_eq!(percentile(&values, 50), Some(5));
        assert_eq!(percentile(&values, 90), Some(9));
        assert_eq!(percentile(&values, 99), Some(10));
        assert_eq!(percentile(&[7], 0), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
