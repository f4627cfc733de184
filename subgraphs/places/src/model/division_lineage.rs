//! One step of descent between divisions.

use sea_orm::entity::prelude::*;

use super::vocabulary::LineageRelation;

/// One step of descent between divisions.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "division_lineage")]
pub struct Model {
    /// Order of the steps, by day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Before; null for a founding.
    pub from_division: Option<Uuid>,
    /// After; null for an end without heirs.
    pub to_division: Option<Uuid>,
    /// Code before.
    pub from_code: Option<String>,
    /// Code after.
    pub to_code: Option<String>,
    /// What happened.
    pub relation: LineageRelation,
    /// First day of the new state.
    pub effective: Date,
    /// Concluded from other steps, not stated by the source.
    pub inferred: bool,
    /// The part of the old division that went, 0 to 1; null where it is not known.
    pub share: Option<f64>,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
