//! Which divisions lie in which: every division with itself and all above it.
//!
//! Figures of a prefecture or province are sums over this table, in one statement for any number of
//! divisions at any level. It is a copy of what the subgraph of places owns, by the stable ids.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "territory")]
pub struct Model {
    /// The division asked for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ancestor: Uuid,
    /// A division in it, or itself.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division: Uuid,
    /// Steps between the two; 0 for itself.
    pub depth: i32,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
