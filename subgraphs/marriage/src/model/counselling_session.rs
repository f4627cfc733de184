//! Counselling sessions 辅导: booked, held, and their coded outcome; no words of the talk are kept.
//!
//! Invariant, also a unique index: a room has one session at a time.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "counselling_session")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The room.
    pub room_id: Uuid,
    /// The registry, as in the room.
    pub registry_id: Uuid,
    /// The counsellor who held it.
    pub counsellor_id: Option<Uuid>,
    /// `PRE_MARITAL`, `FAMILY` or `CRISIS`.
    pub kind: String,
    /// Person token.
    pub first_party: String,
    /// Person token.
    pub second_party: Option<String>,
    /// Legal day.
    pub day: Date,
    /// First minute.
    pub opens: i32,
    /// Last minute.
    pub closes: i32,
    /// `BOOKED`, `HELD`, `MISSED` or `CANCELLED`.
    pub state: String,
    /// Coded outcome.
    pub outcome: Option<String>,
    /// The appointment that holds the place.
    pub appointment_id: Option<Uuid>,
    /// The divorce application it belongs to.
    pub divorce_id: Option<Uuid>,
    /// When it was booked.
    pub booked_at: DateTimeUtc,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
