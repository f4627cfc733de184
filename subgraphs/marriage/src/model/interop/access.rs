//! Who read or wrote whose ledger for a transaction between provinces; the person can see it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_access")]
pub struct Model {
    /// Opaque, in order of time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When.
    pub at: DateTimeUtc,
    /// Person token.
    pub person: String,
    /// Entries were appended; else it was only read.
    pub wrote: bool,
    /// The transaction.
    pub txn: Option<Uuid>,
    /// On whose behalf.
    pub by_authority: String,
    /// Opaque account.
    pub officer: String,
    /// Purpose code.
    pub purpose: String,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
