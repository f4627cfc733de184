//! What a division plans to have (殡葬设施布局规划).

use sea_orm::entity::prelude::*;

use crate::rules::terms::FacilityKind;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "facility_plan")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The division.
    pub division_id: Uuid,
    /// The kind of facility.
    pub kind: FacilityKind,
    /// People who live there.
    pub population: i64,
    /// Deaths a year in ten thousand.
    pub deaths_per_ten_thousand: i32,
    /// Years to be covered.
    pub years: i32,
    /// Of a hundred deaths how many use this kind.
    pub share_percent: i32,
    /// The plan.
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
