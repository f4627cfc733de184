//! Applications for a permit and how long they took (O-4).

use crate::vocabulary::{DayUnit, OrgRefusalGround, PermitItem, PermitState};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "permit_case")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What is asked for.
    pub item: PermitItem,
    /// The organization, where there is one already.
    pub credit_code: Option<String>,
    /// The authority's division.
    pub division_id: Uuid,
    /// The day the papers were complete.
    pub received: Date,
    /// How the days are counted.
    pub unit: DayUnit,
    /// Days by law.
    pub statutory_days: i32,
    /// Days by promise.
    pub committed_days: i32,
    /// Last day by law; none where the calendar was not known, until it is ([`crate::service::permit::settle`]).
    pub statutory_due: Option<Date>,
    /// Last day by promise; the same.
    pub committed_due: Option<Date>,
    /// The day of the decision.
    pub decided: Option<Date>,
    /// The month of `decided`.
    pub decided_month: Option<i32>,
    /// Days the decision took, in `unit`; the same.
    pub days_taken: Option<i32>,
    /// The decision.
    pub granted: Option<bool>,
    /// Where it stands, as recorded; silence may have accepted it since ([`crate::rules::permit`]).
    pub state: PermitState,
    /// Counts the changes of the row.
    pub version: i64,
    /// The day it was handed in.
    pub submitted: Option<Date>,
    /// The name asked for, or of the organization that asks.
    pub name: Option<String>,
    /// What is asked for, as JSON without persons ([`crate::service::permit::Form`]).
    pub form: Option<String>,
    /// What was missing from the papers.
    pub missing: Option<String>,
    /// Why it was refused.
    pub ground: Option<OrgRefusalGround>,
    /// Whether it was handed in after its own term.
    pub late: bool,
    /// Working days by which the term was made longer, once; 0 where it was not.
    pub extended_days: i32,
    /// Why it was made longer, as the applicant is told.
    pub extension_reason: Option<String>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
