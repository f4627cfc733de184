//! The divisions that a line touches, one row a level and side, doubles dropped.

use sea_orm::entity::prelude::*;

/// The divisions that a line touches, one row a level and side, doubles dropped.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "boundary_area")]
pub struct Model {
    /// A division it touches.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division: Uuid,
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: Uuid,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
