//! Annotations on marriage records 档案批注: what was written beside a record, never over it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "annotation")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The marriage record.
    pub record_id: Uuid,
    /// What it tells.
    pub kind: String,
    /// Legal day of writing.
    pub noted_on: Date,
    /// The day from which what it tells has effect.
    pub effective_on: Option<Date>,
    /// Number of the document behind it.
    pub reference: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
