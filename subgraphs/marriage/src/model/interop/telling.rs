//! Endings of marriages that another authority must be told of until it has noted them.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_telling")]
pub struct Model {
    /// The notice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice: Uuid,
    /// To whom.
    #[sea_orm(primary_key, auto_increment = false)]
    pub peer: String,
    /// `core::message::Notice` as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// It was noted.
    pub told: bool,
    /// Its place among the evidence about that peer, once it was noted.
    pub position: Option<i64>,
    /// When it is told again.
    pub due_at: Option<DateTimeUtc>,
    /// How often it was told.
    pub attempts: i32,
    /// Since when it is to be told; none for those of before this was kept.
    pub since: Option<DateTimeUtc>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
