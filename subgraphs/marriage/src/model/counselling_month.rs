//! Counselling given by registry and month.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "counselling_month")]
pub struct Model {
    /// The registry with the room.
    #[sea_orm(primary_key, auto_increment = false)]
    pub registry_id: Uuid,
    /// Month as a number, months since year 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: i32,
    /// Its division.
    pub county_id: Uuid,
    /// Its prefecture.
    pub prefecture_id: Option<Uuid>,
    /// Its province.
    pub province_id: Uuid,
    /// Sessions held.
    pub sessions: i64,
    /// When the row last changed.
    pub as_of: DateTimeUtc,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
