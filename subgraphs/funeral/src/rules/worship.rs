//! Visiting graves: bookings within capacity, how crowded it is, and how crowded it will be.

use chrono::NaiveDate;
use minzheng_kit::error::UserError;

use super::Verdict;
use super::settings::{Parameter, Settings};
use super::terms::{CrowdLevel, WorshipMode};

/// A.2-21, 祭扫服务保障方案: how many places of a span's capacity a booking takes: only who comes takes one. What the
/// facility does on a family's behalf, and what happens online, takes none.
pub const fn places(mode: WorshipMode, people: i32) -> i32 {
    match mode {
        WorshipMode::OnSite => people,
        WorshipMode::Proxy | WorshipMode::Online => 0,
    }
}

/// A.2-21, 祭扫服务保障方案: a booking is for a span that is not over, for a party of bounded size, and within what
/// is left. `ends` is the last hour of the span, `hour` the legal hour of now.
pub fn book(
    mode: WorshipMode,
    people: i32,
    left: i32,
    (on, ends): (NaiveDate, i32),
    (today, hour): (NaiveDate, i32),
    settings: &Settings<'_>,
) -> Verdict {
    if on < today || (on == today && ends <= hour) {
        return Err(
            UserError::new("SLOT_OVER", "That span of time is over.", "该时段已过。")
                .field(&["slot"]),
        );
    }
    if !(1..=settings.value(Parameter::WorshipPartyMost)).contains(&i64::from(people)) {
        return Err(UserError::new(
            "PARTY_SIZE",
            "The number of people is outside what one booking may have.",
            "预约人数不在允许范围内。",
        )
        .field(&["people"])
        .basis(settings.basis(Parameter::WorshipPartyMost)));
    }
    if places(mode, people) > left {
        return Err(slot_full());
    }
    Ok(())
}

/// A.2-21, 祭扫服务保障方案: no places are left.
pub fn slot_full() -> UserError {
    UserError::new(
        "SLOT_FULL",
        "Not enough places are left; choose another time, or let the facility do it.",
        "该时段剩余名额不足，请另选时段或选择代祭、云祭扫。",
    )
    .field(&["slot"])
}

/// A.2-21, 祭扫服务保障方案: how crowded a span is by what is booked of its capacity.
pub fn crowd(booked: i64, capacity: i64, settings: &Settings<'_>) -> CrowdLevel {
    if capacity <= 0 || booked >= capacity {
        return CrowdLevel::Full;
    }
    let percent = booked.max(0).saturating_mul(100) / capacity;
    if percent >= settings.value(Parameter::CrowdHighPercent) {
        CrowdLevel::High
    } else if percent >= settings.value(Parameter::CrowdModeratePercent) {
        CrowdLevel::Moderate
    } else {
        CrowdLevel::Low
    }
}

/// A.2-21, 祭扫服务保障方案: the people expected in a span: what earlier spans of the same hour were filled to on average, of
/// this one's capacity; never fewer than are booked and never more than it takes. Without a past, what
/// is booked.
pub fn forecast(booked: i64, capacity: i64, past: &[(i64, i64)]) -> i64 {
    let (filled, offered) = past
        .iter()
        .filter(|(_, capacity)| *capacity > 0)
        .fold((0_i64, 0_i64), |(f, o), (booked, capacity)| {
            (f.saturating_add(*booked), o.saturating_add(*capacity))
        });
    let usual = if offered == 0 {
        0
    } else {
        filled.saturating_mul(capacity) / offered
    };
    usual.max(booked).min(capacity.max(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::settings;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 4, d).unwrap()
    }

    #[test]
    fn who_comes_takes_a_place_and_who_does_not_takes_none() {
        let rules = settings::on("51", day(1));
        let code = |mode, people, left, on| {
            book(mode, people, left, (on, 12), (day(1), 12), &rules)
                .err()
                .map(|e| e.code)
        };
        use WorshipMode::*;
        let table = [
            (OnSite, 4, 4, day(5), None),
            (OnSite, 5, 4, day(5), Some("SLOT_FULL")),
            (Proxy, 5, 0, day(5), None),
            (Online, 20, 0, day(5), None),
            (OnSite, 21, 300, day(5), Some("PARTY_SIZE")),
            (OnSite, 0, 300, day(5), Some("PARTY_SIZE")),
            // The span of this morning ended at noon.
            (OnSite, 1, 300, day(1), Some("SLOT_OVER")),
            (
                OnSite,
                1,
                300,
                NaiveDate::from_ymd_opt(2027, 3, 31).unwrap(),
                Some("SLOT_OVER"),
            ),
        ];
        for (mode, people, left, on, expected) in table {
            assert_eq!(
                code(mode, people, left, on).as_deref(),
                expected,
                "{mode:?} {people} {left}"
            );
        }
    }

    #[test]
    fn a_crowd_grows_by_its_thresholds() {
        let rules = settings::on("51", day(1));
        use CrowdLevel::*;
        for (booked, expected) in [
            (0, Low),
            (49, Low),
            (50, Moderate),
            (79, Moderate),
            (80, High),
            (99, High),
            (100, Full),
            (101, Full),
        ] {
            assert_eq!(crowd(booked, 100, &rules), expected, "{booked}");
        }
        assert_eq!(crowd(0, 0, &rules), Full);
    }

    #[test]
    fn a_forecast_lies_between_what_is_booked_and_what_there_is() {
        type Case<'c> = (i64, i64, &'c [(i64, i64)], i64);
        let table: [Case<'_>; 5] = [
            (10, 300, &[], 10),
            (10, 300, &[(150, 300), (300, 300)], 225),
            (280, 300, &[(150, 300)], 280),
            (10, 100, &[(300, 300)], 100),
            (0, 0, &[(1, 0)], 0),
        ];
        for (booked, capacity, past, expected) in table {
            assert_eq!(
                forecast(booked, capacity, past),
                expected,
                "{booked} {capacity}"
            );
        }
    }
}
