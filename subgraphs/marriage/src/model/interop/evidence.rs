//! Verdicts that name a peer, in the order in which they were kept: what it asks for after a restore.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_evidence")]
pub struct Model {
    /// The authority that is named.
    #[sea_orm(primary_key, auto_increment = false)]
    pub peer: String,
    /// From 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// The transaction.
    pub txn: Uuid,
    /// The signed verdict as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// SHA-256 over the hash before it, a full stop and the body, base64url; empty where it was kept before hashes were.
    pub hash: String,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
