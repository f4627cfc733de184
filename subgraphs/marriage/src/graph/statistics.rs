//! Counts as clients see them, each with its freshness.

use crate::kit::{DateTime, YearMonth};
use crate::service::statistics::{Counselling, Month};
use async_graphql::SimpleObject;

/// Counts of marriage and divorce registration in one month (婚姻登记月度统计).
#[derive(SimpleObject, Clone, Debug)]
pub struct MarriageStats {
    /// The month (月份).
    pub month: YearMonth,
    /// Marriages registered in the month (结婚登记对数).
    pub registered: i64,
    /// Of these, with a party of another province (跨省通办对数).
    pub cross_province: i64,
    /// Divorces registered in the month (离婚登记对数).
    pub divorces: i64,
    /// Applications for divorce withdrawn in the cooling-off (冷静期内撤回件数).
    pub withdrawn_in_cooling_off: i64,
    /// Marriages registered from January to this month; never to be added up over months (本年累计结婚登记对数).
    pub ytd_registered: i64,
    /// When the figures last changed; null where there are none for the month (数据截至时间).
    pub as_of: Option<DateTime>,
}

impl From<&Month> for MarriageStats {
    fn from(month: &Month) -> Self {
        Self {
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
