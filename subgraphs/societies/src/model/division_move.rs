//! Divisions merged or turned into others, and whether the territory follows already.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "division_move")]
pub struct Model {
    /// The division that ends.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_id: Uuid,
    /// The division that takes its territory.
    #[sea_orm(primary_key, auto_increment = false)]
    pub to_id: Uuid,
    /// The first day.
    pub effective: Date,
    /// Whether the territory follows.
    pub done: bool,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
