//! What an application at the counter will send to other authorities: identities sealed when they were shown.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_application")]
pub struct Model {
    /// The application for marriage or divorce.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: Uuid,
    /// The transaction it will be.
    pub txn: Uuid,
    /// The parties, sealed, as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
