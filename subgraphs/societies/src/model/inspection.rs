//! Inspections and whether what they found was put right.

use crate::vocabulary::{OrgInspectionKind, OrgInspectionResult};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inspection")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// Why it took place.
    pub kind: OrgInspectionKind,
    /// The day.
    pub inspected: Date,
    /// What it found.
    pub result: OrgInspectionResult,
    /// The day by which it must be put right.
    pub rectify_by: Option<Date>,
    /// The day it was closed.
    pub closed: Option<Date>,
    /// Counts the changes of the row.
    pub version: i64,
    /// Full party members; none where it was not said.
    pub party_members: Option<i32>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
