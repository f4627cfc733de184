//! A division for its whole life (行政区划): what never changes.

use sea_orm::entity::prelude::*;

use super::vocabulary::DivisionLevel;

/// A division for its whole life (行政区划): what never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division")]
pub struct Model {
    /// UUIDv5 of its first code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Level, for life.
    pub level: DivisionLevel,
    /// The first code it bore.
    pub first_code: String,
    /// Invented, for demonstration.
    pub is_demo: bool,
    /// Raised by every change, for optimistic locking.
    pub version: i64,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
