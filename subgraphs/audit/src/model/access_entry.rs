//! A record of the log.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_entry")]
pub struct Model {
    /// The record's own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The segment it was read from.
    #[sea_orm(column_type = "Text")]
    pub segment: String,
    /// Its chain.
    #[sea_orm(column_type = "Text")]
    pub chain: String,
    /// Its number in the chain.
    pub seq: i64,
    /// When.
    pub at: DateTimeUtc,
    /// The month, as an index.
    pub month: i32,
    /// How long it is kept: `general`, `sharing` or `reveal`.
    #[sea_orm(column_type = "Text")]
    pub class: String,
    /// `DISCLOSED` or `REFUSED`.
    #[sea_orm(column_type = "Text")]
    pub decision: String,
    /// The trace of the request.
    #[sea_orm(column_type = "Text", nullable)]
    pub trace_id: Option<String>,
    /// The caller's opaque id.
    #[sea_orm(column_type = "Text", nullable)]
    pub actor: Option<String>,
    /// Whose id that is.
    #[sea_orm(column_type = "Text")]
    pub actor_issuer: String,
    /// The caller's role.
    #[sea_orm(column_type = "Text")]
    pub actor_role: String,
    /// The division they work for.
    #[sea_orm(column_type = "Text", nullable)]
    pub actor_division: Option<String>,
    /// Their province.
    #[sea_orm(column_type = "Text")]
    pub province: String,
    /// The purpose stated.
    #[sea_orm(column_type = "Text", nullable)]
    pub purpose: Option<String>,
    /// The case stated.
    #[sea_orm(column_type = "Text", nullable)]
    pub case_id: Option<String>,
    /// The digest of the document.
    #[sea_orm(column_type = "Text")]
    pub document: String,
    /// The operation's name.
    #[sea_orm(column_type = "Text", nullable)]
    pub operation: Option<String>,
    /// The coordinates, a JSON list.
    #[sea_orm(column_type = "Text")]
    pub fields: String,
    /// The persons as they were recorded, a JSON list.
    #[sea_orm(column_type = "Text")]
    pub persons: String,
    /// The record's hash.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("access_entry")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
