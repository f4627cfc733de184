//! A change of divisions as it was approved (行政区划变更), for reports.

use sea_orm::entity::prelude::*;

use super::vocabulary::{LineageRelation, NamingAuthority};

/// A change of divisions as it was approved (行政区划变更), for reports.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division_change")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What kind of change.
    pub relation: LineageRelation,
    /// The county-level or higher division in which it happened.
    pub division: Uuid,
    /// The prefecture of that division.
    pub prefecture: Option<Uuid>,
    /// The province of that division.
    pub province: Uuid,
    /// The division changed, where one alone is.
    pub subject: Option<Uuid>,
    /// State before, in words.
    pub before: String,
    /// State after, in words.
    pub after: String,
    /// How many divisions went in.
    pub sources: i32,
    /// The day it took effect.
    pub effective: Date,
    /// The document of approval.
    pub approval_doc: Option<String>,
    /// Day of approval; null for changes told by reports.
    pub approved_on: Option<Date>,
    /// Who approved.
    pub authority: Option<NamingAuthority>,
    /// The document by which the term of twelve months was made longer.
    pub extension_doc: Option<String>,
    /// The day by which the new code must be published.
    pub code_due_on: Option<Date>,
    /// When it was recorded here.
    pub recorded_at: Option<DateTimeUtc>,
    /// Dates or documents are invented.
    pub is_demo: bool,
    /// Whether what is keyed to the divisions was moved; false until the effective day.
    pub settled: bool,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
