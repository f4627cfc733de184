//! Where a couple may register: a dated rule, not a constant. 全国通办 holds since 2025-05-10.

use super::Refusal;
use chrono::NaiveDate;

/// How far a registry's competence reaches over mainland couples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceScope {
    /// 户籍地县级通办.
    District,
    /// 全市通办.
    City,
    /// 全省通办.
    Province,
    /// 全国通办.
    Nation,
}

/// One row of the rule.
#[derive(Clone, Copy, Debug)]
pub struct ScopeRow {
    /// How far.
    pub scope: ServiceScope,
    /// Provinces it holds in, by their two digits; empty means everywhere.
    pub provinces: &'static [&'static str],
    from: (i32, u32, u32),
    to: Option<(i32, u32, u32)>,
    /// The rule behind it, as printed.
    pub legal_basis: &'static str,
}

fn date((year, month, day): (i32, u32, u32)) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

impl ScopeRow {
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

    /// When somebody last compared it with the text; none while nobody has, as for all rows here.
    #[must_use]
    pub const fn verified_on(&self) -> Option<NaiveDate> {
        None
    }
}

/// The rows; where several hold, the widest counts.
pub const TABLE: &[ScopeRow] = &[
    ScopeRow {
        scope: ServiceScope::District,
        provinces: &[],
        from: (2003, 10, 1),
        to: Some((2025, 5, 9)),
        legal_basis: "婚姻登记条例（2003年国务院令第387号）第四条",
    },
    // 跨省通办试点: the pilots, among them 四川 from 2021 and 江苏 from 2021.
    ScopeRow {
        scope: ServiceScope::Nation,
        provinces: &["21", "32", "37", "41", "44", "50", "51"],
        from: (2021, 6, 1),
        to: Some((2025, 5, 9)),
        legal_basis: "国务院关于同意在部分地区开展内地居民婚姻登记“跨省通办”试点的批复（国函〔2021〕48号）",
    },
    ScopeRow {
        scope: ServiceScope::Nation,
        provinces: &[
            "11", "12", "13", "15", "21", "31", "32", "33", "34", "35", "36", "37", "41", "42",
            "44", "45", "46", "50", "51", "61", "64",
        ],
        from: (2023, 6, 1),
        to: Some((2025, 5, 9)),
        legal_basis: "国务院关于同意扩大内地居民婚姻登记“跨省通办”试点的批复（国函〔2023〕34号）",
    },
    ScopeRow {
        scope: ServiceScope::Nation,
        provinces: &[],
        from: (2025, 5, 10),
        to: None,
        legal_basis: "婚姻登记条例（国务院令第804号）",
    },
];

/// M-8, 婚姻登记条例 (2003) 4, 婚姻登记条例 (2025), 全国通办: how far the registries of a province reached on a
/// day, with the row behind it.
#[must_use]
pub fn scope_on(province: &str, day: NaiveDate) -> Option<&'static ScopeRow> {
    TABLE
        .iter()
        .filter(|row| row.provinces.is_empty() || row.provinces.contains(&province))
        .filter(|row| row.valid_from() <= day && row.valid_to().is_none_or(|last| day <= last))
        .max_by_key(|row| row.scope)
}

/// M-8, 婚姻登记条例 (全国通办): whether a registry may register a couple of whom these are the household
/// divisions, all of six digits, on a day; one of the two is enough.
#[must_use]
pub fn may_come_here(
    registry_code: &str,
    households: [&str; 2],
    day: NaiveDate,
) -> Option<Refusal> {
    let digits = |code: &str, n: usize| code.get(..n).unwrap_or_default().to_owned();
    let province = digits(registry_code, 2);
    let reach = scope_on(&province, day).map_or(ServiceScope::District, |row| row.scope);
    let same = |n: usize| {
        households
            .iter()
            .any(|household| digits(household, n) == digits(registry_code, n))
    };
    let fine = match reach {
        ServiceScope::Nation => true,
        ServiceScope::Province => same(2),
        ServiceScope::City => same(4),
        ServiceScope::District => same(6),
    };
    (!fine).then_some(Refusal::by_law(
        "OUTSIDE_SERVICE_SCOPE",
        "On that day couples registered where one of them had the household.",
        "该日适用的规定要求在一方常住户口所在地办理。",
        "婚姻登记条例（2003年国务院令第387号）第四条",
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_that_of_province_and_day() {
        let table = [
            ("51", "2020-01-01", ServiceScope::District),
            ("51", "2021-06-01", ServiceScope::Nation),
            ("35", "2023-01-01", ServiceScope::District),
            ("35", "2023-06-01", ServiceScope::Nation),
            ("53", "2025-05-09", ServiceScope::District),
            ("35", "2025-05-10", ServiceScope::Nation),
            ("36", "2026-11-22", ServiceScope::Nation),
        ];
        for (province, day, scope) in table {
            let row = scope_on(province, day.parse().unwrap()).unwrap();
            assert_eq!(row.scope, scope, "{province} {day}");
        }
        assert!(scope_on("51", "1999-01-01".parse().unwrap()).is_none());
    }

    #[test]
    fn since_the_tenth_of_may_2025_any_registry_will_do() {
        for (registry, households, day, fine) in [
            ("350103", ["510118", "320302"], "2025-05-10", true),
            ("350103", ["510118", "320302"], "2023-05-31", false),
            ("350103", ["510118", "350103"], "2023-05-31", true),
            ("350103", ["510118", "350104"], "2023-05-31", false),
            ("510118", ["350103", "320302"], "2024-01-01", true),
            // Two digits are no household: they must never pass for one.
            ("350103", ["35", "35"], "2023-05-31", false),
        ] {
            let refusal = may_come_here(registry, households, day.parse().unwrap());
            assert_eq!(refusal.is_none(), fine, "{registry} {households:?} {day}");
        }
    }
}
