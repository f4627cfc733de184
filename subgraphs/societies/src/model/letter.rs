//! Registered letters to domiciles and whether they came back (O-14).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "letter")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// The day it was sent.
    pub sent: Date,
    /// Whether it came back.
    pub returned: bool,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
