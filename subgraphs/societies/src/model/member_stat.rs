//! How many members an association has, by day of count.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member_stat")]
pub struct Model {
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub credit_code: String,
    /// The day of the count.
    #[sea_orm(primary_key, auto_increment = false)]
    pub as_of: Date,
    /// Individual members.
    pub individual: i32,
    /// Unit members.
    pub unit: i32,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
