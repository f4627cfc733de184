//! Ratings from 1A to 5A.

use crate::vocabulary::{RatingLevel, RatingState};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rating")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// The grade.
    pub level: RatingLevel,
    /// The score out of 1,000, where it is known.
    pub score: Option<i32>,
    /// The day it was given.
    pub valid_from: Date,
    /// First day on which it no longer counts.
    pub valid_to: Date,
    /// As recorded; whether it has expired is judged on the day it is read.
    pub state: RatingState,
    /// Counts the changes of the row.
    pub version: i64,
    /// The day it was lowered or taken away.
    pub changed: Option<Date>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
