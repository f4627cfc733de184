//! Organizations that adopt poor households.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "adoption")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// Where the households are.
    pub division_id: Uuid,
    /// Households adopted.
    pub households: i32,
    /// Whether the report gives the figure only roughly.
    pub approximate: bool,
    /// First day.
    pub started: Date,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
