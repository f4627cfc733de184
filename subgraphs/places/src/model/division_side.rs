//! A division on one side of a change (变更涉及区划).

use sea_orm::entity::prelude::*;

use super::vocabulary::DivisionSideRole;

/// A division on one side of a change (变更涉及区划).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division_side")]
pub struct Model {
    /// The change.
    #[sea_orm(primary_key, auto_increment = false)]
    pub change: Uuid,
    /// The division.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division: Uuid,
    /// Before or after.
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: DivisionSideRole,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
