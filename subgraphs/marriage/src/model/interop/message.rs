//! Every message to and from a peer, hash-chained for each direction; kept three years.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_message")]
pub struct Model {
    /// The other authority.
    #[sea_orm(primary_key, auto_increment = false)]
    pub peer: String,
    /// `IN` or `OUT`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub direction: String,
    /// From 1 in each direction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When it was signed, or came in.
    pub at: DateTimeUtc,
    /// The transaction; empty for what concerns none.
    pub txn: String,
    /// Which message.
    pub phase: String,
    /// On whose act; opaque.
    pub officer: String,
    /// Purpose code.
    pub purpose: String,
    /// The message's nonce; once in each direction.
    pub nonce: String,
    /// The whole text. Identities in it are sealed.
    #[sea_orm(column_type = "Text")]
    pub jws: String,
    /// SHA-256 over the hash before it and the text, base64url.
    pub hash: String,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
