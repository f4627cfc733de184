//! Evidence in a case of impersonation.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_evidence")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// See `rules::impersonation::EvidenceKind`.
    pub kind: String,
    /// The organ that issued it.
    pub issued_by: String,
    /// Number of the document.
    pub reference: String,
    /// Day of the document.
    pub issued_on: Date,
    /// When it was added.
    pub added_at: DateTimeUtc,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
