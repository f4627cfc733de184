//! M-1: the age of marriage, counted in full years on the legal day.
//!
//! Two points of counting are practice, not statute, and therefore settings: whether the birthday
//! itself counts, and when someone born on 29 February grows older in a common year.

use super::Refusal;
use super::law::{self, Parameter};
use chrono::{Datelike, NaiveDate};

/// Sex as the identity number states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男.
    Man,
    /// 女.
    Woman,
}

/// The day on which a year of age counts as reached (`ageReachedOn`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgeReachedOn {
    /// The birthday counts, as registries do it.
    #[default]
    Birthday,
    /// The day after the birthday, as criminal law counts.
    DayAfterBirthday,
}

/// When a person born on 29 February has the birthday in a common year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeapDayBirthday {
    /// 1 March.
    #[default]
    FirstOfMarch,
    /// 28 February.
    LastOfFebruary,
}

/// The two settings of counting age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgeSettings {
    /// Whether the birthday itself counts.
    pub reached_on: AgeReachedOn,
    /// The birthday of those born on a leap day.
    pub leap_day: LeapDayBirthday,
}

impl AgeSettings {
    /// M-1, 民法典 1047: the settings of a day, by the table of the law; the usual ones on a day without rows.
    #[must_use]
    pub fn on(day: NaiveDate) -> Self {
        Self {
            reached_on: match law::value(Parameter::AgeReachedOn, day) {
                Some(1) => AgeReachedOn::DayAfterBirthday,
                _ => AgeReachedOn::Birthday,
            },
            leap_day: match law::value(Parameter::LeapDayBirthday, day) {
                Some(0) => LeapDayBirthday::LastOfFebruary,
                _ => LeapDayBirthday::FirstOfMarch,
            },
        }
    }
}

/// M-1, 民法典 1047: full years of age on a day; negative before birth.
#[must_use]
pub fn full_years(birth: NaiveDate, on: NaiveDate, settings: AgeSettings) -> i32 {
    let years = on.year() - birth.year();
    let birthday = birth
        .with_year(on.year())
        .or_else(|| match settings.leap_day {
            LeapDayBirthday::FirstOfMarch => NaiveDate::from_ymd_opt(on.year(), 3, 1),
            LeapDayBirthday::LastOfFebruary => NaiveDate::from_ymd_opt(on.year(), 2, 28),
        });
    let reached = birthday.is_some_and(|birthday| match settings.reached_on {
        AgeReachedOn::Birthday => on >= birthday,
        AgeReachedOn::DayAfterBirthday => on > birthday,
    });
    if reached { years } else { years - 1 }
}

/// M-1, 民法典 1047: man at least 22, woman at least 20 full years on the day of registration, or what the
/// law of that day asked; before any law of which the age is known nothing is registered.
#[must_use]
pub fn marriage_age(
    sex: Sex,
    birth: NaiveDate,
    on: NaiveDate,
    settings: AgeSettings,
) -> Option<Refusal> {
    let years = i64::from(full_years(birth, on, settings));
    match sex {
        Sex::Man if law::value(Parameter::ManAge, on).is_none_or(|age| years < age) => {
            Some(Refusal::by_law(
                "MAN_UNDER_AGE",
                "The man has not yet reached the age of marriage.",
                "男方未到法定婚龄。",
                "民法典第一千零四十七条",
            ))
        }
        Sex::Woman if law::value(Parameter::WomanAge, on).is_none_or(|age| years < age) => {
            Some(Refusal::by_law(
                "WOMAN_UNDER_AGE",
                "The woman has not yet reached the age of marriage.",
                "女方未到法定婚龄。",
                "民法典第一千零四十七条",
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_birthday_counts_as_reached() {
        // The study's vectors for 2026-11-22: under 22, 22 exactly, under 20.
        let on = day("2026-11-22");
        let table = [
            (Sex::Man, "2005-11-22", Some("MAN_UNDER_AGE")),
            (Sex::Man, "2004-11-22", None),
            (Sex::Man, "2004-11-23", Some("MAN_UNDER_AGE")),
            (Sex::Woman, "2006-11-23", Some("WOMAN_UNDER_AGE")),
            (Sex::Woman, "2006-11-22", None),
            (Sex::Man, "1990-03-03", None),
        ];
        for (sex, birth, code) in table {
            let got = marriage_age(sex, day(birth), on, AgeSettings::default());
            assert_eq!(got.map(|r| r.code), code, "{sex:?} born {birth}");
        }
    }

    #[test]
    fn a_leap_day_child_grows_older_on_the_first_of_march_in_common_years() {
        let birth = day("2004-02-29");
        let usual = AgeSettings::default();
        let early = AgeSettings {
            leap_day: LeapDayBirthday::LastOfFebruary,
            ..AgeSettings::default()
        };
        let table = [
            ("2026-02-27", 21, 21),
            ("2026-02-28", 21, 22),
            ("2026-03-01", 22, 22),
            ("2024-02-28", 19, 19),
            ("2024-02-29", 20, 20),
        ];
        for (on, first_of_march, last_of_february) in table {
            assert_eq!(full_years(birth, day(on), usual), first_of_march, "{on}");
            assert_eq!(full_years(birth, day(on), early), last_of_february, "{on}");
        }
    }

    #[test]
    fn the_settings_are_those_of_the_table_of_the_law() {
        assert_eq!(AgeSettings::on(day("2026-11-22")), AgeSettings::default());
        // The age of the law of that day, and none before there was one.
        for (birth, on, code) in [
            ("1955-06-01", "1975-06-01", None),
            ("1960-06-01", "1981-06-01", Some("MAN_UNDER_AGE")),
            ("1900-01-01", "1949-10-01", Some("MAN_UNDER_AGE")),
        ] {
            let got = marriage_age(Sex::Man, day(birth), day(on), AgeSettings::on(day(on)));
            assert_eq!(got.map(|r| r.code), code, "{on}");
        }
    }

    #[test]
    fn the_day_after_the_birthday_is_a_setting() {
        let strict = AgeSettings {
            reached_on: AgeReachedOn::DayAfterBirthday,
            ..AgeSettings::default()
        };
        assert_eq!(full_years(day("2004-11-22"), day("2026-11-22"), strict), 21);
        assert_eq!(full_years(day("2004-11-22"), day("2026-11-23"), strict), 22);
    }
}
