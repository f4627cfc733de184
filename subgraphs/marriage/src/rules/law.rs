//! What the law may change: ages, periods and settings as dated rows of [`crate::kit::legal`], each with
//! its basis and its source. Rules ask for the value on a day; nothing else in this subsystem knows a
//! number of the law.
//!
//! A day without a row has **no** value: what the law asked then is not guessed from what it asks now. No
//! row has yet been compared with the published text by anybody, so `verified_on` is empty throughout.

use crate::kit::Result;
use crate::kit::legal::{self, Dated, Register, day};
use chrono::NaiveDate;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// 男性法定婚龄, in full years.
    ManAge,
    /// 女性法定婚龄, in full years.
    WomanAge,
    /// 离婚冷静期, in days.
    CoolingOffDays,
    /// 申请发给离婚证的期限, in days.
    WindowDays,
    /// 可预约天数, how many days ahead slots can be booked.
    BookingHorizonDays,
    /// 登记档案保管年限, in years.
    RetentionYears,
    /// 登记收费, in fen.
    FeeFen,
    /// 小单元抑制阈值: counts from 1 to one below it are not shown.
    SmallCell,
    /// 年龄届满日 (`ageReachedOn`): days after the birthday on which a year of age is reached.
    AgeReachedOn,
    /// 2月29日出生者平年生日: days after 28 February.
    LeapDayBirthday,
}

const CIVIL_CODE: &str = "中华人民共和国民法典（2020）";
const LAW_OF_1950: &str = "中华人民共和国婚姻法（1950）";
const LAW_OF_1980: &str = "中华人民共和国婚姻法（1980）";
/// The source of what no law sets.
const OWN_RULE: &str = "示例";

static MAN_AGE: legal::Parameter<i64> = legal::Parameter::new(
    "M-1.manAge",
    "Age of marriage of a man, in full years",
    "男性法定婚龄",
    "YEARS",
    &[
        Dated::new(20, day(1950, 5, 1), "婚姻法（1950年）第四条", LAW_OF_1950)
            .until(day(1981, 1, 1)),
        Dated::new(22, day(1981, 1, 1), "婚姻法（1980年）第五条", LAW_OF_1980)
            .until(day(2021, 1, 1)),
        Dated::new(22, day(2021, 1, 1), "民法典第一千零四十七条", CIVIL_CODE),
    ],
);

static WOMAN_AGE: legal::Parameter<i64> = legal::Parameter::new(
    "M-1.womanAge",
    "Age of marriage of a woman, in full years",
    "女性法定婚龄",
    "YEARS",
    &[
        Dated::new(18, day(1950, 5, 1), "婚姻法（1950年）第四条", LAW_OF_1950)
            .until(day(1981, 1, 1)),
        Dated::new(20, day(1981, 1, 1), "婚姻法（1980年）第五条", LAW_OF_1980)
            .until(day(2021, 1, 1)),
        Dated::new(20, day(2021, 1, 1), "民法典第一千零四十七条", CIVIL_CODE),
    ],
);

static COOLING_OFF_DAYS: legal::Parameter<i64> = legal::Parameter::new(
    "M-16.coolingOffDays",
    "Days of the cooling-off before a divorce by consent",
    "离婚冷静期天数",
    "DAYS",
    &[Dated::new(
        30,
        day(2021, 1, 1),
        "民法典第一千零七十七条",
        CIVIL_CODE,
    )],
);

static WINDOW_DAYS: legal::Parameter<i64> = legal::Parameter::new(
    "M-17.windowDays",
    "Days in which both may ask for the certificate of divorce",
    "申请发给离婚证的期限天数",
    "DAYS",
    &[Dated::new(
        30,
        day(2021, 1, 1),
        "民法典第一千零七十七条",
        CIVIL_CODE,
    )],
);

static BOOKING_HORIZON_DAYS: legal::Parameter<i64> = legal::Parameter::new(
    "M-0.bookingHorizonDays",
    "How many days ahead slots can be booked",
    "可预约天数",
    "DAYS",
    &[Dated::new(
        30,
        day(2021, 1, 1),
        "各登记机关预约规则",
        OWN_RULE,
    )],
);

static RETENTION_YEARS: legal::Parameter<i64> = legal::Parameter::new(
    "M-24.retentionYears",
    "How many years files of registrations are kept",
    "婚姻登记档案保管年限",
    "YEARS",
    &[Dated::new(
        100,
        day(2006, 1, 23),
        "婚姻登记档案管理办法第十三条",
        "婚姻登记档案管理办法（2006）",
    )],
);

static SMALL_CELL: legal::Parameter<i64> = legal::Parameter::new(
    "M-0.smallCell",
    "Counts from 1 to one below this are not shown",
    "小单元抑制阈值",
    "NONE",
    &[Dated::new(
        3,
        day(2021, 11, 1),
        "统计数据发布规则（去标识化）",
        OWN_RULE,
    )],
);

static AGE_REACHED_ON: legal::Parameter<i64> = legal::Parameter::new(
    "M-1.ageReachedOn",
    "Days after the birthday on which a year of age is reached",
    "年龄届满日（生日后天数）",
    "DAYS",
    &[Dated::new(
        0,
        day(1950, 5, 1),
        "登记机关惯例（生日当日视为届满）",
        OWN_RULE,
    )],
);

static LEAP_DAY_BIRTHDAY: legal::Parameter<i64> = legal::Parameter::new(
    "M-1.leapDayBirthday",
    "Birthday in a common year of who was born on 29 February, as days after 28 February",
    "2月29日出生者平年生日（2月28日后天数）",
    "DAYS",
    &[Dated::new(
        1,
        day(1950, 5, 1),
        "登记机关惯例（平年以3月1日为生日）",
        OWN_RULE,
    )],
);

static FEE_FEN: legal::Parameter<i64> = legal::Parameter::new(
    "M-12.feeFen",
    "What an act of a registry costs, in fen",
    "婚姻登记收费（分）",
    "FEN",
    &[
        Dated::new(
            0,
            day(2017, 4, 1),
            "财税〔2017〕20号",
            "关于清理规范一批行政事业性收费有关政策的通知（取消婚姻登记费）",
        )
        .until(day(2025, 5, 10)),
        Dated::new(
            0,
            day(2025, 5, 10),
            "婚姻登记条例（国务院令第804号）",
            "婚姻登记条例（2025）的解读；未见全文",
        ),
    ],
);

/// The only place where numbers of the law stand.
pub static REGISTER: Register = Register(&[
    &MAN_AGE,
    &WOMAN_AGE,
    &COOLING_OFF_DAYS,
    &WINDOW_DAYS,
    &BOOKING_HORIZON_DAYS,
    &RETENTION_YEARS,
    &FEE_FEN,
    &SMALL_CELL,
    &AGE_REACHED_ON,
    &LEAP_DAY_BIRTHDAY,
]);

impl Parameter {
    /// Every parameter.
    pub const ALL: [Self; 10] = [
        Self::ManAge,
        Self::WomanAge,
        Self::CoolingOffDays,
        Self::WindowDays,
        Self::BookingHorizonDays,
        Self::RetentionYears,
        Self::FeeFen,
        Self::SmallCell,
        Self::AgeReachedOn,
        Self::LeapDayBirthday,
    ];

    /// Its values through time.
    #[must_use]
    pub fn table(self) -> &'static legal::Parameter<i64> {
        match self {
            Self::ManAge => &MAN_AGE,
            Self::WomanAge => &WOMAN_AGE,
            Self::CoolingOffDays => &COOLING_OFF_DAYS,
            Self::WindowDays => &WINDOW_DAYS,
            Self::BookingHorizonDays => &BOOKING_HORIZON_DAYS,
            Self::RetentionYears => &RETENTION_YEARS,
            Self::FeeFen => &FEE_FEN,
            Self::SmallCell => &SMALL_CELL,
            Self::AgeReachedOn => &AGE_REACHED_ON,
            Self::LeapDayBirthday => &LEAP_DAY_BIRTHDAY,
        }
    }
}

/// The value that holds on a day; none on a day for which the table has no row.
#[must_use]
pub fn value(parameter: Parameter, on: NaiveDate) -> Option<i64> {
    parameter.table().value_on(on)
}

/// The same as a count of days or years.
#[must_use]
pub fn count(parameter: Parameter, on: NaiveDate) -> Option<u64> {
    value(parameter, on).and_then(|value| u64::try_from(value).ok())
}

/// The value on a day in a province, for a service that cannot go on without it.
///
/// # Errors
/// One that names the parameter and the day: the table must be extended, nothing is guessed.
pub fn required(parameter: Parameter, province: &str, on: NaiveDate) -> Result<i64> {
    parameter
        .table()
        .required(province, on)
        .map(|dated| dated.value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_no_gap_no_overlap_and_no_silent_row() {
        assert_eq!(REGISTER.faults(), []);
        assert_eq!(REGISTER.0.len(), Parameter::ALL.len());
        // Nobody has compared a row with the published text; whoever does enters the day.
        assert!(
            REGISTER
                .list(None)
                .iter()
                .all(|row| row.verified_on.is_none())
        );
    }

    #[test]
    fn a_value_is_that_of_its_day_and_a_day_without_a_row_has_none() {
        for (day, man, woman, cooling) in [
            ("1950-04-30", None, None, None),
            ("1975-06-01", Some(20), Some(18), None),
            ("1980-12-31", Some(20), Some(18), None),
            ("1981-01-01", Some(22), Some(20), None),
            ("2020-12-31", Some(22), Some(20), None),
            ("2021-01-01", Some(22), Some(20), Some(30)),
            ("2026-11-22", Some(22), Some(20), Some(30)),
        ] {
            let day: NaiveDate = day.parse().unwrap();
            assert_eq!(value(Parameter::ManAge, day), man, "{day}");
            assert_eq!(value(Parameter::WomanAge, day), woman, "{day}");
            assert_eq!(value(Parameter::CoolingOffDays, day), cooling, "{day}");
        }
        let early: NaiveDate = "2020-06-01".parse().unwrap();
        assert!(required(Parameter::CoolingOffDays, "51", early).is_err());
    }
}
