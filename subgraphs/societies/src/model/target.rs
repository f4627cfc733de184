//! What a work plan promises for a year. A target is never added to results.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "target")]
pub struct Model {
    /// Whose plan.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division_id: Uuid,
    /// Which year.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    /// What: `HUBS`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub indicator: String,
    /// How many.
    pub value: i64,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
