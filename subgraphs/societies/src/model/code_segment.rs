//! The segment of organization bodies from which new credit codes are taken.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "code_segment")]
pub struct Model {
    /// The first four characters of a body.
    #[sea_orm(primary_key, auto_increment = false)]
    pub prefix: String,
    /// The next number.
    pub next: i64,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
