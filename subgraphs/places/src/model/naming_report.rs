//! A report on an application: evaluation, experts or public opinion (评估、论证、听取意见).

use sea_orm::entity::prelude::*;

use super::vocabulary::{NamingReportKind, NamingReportOutcome};

/// A report on an application: evaluation, experts or public opinion (评估、论证、听取意见).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "naming_report")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The application.
    pub application: Uuid,
    /// Whose report.
    pub kind: NamingReportKind,
    /// What it says.
    pub outcome: NamingReportOutcome,
    /// Number of the document.
    pub document: String,
    /// Its result in words.
    pub summary: String,
    /// Its day.
    pub made_on: Date,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
    /// Opaque id of who recorded it.
    pub recorded_by: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
