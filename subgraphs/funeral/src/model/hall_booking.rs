//! A booking of a hall for a farewell.

use sea_orm::entity::prelude::*;

use crate::rules::terms::BookingState;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hall_booking")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The hall.
    pub hall_id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Day.
    pub day: Date,
    /// First hour, legal time.
    pub starts_hour: i32,
    /// Hour at which it ends.
    pub ends_hour: i32,
    /// Where it stands.
    pub state: BookingState,
    /// When it was booked.
    pub booked_at: DateTimeUtc,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
