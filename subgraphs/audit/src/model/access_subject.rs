//! A person that a record tells of, with what that person may know of it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_subject")]
pub struct Model {
    /// Its id, made of the record's and the person's first token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The segment it was read from.
    #[sea_orm(column_type = "Text")]
    pub segment: String,
    /// The record.
    pub entry: Uuid,
    /// When.
    pub at: DateTimeUtc,
    /// The person.
    #[sea_orm(column_type = "Text")]
    pub person: String,
    /// `DISCLOSED` or `REFUSED`.
    #[sea_orm(column_type = "Text")]
    pub decision: String,
    /// Who looked, by role.
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
    /// The coordinates, a JSON list.
    #[sea_orm(column_type = "Text")]
    pub fields: String,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("access_subject")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
