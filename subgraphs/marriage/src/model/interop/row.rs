//! What we keep as an authority of a transaction, for ever: promises, decisions, tombstones.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_row")]
pub struct Model {
    /// The transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub txn: Uuid,
    /// `HELD`, `CONFIRMED`, `RELEASED`, `FORCED` or `DECIDED`.
    pub state: String,
    /// `core::event::Row` as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// When the first of it was written.
    pub since: DateTimeUtc,
    /// When it is looked at again; none while nothing is to be done.
    pub due_at: Option<DateTimeUtc>,
    /// How often it was looked at since something changed.
    pub attempts: i32,
    /// Persons of ours are disputed because of it.
    pub disputed: bool,
    /// Whom it asks when its time comes; none at its end.
    pub peer: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
