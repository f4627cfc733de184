//! Daily Merkle roots of the message log with a peer: ours, and what the peer has sent of its own.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_root")]
pub struct Model {
    /// The other authority.
    #[sea_orm(primary_key, auto_increment = false)]
    pub peer: String,
    /// The day, in Shanghai.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// Messages sent.
    pub sent_count: i64,
    /// Root over their hashes.
    pub sent_root: String,
    /// Messages received.
    pub received_count: i64,
    /// Root over their hashes.
    pub received_root: String,
    /// The peer has taken it.
    pub noted: bool,
    /// The peer's own, as the signed message it came in.
    #[sea_orm(column_type = "Text", nullable)]
    pub theirs: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
