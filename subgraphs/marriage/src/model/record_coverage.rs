//! From which day on the records of a county are complete (M-25).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record_coverage")]
pub struct Model {
    /// Division at county level.
    #[sea_orm(primary_key, auto_increment = false)]
    pub county_id: Uuid,
    /// First day from which no record is missing.
    pub complete_from: Date,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
