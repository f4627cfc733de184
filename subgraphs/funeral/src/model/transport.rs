//! A hearse on its way to a body and back (接运).

use sea_orm::entity::prelude::*;

use crate::rules::terms::TransportState;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "transport")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// The vehicle; one task at a time (partial unique index).
    pub hearse_id: Uuid,
    /// The ticket of the hotline that asked for it.
    pub ticket_id: Option<Uuid>,
    /// The funeral home it goes to.
    pub facility_id: Uuid,
    /// Degrees east of where the body is.
    pub lon: f64,
    /// Degrees north of where the body is.
    pub lat: f64,
    /// Where the task stands.
    pub state: TransportState,
    /// Number of the seal on the body.
    #[sea_orm(column_type = "Text", nullable)]
    pub seal_no: Option<String>,
    /// When it was sent.
    pub sent_at: DateTimeUtc,
    /// By when arrival is promised.
    pub due_at: DateTimeUtc,
    /// When it was at the body.
    pub arrived_at: Option<DateTimeUtc>,
    /// When the body was handed over to the home.
    pub delivered_at: Option<DateTimeUtc>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
