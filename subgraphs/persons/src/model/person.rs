//! A person: the token, the encrypted identity, and what may be known without opening it.

use sea_orm::entity::prelude::*;

use super::terms::{IdKind, IdentityStatus};

/// One row. Number and name are encrypted ([`crate::service::columns`]); the token is itself the
/// keyed blind index of the number, so there is no other.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    /// The opaque token, the entity's key.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub token: String,
    /// The number, encrypted.
    pub id_number: Option<Vec<u8>>,
    /// The name, encrypted; null when it was never told.
    pub name: Option<Vec<u8>>,
    /// GB/T 2261.1; 0 when unknown.
    pub sex: i16,
    /// The year of birth; null when unknown.
    pub birth_year: Option<i32>,
    /// What kind of number it is.
    pub id_kind: IdKind,
    /// How far it is known to be right.
    pub status: IdentityStatus,
    /// The token that this one is another name of.
    #[sea_orm(column_type = "Text", nullable)]
    pub alias_of: Option<String>,
    /// The case that made it another name; null when none did.
    pub alias_case: Option<Uuid>,
    /// The number was shown since, and what it was shown for is kept under the other name.
    pub alias_used: bool,
    /// Grows with every change.
    pub version: i64,
    /// When the row was written first.
    pub created_at: DateTimeUtc,
    /// When it was changed last.
    pub updated_at: DateTimeUtc,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("person")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// No relations are followed: aliases are loaded in batches by token.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
