//! Sets of ashes from elsewhere enrolled for a voyage, within its quota (F-12).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sea_guest")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The voyage.
    pub voyage_id: Uuid,
    /// Where they come from.
    #[sea_orm(column_type = "Text")]
    pub origin: String,
    /// The paper that they come with.
    #[sea_orm(column_type = "Text")]
    pub paper: String,
    /// How many.
    pub sets: i32,
    /// When they were enrolled.
    pub enrolled_at: DateTimeUtc,
    /// The officer.
    #[sea_orm(column_type = "Text", nullable)]
    pub officer: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
