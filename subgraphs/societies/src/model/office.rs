//! Offices that natural persons hold: the only place of this subgraph with person tokens.

use crate::vocabulary::{OfficeEnd, OfficeRole};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "office")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// The opaque token of the person.
    pub person: String,
    /// The office.
    pub role: OfficeRole,
    /// First day.
    pub since: Date,
    /// Last day; none while it is held.
    pub until: Option<Date>,
    /// Why it ended.
    pub ended: Option<OfficeEnd>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
