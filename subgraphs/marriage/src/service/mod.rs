//! The use cases. Reading ones take a connection and load for many keys in one statement; each
//! writing one is one transaction that a caller may repeat with the same request key.

pub mod act;
pub mod archives;
pub mod bureau;
pub mod certificates;
pub mod corrections;
pub mod counselling;
pub mod counter;
pub mod couple;
pub mod court;
pub mod deadlines;
pub mod death;
pub mod divorce;
pub mod divorce_steps;
pub mod eligibility;
pub mod impersonation;
pub mod indicators;
pub mod issued;
pub mod keyed;
pub mod ledger;
pub mod matters;
pub mod moves;
pub mod office;
pub mod queue;
pub mod rebase;
pub mod records;
pub mod registration;
pub mod registries;
pub mod replacement;
pub mod slot_id;
pub mod slots;
pub mod staff;
pub mod statistics;
pub mod suppression;
pub mod timers;
pub mod two_marriages;
pub mod visits;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// An instant as the clock on the wall in Shanghai shows it (UTC+8, without summer time).
#[must_use]
pub fn shanghai(at: DateTime<Utc>) -> NaiveDateTime {
    (at + TimeDelta::hours(8)).naive_utc()
}

/// The instant of a wall-clock time in Shanghai.
#[must_use]
pub fn instant(wall: NaiveDateTime) -> DateTime<Utc> {
    (wall - TimeDelta::hours(8)).and_utc()
}

/// Minutes after midnight as a time of day.
#[must_use]
pub fn time_of(minutes: i32) -> chrono::NaiveTime {
    let seconds = u32::try_from(minutes.clamp(0, 1439)).unwrap_or(0) * 60;
    chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or_default()
}
