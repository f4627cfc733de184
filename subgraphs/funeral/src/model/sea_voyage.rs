//! A voyage for burials at sea (海葬).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sea_voyage")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The division that holds it.
    pub division_id: Uuid,
    /// Number of the round.
    pub round: i32,
    /// Port.
    #[sea_orm(column_type = "Text")]
    pub port: String,
    /// Day.
    pub sails_on: Date,
    /// Month of that day as a number (see `YearMonth::index`).
    pub sails_month: i32,
    /// Sets of ashes it can take.
    pub quota: i32,
    /// Sets enrolled.
    pub enrolled: i32,
    /// Of these, sets of families without a case here.
    pub guests: i32,
    /// Sets given to the sea; none until it is done.
    pub carried: Option<i32>,
    /// Day on which it was called off.
    pub cancelled_on: Option<Date>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
