//! What a person's ledger says of applications for divorce anywhere: each with the marriage it is about.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interop_mark")]
pub struct Model {
    /// Person token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: String,
    /// The application.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application: Uuid,
    /// The marriage; null where it was not kept yet.
    pub record_id: Option<Uuid>,
    /// The application was entered.
    pub opened: bool,
    /// It was withdrawn, or the divorce was registered.
    pub closed: bool,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
