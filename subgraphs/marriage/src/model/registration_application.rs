//! Applications at the counter 婚姻登记申请, from a draft to the archive.
//!
//! Invariant, also two unique indexes: a person is in at most one application that is being handled.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registration_application")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `MARRIAGE`, `REMARRIAGE` or `RETROACTIVE`.
    pub kind: String,
    /// The registry.
    pub registry_id: Uuid,
    /// Its division.
    pub county_id: Uuid,
    /// Person token.
    pub man: String,
    /// Person token.
    pub woman: String,
    /// See `rules::application::State`.
    pub state: String,
    /// The appointment they came with.
    pub appointment_id: Option<Uuid>,
    /// The registrar who handles it.
    pub registrar_id: Option<Uuid>,
    /// M-13: for a registration made good later, when both first met the conditions.
    pub conditions_first_met: Option<Date>,
    /// Legal day of receipt.
    pub received_on: Option<Date>,
    /// Instant of receipt.
    pub received_at: Option<DateTimeUtc>,
    /// Why it was refused.
    pub refusal_code: Option<String>,
    /// The marriage record that came of it.
    pub record_id: Option<Uuid>,
    /// When it was registered, refused or given up.
    pub decided_at: Option<DateTimeUtc>,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
