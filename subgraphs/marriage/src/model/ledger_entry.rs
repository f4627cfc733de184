//! Entries of the marital ledger; append only, a hash chain for each person that never covers the
//! token.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    /// Person token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: String,
    /// Position, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// What happened.
    pub event: String,
    /// From when it has effect.
    pub effective_on: Date,
    /// When it was entered, to the millisecond.
    pub at: DateTimeUtc,
    /// The marriage record it concerns.
    pub record_id: Option<Uuid>,
    /// Hash of the entry before; empty for the first.
    pub prev_hash: Vec<u8>,
    /// SHA-256 over the facts and `prev_hash`.
    pub hash: Vec<u8>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
