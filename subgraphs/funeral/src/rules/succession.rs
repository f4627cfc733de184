//! What holds from day to day under a division that another one follows: policies, plans, ceilings and who may set
//! them.

use chrono::NaiveDate;

/// What becomes of something that holds from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It ended before: it stays where it is.
    Stays,
    /// It begins with the new order or later: it is the successor's.
    Goes,
    /// It holds until the day of the new order where it is, and from then on for the successor.
    Parts,
}

/// D-7, F-11, 行政区划管理条例 2: what a division has set stays its own until the effective day of the change, for what
/// was done there before is judged by it; from that day on it holds for the successor, until that one sets its own.
pub fn fate(valid_from: NaiveDate, valid_to: Option<NaiveDate>, effective: NaiveDate) -> Fate {
    match valid_to {
        Some(to) if to <= effective || to <= valid_from => Fate::Stays,
        _ if valid_from >= effective => Fate::Goes,
        _ => Fate::Parts,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_division_has_set_is_its_own_until_the_day_of_the_change() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let table = [
            ("2026-01-01", None, Fate::Parts),
            ("2026-01-01", Some("2027-01-01"), Fate::Parts),
            ("2026-01-01", Some("2026-11-22"), Fate::Stays),
            ("2026-01-01", Some("2026-06-01"), Fate::Stays),
            ("2026-11-22", None, Fate::Goes),
            ("2027-01-01", Some("2028-01-01"), Fate::Goes),
            // One that was overtaken before it began never holds.
            ("2027-01-01", Some("2027-01-01"), Fate::Stays),
        ];
        for (from, to, expected) in table {
            let found = fate(day(from), to.map(day), day("2026-11-22"));
            assert_eq!(found, expected, "{from} {to:?}");
        }
    }
}
