//! Checks of an application: what was looked up, when, and what came of it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_check")]
pub struct Model {
    /// The application.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: Uuid,
    /// What was checked.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// `MAN`, `WOMAN` or `BOTH`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: String,
    /// `PASS`, `FAIL` or `UNVERIFIED`.
    pub outcome: String,
    /// Code of the reason; none when passed.
    pub reason: Option<String>,
    /// Legal day.
    pub checked_on: Date,
    /// Instant.
    pub at: DateTimeUtc,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
