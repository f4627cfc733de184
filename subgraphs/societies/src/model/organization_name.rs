//! The names of an organization through time.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_name")]
pub struct Model {
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub credit_code: String,
    /// First day of the name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub valid_from: Date,
    /// First day on which it no longer holds; none while it holds.
    pub valid_to: Option<Date>,
    /// The name.
    pub name: String,
    /// The division that the name begins with (O-7), if it names one.
    pub division_id: Option<Uuid>,
    /// That division's name as the organization's name prints it.
    pub division_name: Option<String>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
