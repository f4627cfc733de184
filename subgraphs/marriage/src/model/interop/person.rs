//! What binds a person of ours to a transaction that is under way.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_person")]
pub struct Model {
    /// Person token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: String,
    /// The transaction that holds the person.
    pub hold: Option<Uuid>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
