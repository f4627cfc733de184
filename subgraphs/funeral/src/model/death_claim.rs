//! What a citizen said of a death, until an officer has seen the paper (F-1).

use sea_orm::entity::prelude::*;

use crate::rules::terms::DeathPaperKind;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "death_claim")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Day of death.
    pub died_on: Date,
    /// Who attested it.
    pub paper_kind: DeathPaperKind,
    /// Number of the paper, encrypted.
    #[sea_orm(column_type = "Text")]
    pub paper_number: String,
    /// Whether the death was natural; none when unknown.
    pub natural: Option<bool>,
    /// When it was said.
    pub claimed_at: DateTimeUtc,
    /// When an officer confirmed the paper.
    pub confirmed_at: Option<DateTimeUtc>,
    /// That officer, by their subject.
    #[sea_orm(column_type = "Text", nullable)]
    pub confirmed_by: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
