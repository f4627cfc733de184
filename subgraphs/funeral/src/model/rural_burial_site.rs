//! A place where a village buries together (农村集中安葬点).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rural_burial_site")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The division.
    pub division_id: Uuid,
    /// Its name.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
    /// Area in thousandths of a square metre.
    pub area_milli_m2: i64,
    /// Graves in it.
    pub graves: i32,
    /// Whether someone looks after it by the rules.
    pub managed: bool,
    /// Day it was entered.
    pub registered_on: Date,
    /// Day of the last inspection.
    pub inspected_on: Option<Date>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
