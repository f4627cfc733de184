//! The journal of what officers decided about identities: joins, partings, changes of status. A row is
//! never deleted; what it did can be read from it and undone by it.

use sea_orm::entity::prelude::*;

use super::terms::{AliasReason, CaseKind, IdentityCaseState, IdentityStatus};

/// One row.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_case")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What is decided.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: IdentityCaseState,
    /// The person it is about: of a join the record that is given up.
    #[sea_orm(column_type = "Text")]
    pub person: String,
    /// Of a join and its parting the record that stays.
    #[sea_orm(column_type = "Text", nullable)]
    pub into: Option<String>,
    /// Of a join why.
    pub cause: Option<AliasReason>,
    /// Of a change of status the new one.
    pub to_status: Option<IdentityStatus>,
    /// Of a parting the join that is taken back.
    pub merge: Option<Uuid>,
    /// Of a join that was carried out the other names that moved with the record, as a JSON list.
    #[sea_orm(column_type = "Text", nullable)]
    pub moved: Option<String>,
    /// Why, in the officer's words, encrypted.
    pub reason: Vec<u8>,
    /// The division of the officer who proposed it.
    #[sea_orm(column_type = "Text")]
    pub division: String,
    /// Who proposed it: role and opaque id.
    #[sea_orm(column_type = "Text")]
    pub proposed_by: String,
    /// The person whose account that is, where the token said: who decides is another one.
    #[sea_orm(column_type = "Text", nullable)]
    pub proposed_person: Option<String>,
    /// When.
    pub proposed_at: DateTimeUtc,
    /// Who decided it.
    #[sea_orm(column_type = "Text", nullable)]
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// Grows with every change.
    pub version: i64,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("identity_case")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// No relations are followed: persons are loaded in batches by token.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
