//! The days, years, sums and shares of the law and of promises, each with the time it holds.
//!
//! Three of the four core regulations changed within a year, and a promise is a city's own: so no
//! rule knows such a number, each asks here by name, place and day. A row of a place (the first
//! digits of its division code) stands before the general one. When the law changes: close the row
//! with `valid_to`, add the next, and the rules follow.

use super::threshold::date;
use chrono::NaiveDate;

/// What a number is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parameter {
    /// O-4: days to decide on founding (calendar).
    FoundingDays,
    /// O-4: days to decide on other permits (working).
    PermitDays,
    /// O-4: days promised for those (working).
    PromisedPermitDays,
    /// O-22: days to decide on recognition as a charity (calendar).
    CharityDays,
    /// O-22: days to decide on the licence to raise from the public (calendar).
    LicenceDays,
    /// O-4: days within which missing papers are named (working).
    CompletenessDays,
    /// O-4: days left at which a case counts as at risk (a setting).
    RiskDays,
    /// O-5: age of full capacity.
    FullAge,
    /// O-9: days after the supervisor's consent to apply for a change (calendar).
    ChangeDays,
    /// O-10: last day with the supervising department, as month × 100 + day.
    ReportToSupervisor,
    /// O-10: last day with the registry, as month × 100 + day.
    ReportToRegistry,
    /// O-12: years a rating counts.
    RatingYears,
    /// O-12: full years before a first rating.
    YearsBeforeRating,
    /// O-12: years after a penalty without a rating.
    PunishedYears,
    /// O-12: score out of 1,000 from which 5A begins (a setting).
    ScoreFor5A,
    /// O-12: score from which 4A begins (a setting).
    ScoreFor4A,
    /// O-12: score from which 3A begins (a setting).
    ScoreFor3A,
    /// O-12: score from which 2A begins (a setting).
    ScoreFor2A,
    /// O-14: fewest days between two letters.
    LettersApartFrom,
    /// O-14: most days between two letters.
    LettersApartTo,
    /// O-15: years on the abnormal list until it is serious.
    EscalationYears,
    /// O-15: fine that is serious, in fen.
    LargeFine,
    /// O-15: minor penalties that together are serious.
    MinorPenalties,
    /// O-15: years over which minor penalties are counted.
    MinorPenaltyYears,
    /// O-16: clean years before leaving the serious list.
    CleanYears,
    /// O-17: working days to enter credit information.
    CreditEntryDays,
    /// O-18: days after the liquidation to ask for deregistration.
    DeregistrationDays,
    /// O-19: years without activity that allow revocation.
    InactiveYears,
    /// O-19: least multiple of the illegal income as a fine.
    IncomeFineFrom,
    /// O-19: greatest multiple of the illegal income as a fine.
    IncomeFineTo,
    /// O-19: least multiple of the illegal turnover as a fine.
    TurnoverFineFrom,
    /// O-19: greatest multiple of the illegal turnover as a fine.
    TurnoverFineTo,
    /// O-21: years without report that make a "zombie".
    ZombieReportYears,
    /// O-21: years without activity that make a "zombie".
    ZombieInactiveYears,
    /// O-22: years as a charity before the licence.
    YearsBeforeLicence,
    /// O-22: least share of last year's income to be spent, in percent.
    SpendingPercent,
    /// O-22: greatest share of management in the year's spending, in percent.
    ManagementPercent,
}

/// One dated number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterRow {
    /// What it is for.
    pub parameter: Parameter,
    /// The first digits of the division codes it is for; empty for everywhere.
    pub place: &'static str,
    /// The number.
    pub value: i64,
    /// First day it holds.
    pub valid_from: NaiveDate,
    /// First day it no longer holds; `None` while it holds.
    pub valid_to: Option<NaiveDate>,
    /// The law and its article, or the notice behind a setting.
    pub legal_basis: &'static str,
    /// Where the number was taken from.
    pub source: &'static str,
    /// The day it was compared with the published text; `None` where it was not.
    pub verified_on: Option<NaiveDate>,
}

const SOCIETY: (i32, u32, u32) = (1998, 10, 25);
const TEXT: &str = "published text";
const PART: &str = "text known in part";
const DRAFT: &str = "draft text";
const SETTING: &str = "setting";
const VERIFIED: Option<NaiveDate> = Some(date(2026, 11, 22));

const fn row(
    parameter: Parameter,
    value: i64,
    (year, month, day): (i32, u32, u32),
    legal_basis: &'static str,
    source: &'static str,
    verified_on: Option<NaiveDate>,
) -> ParameterRow {
    ParameterRow {
        parameter,
        place: "",
        value,
        valid_from: date(year, month, day),
        valid_to: None,
        legal_basis,
        source,
        verified_on,
    }
}

const RATING: &str = "社会组织评估管理办法 (2011)";
const CREDIT: &str = "社会组织信用信息管理办法 (2018)";
const PENALTY: &str = "社会团体登记管理条例 (2016) 第三十条";
const ZOMBIE: &str = "僵尸型社会组织清理口径";
const RATED: (i32, u32, u32) = (2011, 3, 1);
const CREDITED: (i32, u32, u32) = (2018, 1, 24);
const CHARITY: (i32, u32, u32) = (2024, 9, 5);

/// Every number known.
pub const PARAMETERS: &[ParameterRow] = {
    use Parameter as P;
    &[
        row(P::FoundingDays, 60, SOCIETY, "社会团体登记管理条例 (2016) 第十二条", TEXT, VERIFIED),
        row(P::PermitDays, 20, (2004, 7, 1), "行政许可法 (2019) 第四十二条", PART, None),
        row(P::PromisedPermitDays, 10, (2023, 1, 1), "行政许可承诺办结时限", "report 001", VERIFIED),
        row(P::CharityDays, 20, CHARITY, "慈善法 (2023) 第十条", TEXT, VERIFIED),
        row(P::LicenceDays, 20, CHARITY, "慈善法 (2023) 第二十二条", TEXT, VERIFIED),
        row(P::CompletenessDays, 5, (2004, 7, 1), "行政许可法 (2019) 第三十二条", PART, None),
        row(P::RiskDays, 3, (2023, 1, 1), "行政许可承诺办结时限", SETTING, None),
        row(P::FullAge, 18, (2021, 1, 1), "民法典 (2021) 第十七条", PART, None),
        row(P::ChangeDays, 30, SOCIETY, "社会团体登记管理条例 (2016) 第十八条", TEXT, VERIFIED),
        row(P::ReportToSupervisor, 331, SOCIETY, "社会团体登记管理条例 (2016) 第二十八条", TEXT, VERIFIED),
        row(P::ReportToRegistry, 531, SOCIETY, "社会团体登记管理条例 (2016) 第二十八条", TEXT, VERIFIED),
        row(P::RatingYears, 5, RATED, RATING, PART, None),
        row(P::YearsBeforeRating, 2, RATED, RATING, PART, None),
        row(P::PunishedYears, 2, RATED, RATING, PART, None),
        row(P::ScoreFor5A, 950, RATED, RATING, SETTING, None),
        row(P::ScoreFor4A, 901, RATED, RATING, SETTING, None),
        row(P::ScoreFor3A, 851, RATED, RATING, SETTING, None),
        row(P::ScoreFor2A, 801, RATED, RATING, SETTING, None),
        row(P::LettersApartFrom, 20, CREDITED, CREDIT, DRAFT, None),
        row(P::LettersApartTo, 60, CREDITED, CREDIT, DRAFT, None),
        row(P::EscalationYears, 2, CREDITED, CREDIT, PART, None),
        row(P::LargeFine, 5_000_000, CREDITED, CREDIT, DRAFT, None),
        row(P::MinorPenalties, 2, CREDITED, CREDIT, DRAFT, None),
        row(P::MinorPenaltyYears, 3, CREDITED, CREDIT, DRAFT, None),
        row(P::CleanYears, 2, CREDITED, CREDIT, PART, None),
        row(P::CreditEntryDays, 5, CREDITED, CREDIT, PART, None),
        row(P::DeregistrationDays, 15, SOCIETY, "社会团体登记管理条例 (2016) 第二十一条", TEXT, VERIFIED),
        row(P::InactiveYears, 1, SOCIETY, "社会团体登记管理条例 (2016) 第二十九条", TEXT, VERIFIED),
        row(P::IncomeFineFrom, 3, SOCIETY, PENALTY, TEXT, VERIFIED),
        row(P::IncomeFineTo, 5, SOCIETY, PENALTY, TEXT, VERIFIED),
        row(P::TurnoverFineFrom, 1, SOCIETY, PENALTY, TEXT, VERIFIED),
        row(P::TurnoverFineTo, 3, SOCIETY, PENALTY, TEXT, VERIFIED),
        row(P::ZombieReportYears, 2, (2021, 1, 1), ZOMBIE, SETTING, None),
        row(P::ZombieInactiveYears, 1, (2021, 1, 1), ZOMBIE, SETTING, None),
        row(P::YearsBeforeLicence, 1, CHARITY, "慈善法 (2023) 第二十二条", TEXT, VERIFIED),
        row(P::SpendingPercent, 70, CHARITY, "慈善法 (2023) 第六十一条", TEXT, VERIFIED),
        row(P::ManagementPercent, 10, CHARITY, "慈善法 (2023) 第六十一条", TEXT, VERIFIED),
    ]
};

/// The row that holds in a place on a day: the longest place first. Before the first row of a number
/// began, its first row is taken: the register asks about days before the rule was written down.
#[must_use]
pub fn row_for(parameter: Parameter, place: &str, on: NaiveDate) -> Option<&'static ParameterRow> {
    let here = || {
        PARAMETERS
            .iter()
            .filter(|row| row.parameter == parameter && place.starts_with(row.place))
    };
    here()
        .filter(|row| row.valid_from <= on && row.valid_to.is_none_or(|to| on < to))
        .max_by_key(|row| row.place.len())
        .or_else(|| here().min_by_key(|row| row.valid_from))
}

/// The number that holds everywhere on a day.
#[must_use]
pub fn number(parameter: Parameter, on: NaiveDate) -> i64 {
    number_at(parameter, "", on)
}

/// The number that holds in a place on a day.
#[must_use]
pub fn number_at(parameter: Parameter, place: &str, on: NaiveDate) -> i64 {
    row_for(parameter, place, on).map_or(0, |row| row.value)
}

/// A number of days, months or years as an unsigned one.
#[must_use]
pub(crate) fn count(parameter: Parameter, on: NaiveDate) -> u32 {
    u32::try_from(number(parameter, on)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    #[test]
    fn every_number_has_a_row_and_no_two_hold_at_once() {
        for (i, a) in PARAMETERS.iter().enumerate() {
            assert!(row_for(a.parameter, "510118", day("2026-11-22")).is_some());
            assert!(a.value > 0 && !a.legal_basis.is_empty() && !a.source.is_empty());
            for b in &PARAMETERS[i + 1..] {
                let same = a.parameter == b.parameter && a.place == b.place;
                let apart = a.valid_to.is_some_and(|to| to <= b.valid_from)
                    || b.valid_to.is_some_and(|to| to <= a.valid_from);
                assert!(!same || apart, "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn before_the_first_row_the_first_row_is_taken() {
        assert_eq!(number(Parameter::RatingYears, day("1990-01-01")), 5);
        assert_eq!(number(Parameter::ReportToRegistry, day("2026-11-22")), 531);
    }
}
