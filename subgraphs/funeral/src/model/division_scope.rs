//! Which divisions lie in which: the copy of the tree that statistics need.
//!
//! A division lies in itself, so that one join answers for a county, a prefecture or a province.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "division_scope")]
pub struct Model {
    /// The division.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division_id: Uuid,
    /// A division that contains it, or itself.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ancestor_id: Uuid,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
