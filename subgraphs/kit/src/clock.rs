//! The time, passed in. Rules never look at a clock of their own, so that a test can stand on any
//! day. The legal day is the day in Shanghai (domain.md B.0.5); instants are stored in UTC.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

/// A source of the present time: the system's, or one fixed for tests.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Source::Fixed(at))
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        match self.0 {
            Source::System => Utc::now(),
            Source::Fixed(at) => at,
        }
    }

    /// Today's legal day, in Asia/Shanghai.
    pub fn today(&self) -> NaiveDate {
        legal_day(self.now())
    }
}

/// The legal day of an instant. China has kept UTC+8 without summer time since 1991, and no rule
/// here computes an instant before that.
pub fn legal_day(at: DateTime<Utc>) -> NaiveDate {
    const SHANGHAI_SECONDS_EAST: i32 = 8 * 3600;
    match FixedOffset::east_opt(SHANGHAI_SECONDS_EAST) {
        Some(shanghai) => at.with_timezone(&shanghai).date_naive(),
        None => at.date_naive(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legal_day_begins_at_sixteen_hours_utc() {
        let before = "2026-11-21T15:59:59Z".parse().unwrap();
        let after = "2026-11-21T16:00:00Z".parse().unwrap();
        assert_eq!(Clock::fixed(before).today().to_string(), "2026-11-21");
        assert_eq!(Clock::fixed(after).today().to_string(), "2026-11-22");
    }
}
