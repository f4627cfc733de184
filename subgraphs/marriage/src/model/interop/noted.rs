//! Endings that a peer has told and that were entered here, kept for the peer that told them: what it asks for after a
//! restore, at places among the verdicts that name it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_noted")]
pub struct Model {
    /// The authority that told it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub peer: String,
    /// The notice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice: Uuid,
    /// Its place among the evidence about that peer.
    pub position: i64,
    /// `core::message::Notice` as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// As that of a verdict.
    pub hash: String,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
