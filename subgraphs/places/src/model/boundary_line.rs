//! A boundary line between two divisions (行政区域界线).

use sea_orm::entity::prelude::*;

use super::vocabulary::BoundaryLevel;

/// A boundary line between two divisions (行政区域界线).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "boundary_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Level of the divisions it parts.
    pub level: BoundaryLevel,
    /// One side.
    pub left_division: Uuid,
    /// The other side.
    pub right_division: Uuid,
    /// Length in metres: kilometres with three decimals, exactly.
    pub length_metres: i64,
    /// The agreement by which it was drawn.
    pub agreement_doc: Option<String>,
    /// Joint inspections completed.
    pub rounds: i32,
    /// Day of the last completed inspection.
    pub last_inspected: Option<Date>,
    /// Day by which the first inspection is due, whatever happens meanwhile; null where one was completed before this
    /// was kept.
    pub first_due_on: Option<Date>,
    /// Day by which the next is due.
    pub due_on: Date,
    /// Its month as year × 12 + month − 1.
    pub due_month: i32,
    /// Invented, for demonstration.
    pub is_demo: bool,
    /// Raised by every change.
    pub version: i64,
    /// `due_on` may still move: the rest days of a year it needs were not known when it was written.
    pub due_provisional: bool,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
