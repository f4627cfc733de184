//! A contract for the use of a niche or grave; a renewal is a new one.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plot_contract")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The niche or grave.
    pub plot_id: Uuid,
    /// The case; none where the place was in use before cases were kept here.
    pub case_id: Option<Uuid>,
    /// First day.
    pub valid_from: Date,
    /// First day after the term.
    pub valid_to: Date,
    /// For the use, in fen (F-8).
    pub usage_fee: i64,
    /// For the upkeep, in fen (F-8).
    pub upkeep_fee: i64,
    /// The contract that it renews.
    pub renews: Option<Uuid>,
    /// Day it ended.
    pub ended_on: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
