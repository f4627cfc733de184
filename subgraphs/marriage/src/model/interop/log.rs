//! The coordinator's log: one row for each transaction that this province accepted.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_log")]
pub struct Model {
    /// The transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub txn: Uuid,
    /// `STARTED`, `HA_HELD`, `DECIDED` or `HA_SETTLED`.
    pub phase: String,
    /// `core::event::Log` as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// The application at the counter it came of.
    pub application_id: Option<Uuid>,
    /// The registry that accepted it.
    pub registry_id: Option<Uuid>,
    /// When it was begun.
    pub since: DateTimeUtc,
    /// Nothing remains to be done.
    pub closed: bool,
    /// The holder could not follow; a supervisor must look at it.
    pub stuck: bool,
    /// When it goes on; none when it is closed.
    pub due_at: Option<DateTimeUtc>,
    /// How often it was tried since something changed.
    pub attempts: i32,
    /// Whom it asks when its time comes; none at its end.
    pub peer: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
