//! Break-glass proposed by one officer, waiting for the second.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_glass")]
pub struct Model {
    /// The transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub txn: Uuid,
    /// Who proposed it; an opaque account.
    pub officer: String,
    /// Token of the person whose account that is, where the issuer said so.
    pub person: Option<String>,
    /// Reference of the deciding authority's written statement.
    pub statement: String,
    /// The authority that wrote it.
    pub stated_by: String,
    /// When.
    pub at: DateTimeUtc,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
