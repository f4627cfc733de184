//! An entry in the course of a case. Nothing is changed or taken away: a correction is an entry of its own.

use sea_orm::entity::prelude::*;

use crate::rules::terms::{CaseAct, CaseState, CorrectionReason};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_entry")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Place in the course, from 1.
    pub seq: i32,
    /// What was done.
    pub act: CaseAct,
    /// Where the case stood afterwards.
    pub state: CaseState,
    /// When it was done.
    pub at: DateTimeUtc,
    /// The officer or citizen, by their opaque subject.
    #[sea_orm(column_type = "Text", nullable)]
    pub officer: Option<String>,
    /// The record it made or changed.
    pub record_id: Option<Uuid>,
    /// The entry it corrects.
    pub corrects: Option<Uuid>,
    /// Why it corrects it.
    pub reason: Option<CorrectionReason>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
