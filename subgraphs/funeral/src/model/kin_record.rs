//! A relative of the deceased of a case, recorded by an officer on proof (F-20).

use sea_orm::entity::prelude::*;

use crate::rules::terms::KinRelation;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "kin_record")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Token of the relative.
    #[sea_orm(column_type = "Text")]
    pub kin: String,
    /// What they are to the deceased.
    pub relation: KinRelation,
    /// The proof that was seen, encrypted.
    #[sea_orm(column_type = "Text")]
    pub proof: String,
    /// Day it was recorded.
    pub recorded_on: Date,
    /// The officer.
    #[sea_orm(column_type = "Text", nullable)]
    pub officer: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
