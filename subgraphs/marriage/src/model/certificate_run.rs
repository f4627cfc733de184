//! The last running number given, for each kind, code and year. Locked while the next is taken.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate_run")]
pub struct Model {
    /// `J`, `L`, `BJ` or `BL`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub prefix: String,
    /// Six-digit code of the day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Year of issue.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    /// The last number given.
    pub last: i32,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
