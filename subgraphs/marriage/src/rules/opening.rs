//! When a registry is open, and which slots follow from it.
//!
//! Hours are kept by weekday. On a statutory rest day (weekend or holiday) only a registry with
//! 延时服务, extended service, is open, by its Saturday hours. A make-up working weekend has
//! Monday's hours. A dated exception beats both; it opens no rest day of a registry without 延时服务. Slots are never stored ahead: they follow from the
//! hours, and only a slot that someone booked has a row.

use super::Refusal;
use super::days::{RestDays, rest_or_weekend};
use chrono::{Datelike, NaiveDate, Weekday};

/// What one comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// 结婚登记 (also 复婚 and 补办).
    Marriage,
    /// 离婚登记.
    Divorce,
    /// 补领证件.
    Replacement,
    /// 婚姻家庭辅导.
    Counselling,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 4] = [
        Self::Marriage,
        Self::Divorce,
        Self::Replacement,
        Self::Counselling,
    ];

    /// The text kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Marriage => "MARRIAGE",
            Self::Divorce => "DIVORCE",
            Self::Replacement => "REPLACEMENT",
            Self::Counselling => "COUNSELLING",
        }
    }

    /// The service of a stored text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|service| service.as_str() == text)
    }

    /// Minutes that one appointment takes.
    #[must_use]
    pub const fn minutes(self) -> i32 {
        match self {
            Self::Marriage | Self::Replacement => 30,
            Self::Divorce | Self::Counselling => 60,
        }
    }
}

/// Open from `opens` to `closes`, minutes after midnight of Shanghai time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First minute.
    pub opens: i32,
    /// Minute of closing.
    pub closes: i32,
}

/// Regular hours of one weekday (1 = Monday … 7 = Sunday).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekdayPeriod {
    /// ISO weekday.
    pub weekday: u32,
    /// The hours.
    pub period: Period,
}

/// A dated exception: closed, or other hours than usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The day.
    pub day: NaiveDate,
    /// The hours; `None` is closed.
    pub period: Option<Period>,
}

/// The hours of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayHours {
    /// Open periods in order; empty when closed.
    pub periods: Vec<Period>,
    /// Open on a statutory rest day (延时服务).
    pub extended: bool,
    /// The rest days of this year are not published; the weekend was assumed.
    pub provisional: bool,
}

/// The regular timetable of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Timetable<'a> {
    /// Hours by weekday.
    pub week: &'a [WeekdayPeriod],
    /// Dated exceptions.
    pub exceptions: &'a [Exception],
    /// Whether it serves on rest days.
    pub extended_service: bool,
}

/// A.1-6, 延时服务 "周末和节假日不打烊": the hours of a registry on a day.
#[must_use]
pub fn hours_on(timetable: &Timetable<'_>, calendar: &dyn RestDays, day: NaiveDate) -> DayHours {
    let (rest, provisional) = rest_or_weekend(calendar, day);
    // 延时服务 is what opens a rest day; other hours of one day do not.
    if rest && !timetable.extended_service {
        return DayHours {
            provisional,
            ..DayHours::default()
        };
    }
    let dated: Vec<_> = timetable
        .exceptions
        .iter()
        .filter(|e| e.day == day)
        .collect();
    if !dated.is_empty() {
        let mut periods: Vec<_> = dated.iter().filter_map(|e| e.period).collect();
        periods.sort_by_key(|p| p.opens);
        return DayHours {
            extended: rest && !periods.is_empty(),
            periods,
            provisional,
        };
    }
    let weekday = match (rest, day.weekday()) {
        (true, _) => Weekday::Sat,
        (false, Weekday::Sat | Weekday::Sun) => Weekday::Mon,
        (false, weekday) => weekday,
    };
    let mut periods: Vec<_> = timetable
        .week
        .iter()
        .filter(|p| p.weekday == weekday.number_from_monday())
        .map(|p| p.period)
        .collect();
    periods.sort_by_key(|p| p.opens);
    DayHours {
        extended: rest && !periods.is_empty(),
        periods,
        provisional,
    }
}

/// A.1-6, 延时服务: why hours of one day cannot be set: on a rest day only a registry with extended service opens.
#[must_use]
pub fn rest_day_fault(opens: bool, rest: bool, extended_service: bool) -> Option<Refusal> {
    (opens && rest && !extended_service).then_some(Refusal::by_form(
        "REST_DAY_NOT_SERVED",
        "This registry does not serve on rest days; give it extended service first, then set the hours of the day.",
        "该登记机关未开展延时服务，不能设置休息日办公时间；请先开通延时服务。",
    ))
}

/// A.1-6, 办公时间: whether hours can be kept: each ends after it begins, within a day, on a day of the week, and none lies
/// over another of the same day.
#[must_use]
pub fn hours_fault(hours: &[WeekdayPeriod]) -> Option<Refusal> {
    let whole = |p: &WeekdayPeriod| {
        (1..=7).contains(&p.weekday)
            && p.period.opens >= 0
            && p.period.opens < p.period.closes
            && p.period.closes < 24 * 60
    };
    let mut sorted: Vec<_> = hours.iter().collect();
    sorted.sort_by_key(|p| (p.weekday, p.period.opens));
    let over = sorted.windows(2).any(|pair| match pair {
        [a, b] => a.weekday == b.weekday && b.period.opens < a.period.closes,
        _ => false,
    });
    (over || !hours.iter().all(whole)).then_some(Refusal::by_form(
        "HOURS_UNUSABLE",
        "Hours end after they begin, on a day of the week, and do not lie over each other.",
        "办公时间须起止有序、星期有效且互不重叠。",
    ))
}

/// How many couples a registry serves at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Windows for registration.
    pub windows: i32,
    /// Counselling rooms.
    pub counselling_rooms: i32,
}

impl Capacity {
    /// Places in one slot of a service.
    #[must_use]
    pub const fn places(self, service: Service) -> i32 {
        match service {
            Service::Marriage => self.windows,
            Service::Divorce | Service::Replacement => {
                if self.windows > 0 {
                    1
                } else {
                    0
                }
            }
            Service::Counselling => self.counselling_rooms,
        }
    }
}

/// A.1-6, 延时服务: the slots of a day for a service: back to back within each open period.
#[must_use]
pub fn slots(hours: &DayHours, service: Service, capacity: Capacity) -> Vec<Period> {
    if capacity.places(service) < 1 {
        return Vec::new();
    }
    let length = service.minutes();
    let mut slots = Vec::new();
    for period in &hours.periods {
        let mut opens = period.opens;
        while opens + length <= period.closes {
            slots.push(Period {
                opens,
                closes: opens + length,
            });
            opens += length;
        }
    }
    slots
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::days::testing::Year2026;
    use super::*;

    const MORNING: Period = Period {
        opens: 540,
        closes: 720,
    };
    const AFTERNOON: Period = Period {
        opens: 840,
        closes: 1020,
    };
    const SATURDAY: Period = Period {
        opens: 570,
        closes: 960,
    };

    fn week() -> Vec<WeekdayPeriod> {
        let mut week: Vec<_> = (1..=5)
            .flat_map(|weekday| {
                [MORNING, AFTERNOON].map(|period| WeekdayPeriod { weekday, period })
            })
            .collect();
        week.push(WeekdayPeriod {
            weekday: 6,
            period: SATURDAY,
        });
        week
    }

    #[test]
    fn a_rest_day_is_served_only_where_there_is_extended_service() {
        let week = week();
        let exceptions = [
            Exception {
                day: "2026-11-25".parse().unwrap(),
                period: None,
            },
            Exception {
                day: "2026-11-29".parse().unwrap(),
                period: Some(MORNING),
            },
        ];
        // day, periods without and with extended service, extended
        let table = [
            (
                "2026-11-23",
                vec![MORNING, AFTERNOON],
                vec![MORNING, AFTERNOON],
                false,
            ),
            ("2026-11-28", vec![], vec![SATURDAY], true),
            ("2026-05-01", vec![], vec![SATURDAY], true),
            (
                "2026-05-09",
                vec![MORNING, AFTERNOON],
                vec![MORNING, AFTERNOON],
                false,
            ),
            ("2026-11-25", vec![], vec![], false),
            ("2026-11-29", vec![], vec![MORNING], true),
        ];
        for (day, usual, extended_service, extended) in table {
            for (with, periods) in [(false, &usual), (true, &extended_service)] {
                let timetable = Timetable {
                    week: &week,
                    exceptions: &exceptions,
                    extended_service: with,
                };
                let hours = hours_on(&timetable, &Year2026, day.parse().unwrap());
                assert_eq!(&hours.periods, periods, "{day} {with}");
                assert_eq!(
                    hours.extended,
                    extended && !periods.is_empty(),
                    "{day} {with}"
                );
                assert!(!hours.provisional);
            }
        }
    }

    #[test]
    fn hours_of_a_rest_day_are_set_only_with_extended_service() {
        for (opens, rest, extended, fault) in [
            (true, true, false, true),
            (true, true, true, false),
            (true, false, false, false),
            (false, true, false, false),
        ] {
            assert_eq!(rest_day_fault(opens, rest, extended).is_some(), fault);
        }
    }

    #[test]
    fn a_year_without_calendar_falls_back_to_weekends_and_says_so() {
        let week = week();
        let timetable = Timetable {
            week: &week,
            exceptions: &[],
            extended_service: false,
        };
        let friday = hours_on(&timetable, &Year2026, "2027-01-01".parse().unwrap());
        assert!(friday.provisional && !friday.periods.is_empty());
        let saturday = hours_on(&timetable, &Year2026, "2027-01-02".parse().unwrap());
        assert!(saturday.provisional && saturday.periods.is_empty());
    }

    #[test]
    fn slots_follow_back_to_back_and_stay_within_the_hours() {
        let hours = DayHours {
            periods: vec![MORNING, AFTERNOON],
            ..DayHours::default()
        };
        let capacity = Capacity {
            windows: 2,
            counselling_rooms: 0,
        };
        for (service, count) in [
            (Service::Marriage, 12),
            (Service::Divorce, 6),
            (Service::Replacement, 12),
            (Service::Counselling, 0),
        ] {
            let slots = slots(&hours, service, capacity);
            assert_eq!(slots.len(), count, "{service:?}");
            assert!(slots.iter().all(|s| {
                hours
                    .periods
                    .iter()
                    .any(|p| p.opens <= s.opens && s.closes <= p.closes)
            }));
            assert!(slots.windows(2).all(|w| w[0].closes <= w[1].opens));
        }
    }

    #[test]
    fn hours_that_cannot_be_kept_are_refused() {
        let on = |weekday, opens, closes| WeekdayPeriod {
            weekday,
            period: Period { opens, closes },
        };
        for (hours, fine) in [
            (vec![], true),
            (vec![on(1, 540, 720), on(1, 810, 1020)], true),
            (vec![on(1, 540, 720), on(2, 600, 800)], true),
            (vec![on(1, 540, 720), on(1, 700, 800)], false),
            (vec![on(8, 540, 720)], false),
            (vec![on(1, 720, 540)], false),
            (vec![on(1, 540, 1440)], false),
        ] {
            assert_eq!(hours_fault(&hours).is_none(), fine, "{hours:?}");
        }
    }
}
