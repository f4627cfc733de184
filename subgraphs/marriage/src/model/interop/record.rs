//! A marriage that two authorities keep: who they are and by which transaction it was made.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_record")]
pub struct Model {
    /// The marriage record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: Uuid,
    /// The transaction that made it.
    pub txn: Uuid,
    /// Keeps the man's ledger.
    pub man_authority: String,
    /// Keeps the woman's ledger.
    pub woman_authority: String,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
