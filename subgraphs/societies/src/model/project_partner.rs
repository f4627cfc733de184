//! The partners of projects (五社联动).

use crate::vocabulary::PartnerKind;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_partner")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project.
    pub project_id: Uuid,
    /// Which of the five.
    pub kind: PartnerKind,
    /// Its name.
    pub name: String,
    /// The organization, if it is one of ours.
    pub credit_code: Option<String>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
