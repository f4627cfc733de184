//! A boundary marker (界桩).

use sea_orm::entity::prelude::*;

use super::vocabulary::MarkerCondition;

/// A boundary marker (界桩).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "marker")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its line.
    pub line: Uuid,
    /// Its number.
    pub no: String,
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// The division that keeps it.
    pub keeper: Uuid,
    /// As found last.
    pub condition: MarkerCondition,
    /// Raised by every change.
    pub version: i64,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
