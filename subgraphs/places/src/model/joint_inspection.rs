//! A joint inspection of a line (界线联检).

use sea_orm::entity::prelude::*;

use super::vocabulary::{JointInspectionCause, JointInspectionState};

/// A joint inspection of a line (界线联检).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "joint_inspection")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The line.
    pub line: Uuid,
    /// Year of the round.
    pub year: i32,
    /// Number of the round, from 1.
    pub round: i32,
    /// What was found.
    pub findings: Option<String>,
    /// Day one side signed.
    pub signed_by_left: Option<Date>,
    /// Day the other side signed.
    pub signed_by_right: Option<Date>,
    /// Opaque id of the officer who signed for one side; null before, and where it was signed before it was kept.
    pub left_signer: Option<String>,
    /// The person whose account that is, where the token said.
    pub left_signer_person: Option<String>,
    /// Opaque id of the officer who signed for the other side.
    pub right_signer: Option<String>,
    /// The person whose account that is, where the token said.
    pub right_signer_person: Option<String>,
    /// Day the result was filed.
    pub filed_on: Option<Date>,
    /// Why it is held.
    pub cause: JointInspectionCause,
    /// Where it stands.
    pub state: JointInspectionState,
    /// The stretch that is looked at; null for the whole line.
    pub stretch: Option<String>,
    /// The day of the event that called for it; null for the round of five years.
    pub occurred_on: Option<Date>,
    /// The day it is to begin.
    pub scheduled_on: Option<Date>,
    /// The unit that goes for the left side.
    pub left_team: Option<String>,
    /// The unit that goes for the right side.
    pub right_team: Option<String>,
    /// The day it was closed.
    pub closed_on: Option<Date>,
    /// The document of the result.
    pub result_doc: Option<String>,
    /// The body with which the result was filed.
    pub received_by: Option<String>,
    /// Raised by every change.
    pub version: i64,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
