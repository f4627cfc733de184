//! Entries in the two lists of bad credit.

use crate::vocabulary::{CreditList, ListingReason};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_listing")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// The list.
    pub list: CreditList,
    /// The ground.
    pub reason: ListingReason,
    /// The day of entry.
    pub listed: Date,
    /// The day on which an abnormal entry becomes serious.
    pub escalates: Option<Date>,
    /// The day it was taken off; none while it stands.
    pub removed: Option<Date>,
    /// Counts the changes of the row.
    pub version: i64,
    /// The day the ground arose.
    pub arose: Option<Date>,
    /// Whether it was entered later than the five working days (O-17).
    pub entered_late: bool,
    /// The ground of the entry from which this one became serious; none for others.
    pub first_reason: Option<ListingReason>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
