//! What a supervisor must look at; never silent, never deleted.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_alarm")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When it was raised.
    pub at: DateTimeUtc,
    /// The transaction, if it concerns one.
    pub txn: Option<Uuid>,
    /// `core::effect::Alarm` as text.
    pub what: String,
    /// When a supervisor closed it.
    pub closed_at: Option<DateTimeUtc>,
    /// Who did; an opaque account.
    pub closed_by: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
