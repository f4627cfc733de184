//! A death, once for a person.

use sea_orm::entity::prelude::*;

use crate::rules::terms::DeathPaperKind;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "death_record")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Token of the person who died.
    #[sea_orm(column_type = "Text")]
    pub deceased: String,
    /// Day of death.
    pub died_on: Date,
    /// Who attested it.
    pub paper_kind: DeathPaperKind,
    /// Number of the paper.
    #[sea_orm(column_type = "Text")]
    pub paper_number: String,
    /// Whether the death was natural; none when unknown.
    pub natural: Option<bool>,
    /// The division where it was reported.
    pub division_id: Uuid,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
    /// Counts the corrections.
    pub version: i64,
    /// Day on which the death was taken back.
    pub revoked_on: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
