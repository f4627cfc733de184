//! Counts as clients see them, each with its freshness.

use crate::kit::federation::directives::shareable;
use crate::kit::{DateTime, YearMonth};
use crate::service::indicators::Indicator;
use crate::service::statistics::Counselling;
use crate::service::suppression::Shown;
use async_graphql::SimpleObject;

/// Counts of marriage and divorce registration in one month; a small count is hidden from those who do not keep the records, and a second one with it (婚姻登记月度统计).
#[derive(SimpleObject, Clone, Debug)]
pub struct MarriageStats {
    /// The month (月份).
    pub month: YearMonth,
    /// Marriages registered in the month; null when hidden (结婚登记对数).
    pub registered: Option<i64>,
    /// Of these, with a party of another province; null when hidden (跨省通办对数).
    pub cross_province: Option<i64>,
    /// Divorces registered in the month; null when hidden (离婚登记对数).
    pub divorces: Option<i64>,
    /// Applications for divorce withdrawn in the cooling-off; null when hidden (冷静期内撤回件数).
    pub withdrawn_in_cooling_off: Option<i64>,
    /// Marriages registered from January to this month; never to be added up over months; null when it would give a hidden month back (本年累计结婚登记对数).
    pub ytd_registered: Option<i64>,
    /// When the figures last changed; null where there are none for the month (数据截至时间).
    pub as_of: Option<DateTime>,
    /// Whether what was counted in divisions that were merged or renumbered since stands here (是否按现行区划归并).
    pub rebased: bool,
    /// False where something had to be left out because a share of a split is not known (是否完整).
    pub is_complete: bool,
}

impl MarriageStats {
    /// The same, brought to the divisions of today.
    pub(super) fn brought(month: &Shown, is_complete: bool) -> Self {
        Self {
            rebased: true,
            is_complete,
            ..Self::from(month)
        }
    }
}

impl From<&Shown> for MarriageStats {
    fn from(month: &Shown) -> Self {
        Self {
            rebased: false,
            is_complete: true,
            month: month.month,
            registered: month.registered,
            cross_province: month.cross_province,
            divorces: month.divorces,
            withdrawn_in_cooling_off: month.withdrawn,
            ytd_registered: month.ytd_registered,
            as_of: month.as_of,
        }
    }
}

/// An indicator of a division: a sum of the year so far, or a stock; the two are never added (统计指标).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = shareable::apply())]
pub struct StatIndicator {
    /// The code (指标代码).
    pub code: String,
    /// The name in Chinese (指标名称).
    pub name_zh: String,
    /// The unit in Chinese (计量单位).
    pub unit: String,
    /// The value; null when it is hidden or there is none (数值).
    pub value: Option<f64>,
    /// The value a year before; null for a stock or when it is hidden (上年同期).
    pub prev: Option<f64>,
    /// Change against the year before in percent, to one decimal; null where that is not known (同比，%).
    pub change_pct: Option<f64>,
    /// A sum from January on; otherwise a stock at the end of the period (是否累计).
    pub is_cumulative: bool,
}

impl From<Indicator> for StatIndicator {
    fn from(indicator: Indicator) -> Self {
        let change = match (indicator.value, indicator.previous) {
            (Some(value), Some(before)) if before > 0 => {
                Some((((value - before) as f64) * 1000.0 / before as f64).round() / 10.0)
            }
            _ => None,
        };
        Self {
            code: indicator.code.to_owned(),
            name_zh: indicator.name_zh.to_owned(),
            unit: indicator.unit.to_owned(),
            value: indicator.value.map(|n| n as f64),
            prev: indicator.previous.map(|n| n as f64),
            change_pct: change,
            is_cumulative: indicator.cumulative,
        }
    }
}

/// Marriage and family counselling over some months (婚姻家庭辅导汇总).
#[derive(SimpleObject, Clone, Debug)]
pub struct CounsellingSummary {
    /// Counselling rooms there are today (婚姻家庭辅导室数).
    pub rooms: i64,
    /// Sessions held (辅导次数).
    pub sessions: i64,
    /// Sessions for each room, to one decimal; null where there is no room (室均辅导次数).
    pub sessions_per_room: Option<f64>,
    /// When the figures last changed; null where there are none (数据截至时间).
    pub as_of: Option<DateTime>,
}

impl From<Counselling> for CounsellingSummary {
    fn from(sum: Counselling) -> Self {
        let per_room = |rooms: i64| {
            // One decimal, rounded half up, in whole numbers until the last step.
            let tenths = (sum.sessions * 20 + rooms) / (rooms * 2);
            tenths as f64 / 10.0
        };
        Self {
            rooms: sum.rooms,
            sessions: sum.sessions,
            sessions_per_room: (sum.rooms > 0).then(|| per_room(sum.rooms)),
            as_of: sum.as_of,
        }
    }
}
