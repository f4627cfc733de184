//! A line of a facility's price list in one version; versions follow one another by their days.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "price_line")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The facility.
    pub facility_id: Uuid,
    /// The item.
    #[sea_orm(column_type = "Text")]
    pub item_code: String,
    /// Number of the list version.
    pub list_version: i32,
    /// What is charged, in fen.
    pub price: i64,
    /// Government-guided ceiling of a base item, in fen.
    pub ceiling: Option<i64>,
    /// Lower end of the reference range of a non-base item, in fen.
    pub reference_low: Option<i64>,
    /// Upper end of that range, in fen.
    pub reference_high: Option<i64>,
    /// The document that sets the price.
    #[sea_orm(column_type = "Text")]
    pub basis: String,
    /// First day.
    pub valid_from: Date,
    /// First day on which it no longer holds.
    pub valid_to: Option<Date>,
    /// The day it was published.
    pub published_on: Date,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
