//! Applications for names, and figures on them.

use async_graphql::{Context, ID, Object, SimpleObject};
use minzheng_kit::{Date, DateTime, Result, UserError, YearMonth};

use super::{division::Division, place::Place};
use crate::{
    model::{naming_application, vocabulary::NamingKind},
    rules::{
        clocks,
        scope::{ConflictKind, PlaceKind, Scope},
        state::NamingState,
    },
    service::{places::Conflict, statistics},
};

/// What happened to names and boundaries of a division in one month (地名月度统计).
#[derive(SimpleObject, Clone)]
pub(crate) struct PlaceStats {
    /// The month (月份).
    month: YearMonth,
    /// Names approved (命名数).
    named: i64,
    /// Renamings approved (更名数).
    renamed: i64,
    /// Filings due in the month that came late or have not come (逾期备案数).
    filed_late: i64,
    /// Boundary lines whose joint inspection falls due in the month (到期联检界线数).
    boundaries_due: i64,
    /// The instant for which the figures are right (统计时点).
    as_of: DateTime,
}

impl PlaceStats {
    pub(super) fn new(month: YearMonth, figures: statistics::Month, as_of: DateTime) -> Self {
        let statistics::Month {
            named,
            renamed,
            filed_late,
            boundaries_due,
        } = figures;
        Self {
            month,
            named,
            renamed,
            filed_late,
            boundaries_due,
            as_of,
        }
    }
}

/// What was decided on names over some months (地名工作汇总).
#[derive(SimpleObject, Clone)]
pub(crate) struct NamingSummary {
    /// Names approved, of any kind of place (命名数).
    named: i64,
    /// Renamings approved, of any kind of place (更名数).
    renamed: i64,
    /// Names cancelled (注销数).
    cancelled: i64,
    /// Of the names and renamings those of roads (道路命名更名数).
    roads_named_or_renamed: i64,
    /// Filings that the division's own department reviewed (备案审查数).
    filings_reviewed: i64,
}

impl From<statistics::Naming> for NamingSummary {
    fn from(figures: statistics::Naming) -> Self {
        Self {
            named: figures.named,
            renamed: figures.renamed,
            cancelled: figures.cancelled,
            roads_named_or_renamed: figures.roads,
            filings_reviewed: figures.filings_reviewed,
        }
    }
}

/// A name that stands in the way of another (重名同音地名).
#[derive(SimpleObject, Clone)]
pub(crate) struct NameConflict {
    /// The name (地名).
    name: String,
    /// Whether it is the same or only sounds so (冲突类型).
    kind: ConflictKind,
    /// The area within which names of this kind must be alone (唯一性范围).
    scope: Scope,
    /// The place that bears it; null when a division does (地名实体).
    place: Option<Place>,
    /// The division that bears it; null when a place does (行政区划).
    division: Option<Division>,
}

impl NameConflict {
    pub(super) fn all(found: Vec<Conflict>, kind: PlaceKind) -> Vec<Self> {
        found
            .into_iter()
            .map(|conflict| Self {
                name: conflict.name,
                kind: conflict.kind,
                scope: kind.scope(),
                place: conflict.place.map(Place::one),
                division: conflict.division.map(Division::one),
            })
            .collect()
    }
}

/// An application to name, rename or cancel a name, and the decision on it (地名申请).
pub(crate) struct NamingApplication(pub(super) naming_application::Model);

/// An application to name, rename or cancel a name, and the decision on it (地名申请).
#[Object]
impl NamingApplication {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What is asked for (申请类型).
    async fn kind(&self) -> NamingKind {
        self.0.kind
    }

    /// Where it stands (状态).
    async fn state(&self) -> NamingState {
        self.0.state
    }

    /// The kind of place (地名类别).
    async fn place_kind(&self) -> PlaceKind {
        self.0.place_kind
    }

    /// The whole name asked for (拟用地名).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The name in Pinyin without tones (罗马字母拼写).
    async fn roman(&self) -> &str {
        &self.0.roman
    }

    /// The division it lies in (所在区划).
    async fn division(&self) -> Division {
        Division::one(self.0.division)
    }

    /// The place; null until a new name is in force (地名实体).
    async fn place(&self) -> Option<Place> {
        self.0.place.map(Place::one)
    }

    /// Names in force that were equal or sounded alike on submission (重名同音核查结果).
    async fn conflicts(&self, _ctx: &Context<'_>) -> Result<Option<Vec<NameConflict>>> {
        let found: Vec<Conflict> = serde_json::from_value(self.0.conflicts.clone())
            .map_err(|e| minzheng_kit::Error::internal(e.to_string()))?;
        Ok(Some(NameConflict::all(found, self.0.place_kind)))
    }

    /// When it was submitted (提交时间).
    async fn submitted_at(&self) -> DateTime {
        DateTime(self.0.submitted_at)
    }

    /// The day of approval; null before (批准日期).
    async fn approved_on(&self) -> Option<Date> {
        self.0.approved_on.map(Date)
    }

    /// The last day for filing, 15 days from approval; null before approval (备案截止日期).
    async fn filing_due_on(&self) -> Option<Date> {
        self.0.approved_on.map(|day| Date(clocks::filing_due(day)))
    }

    /// The last day for the public notice, 15 days from approval; null before approval (公告截止日期).
    async fn notice_due_on(&self) -> Option<Date> {
        self.0
            .approved_on
            .map(|day| Date(clocks::notice_due(day, None)))
    }
}

/// The answer to the submission of a name (地名申请结果).
#[derive(SimpleObject)]
pub(crate) struct SubmitNamingPayload {
    /// The application as it stands now; null when it was refused (地名申请).
    pub(super) application: Option<NamingApplication>,
    /// Why the law or the form refuses it; empty when it was taken (不予受理的原因).
    pub(super) user_errors: Vec<UserError>,
}
