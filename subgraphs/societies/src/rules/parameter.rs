//! The days, years, sums and shares of the law and of promises, each with the time it holds.
//!
//! Three of the four core regulations changed within a year, and a promise is a city's own: so no
//! rule knows such a number, each asks here by name, place and day. A row of a place (the first
//! digits of its division code) stands before the general one. When the law changes: close the row
//! with `valid_to`, add the next, and the rules follow.

use super::threshold::date;
use chrono::NaiveDate;

/// Declares the numbers: rule, words in both languages, unit.
macro_rules! parameters {
    ($($name:ident = $code:literal, $unit:literal, $en:literal, $zh:literal;)+) => {
        /// What a number is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Parameter {
            $(#[doc = concat!($code, ": ", $en, " (", $zh, ").")] $name,)+
        }

        impl Parameter {
            /// The rule and a name, the unit, and the words in English and Chinese.
            #[must_use]
            pub const fn words(self) -> [&'static str; 4] {
                match self {
                    $(Self::$name => [$code, $unit, $en, $zh],)+
                }
            }
        }
    };
}

parameters! {
    FoundingDays = "O-4.foundingDays", "DAYS", "days to decide on founding", "成立登记决定期限";
    PermitDays = "O-4.permitDays", "WORKING_DAYS", "working days to decide on other permits", "其他许可事项决定期限";
    PromisedPermitDays = "O-4.promisedPermitDays", "WORKING_DAYS", "working days promised for other permits", "其他许可事项承诺期限";
    ExtensionDays = "O-4.extensionDays", "WORKING_DAYS", "working days by which the term of another permit is made longer, once", "其他许可事项延长期限";
    CharityFoundingDays = "O-22.charityFoundingDays", "DAYS", "days to decide on founding a charity", "设立慈善组织登记决定期限";
    CharityDays = "O-22.charityDays", "DAYS", "days to decide on recognition as a charity", "慈善组织认定期限";
    LicenceDays = "O-22.licenceDays", "DAYS", "days to decide on the public-raising licence", "公开募捐资格决定期限";
    CompletenessDays = "O-4.completenessDays", "WORKING_DAYS", "working days within which missing papers are named", "一次告知补正期限";
    RiskDays = "O-4.riskDays", "WORKING_DAYS", "working days left at which a case is at risk", "临期预警天数";
    SilentDays = "O-4.silentDays", "DAYS", "days without an answer from which a case is at risk", "未答复预警天数";
    FullAge = "O-5.fullAge", "YEARS", "age of full capacity", "完全民事行为能力年龄";
    ChangeDays = "O-9.changeDays", "DAYS", "days after the consent to ask for a change", "变更登记申请期限";
    ReportToSupervisor = "O-10.reportToSupervisor", "MONTH_DAY", "last day with the supervising department, as month and day", "年度报告报送业务主管单位截止日（月日）";
    ReportToRegistry = "O-10.reportToRegistry", "MONTH_DAY", "last day with the registry, as month and day", "年度报告报送登记管理机关截止日（月日）";
    RatingYears = "O-12.ratingYears", "YEARS", "years a rating counts", "评估等级有效期";
    ExpiringDays = "O-12.expiringDays", "DAYS", "days before the end of a rating from which its end is told", "评估等级到期提醒天数";
    YearsBeforeRating = "O-12.yearsBeforeRating", "YEARS", "full years before a first rating", "首次评估前应满年度";
    PunishedYears = "O-12.punishedYears", "YEARS", "years after a penalty without a rating", "受处罚后不予评估年限";
    ScoreFor5A = "O-12.scoreFor5A", "POINTS", "score from which 5A begins", "5A级起评分";
    ScoreFor4A = "O-12.scoreFor4A", "POINTS", "score from which 4A begins", "4A级起评分";
    ScoreFor3A = "O-12.scoreFor3A", "POINTS", "score from which 3A begins", "3A级起评分";
    ScoreFor2A = "O-12.scoreFor2A", "POINTS", "score from which 2A begins", "2A级起评分";
    PartyMembers = "O-13.partyMembers", "PERSONS", "full party members from which a party body is set up", "应当设立党组织的正式党员人数";
    LettersApartFrom = "O-14.lettersApartFrom", "DAYS", "fewest days between two letters", "两次信函最短间隔";
    LettersApartTo = "O-14.lettersApartTo", "DAYS", "most days between two letters", "两次信函最长间隔";
    EscalationYears = "O-15.escalationYears", "YEARS", "years on the abnormal list until it is serious", "活动异常名录转入严重违法失信名单年限";
    LargeFine = "O-15.largeFine", "FEN", "fine that is serious, in fen", "较大数额罚款（分）";
    MinorPenalties = "O-15.minorPenalties", "TIMES", "minor penalties that together are serious", "累计较轻处罚次数";
    MinorPenaltyYears = "O-15.minorPenaltyYears", "YEARS", "years over which minor penalties are counted", "较轻处罚累计年限";
    CleanYears = "O-16.cleanYears", "YEARS", "clean years before leaving the serious list", "移出严重违法失信名单年限";
    CreditEntryDays = "O-17.creditEntryDays", "WORKING_DAYS", "working days to enter credit information", "信用信息录入期限";
    DeregistrationDays = "O-18.deregistrationDays", "DAYS", "days after the liquidation to ask for deregistration", "清算结束后申请注销期限";
    InactiveYears = "O-19.inactiveYears", "YEARS", "years without activity that allow revocation", "未开展活动可撤销登记年限";
    IncomeFineFrom = "O-19.incomeFineFrom", "MULTIPLE", "least multiple of the illegal income as a fine", "违法所得罚款最低倍数";
    IncomeFineTo = "O-19.incomeFineTo", "MULTIPLE", "greatest multiple of the illegal income as a fine", "违法所得罚款最高倍数";
    TurnoverFineFrom = "O-19.turnoverFineFrom", "MULTIPLE", "least multiple of the illegal turnover as a fine", "违法经营额罚款最低倍数";
    TurnoverFineTo = "O-19.turnoverFineTo", "MULTIPLE", "greatest multiple of the illegal turnover as a fine", "违法经营额罚款最高倍数";
    ZombieReportYears = "O-21.zombieReportYears", "YEARS", "years without report that make a zombie", "僵尸型认定未报年报年数";
    ZombieInactiveYears = "O-21.zombieInactiveYears", "YEARS", "years without activity that make a zombie", "僵尸型认定未开展活动年数";
    YearsBeforeLicence = "O-22.yearsBeforeLicence", "YEARS", "years as a charity before the licence", "申请公开募捐资格前应满年限";
    SpendingPercent = "O-22.spendingPercent", "PERCENT", "least share of last year's income to be spent", "慈善活动支出占上年总收入最低比例";
    ManagementPercent = "O-22.managementPercent", "PERCENT", "greatest share of management in the year's spending", "管理费用占当年总支出最高比例";
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
const TEXT: &str = "study of the whole text";
const PART: &str = "study of a part of the text";
const DRAFT: &str = "study of the draft text";
const SETTING: &str = "setting";
const KNOWN: &str = "known, not compared with the text";

const fn row(
    parameter: Parameter,
    value: i64,
    (year, month, day): (i32, u32, u32),
    legal_basis: &'static str,
    source: &'static str,
) -> ParameterRow {
    ParameterRow {
        parameter,
        place: "",
        value,
        valid_from: date(year, month, day),
        valid_to: None,
        legal_basis,
        source,
        // Nobody has compared them with the published text here.
        verified_on: None,
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
        row(
            P::FoundingDays,
            60,
            SOCIETY,
            "社会团体登记管理条例 (2016) 第十二条",
            TEXT,
        ),
        row(
            P::PermitDays,
            20,
            (2004, 7, 1),
            "行政许可法 (2019) 第四十二条",
            PART,
        ),
        row(
            P::PromisedPermitDays,
            10,
            (2023, 1, 1),
            "行政许可承诺办结时限",
            "report 001",
        ),
        row(
            P::ExtensionDays,
            10,
            (2004, 7, 1),
            "行政许可法 (2019) 第四十二条",
            PART,
        ),
        row(
            P::CharityFoundingDays,
            30,
            CHARITY,
            "慈善法 (2023) 第十条",
            TEXT,
        ),
        row(P::CharityDays, 20, CHARITY, "慈善法 (2023) 第十条", TEXT),
        row(
            P::LicenceDays,
            20,
            CHARITY,
            "慈善法 (2023) 第二十二条",
            TEXT,
        ),
        row(
            P::CompletenessDays,
            5,
            (2004, 7, 1),
            "行政许可法 (2019) 第三十二条",
            PART,
        ),
        row(
            P::RiskDays,
            3,
            (2023, 1, 1),
            "行政许可承诺办结时限",
            SETTING,
        ),
        row(
            P::SilentDays,
            7,
            (2023, 1, 1),
            "行政许可承诺办结时限",
            SETTING,
        ),
        row(P::FullAge, 18, (2021, 1, 1), "民法典 (2021) 第十七条", PART),
        row(
            P::ChangeDays,
            30,
            SOCIETY,
            "社会团体登记管理条例 (2016) 第十八条",
            TEXT,
        ),
        row(
            P::ReportToSupervisor,
            331,
            SOCIETY,
            "社会团体登记管理条例 (2016) 第二十八条",
            TEXT,
        ),
        row(
            P::ReportToRegistry,
            531,
            SOCIETY,
            "社会团体登记管理条例 (2016) 第二十八条",
            TEXT,
        ),
        row(P::RatingYears, 5, RATED, RATING, PART),
        row(P::ExpiringDays, 90, RATED, RATING, SETTING),
        row(P::YearsBeforeRating, 2, RATED, RATING, PART),
        row(P::PunishedYears, 2, RATED, RATING, PART),
        row(P::ScoreFor5A, 950, RATED, RATING, SETTING),
        row(P::ScoreFor4A, 901, RATED, RATING, SETTING),
        row(P::ScoreFor3A, 851, RATED, RATING, SETTING),
        row(P::ScoreFor2A, 801, RATED, RATING, SETTING),
        row(
            P::PartyMembers,
            3,
            (2022, 10, 22),
            "中国共产党章程 (2022) 第三十条",
            KNOWN,
        ),
        row(P::LettersApartFrom, 20, CREDITED, CREDIT, DRAFT),
        row(P::LettersApartTo, 60, CREDITED, CREDIT, DRAFT),
        row(P::EscalationYears, 2, CREDITED, CREDIT, PART),
        row(P::LargeFine, 5_000_000, CREDITED, CREDIT, DRAFT),
        row(P::MinorPenalties, 2, CREDITED, CREDIT, DRAFT),
        row(P::MinorPenaltyYears, 3, CREDITED, CREDIT, DRAFT),
        row(P::CleanYears, 2, CREDITED, CREDIT, PART),
        row(P::CreditEntryDays, 5, CREDITED, CREDIT, PART),
        row(
            P::DeregistrationDays,
            15,
            SOCIETY,
            "社会团体登记管理条例 (2016) 第二十一条",
            TEXT,
        ),
        row(
            P::InactiveYears,
            1,
            SOCIETY,
            "社会团体登记管理条例 (2016) 第二十九条",
            TEXT,
        ),
        row(P::IncomeFineFrom, 3, SOCIETY, PENALTY, TEXT),
        row(P::IncomeFineTo, 5, SOCIETY, PENALTY, TEXT),
        row(P::TurnoverFineFrom, 1, SOCIETY, PENALTY, TEXT),
        row(P::TurnoverFineTo, 3, SOCIETY, PENALTY, TEXT),
        row(P::ZombieReportYears, 2, (2021, 1, 1), ZOMBIE, SETTING),
        row(P::ZombieInactiveYears, 1, (2021, 1, 1), ZOMBIE, SETTING),
        row(
            P::YearsBeforeLicence,
            1,
            CHARITY,
            "慈善法 (2023) 第二十二条",
            TEXT,
        ),
        row(
            P::SpendingPercent,
            70,
            CHARITY,
            "慈善法 (2023) 第六十一条",
            TEXT,
        ),
        row(
            P::ManagementPercent,
            10,
            CHARITY,
            "慈善法 (2023) 第六十一条",
            TEXT,
        ),
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
