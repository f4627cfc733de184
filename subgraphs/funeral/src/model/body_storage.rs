//! A body in a cabinet of the cold store (遗体存放).

use sea_orm::entity::prelude::*;

use crate::rules::terms::ExtensionKind;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "body_storage")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// The funeral home.
    pub facility_id: Uuid,
    /// The cabinet; one body at a time (partial unique index).
    #[sea_orm(column_type = "Text")]
    pub cabinet_no: String,
    /// When the body came.
    pub from_at: DateTimeUtc,
    /// Last day on which it may be stored (F-14).
    pub until: Date,
    /// How it was extended.
    pub extension: ExtensionKind,
    /// Number of the approval beyond the longest time.
    #[sea_orm(column_type = "Text", nullable)]
    pub approval: Option<String>,
    /// When it left.
    pub left_at: Option<DateTimeUtc>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
