//! A cremation (火化). A correction is a row of its own that names the one it takes the place of.

use sea_orm::entity::prelude::*;

use crate::rules::terms::DeathPaperKind;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cremation")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Number of the certificate of cremation.
    #[sea_orm(column_type = "Text")]
    pub certificate_no: String,
    /// Number of the cremator.
    pub cremator: i32,
    /// When it began.
    pub started_at: DateTimeUtc,
    /// When it ended.
    pub ended_at: DateTimeUtc,
    /// The officer, by their opaque subject.
    #[sea_orm(column_type = "Text", nullable)]
    pub officer: Option<String>,
    /// The death paper that was checked.
    pub paper_kind: DeathPaperKind,
    /// The row it corrects.
    pub corrects: Option<Uuid>,
    /// Whether a later row corrects this one.
    pub superseded: bool,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
