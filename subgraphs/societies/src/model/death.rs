//! Who has died, as the subgraph of funerals told it: asked before anybody is registered as head.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "death")]
pub struct Model {
    /// Key, made of the person as they were told first: told again, it is the same death.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The opaque token of the person.
    pub person: String,
    /// The day of death.
    pub died_on: Date,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
