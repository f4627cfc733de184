//! What the law may change: ages, periods and scopes as dated rows, each with its basis, its source
//! and the day it was last compared with the text. Rules ask for the value on a day; nothing else
//! in this subsystem knows a number of the law.

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
    /// 小单元抑制阈值: counts from 1 to one below it are not shown.
    SmallCell,
}

impl Parameter {
    /// Every parameter.
    pub const ALL: [Self; 7] = [
        Self::ManAge,
        Self::WomanAge,
        Self::CoolingOffDays,
        Self::WindowDays,
        Self::BookingHorizonDays,
        Self::RetentionYears,
        Self::SmallCell,
    ];
}

/// One value with its time and its source.
#[derive(Clone, Copy, Debug)]
pub struct Dated {
    /// What it is about.
    pub parameter: Parameter,
    /// The value.
    pub value: i64,
    /// First day, as year, month and day.
    from: (i32, u32, u32),
    /// Last day; none while it holds.
    to: Option<(i32, u32, u32)>,
    /// The law and article, as printed.
    pub legal_basis: &'static str,
    /// Where the text was read.
    pub source: &'static str,
    /// When it was last compared with the text, as year, month and day.
    verified: (i32, u32, u32),
}

fn date((year, month, day): (i32, u32, u32)) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

impl Dated {
    /// First day of validity.
    #[must_use]
    pub fn valid_from(&self) -> NaiveDate {
        date(self.from)
    }

    /// Last day of validity; none while it holds.
    #[must_use]
    pub fn valid_to(&self) -> Option<NaiveDate> {
        self.to.map(date)
    }

    /// When it was last compared with the text.
    #[must_use]
    pub fn verified_on(&self) -> NaiveDate {
        date(self.verified)
    }

    fn holds(&self, on: NaiveDate) -> bool {
        self.valid_from() <= on && self.valid_to().is_none_or(|last| on <= last)
    }
}

const LAST_OF_1980: Option<(i32, u32, u32)> = Some((1980, 12, 31));
const LAST_OF_2020: Option<(i32, u32, u32)> = Some((2020, 12, 31));
const VERIFIED: (i32, u32, u32) = (2026, 11, 22);

const fn row(
    parameter: Parameter,
    value: i64,
    from: (i32, u32, u32),
    to: Option<(i32, u32, u32)>,
    legal_basis: &'static str,
) -> Dated {
    Dated {
        parameter,
        value,
        from,
        to,
        legal_basis,
        source: "国家法律法规数据库",
        verified: VERIFIED,
    }
}

/// The only place where numbers of the law stand.
pub const TABLE: &[Dated] = &[
    row(
        Parameter::ManAge,
        20,
        (1950, 5, 1),
        LAST_OF_1980,
        "婚姻法（1950年）第四条",
    ),
    row(
        Parameter::ManAge,
        22,
        (1981, 1, 1),
        LAST_OF_2020,
        "婚姻法（1980年）第五条",
    ),
    row(
        Parameter::ManAge,
        22,
        (2021, 1, 1),
        None,
        "民法典第一千零四十七条",
    ),
    row(
        Parameter::WomanAge,
        18,
        (1950, 5, 1),
        LAST_OF_1980,
        "婚姻法（1950年）第四条",
    ),
    row(
        Parameter::WomanAge,
        20,
        (1981, 1, 1),
        LAST_OF_2020,
        "婚姻法（1980年）第五条",
    ),
    row(
        Parameter::WomanAge,
        20,
        (2021, 1, 1),
        None,
        "民法典第一千零四十七条",
    ),
    row(
        Parameter::CoolingOffDays,
        30,
        (2021, 1, 1),
        None,
        "民法典第一千零七十七条",
    ),
    row(
        Parameter::WindowDays,
        30,
        (2021, 1, 1),
        None,
        "民法典第一千零七十七条",
    ),
    row(
        Parameter::BookingHorizonDays,
        30,
        (2021, 1, 1),
        None,
        "婚姻登记工作规范（各地预约规则）",
    ),
    row(
        Parameter::RetentionYears,
        100,
        (2006, 1, 23),
        None,
        "婚姻登记档案管理办法第十三条",
    ),
    row(
        Parameter::SmallCell,
        3,
        (2021, 11, 1),
        None,
        "个人信息保护法第五十一条（去标识化）",
    ),
];

/// The row that holds on a day; the first one for a day before all of them.
#[must_use]
pub fn on(parameter: Parameter, day: NaiveDate) -> Option<&'static Dated> {
    let mut rows = TABLE.iter().filter(|row| row.parameter == parameter);
    rows.clone()
        .find(|row| row.holds(day))
        .or_else(|| rows.next())
}

/// The value that holds on a day.
#[must_use]
pub fn value(parameter: Parameter, day: NaiveDate) -> i64 {
    on(parameter, day).map_or(0, |row| row.value)
}

/// The same as a count of days or years.
#[must_use]
pub fn count(parameter: Parameter, day: NaiveDate) -> u64 {
    u64::try_from(value(parameter, day)).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_has_one_row_for_each_day_and_no_gap() {
        for parameter in Parameter::ALL {
            let mut rows: Vec<_> = TABLE.iter().filter(|r| r.parameter == parameter).collect();
            assert!(!rows.is_empty(), "{parameter:?}");
            rows.sort_by_key(|row| row.valid_from());
            for pair in rows.windows(2) {
                assert_eq!(
                    pair[0].valid_to().unwrap().succ_opt(),
                    Some(pair[1].valid_from()),
                    "{parameter:?}"
                );
            }
            assert!(rows.last().unwrap().valid_to().is_none(), "{parameter:?}");
            for row in rows {
                assert!(
                    !row.legal_basis.is_empty() && row.verified_on().to_string().as_str() > "2026"
                );
            }
        }
    }

    #[test]
    fn a_value_is_that_of_its_day() {
        for (day, man, woman) in [
            ("1975-06-01", 20, 18),
            ("1980-12-31", 20, 18),
            ("1981-01-01", 22, 20),
            ("2026-11-22", 22, 20),
        ] {
            let day: NaiveDate = day.parse().unwrap();
            assert_eq!(value(Parameter::ManAge, day), man);
            assert_eq!(value(Parameter::WomanAge, day), woman);
        }
    }
}
