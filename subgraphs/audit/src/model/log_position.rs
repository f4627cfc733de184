//! How far each segment of the log was read.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_position")]
pub struct Model {
    /// The segment, `CLASS/DAY/CHAIN`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub segment: String,
    /// Bytes of a file, or the highest number of a chain.
    pub position: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
