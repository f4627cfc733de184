//! M-24: how long the files of registrations are kept, and who may read them.

use super::Refusal;
use super::law::{self, Parameter};
use chrono::{Datelike, NaiveDate};

/// How long a file is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retention {
    /// 长期.
    LongTerm,
    /// 永久.
    Permanent,
}

impl Retention {
    /// The text kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LongTerm => "LONG_TERM",
            Self::Permanent => "PERMANENT",
        }
    }
}

/// M-24, 婚姻登记档案管理办法 13: kept for a hundred years from the end of the year of the act, what is
/// of lasting value for ever. The period is that of the day on which the file is archived, `today`, for the
/// rules of 2006 hold for older files too. None means for ever, also where no period is known.
#[must_use]
pub fn retain_until(retention: Retention, act: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
    match retention {
        Retention::Permanent => None,
        Retention::LongTerm => {
            let years = law::value(Parameter::RetentionYears, today)?;
            let years = i32::try_from(years).ok()?;
            NaiveDate::from_ymd_opt(act.year() + years, 12, 31)
        }
    }
}

/// M-24, 婚姻登记档案管理办法: the papers of an act are put on the shelf once.
#[must_use]
pub fn once(is_there: bool) -> Option<Refusal> {
    is_there.then_some(Refusal::by_law(
        "ARCHIVED_ALREADY",
        "The papers of this act are in the archive already.",
        "该事项的材料已归档。",
        "婚姻登记档案管理办法",
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_a_hundred_years_or_for_ever() {
        let act: NaiveDate = "2026-11-22".parse().unwrap();
        assert_eq!(
            retain_until(Retention::LongTerm, act, act),
            Some("2126-12-31".parse().unwrap())
        );
        assert_eq!(retain_until(Retention::Permanent, act, act), None);
        // A file of before the rules of 2006 is kept by the rules in force when it is archived.
        let early = "1988-02-29".parse().unwrap();
        assert_eq!(
            retain_until(Retention::LongTerm, early, act),
            Some("2088-12-31".parse().unwrap())
        );
    }
}
