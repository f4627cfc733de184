//! A span of time for visiting graves, with a capacity that is never exceeded.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "worship_slot")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The facility.
    pub facility_id: Uuid,
    /// Day.
    pub day: Date,
    /// First hour, legal time.
    pub starts_hour: i32,
    /// Hour at which it ends.
    pub ends_hour: i32,
    /// People it takes.
    pub capacity: i32,
    /// People booked.
    pub booked: i32,
    /// People who came, once counted.
    pub attended: Option<i32>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
