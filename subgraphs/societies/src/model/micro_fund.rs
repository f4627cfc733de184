//! Small funds of communities (社区微基金).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "micro_fund")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub division_id: Uuid,
    /// Its money, in fen.
    pub amount_fen: i64,
    /// Whether the report gives the figure only roughly.
    pub approximate: bool,
    /// First day.
    pub opened: Date,
    /// Counts the changes of the row.
    pub version: i64,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
