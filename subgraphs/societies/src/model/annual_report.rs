//! Annual reports as the registry has them; a report that is missing has no row.

use crate::vocabulary::{ReportDuty, ReportResult, SupervisorView};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "annual_report")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// The year it is about.
    pub year: i32,
    /// Inspection or work report.
    pub duty: ReportDuty,
    /// The day the supervising department agreed, as an officer recorded it with its view.
    pub to_supervisor: Option<Date>,
    /// The day it reached the registry.
    pub to_registry: Date,
    /// Whether that was after its last day, 31 May.
    pub late: bool,
    /// The registry's conclusion; none until it is drawn.
    pub result: Option<ReportResult>,
    /// Income of the year, in fen.
    pub income_fen: i64,
    /// Spending of the year, in fen.
    pub spending_fen: i64,
    /// Of it on charitable activity, in fen.
    pub charitable_fen: i64,
    /// Of it on management, in fen.
    pub management_fen: i64,
    /// Full-time staff.
    pub staff: i32,
    /// Activities held.
    pub activities: i32,
    /// Counts the changes of the row.
    pub version: i64,
    /// The supervising department's view, where it was recorded.
    pub supervisor_view: Option<SupervisorView>,
    /// Full party members; none where it was not said.
    pub party_members: Option<i32>,
    /// The day it was handed in to the supervising department, as the form says; none where it has none, and in rows of
    /// before that told that day and the one of the agreement in one.
    pub handed_to_supervisor: Option<Date>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
