//! Regular opening hours of a registry, one row for each open period of a weekday.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "opening_hours")]
pub struct Model {
    /// The registry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub registry_id: Uuid,
    /// ISO weekday, 1 = Monday.
    #[sea_orm(primary_key, auto_increment = false)]
    pub weekday: i32,
    /// Minutes after midnight, Shanghai time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub opens: i32,
    /// Minutes after midnight, Shanghai time.
    pub closes: i32,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
