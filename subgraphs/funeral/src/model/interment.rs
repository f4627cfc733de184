//! An interment (安葬). A correction is a row of its own.

use sea_orm::entity::prelude::*;

use crate::rules::terms::IntermentKind;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "interment")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Form.
    pub kind: IntermentKind,
    /// The facility, on land.
    pub facility_id: Option<Uuid>,
    /// The niche or grave.
    pub plot_id: Option<Uuid>,
    /// The voyage, at sea.
    pub voyage_id: Option<Uuid>,
    /// Day.
    pub interred_on: Date,
    /// Whether ashes are kept.
    pub keeps_ashes: bool,
    /// Whether a custom of burial was respected (F-3).
    pub custom_respected: bool,
    /// Subsidy in fen.
    pub subsidy: i64,
    /// The row it corrects.
    pub corrects: Option<Uuid>,
    /// Whether a later row corrects this one.
    pub superseded: bool,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
