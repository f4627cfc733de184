//! A standard address that prints a name which is no longer in force (待更新地址).

use sea_orm::entity::prelude::*;

/// A standard address that prints a name which is no longer in force (待更新地址).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outdated_address")]
pub struct Model {
    /// The place whose address it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: Uuid,
    /// The renaming or cancellation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application: Uuid,
    /// Its county.
    pub county: Uuid,
    /// The name it prints.
    pub old_name: String,
    /// The name in force; null where it was cancelled.
    pub new_name: Option<String>,
    /// First day on which it is outdated.
    pub since: Date,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
