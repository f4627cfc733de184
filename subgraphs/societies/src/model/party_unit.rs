//! Party bodies inside organizations.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "party_unit")]
pub struct Model {
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub credit_code: String,
    /// Where the organization is registered.
    pub division_id: Uuid,
    /// First day.
    pub established: Date,
    /// The last assessment, out of 100 over its five aspects.
    pub score: Option<i32>,
    /// Counts the changes of the row.
    pub version: i64,
    /// The day of the last assessment.
    pub assessed: Option<Date>,
    /// Its five aspects, each out of 20, as a JSON list.
    pub aspects: Option<String>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
