//! Indicators of a division: sums of the year so far and stocks of today, never added to each other
//! (BI-1).

use super::suppression::Shown;
use crate::kit::Result;
use crate::model::registry;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

/// One indicator.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// Code.
    pub code: &'static str,
    /// Name in Chinese.
    pub name_zh: &'static str,
    /// Unit in Chinese.
    pub unit: &'static str,
    /// The value; none where it is hidden or there is none.
    pub value: Option<i64>,
    /// The same time a year before; none for a stock and where it is hidden.
    pub previous: Option<i64>,
    /// A sum from January on; otherwise a stock at the end.
    pub cumulative: bool,
}

/// A figure of a month; none where it is hidden.
type Figure = fn(&Shown) -> Option<i64>;

/// Sums of the year so far, from the months of two years in order.
#[must_use]
pub fn of_months(last_year: &[Shown], this_year: &[Shown]) -> Vec<Indicator> {
    let sum = |list: &[Shown], of: Figure| -> Option<i64> {
        list.iter()
            .map(of)
            .sum::<Option<i64>>()
            .filter(|_| !list.is_empty())
    };
    let rows: [(&str, &str, &str, Figure); 4] = [
        ("MZ-HY-101", "结婚登记", "对", |m| m.registered),
        (
            "MZ-HY-102",
            "其中：跨省通办结婚登记",
            "对",
            |m| m.cross_province,
        ),
        ("MZ-HY-103", "离婚登记", "对", |m| m.divorces),
        (
            "MZ-HY-104",
            "冷静期内撤回离婚登记申请",
            "件",
            |m| m.withdrawn,
        ),
    ];
    rows.into_iter()
        .map(|(code, name_zh, unit, of)| Indicator {
            code,
            name_zh,
            unit,
            value: sum(this_year, of),
            previous: sum(last_year, of),
            cumulative: true,
        })
        .collect()
}

/// Stocks of today: registries, windows, counselling rooms.
pub async fn stocks(db: &impl ConnectionTrait, division: Uuid) -> Result<Vec<Indicator>> {
    use registry::Column;
    let rows = registry::Entity::find()
        .filter(
            Condition::any()
                .add(Column::CountyId.eq(division))
                .add(Column::PrefectureId.eq(division))
                .add(Column::ProvinceId.eq(division)),
        )
        .all(db)
        .await?;
    let count = |test: fn(&registry::Model) -> i64| rows.iter().map(test).sum::<i64>();
    let list: [(&str, &str, &str, i64); 5] = [
        ("MZ-HY-201", "婚姻登记机关", "个", count(|_| 1)),
        (
            "MZ-HY-202",
            "其中：公园式婚姻登记处",
            "个",
            count(|r| i64::from(r.site_kind == "PARK")),
        ),
        (
            "MZ-HY-203",
            "其中：提供延时服务的登记机关",
            "个",
            count(|r| i64::from(r.weekend_service)),
        ),
        (
            "MZ-HY-204",
            "婚姻登记窗口",
            "个",
            count(|r| i64::from(r.windows)),
        ),
        (
            "MZ-HY-205",
            "婚姻家庭辅导室",
            "个",
            count(|r| i64::from(r.counselling_rooms)),
        ),
    ];
    Ok(list
        .into_iter()
        .map(|(code, name_zh, unit, value)| Indicator {
            code,
            name_zh,
            unit,
            value: Some(value),
            previous: None,
            cumulative: false,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::YearMonth;

    #[test]
    fn a_sum_with_a_hidden_month_is_hidden_itself() {
        let month = |month, registered| Shown {
            month: YearMonth { year: 2026, month },
            registered,
            cross_province: Some(1),
            divorces: Some(2),
            withdrawn: Some(0),
            ytd_registered: None,
            as_of: None,
        };
        let open = [month(1, Some(5)), month(2, Some(7))];
        let hidden = [month(1, Some(5)), month(2, None)];
        let list = of_months(&hidden, &open);
        assert_eq!((list[0].value, list[0].previous), (Some(12), None));
        assert_eq!((list[2].value, list[2].previous), (Some(4), Some(4)));
        assert!(of_months(&[], &open).iter().all(|i| i.previous.is_none()));
    }
}
