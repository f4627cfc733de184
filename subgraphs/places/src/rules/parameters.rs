//! The numbers that a law, an order or a province may change, each with its dates and its source. Rules ask
//! for a number as of a day; a change of the law is one more row here and nothing else.

use async_graphql::Enum;
use chrono::NaiveDate;

/// What a number is for (参数).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, sea_orm::EnumIter)]
#[graphql(name = "PlaceParameterKey")]
pub enum Key {
    /// Days from approval to filing (备案期限，日).
    FilingDays,
    /// Days from approval, or filing, to public notice (公告期限，日).
    NoticeDays,
    /// Days from chasing a late filing to reporting it to the superior (催办后报告期限，日).
    ChaseDays,
    /// Days before the last day for filing from which it is told (备案临期提醒天数).
    FilingWarnDays,
    /// Years between two joint inspections of a line (界线联检周期，年).
    InspectionYears,
    /// Months from approval within which a change of divisions is carried out (区划变更实施期限，月).
    ChangeMonths,
    /// Further months where the approving body grants them (经批准可延长，月).
    ChangeExtraMonths,
    /// Months within which a new code is published (代码公布期限，月).
    CodeMonths,
    /// The lowest fine for using non-standard names, in yuan (违规使用地名罚款下限，元).
    MisuseFineLow,
    /// The highest fine for using non-standard names, in yuan (违规使用地名罚款上限，元).
    MisuseFineHigh,
    /// The lowest fine for damaging signs of place names, in yuan (损毁地名标志罚款下限，元).
    SignFineLow,
    /// The highest fine for damaging signs of place names, in yuan (损毁地名标志罚款上限，元).
    SignFineHigh,
    /// Whether tones count when homophones are sought, 0 or 1 (同音比对是否计声调).
    HomophoneTones,
    /// The longest name in characters (地名最长字数).
    LongestName,
    /// Metres within which the public's geometry may depart from the survey (公众图形化简容差，米).
    PublicTolerance,
    /// Ten-millionths of a degree by which siblings may overlap (同级区划重叠容差，千万分之一度).
    OverlapTolerance,
}

/// A number with the time for which it holds.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// What it is for.
    pub key: Key,
    /// The number.
    pub value: i64,
    /// The article it rests on; what no law fixes is called a proposal.
    pub legal_basis: &'static str,
    /// Where the text was read.
    pub source: &'static str,
    /// The first digits of the codes of the divisions for which it holds; empty for the whole country. A province's
    /// own row goes before the general one.
    pub place: &'static str,
    /// When it was last compared with the published text, as a day; none where nobody has.
    pub verified_on: Option<&'static str>,
    /// First day, as year, month, day.
    pub valid_from: (i32, u32, u32),
    /// Last day, exclusive; none while in force.
    pub valid_to: Option<(i32, u32, u32)>,
}

const NAMES_2022: &str = "地名管理条例（国务院令第753号，2022-05-01起施行）";
const BOUNDARIES_2002: &str = "行政区域界线管理条例（国务院令第353号，2002-07-01起施行）";
const DIVISIONS_2019: &str = "行政区划管理条例（国务院令第704号，2019-01-01起施行）";
const SETTING: &str = "本系统设定，各省可改";

const fn row(
    key: Key,
    value: i64,
    legal_basis: &'static str,
    source: &'static str,
    valid_from: (i32, u32, u32),
) -> Parameter {
    Parameter {
        key,
        value,
        legal_basis,
        source,
        place: "",
        // The numbers were taken from a study of the text; nobody has compared them with the official one here.
        verified_on: None,
        valid_from,
        valid_to: None,
    }
}

/// All numbers, by key and first day.
pub const TABLE: &[Parameter] = &[
    row(
        Key::FilingDays,
        15,
        "地名管理条例第十三条",
        NAMES_2022,
        (2022, 5, 1),
    ),
    row(
        Key::NoticeDays,
        15,
        "地名管理条例第十四条",
        NAMES_2022,
        (2022, 5, 1),
    ),
    row(
        Key::ChaseDays,
        10,
        "地名管理条例第三十五条（期限为本系统设定）",
        SETTING,
        (2022, 5, 1),
    ),
    row(
        Key::InspectionYears,
        5,
        "行政区域界线管理条例第十二条",
        BOUNDARIES_2002,
        (2002, 7, 1),
    ),
    row(
        Key::ChangeMonths,
        12,
        "行政区划管理条例第十五条",
        DIVISIONS_2019,
        (2019, 1, 1),
    ),
    row(
        Key::ChangeExtraMonths,
        6,
        "行政区划管理条例第十五条",
        DIVISIONS_2019,
        (2019, 1, 1),
    ),
    row(
        Key::CodeMonths,
        1,
        "行政区划管理条例第十七条",
        DIVISIONS_2019,
        (2019, 1, 1),
    ),
    row(
        Key::MisuseFineLow,
        2_000,
        "地名管理条例第三十七条",
        NAMES_2022,
        (2022, 5, 1),
    ),
    row(
        Key::MisuseFineHigh,
        10_000,
        "地名管理条例第三十七条",
        NAMES_2022,
        (2022, 5, 1),
    ),
    row(
        Key::SignFineLow,
        1_000,
        "地名管理条例第三十八条",
        NAMES_2022,
        (2022, 5, 1),
    ),
    row(
        Key::SignFineHigh,
        5_000,
        "地名管理条例第三十八条",
        NAMES_2022,
        (2022, 5, 1),
    ),
    row(
        Key::HomophoneTones,
        0,
        "地名管理条例第九条第一款第八项（比对方法为本系统设定）",
        SETTING,
        (2022, 5, 1),
    ),
    row(Key::FilingWarnDays, 3, "无", SETTING, (2022, 5, 1)),
    row(Key::LongestName, 20, "无", SETTING, (2022, 5, 1)),
    row(
        Key::PublicTolerance,
        50,
        "测绘法、地图管理条例（数值为本系统设定）",
        SETTING,
        (2022, 5, 1),
    ),
    row(Key::OverlapTolerance, 10, "无", SETTING, (2022, 5, 1)),
];

impl Parameter {
    /// The first day.
    pub fn from(&self) -> NaiveDate {
        day(self.valid_from)
    }

    /// The last day, exclusive; none while in force.
    pub fn to(&self) -> Option<NaiveDate> {
        self.valid_to.map(day)
    }
}

fn day((year, month, day): (i32, u32, u32)) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// The row in force on a day in the whole country; before the first row of a key that first row, for older acts are
/// judged by the oldest text we know.
pub fn in_force(key: Key, on: NaiveDate) -> Option<&'static Parameter> {
    in_force_at(TABLE, key, "", on)
}

/// The same in a place, by its division code: a row of the place goes before the general one.
pub fn in_force_at<'t>(
    table: &'t [Parameter],
    key: Key,
    place: &str,
    on: NaiveDate,
) -> Option<&'t Parameter> {
    let rows = || {
        table
            .iter()
            .filter(move |row| row.key == key && place.starts_with(row.place))
    };
    rows()
        .filter(|row| row.from() <= on && row.to().is_none_or(|to| to > on))
        .max_by_key(|row| row.place.len())
        .or_else(|| rows().next())
}

/// The number in force on a day in a place.
pub fn value_at(key: Key, place: &str, on: NaiveDate) -> i64 {
    in_force_at(TABLE, key, place, on).map_or(0, |row| row.value)
}

/// The number in force on a day.
pub fn value(key: Key, on: NaiveDate) -> i64 {
    in_force(key, on).map_or(0, |row| row.value)
}

/// The same for counts of days, months and years, which are never negative.
pub fn count(key: Key, on: NaiveDate) -> u32 {
    u32::try_from(value(key, on)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn every_key_has_one_number_on_every_day() {
        let today: NaiveDate = "2026-11-22".parse().unwrap();
        for key in Key::iter() {
            let rows: Vec<&Parameter> = TABLE.iter().filter(|row| row.key == key).collect();
            assert!(!rows.is_empty(), "{key:?}");
            for pair in rows.windows(2) {
                assert_eq!(pair[0].to(), Some(pair[1].from()), "{key:?}");
            }
            assert_eq!(rows.last().unwrap().to(), None, "{key:?}");
            assert_eq!(
                in_force(key, today).unwrap().value,
                rows.last().unwrap().value
            );
            for row in rows {
                let verified = row.verified_on.map(str::parse::<NaiveDate>);
                assert!(verified.is_none_or(|day| day.is_ok()));
                assert_eq!(row.place, "", "a general row stands for every key");
                assert!(!row.legal_basis.is_empty() && !row.source.is_empty());
            }
        }
    }

    /// The homophone test and the like are the province's to set: its row goes before the general one.
    #[test]
    fn a_province_sets_a_number_of_its_own() {
        let day: NaiveDate = "2026-11-22".parse().unwrap();
        let general = row(Key::HomophoneTones, 0, "无", SETTING, (2022, 5, 1));
        let own = Parameter {
            place: "51",
            value: 1,
            ..general
        };
        let later = Parameter {
            valid_from: (2027, 1, 1),
            place: "35",
            value: 1,
            ..general
        };
        let table = [general, own, later];
        for (place, expected) in [("", 0), ("510118", 1), ("320300", 0), ("350100", 0)] {
            let found = in_force_at(&table, Key::HomophoneTones, place, day);
            assert_eq!(found.unwrap().value, expected, "{place}");
        }
    }

    #[test]
    fn a_day_before_the_first_row_is_judged_by_the_first_row() {
        assert_eq!(value(Key::FilingDays, "2019-01-01".parse().unwrap()), 15);
    }
}
