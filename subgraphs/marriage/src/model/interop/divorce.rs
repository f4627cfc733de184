//! An application for divorce whose couple's ledgers other provinces keep: what it wants of them now.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_divorce")]
pub struct Model {
    /// The application for divorce.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: Uuid,
    /// The marriage, by the same id on all ledgers.
    pub marriage_id: Uuid,
    /// The transaction that is or was last under way; none before the first.
    pub txn: Option<Uuid>,
    /// `APPLY`, `DIVORCE` or `WITHDRAW`: what that transaction is for, or the next one will be.
    pub deed: String,
    /// Who wants it; an opaque account, empty for what time brings about.
    pub officer: String,
    /// The couple, sealed to this province.
    #[sea_orm(column_type = "Text")]
    pub couple: String,
    /// When the next transaction is begun; none while one is under way, or nothing is wanted.
    pub due_at: Option<DateTimeUtc>,
    /// How often a withdrawal came to nothing.
    pub attempts: i32,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
