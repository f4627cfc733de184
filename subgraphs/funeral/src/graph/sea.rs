//! Ecological burial and the clean-up of illegal graves, in figures.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
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
#[graphql(complex, directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
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
    /// Where it stands (航次状态).
    pub state: VoyageState,
    /// Counts the changes; a step is based on it (版本).
    pub version: i64,
    /// The month in which it sails, see `YearMonth::index`.
    #[graphql(skip)]
    month: i32,
    #[graphql(skip)]
    carried: Option<i32>,
    /// The months of the page it was read with; none in the answer to the officer who acted on it.
    #[graphql(skip)]
    page: Option<(i32, i32)>,
}

#[ComplexObject]
impl SeaBurialVoyage {
    /// Sets of ashes given to the sea; null until it is done, and where the number is so small that it would tell of
    /// single people (已撒放份数，小数隐去).
    async fn carried(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        // The answer is kept for everyone, so nobody is asked who they are.
        let (Some(carried), Some((from, to))) = (self.carried, self.page) else {
            return Ok(self.carried);
        };
        let tables = self.division.tables(ctx, from, to).await?;
        let id = crate::graph::uuid(&self.id, "id")?;
        let open = tables.is_some_and(|t| t.voyage_is_open(id, self.month));
        Ok(open.then_some(carried))
    }
}

impl SeaBurialVoyage {
    /// A voyage as the officer who acted on it sees it.
    pub(super) fn acted_on(row: sea_voyage::Model, today: NaiveDate) -> Option<Self> {
        let voyage = Self::all(vec![row], today).pop();
        voyage.map(|voyage| Self {
            page: None,
            ..voyage
        })
    }

    /// Voyages that were read together.
    pub(super) fn all(rows: Vec<sea_voyage::Model>, today: NaiveDate) -> Vec<Self> {
        let months = || rows.iter().map(|v| v.sails_month);
        let page = months().min().zip(months().max());
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
                    state,
                    version: row.version,
                    month: row.sails_month,
                    carried: row.carried,
                    page,
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
    /// Sets of ashes given to the sea; null where the number is too small to be told (海葬骨灰份数，小数隐去).
    pub sea_burials: Option<i64>,
    /// Burials on land, by form (陆上生态安葬).
    pub on_land: Vec<IntermentCount>,
    /// Subsidies paid; null where one of the numbers is too small to be told (生态安葬补贴，小数隐去).
    pub subsidies: Option<Yuan>,
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
            subsidies: stats.subsidies.map(Yuan),
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
    /// How many; null where the number is too small to be told (数量，小数隐去).
    pub count: Option<i64>,
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
