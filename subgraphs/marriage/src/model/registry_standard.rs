//! Standard levels of registries 婚姻登记机关等级, each with its time.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registry_standard")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The registry.
    pub registry_id: Uuid,
    /// `A1` to `A5`.
    pub level: String,
    /// The assessment behind it.
    pub basis: String,
    /// Day of the assessment.
    pub assessed_on: Date,
    /// First day.
    pub valid_from: Date,
    /// Last day; none while it holds.
    pub valid_to: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
