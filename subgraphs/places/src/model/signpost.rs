//! A sign that shows the standard name of a place (地名标志).

use sea_orm::entity::prelude::*;

use super::vocabulary::MarkerCondition;

/// A sign that shows the standard name of a place (地名标志).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signpost")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The place it names.
    pub place: Uuid,
    /// Where it stands, in words.
    pub position: String,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// As found last.
    pub condition: MarkerCondition,
    /// The name on it, as it was read last.
    pub shown: String,
    /// The unit that keeps it.
    pub keeper: String,
    /// The day it was looked at last.
    pub checked_on: Date,
    /// Raised by every change.
    pub version: i64,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
