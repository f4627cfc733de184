//! A line of a case's bill.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_item")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// The item.
    #[sea_orm(column_type = "Text")]
    pub item_code: String,
    /// The line of the list it was charged by.
    pub price_line_id: Uuid,
    /// How many units.
    pub quantity: i32,
    /// Price times quantity, in fen.
    pub amount: i64,
    /// Day of the service.
    pub service_on: Date,
    /// Outside the reference range.
    pub flagged: bool,
    /// The line it corrects.
    pub corrects: Option<Uuid>,
    /// Whether a later line corrects this one.
    pub superseded: bool,
    /// The facility that charged it; none for that of the case.
    pub facility_id: Option<Uuid>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
