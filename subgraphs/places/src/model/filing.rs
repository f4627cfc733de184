//! The filing of a decision on a name (备案), rule P-9.

use sea_orm::entity::prelude::*;

use super::vocabulary::NamingFilingReceiver;

/// The filing of a decision on a name (备案), rule P-9.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filing")]
pub struct Model {
    /// The decision.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application: Uuid,
    /// Last day for filing.
    pub due_on: Date,
    /// Its month as year × 12 + month − 1.
    pub due_month: i32,
    /// Day of filing; null while outstanding.
    pub filed_on: Option<Date>,
    /// The division whose department receives and reviews it.
    pub reviewer: Uuid,
    /// Day of review.
    pub reviewed_on: Option<Date>,
    /// Its month.
    pub reviewed_month: Option<i32>,
    /// Result of the review.
    pub result: Option<String>,
    /// Who must receive it.
    pub receiver: Option<NamingFilingReceiver>,
    /// The day on which the late filing was chased.
    pub chased_on: Option<Date>,
    /// The day on which it was reported to the superior.
    pub reported_on: Option<Date>,
    /// The last day of which the officers of the area were told.
    pub due_told: Option<Date>,
    /// `due_on` may still move: the rest days of a year it needs were not known when it was written.
    pub due_provisional: bool,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
