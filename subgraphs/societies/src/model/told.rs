//! What the supervision was told of by a timer, so that it is told once.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "told")]
pub struct Model {
    /// Of what: the kind of the event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub what: String,
    /// Of which row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The day that it is about; another day is told anew. Empty where there is none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub due: String,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
