//! A move, mending or change of keeper of a marker, with both sides' agreement (界桩移动、修复、管理方变更).

use sea_orm::entity::prelude::*;

use super::vocabulary::MarkerActKind;

/// A move, mending or change of keeper of a marker, with both sides' agreement (界桩移动、修复、管理方变更).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "marker_act")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The marker.
    pub marker: Uuid,
    /// Its line.
    pub line: Uuid,
    /// What is to be done.
    pub act: MarkerActKind,
    /// The new position, degrees east.
    pub longitude: Option<f64>,
    /// The new position, degrees north.
    pub latitude: Option<f64>,
    /// The division that is to keep it, for a change of keeper.
    pub keeper: Option<Uuid>,
    /// The survey.
    pub survey_doc: Option<String>,
    /// Why.
    pub reason: String,
    /// The day it was proposed.
    pub proposed_on: Date,
    /// The day the left side agreed.
    pub left_agreed_on: Option<Date>,
    /// The day the right side agreed.
    pub right_agreed_on: Option<Date>,
    /// Opaque id of the officer who agreed for the left side.
    pub left_officer: Option<String>,
    /// The person whose account that is, where the token said.
    pub left_officer_person: Option<String>,
    /// Opaque id of the officer who agreed for the right side.
    pub right_officer: Option<String>,
    /// The person whose account that is, where the token said.
    pub right_officer_person: Option<String>,
    /// The day it took effect.
    pub done_on: Option<Date>,
    /// Raised by every change.
    pub version: i64,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
