//! Appointments 预约.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appointment")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The slot.
    pub slot_id: Uuid,
    /// The registry, as in the slot.
    pub registry_id: Uuid,
    /// What for, as in the slot.
    pub service: String,
    /// The legal day, as in the slot.
    pub day: Date,
    /// First minute, as in the slot.
    pub opens: i32,
    /// Last minute, as in the slot.
    pub closes: i32,
    /// `BOOKED`, `CHECKED_IN`, `SERVED`, `NO_SHOW`, `CANCELLED`.
    pub state: String,
    /// When it was made.
    pub booked_at: DateTimeUtc,
    /// An officer booked it for them; then it opens nobody's records.
    pub by_officer: bool,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
