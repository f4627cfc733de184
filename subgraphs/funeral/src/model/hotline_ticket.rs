//! A ticket of the funeral hotline 96444.

use sea_orm::entity::prelude::*;

use crate::rules::terms::{TicketCategory, TicketState};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hotline_ticket")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Number for people.
    #[sea_orm(column_type = "Text")]
    pub number: String,
    /// The hotline.
    #[sea_orm(column_type = "Text")]
    pub line: String,
    /// What the call is about.
    pub category: TicketCategory,
    /// Where it stands.
    pub state: TicketState,
    /// The caller's phone, masked; the number itself is not kept here.
    #[sea_orm(column_type = "Text")]
    pub caller_masked: String,
    /// Token of the caller, once identified.
    #[sea_orm(column_type = "Text", nullable)]
    pub caller: Option<String>,
    /// The case it concerns.
    pub case_id: Option<Uuid>,
    /// The facility it was sent to.
    pub facility_id: Option<Uuid>,
    /// The division of the call.
    pub division_id: Uuid,
    /// Degrees east of where help is needed.
    pub lon: f64,
    /// Degrees north of where help is needed.
    pub lat: f64,
    /// When the call was taken.
    pub opened_at: DateTimeUtc,
    /// Month of that time as a number (see `YearMonth::index`).
    pub opened_month: i32,
    /// By when it is to be dispatched.
    pub due_at: DateTimeUtc,
    /// When it was dispatched.
    pub dispatched_at: Option<DateTimeUtc>,
    /// When the people were there.
    pub arrived_at: Option<DateTimeUtc>,
    /// When it was closed.
    pub closed_at: Option<DateTimeUtc>,
    /// The caller's mark, 1 to 5.
    pub satisfaction: Option<i32>,
    /// The hearse that was sent.
    pub hearse_id: Option<Uuid>,
    /// When the facility took it.
    pub accepted_at: Option<DateTimeUtc>,
    /// By when arrival is promised.
    pub arrival_due_at: Option<DateTimeUtc>,
    /// When it was done.
    pub resolved_at: Option<DateTimeUtc>,
    /// Since when it waits to be dispatched again, after it was reopened.
    pub waiting_since: Option<DateTimeUtc>,
    /// How often it was reopened.
    pub reopened: i32,
    /// When it was last opened again; its times are measured from there.
    pub reopened_at: Option<DateTimeUtc>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
