//! One who lies in a niche or grave: one seat each (partial unique index).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plot_occupant")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The niche or grave.
    pub plot_id: Uuid,
    /// Seat, from 1 to the limit.
    pub seat: i32,
    /// The case.
    pub case_id: Uuid,
    /// Token of the person.
    #[sea_orm(column_type = "Text")]
    pub person: String,
    /// Day they were laid in; none for a seat that is kept for a living spouse.
    pub laid_on: Option<Date>,
    /// Day they were taken out.
    pub left_on: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
