//! A vehicle that fetches bodies.

use sea_orm::entity::prelude::*;

use crate::rules::terms::HearseState;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hearse")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The funeral home it belongs to.
    pub facility_id: Uuid,
    /// What it is called on the radio.
    #[sea_orm(column_type = "Text")]
    pub label: String,
    /// Degrees east of its last position.
    pub lon: f64,
    /// Degrees north of its last position.
    pub lat: f64,
    /// When that position was reported.
    pub seen_at: DateTimeUtc,
    /// Whether it can be sent.
    pub state: HearseState,
    /// The ticket of the hotline that it is kept for, until a transport or the ticket's end.
    pub reserved_for: Option<Uuid>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
