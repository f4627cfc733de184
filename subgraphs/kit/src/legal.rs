//! Legal parameters with their dates: numbers that a law, a regulation or a province may change are
//! rows of a table and never constants in a rule.
//!
//! A [`Parameter`] is one number through time; each [`Dated`] value says from when on it counts, until
//! when, on which article it rests, where it was read and whether anybody has compared it with the
//! published text. A rule asks for the value *on the day that it judges*, so that an application of
//! last year is judged by last year's law.
//!
//! ```
//! use minzheng_kit::legal::{Dated, Parameter, day};
//!
//! /// M-16: the days of the cooling-off.
//! static COOLING_OFF_DAYS: Parameter<u32> = Parameter::new(
//!     "M-16.coolingOffDays",
//!     "Days of the cooling-off before a divorce",
//!     "离婚冷静期天数",
//!     "DAYS",
//!     &[Dated::new(30, day(2021, 1, 1), "民法典 1077", "中华人民共和国民法典（2020）")],
//! );
//! assert_eq!(COOLING_OFF_DAYS.value_on(day(2026, 11, 22)), Some(30));
//! assert_eq!(COOLING_OFF_DAYS.value_on(day(2020, 12, 31)), None);
//! ```
//!
//! A province's own value ([`Dated::only_in`]) goes before the national one while it lasts. Every
//! table has one test: `assert_eq!(REGISTER.faults(), [])` finds overlaps, gaps and empty texts.

mod graph;
mod periods;

use chrono::NaiveDate;

use crate::{
    error::{Error, Result},
    scalars::Yuan,
};

pub use graph::LegalParameter;
pub use periods::{Fault, FaultKind, Period, faults_of};

/// A day of a table, at compile time. A day that does not exist becomes [`NaiveDate::MIN`], which
/// [`Register::faults`] reports.
pub const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// One value of a parameter with the time in which it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dated<T> {
    /// The value.
    pub value: T,
    /// The first day on which it counts.
    pub valid_from: NaiveDate,
    /// The first day on which it counts no longer; `None` while it is in force.
    pub valid_to: Option<NaiveDate>,
    /// The two digits of the only province where it counts, or more digits for a smaller area; `None` for the whole
    /// country.
    pub province: Option<&'static str>,
    /// The article that sets it.
    pub legal_basis: &'static str,
    /// The text that it was read from, or `示例` for a value invented for demonstration.
    pub source: &'static str,
    /// The day on which somebody compared it with the published text; `None` if nobody has.
    pub verified_on: Option<NaiveDate>,
}

impl<T> Dated<T> {
    /// A value in force from a day on, in the whole country, not yet compared with the published text.
    pub const fn new(
        value: T,
        valid_from: NaiveDate,
        legal_basis: &'static str,
        source: &'static str,
    ) -> Self {
        Self {
            value,
            valid_from,
            valid_to: None,
            province: None,
            legal_basis,
            source,
            verified_on: None,
        }
    }

    /// Until, but not on, a day.
    #[must_use]
    pub const fn until(mut self, valid_to: NaiveDate) -> Self {
        self.valid_to = Some(valid_to);
        self
    }

    /// Only in one province, or in the area whose codes begin with more digits.
    #[must_use]
    pub const fn only_in(mut self, province: &'static str) -> Self {
        self.province = Some(province);
        self
    }

    /// Compared with the published text on a day.
    #[must_use]
    pub const fn verified(mut self, on: NaiveDate) -> Self {
        self.verified_on = Some(on);
        self
    }

    /// Whether it counts on a day.
    pub fn counts_on(&self, on: NaiveDate) -> bool {
        self.valid_from <= on && self.valid_to.is_none_or(|to| on < to)
    }
}

/// One number of the law through time.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<T: 'static> {
    /// Its stable code: the rule's id and a name, for example `F-9.ashPlotArea`.
    pub code: &'static str,
    /// What it is, in English.
    pub name_en: &'static str,
    /// What it is, in Chinese.
    pub name_zh: &'static str,
    /// The unit, in capitals: `DAYS`, `YEARS`, `YUAN`, `PERSONS`, `NONE` …
    pub unit: &'static str,
    /// The values. Order does not matter.
    pub values: &'static [Dated<T>],
}

impl<T: Copy> Parameter<T> {
    /// A parameter and its values.
    pub const fn new(
        code: &'static str,
        name_en: &'static str,
        name_zh: &'static str,
        unit: &'static str,
        values: &'static [Dated<T>],
    ) -> Self {
        Self {
            code,
            name_en,
            name_zh,
            unit,
            values,
        }
    }

    /// The national value on a day with its basis; `None` when the table has none for that day.
    pub fn on(&self, on: NaiveDate) -> Option<&'static Dated<T>> {
        self.values
            .iter()
            .find(|value| value.province.is_none() && value.counts_on(on))
    }

    /// The value that counts in a place on a day: that of the smallest area around it which has one of its own,
    /// otherwise the national one. `place` is a province by its two digits, or any division by its code.
    pub fn on_in(&self, place: &str, on: NaiveDate) -> Option<&'static Dated<T>> {
        let around = |value: &&Dated<T>| {
            value.province.is_some_and(|area| place.starts_with(area)) && value.counts_on(on)
        };
        self.values
            .iter()
            .filter(around)
            .max_by_key(|value| value.province.map_or(0, str::len))
            .or_else(|| self.on(on))
    }

    /// The national value on a day, alone.
    pub fn value_on(&self, on: NaiveDate) -> Option<T> {
        self.on(on).map(|dated| dated.value)
    }

    /// The value in a province on a day with its basis, for services whose rule cannot go on without it.
    ///
    /// # Errors
    /// [`Error::Internal`] that names the parameter and the day: the table must be extended, nothing may
    /// be guessed.
    pub fn required(&self, province: &str, on: NaiveDate) -> Result<&'static Dated<T>> {
        self.on_in(province, on)
            .ok_or_else(|| Error::internal(format!("no value of {} is known for {on}", self.code)))
    }
}

/// A value that can be shown in the list of parameters.
pub trait Shown {
    /// The value as text.
    fn shown(&self) -> String;
}

macro_rules! shown {
    ($($kind:ty),+) => {
        $(impl Shown for $kind {
            fn shown(&self) -> String {
                self.to_string()
            }
        })+
    };
}

shown!(
    i16,
    i32,
    i64,
    u16,
    u32,
    u64,
    usize,
    f64,
    bool,
    &'static str,
    Yuan
);

impl Shown for NaiveDate {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for chrono::NaiveTime {
    fn shown(&self) -> String {
        self.format("%H:%M").to_string()
    }
}

impl<T: Shown> Shown for &'static [T] {
    fn shown(&self) -> String {
        let parts: Vec<String> = self.iter().map(Shown::shown).collect();
        parts.join(", ")
    }
}

impl<A: Shown, B: Shown> Shown for (A, B) {
    fn shown(&self) -> String {
        format!("{}–{}", self.0.shown(), self.1.shown())
    }
}

/// A parameter whose values' type no longer matters.
pub trait Listed: Sync {
    /// Its code.
    fn code(&self) -> &'static str;
    /// Its values as clients see them.
    fn rows(&self) -> Vec<LegalParameter>;
    /// What is wrong with its table.
    fn faults(&self) -> Vec<Fault>;
}

impl<T: Shown + Copy + Sync> Listed for Parameter<T> {
    fn code(&self) -> &'static str {
        self.code
    }

    fn rows(&self) -> Vec<LegalParameter> {
        self.values
            .iter()
            .map(|dated| LegalParameter::of(self, dated))
            .collect()
    }

    fn faults(&self) -> Vec<Fault> {
        let told = |text: &str| !text.trim().is_empty();
        let mut faults = faults_of(
            self.code,
            self.values.iter().map(|dated| Period {
                scope: dated.province.unwrap_or_default(),
                from: dated.valid_from,
                to: dated.valid_to,
            }),
        );
        let silent = [self.code, self.name_en, self.name_zh, self.unit]
            .into_iter()
            .chain(self.values.iter().flat_map(|d| [d.legal_basis, d.source]))
            .any(|text| !told(text));
        if silent {
            faults.push(Fault {
                code: self.code,
                kind: FaultKind::Silent,
            });
        }
        faults
    }
}

/// All parameters of a subgraph, in the order in which they are shown.
#[derive(Clone, Copy)]
pub struct Register(pub &'static [&'static dyn Listed]);

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|p| p.code()))
            .finish()
    }
}

impl Register {
    /// Everything, or what counts on a day; for the field `…LegalParameters` of a subgraph.
    pub fn list(&self, on: Option<NaiveDate>) -> Vec<LegalParameter> {
        self.0
            .iter()
            .flat_map(|parameter| parameter.rows())
            .filter(|row| on.is_none_or(|on| row.counts_on(on)))
            .collect()
    }

    /// What is wrong with the tables; empty when all is well. One test of each subgraph asserts that.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.0.iter().flat_map(|p| p.faults()).collect();
        let mut codes = std::collections::HashSet::new();
        for parameter in self.0 {
            if !codes.insert(parameter.code()) {
                faults.push(Fault {
                    code: parameter.code(),
                    kind: FaultKind::Double,
                });
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: &str = "某条例 第一条";
    const TEXT: &str = "某条例（示例）";

    static DAYS: Parameter<u32> = Parameter::new(
        "X-1.days",
        "Days",
        "天数",
        "DAYS",
        &[
            Dated::new(20, day(2003, 10, 1), LAW, TEXT).until(day(2025, 5, 10)),
            Dated::new(30, day(2025, 5, 10), LAW, TEXT).verified(day(2026, 11, 1)),
            Dated::new(15, day(2026, 1, 1), LAW, TEXT).only_in("51"),
        ],
    );

    #[test]
    fn a_value_counts_from_its_first_day_to_the_day_before_its_last() {
        let table = [
            ("2003-09-30", None),
            ("2003-10-01", Some(20)),
            ("2025-05-09", Some(20)),
            ("2025-05-10", Some(30)),
            ("2030-01-01", Some(30)),
        ];
        for (on, expected) in table {
            assert_eq!(DAYS.value_on(on.parse().unwrap()), expected, "{on}");
        }
    }

    #[test]
    fn a_province_goes_before_the_country_while_it_has_a_value() {
        let at = |province, on: &str| DAYS.on_in(province, on.parse().unwrap()).unwrap().value;
        assert_eq!(at("51", "2025-12-31"), 30);
        assert_eq!(at("51", "2026-01-01"), 15);
        assert_eq!(at("32", "2026-01-01"), 30);
    }

    #[test]
    fn a_smaller_area_goes_before_its_province() {
        static AREAS: Parameter<u32> = Parameter::new(
            "X-3.areas",
            "Areas",
            "区域",
            "NONE",
            &[
                Dated::new(1, day(2000, 1, 1), LAW, TEXT),
                Dated::new(2, day(2000, 1, 1), LAW, TEXT).only_in("51"),
                Dated::new(3, day(2000, 1, 1), LAW, TEXT).only_in("5133"),
            ],
        );
        assert_eq!(AREAS.faults(), []);
        for (place, expected) in [
            ("32", 1),
            ("51", 2),
            ("510118", 2),
            ("513301", 3),
            ("513301001", 3),
            ("5", 1),
        ] {
            let value = AREAS.on_in(place, day(2026, 11, 22)).unwrap().value;
            assert_eq!(value, expected, "{place}");
        }
    }

    #[test]
    fn a_day_without_a_value_is_an_error_that_names_the_parameter_and_no_guess() {
        let Err(Error::Internal(told)) = DAYS.required("51", day(1999, 1, 1)) else {
            panic!("guessed");
        };
        assert!(told.contains("X-1.days") && told.contains("1999-01-01"));
    }

    #[test]
    fn the_register_lists_what_counts_on_a_day_with_its_basis() {
        static REGISTER: Register = Register(&[&DAYS]);
        assert_eq!(REGISTER.faults(), []);
        assert_eq!(REGISTER.list(None).len(), 3);
        let rows = REGISTER.list(Some(day(2026, 11, 22)));
        let shown: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.value.as_str(),
                    row.province.as_deref(),
                    row.verified_on.is_some(),
                )
            })
            .collect();
        assert_eq!(shown, [("30", None, true), ("15", Some("51"), false)]);
        assert_eq!(rows[0].legal_basis, LAW);
    }

    #[test]
    fn a_bad_table_is_found() {
        static GAP: Parameter<bool> = Parameter::new(
            "X-2.gap",
            "Gap",
            "缺口",
            "NONE",
            &[
                Dated::new(true, day(2000, 1, 1), LAW, TEXT).until(day(2001, 1, 1)),
                Dated::new(false, day(2001, 1, 2), LAW, TEXT),
            ],
        );
        static SILENT: Parameter<Yuan> = Parameter::new(
            "X-1.days",
            "Fee",
            "费用",
            "YUAN",
            &[Dated::new(Yuan(100), day(2001, 2, 29), " ", TEXT)],
        );
        static BAD: Register = Register(&[&DAYS, &GAP, &SILENT]);
        let kinds: Vec<FaultKind> = BAD.faults().into_iter().map(|fault| fault.kind).collect();
        assert_eq!(
            kinds,
            [
                FaultKind::Gap,
                FaultKind::NoSuchDay,
                FaultKind::Silent,
                FaultKind::Double
            ]
        );
    }
}
