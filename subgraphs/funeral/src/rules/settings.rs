//! What a province sets for itself, with its basis and the day it was verified.
//!
//! The numbers are settings and no constants because most of them rest on local rules or on the
//! regulation's text from before 2026 (domain.md B.2.1).

use chrono::NaiveDate;

/// One number of the law with where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// The article or notice it rests on.
    pub legal_basis: &'static str,
    /// The day someone last compared it with its source.
    pub verified_on: NaiveDate,
}

/// The settings that the rules of this subsystem need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// F-3: whether the whole province is a cremation area.
    pub cremation_area: Setting<bool>,
    /// F-9: the largest grave for ashes, in thousandths of a square metre.
    pub ash_plot_milli_m2: Setting<i64>,
    /// F-9: the years after which a contract is renewed.
    pub renewal_years: Setting<u32>,
    /// F-14: the days a body may be stored without an extension.
    pub storage_days: Setting<i64>,
    /// F-14: the days a body may be stored with an ordinary extension.
    pub storage_max_days: Setting<i64>,
    /// F-18: the minutes within which a ticket is dispatched.
    pub dispatch_minutes: Setting<i64>,
    /// How long a niche is held for a case, in hours.
    pub hold_hours: Setting<i64>,
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// The day the revised regulation came into force.
pub const REVISION_IN_FORCE: NaiveDate = day(2026, 3, 30);

const VERIFIED: NaiveDate = day(2026, 11, 1);

const fn set<T: Copy>(value: T, legal_basis: &'static str) -> Setting<T> {
    Setting {
        value,
        legal_basis,
        verified_on: VERIFIED,
    }
}

/// The settings of a province (its two digits). All four provinces shown keep to the defaults.
pub const fn of_province(_province: &str) -> Settings {
    Settings {
        cremation_area: set(true, "殡葬管理条例（2012）第四条"),
        ash_plot_milli_m2: set(1_000, "殡葬管理条例（2012）第十一条；省设定"),
        renewal_years: set(20, "殡葬管理条例（2012）第十一条；省设定"),
        storage_days: set(7, "省殡葬管理规定"),
        storage_max_days: set(30, "省殡葬管理规定"),
        dispatch_minutes: set(15, "96444殡葬服务热线服务承诺"),
        hold_hours: set(72, "骨灰堂服务规则（设定）"),
    }
}
