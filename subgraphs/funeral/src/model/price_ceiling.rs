//! The government-guided ceiling of a base item in a division (F-7).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "price_ceiling")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The province, or a prefecture that it authorised.
    pub division_id: Uuid,
    /// The item.
    #[sea_orm(column_type = "Text")]
    pub item_code: String,
    /// The ceiling, in fen.
    pub ceiling: i64,
    /// The document that sets it.
    #[sea_orm(column_type = "Text")]
    pub basis: String,
    /// First day.
    pub valid_from: Date,
    /// First day on which it no longer holds.
    pub valid_to: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
