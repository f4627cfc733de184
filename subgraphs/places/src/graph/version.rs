//! A division for a time, and the steps between divisions.

use std::sync::Arc;

use async_graphql::{Object, SimpleObject};
use minzheng_kit::{Date, DivisionCode, batch::Siblings};
use uuid::Uuid;

use super::division::Division;
use crate::{
    model::{
        division_lineage, division_version,
        vocabulary::{CodeSystem, DatePrecision, DivisionKind, DivisionLevel, LineageRelation},
    },
    rules::romanise,
};

/// A division under one code, name and place in the tree for a time (区划版本).
#[derive(Clone)]
pub(crate) struct DivisionVersion(pub(super) Arc<division_version::Model>);

/// A division under one code, name and place in the tree for a time (区划版本).
#[Object]
impl DivisionVersion {
    /// The code in this time: six digits, nine for townships (行政区划代码).
    async fn code(&self) -> DivisionCode {
        DivisionCode(self.0.code.clone())
    }

    /// The standard name in this time (名称).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The name in Pinyin without tones (罗马字母拼写).
    async fn roman(&self) -> String {
        romanise::romanise_division(&self.0.name).plain
    }

    /// The level, the same for the division's whole life (级别).
    async fn level(&self) -> DivisionLevel {
        self.0.level
    }

    /// The kind in this time (类型).
    async fn kind(&self) -> DivisionKind {
        self.0.kind
    }

    /// Whose code it is (代码体系).
    async fn code_system(&self) -> CodeSystem {
        self.0.code_system
    }

    /// The first day (起始日期).
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }

    /// The last day, exclusive; null while in force (截止日期，不含当日).
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }

    /// How exactly the first day is known (日期精度).
    async fn date_precision(&self) -> DatePrecision {
        self.0.date_precision
    }

    /// The document of approval; null where it is not known (批准文号).
    async fn approval_doc(&self) -> Option<&str> {
        self.0.approval_doc.as_deref()
    }
}

/// One step of descent between divisions (区划沿革).
#[derive(SimpleObject, Clone)]
pub(crate) struct DivisionLineage {
    /// The division before; null for a founding (变更前区划).
    from: Option<Division>,
    /// The division after, the same one for a new name, kind or code; null where no successor is known (变更后区划).
    to: Option<Division>,
    /// The code before; null for a founding (变更前代码).
    from_code: Option<DivisionCode>,
    /// The code after; null where no successor is known (变更后代码).
    to_code: Option<DivisionCode>,
    /// What happened (变更关系).
    relation: LineageRelation,
    /// The first day of the new state; the year alone is known before 2025 (生效日期).
    effective: Date,
    /// Whether the step is concluded from others and not stated by the source (是否推断).
    is_inferred: bool,
    /// The part of the division before that went, 0 to 1; null for all of it, or where it is not known (所占份额).
    share: Option<f64>,
}

impl DivisionLineage {
    /// Steps whose divisions are each other's siblings.
    pub(super) fn all(rows: Vec<division_lineage::Model>) -> Vec<Self> {
        let ids: Vec<Uuid> = rows
            .iter()
            .flat_map(|r| [r.from_division, r.to_division])
            .flatten()
            .collect();
        let siblings = Siblings::new(ids);
        let division = |id: Option<Uuid>| id.map(|id| Division::sibling(id, &siblings));
        rows.into_iter()
            .map(|row| Self {
                from: division(row.from_division),
                to: division(row.to_division),
                from_code: row.from_code.map(DivisionCode),
                to_code: row.to_code.map(DivisionCode),
                relation: row.relation,
                effective: Date(row.effective),
                is_inferred: row.inferred,
                share: row.share,
            })
            .collect()
    }
}
