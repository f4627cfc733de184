//! A call to the hotline: when it rang and when it was answered (F-18).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "call_record")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The ticket.
    pub ticket_id: Uuid,
    /// When the telephone began to ring.
    pub rang_at: DateTimeUtc,
    /// When it was answered.
    pub answered_at: DateTimeUtc,
    /// The operator.
    #[sea_orm(column_type = "Text", nullable)]
    pub operator: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
