//! Dated exceptions from the regular hours: closed, or other hours.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "opening_exception")]
pub struct Model {
    /// The registry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub registry_id: Uuid,
    /// The day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// Minutes after midnight; 0 when closed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub opens: i32,
    /// Minutes after midnight; none when closed.
    pub closes: Option<i32>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
