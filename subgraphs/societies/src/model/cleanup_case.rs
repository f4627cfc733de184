//! Cases against organizations that no longer act, and against illegal ones.

use crate::vocabulary::{CleanupKind, CleanupResult, IllegalGround};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cleanup_case")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is about.
    pub kind: CleanupKind,
    /// The organization; none for one that was never registered.
    pub credit_code: Option<String>,
    /// The name it acts under.
    pub name: String,
    /// Where the case is kept.
    pub division_id: Uuid,
    /// First day.
    pub opened: Date,
    /// The day it was closed.
    pub closed: Option<Date>,
    /// The month of `closed`.
    pub closed_month: Option<i32>,
    /// How it ended.
    pub result: Option<CleanupResult>,
    /// Counts the changes of the row.
    pub version: i64,
    /// Why an illegal organization is one.
    pub ground: Option<IllegalGround>,
    /// What was confiscated, in fen.
    pub confiscated_fen: i64,
    /// The organization that took it over, for a merger.
    pub merged_into: Option<String>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
