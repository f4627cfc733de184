//! A zone in which nobody is buried (F-4).

use sea_orm::entity::prelude::*;

use crate::rules::terms::ZoneKind;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "burial_zone")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The division.
    pub division_id: Uuid,
    /// What it protects.
    pub kind: ZoneKind,
    /// Its name.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Its outer ring as JSON, pairs of degrees east and north.
    #[sea_orm(column_type = "Text")]
    pub ring: String,
    /// Western edge.
    pub min_lon: f64,
    /// Southern edge.
    pub min_lat: f64,
    /// Eastern edge.
    pub max_lon: f64,
    /// Northern edge.
    pub max_lat: f64,
    /// First day.
    pub valid_from: Date,
    /// First day on which it no longer holds.
    pub valid_to: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
