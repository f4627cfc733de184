//! The data keys that encrypt columns, each wrapped by the master key, which is not in the database.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "data_key")]
pub struct Model {
    /// The number that encrypted values carry; the highest one encrypts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The key, wrapped.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("data_key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
