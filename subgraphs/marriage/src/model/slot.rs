//! Slots that someone booked. A slot nobody booked has no row: it follows from the hours.
//!
//! Invariant, also a CHECK of the table: `0 <= booked <= capacity`.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "slot")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The registry.
    pub registry_id: Uuid,
    /// What one comes for.
    pub service: String,
    /// The legal day.
    pub day: Date,
    /// First minute after midnight, Shanghai time.
    pub opens: i32,
    /// Last minute.
    pub closes: i32,
    /// Places when the slot was first booked.
    pub capacity: i32,
    /// Places taken.
    pub booked: i32,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
