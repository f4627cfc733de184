//! A correction of a record of death: what stood there before, and why it changed.

use sea_orm::entity::prelude::*;

use crate::rules::terms::{CorrectionReason, DeathPaperKind};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "death_correction")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The record.
    pub death_id: Uuid,
    /// The version that the correction made.
    pub version: i64,
    /// Why.
    pub reason: CorrectionReason,
    /// Day of death before.
    pub was_died_on: Date,
    /// Paper before.
    pub was_paper_kind: DeathPaperKind,
    /// Whether natural, before.
    pub was_natural: Option<bool>,
    /// Whether the death itself was taken back.
    pub revokes: bool,
    /// When.
    pub corrected_at: DateTimeUtc,
    /// The officer.
    #[sea_orm(column_type = "Text", nullable)]
    pub officer: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
