//! Counsellors 婚姻家庭辅导员.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "counsellor")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The registry.
    pub registry_id: Uuid,
    /// Person token.
    pub person: String,
    /// What qualifies: `PSYCHOLOGY`, `SOCIAL_WORK`, `LAW` or `FAMILY_GUIDANCE`.
    pub qualification: String,
    /// Credit code of the organization that sends the counsellor.
    pub provider: Option<String>,
    /// Still works there.
    pub active: bool,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
