//! Open promises to persons of ours: mostly one for a person, several where two turned out to be one.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_hold")]
pub struct Model {
    /// Person token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: String,
    /// The transaction that holds the person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub txn: Uuid,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
