//! Tokens of earlier keys and the token that took their place: callers' own tokens, and references in
//! subsystems that are behind, still find their person.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "retired_token")]
pub struct Model {
    /// The token that was given up.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub old: String,
    /// The token that the person has now.
    #[sea_orm(column_type = "Text")]
    pub token: String,
    /// When.
    pub at: DateTimeUtc,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
