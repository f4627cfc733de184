//! Ecological burial and the clean-up of illegal graves, in figures.

use async_graphql::{ID, SimpleObject};
use chrono::NaiveDate;
use minzheng_kit::federation::directives::{CacheScope, cache_control};
use minzheng_kit::{Date, DateTime, Yuan};

use super::division::Division;
use crate::model::sea_voyage;
use crate::rules::sea::state as judge;
use crate::rules::terms::{GraveState, IllegalGraveKind, IntermentKind, VoyageState};
use crate::service::voyages::judged;
use crate::service::{graves, sea};

/// A voyage for burials at sea (海葬航次).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct SeaBurialVoyage {
    /// Opaque identity (标识).
    pub id: ID,
    /// Number of the round (轮次).
    pub round: i32,
    /// The division that holds it (组织区划).
    pub division: Division,
    /// Port (港口).
    pub port: String,
    /// Day (日期).
    pub sails_on: Date,
    /// Sets of ashes it can take (名额).
    pub quota: i32,
    /// Sets enrolled of families from elsewhere (外地报名份数).
    pub guests: i32,
    /// Places left (剩余名额).
    pub left: i32,
    /// Sets of ashes given to the sea; null until it is done (已撒放份数).
    pub carried: Option<i32>,
    /// Where it stands (航次状态).
    pub state: VoyageState,
    /// Counts the changes; a step is based on it (版本).
    pub version: i64,
}

impl SeaBurialVoyage {
    /// Voyages that were read together.
    pub(super) fn all(rows: Vec<sea_voyage::Model>, today: NaiveDate) -> Vec<Self> {
        let divisions = Division::all(rows.iter().map(|v| v.division_id).collect());
        rows.into_iter()
            .zip(divisions)
            .map(|(row, division)| {
                let state = judge(&judged(&row), today);
                Self {
                    id: row.id.into(),
                    round: row.round,
                    division,
                    port: row.port,
                    sails_on: Date(row.sails_on),
                    quota: row.quota,
                    guests: row.guests,
                    left: match state {
                        VoyageState::Open => row.quota - row.enrolled,
                        _ => 0,
                    },
                    carried: row.carried,
                    state,
                    version: row.version,
                }
            })
            .collect()
    }
}

/// Ecological burials of a division in a period (节地生态安葬统计).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct EcoBurialStats {
    /// Voyages that were done (海葬轮次).
    pub sea_rounds: i64,
    /// Sets of ashes given to the sea (海葬骨灰份数).
    pub sea_burials: i64,
    /// Burials on land, by form (陆上生态安葬).
    pub on_land: Vec<IntermentCount>,
    /// Subsidies paid (生态安葬补贴).
    pub subsidies: Yuan,
    /// When this was counted (统计时间).
    pub as_of: DateTime,
}

impl EcoBurialStats {
    /// From counts.
    pub(super) fn of(stats: sea::EcoStats, as_of: DateTime) -> Self {
        Self {
            sea_rounds: stats.rounds,
            sea_burials: stats.at_sea,
            on_land: stats
                .on_land
                .into_iter()
                .map(|(kind, count)| IntermentCount { kind, count })
                .collect(),
            subsidies: Yuan(stats.subsidies),
            as_of,
        }
    }
}

/// How many interments of one form (某方式安葬数).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct IntermentCount {
    /// The form (安葬方式).
    pub kind: IntermentKind,
    /// How many (数量).
    pub count: i64,
}

/// The clean-up of illegal graves in a division (违建坟墓整治汇总).
#[derive(SimpleObject)]
pub struct IllegalGraveSummary {
    /// All cases in the register (登记造册总数).
    pub registered: i64,
    /// Cases by kind (按类别).
    pub by_kind: Vec<IllegalGraveKindCount>,
    /// Cases by state (按状态).
    pub by_state: Vec<IllegalGraveStateCount>,
    /// Area on which vegetation was restored, in square metres, published reports included
    /// (复绿面积，平方米).
    pub restored_m2: f64,
    /// When this was counted (统计时间).
    pub as_of: DateTime,
}

impl IllegalGraveSummary {
    /// From counts.
    pub(super) fn of(summary: graves::Summary, as_of: DateTime) -> Self {
        Self {
            registered: summary.by_state.values().sum(),
            by_kind: summary
                .by_kind
                .into_iter()
                .map(|(kind, count)| IllegalGraveKindCount { kind, count })
                .collect(),
            by_state: summary
                .by_state
                .into_iter()
                .map(|(state, count)| IllegalGraveStateCount { state, count })
                .collect(),
            restored_m2: summary.restored_milli_m2 as f64 / 1000.0,
            as_of,
        }
    }
}

/// How many illegal graves of one kind (某类违建坟墓数).
#[derive(SimpleObject)]
pub struct IllegalGraveKindCount {
    /// The kind (类别).
    pub kind: IllegalGraveKind,
    /// How many (数量).
    pub count: i64,
}

/// How many illegal graves in one state (某状态违建坟墓数).
#[derive(SimpleObject)]
pub struct IllegalGraveStateCount {
    /// The state (状态).
    pub state: GraveState,
    /// How many (数量).
    pub count: i64,
}
