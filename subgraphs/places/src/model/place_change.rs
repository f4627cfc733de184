//! The change feed: what changed in names and divisions, in order.

use sea_orm::entity::prelude::*;

/// The change feed: what changed in names and divisions, in order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "place_change")]
pub struct Model {
    /// The cursor, rising.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// When.
    pub at: DateTimeUtc,
    /// What happened, as the event is named.
    pub kind: String,
    /// The division concerned.
    pub division: Option<Uuid>,
    /// The place concerned.
    pub place: Option<Uuid>,
    /// The application concerned.
    pub application: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
