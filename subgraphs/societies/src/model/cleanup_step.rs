//! The steps taken in clean-up cases.

use crate::vocabulary::CleanupStep;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cleanup_step")]
pub struct Model {
    /// The case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: Uuid,
    /// The step.
    #[sea_orm(primary_key, auto_increment = false)]
    pub step: CleanupStep,
    /// The day.
    pub on_day: Date,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
