//! Tickets of the queue in the hall 排队号.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "queue_ticket")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The registry.
    pub registry_id: Uuid,
    /// Legal day.
    pub day: Date,
    /// Number of the day, from 1.
    pub number: i32,
    /// What for.
    pub service: String,
    /// `WAITING`, `CALLED`, `DONE` or `LEFT`.
    pub state: String,
    /// The appointment they came with.
    pub appointment_id: Option<Uuid>,
    /// Person token; none for a ticket drawn without a name.
    pub holder: Option<String>,
    /// The guide who stays with the couple.
    pub guide_id: Option<Uuid>,
    /// The window that called it.
    pub desk: Option<i32>,
    /// When it was drawn.
    pub taken_at: DateTimeUtc,
    /// When it was called.
    pub called_at: Option<DateTimeUtc>,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
