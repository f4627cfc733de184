//! Branches and representative offices, without a legal person of their own (O-8).

use crate::vocabulary::OrgBranchKind;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "branch")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// Branch or representative office.
    pub kind: OrgBranchKind,
    /// Its name.
    pub name: String,
    /// First day.
    pub opened: Date,
    /// Last day; none while it is open.
    pub closed: Option<Date>,
    /// Counts the changes of the row.
    pub version: i64,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
