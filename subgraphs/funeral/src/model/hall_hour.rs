//! An hour of a hall that is taken: one row an hour, so that the key lets nobody take it twice.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hall_hour")]
pub struct Model {
    /// The hall.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hall_id: Uuid,
    /// Day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// Hour, legal time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hour: i32,
    /// The booking.
    pub booking_id: Uuid,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
