//! A set of ashes enrolled for a voyage: one voyage at a time (partial unique index).

use sea_orm::entity::prelude::*;

use crate::rules::terms::EnrolmentState;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sea_enrolment")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The voyage.
    pub voyage_id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Relatives who come aboard.
    pub relatives: i32,
    /// Where it stands.
    pub state: EnrolmentState,
    /// When.
    pub enrolled_at: DateTimeUtc,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
