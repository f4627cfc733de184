//! An ecological burial on land (树葬, 花葬, 草坪葬, …), or one set of ashes of a voyage.

use sea_orm::entity::prelude::*;

use crate::rules::terms::IntermentKind;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "eco_burial")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Form.
    pub kind: IntermentKind,
    /// The life park, on land.
    pub facility_id: Option<Uuid>,
    /// The voyage, at sea.
    pub voyage_id: Option<Uuid>,
    /// The division.
    pub division_id: Uuid,
    /// Day.
    pub buried_on: Date,
    /// Month of that day as a number (see `YearMonth::index`).
    pub buried_month: i32,
    /// Whether ashes are kept.
    pub keeps_ashes: bool,
    /// Subsidy in fen.
    pub subsidy: i64,
    /// Whether a correction takes its place.
    pub superseded: bool,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
