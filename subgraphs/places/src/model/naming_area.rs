//! The divisions that an application lies in, one row a level, so that statistics of any level are one join.

use sea_orm::entity::prelude::*;

/// The divisions that an application lies in, one row a level, so that statistics of any level are one join.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "naming_area")]
pub struct Model {
    /// A division around it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division: Uuid,
    /// The application.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application: Uuid,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
