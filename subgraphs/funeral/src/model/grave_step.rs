//! A step in the clean-up of an illegal grave.

use sea_orm::entity::prelude::*;

use crate::rules::terms::GraveState;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "grave_step")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The grave.
    pub grave_id: Uuid,
    /// Place in the course, from 1.
    pub seq: i32,
    /// The state it led to.
    pub state: GraveState,
    /// Day.
    pub on_day: Date,
    /// Number of the paper, where there is one.
    #[sea_orm(column_type = "Text", nullable)]
    pub paper: Option<String>,
    /// The officer or citizen.
    #[sea_orm(column_type = "Text", nullable)]
    pub officer: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
