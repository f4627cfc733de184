//! Who saw a person's number and name in full, and why: written before they are shown. The gateway's access
//! log records the same reading; this is the vault's own record, next to what was read.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reveal")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The person.
    #[sea_orm(column_type = "Text")]
    pub token: String,
    /// When.
    pub at: DateTimeUtc,
    /// The reader's role.
    #[sea_orm(column_type = "Text")]
    pub actor_role: String,
    /// The reader's opaque id.
    #[sea_orm(column_type = "Text", nullable)]
    pub actor: Option<String>,
    /// The purpose stated.
    #[sea_orm(column_type = "Text", nullable)]
    pub purpose: Option<String>,
    /// The case it belongs to.
    #[sea_orm(column_type = "Text", nullable)]
    pub case_id: Option<String>,
    /// The reason given, encrypted.
    pub reason: Vec<u8>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("reveal")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
