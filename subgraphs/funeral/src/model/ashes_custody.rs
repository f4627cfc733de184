//! Ashes kept by a facility (骨灰寄存).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ashes_custody")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// The facility.
    pub facility_id: Uuid,
    /// Number of the box; one set of ashes at a time (partial unique index).
    #[sea_orm(column_type = "Text")]
    pub box_no: String,
    /// When they came.
    pub from_at: DateTimeUtc,
    /// Last day that is paid for.
    pub paid_until: Date,
    /// When they left.
    pub ended_at: Option<DateTimeUtc>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
