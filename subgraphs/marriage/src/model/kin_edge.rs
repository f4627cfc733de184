//! Known kinship of two persons (adoption, files on children) that forbids a marriage (M-6).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kin_edge")]
pub struct Model {
    /// Person token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_a: String,
    /// Person token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_b: String,
    /// `DIRECT_LINE` or `COLLATERAL`.
    pub kind: String,
    /// Where it is known from.
    pub source: String,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
