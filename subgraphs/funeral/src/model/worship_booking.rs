//! A booking for visiting a grave (祭扫预约).

use sea_orm::entity::prelude::*;

use crate::rules::terms::{BookingState, WorshipMode};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "worship_booking")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The span of time.
    pub slot_id: Uuid,
    /// The facility.
    pub facility_id: Uuid,
    /// Token of the person who booked.
    #[sea_orm(column_type = "Text")]
    pub booker: String,
    /// How.
    pub mode: WorshipMode,
    /// How many people.
    pub people: i32,
    /// Places it takes of the capacity.
    pub places: i32,
    /// Where it stands.
    pub state: BookingState,
    /// When.
    pub booked_at: DateTimeUtc,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
