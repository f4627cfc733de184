//! A step of an application, never changed afterwards (办理过程).

use sea_orm::entity::prelude::*;

use crate::rules::state::NamingState;

/// A step of an application, never changed afterwards (办理过程).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "naming_step")]
pub struct Model {
    /// The application.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application: Uuid,
    /// Its number, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i32,
    /// When.
    pub at: DateTimeUtc,
    /// What was done, as the mutation is named.
    pub act: String,
    /// The state after it.
    pub state: NamingState,
    /// The role of who did it.
    pub actor_role: String,
    /// Opaque id of who did it.
    pub actor: Option<String>,
    /// What was said; no personal data.
    pub remark: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
