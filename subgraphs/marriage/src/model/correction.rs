//! Corrections of marriage records: proposed by one officer, applied by another.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "correction")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The marriage record.
    pub record_id: Uuid,
    /// The registry.
    pub registry_id: Uuid,
    /// State before.
    pub from_state: String,
    /// State after.
    pub to_state: String,
    /// Day of the end after the correction.
    pub ended_on: Option<Date>,
    /// Reference to the evidence.
    pub evidence: String,
    /// Account of the first officer.
    pub proposed_by: String,
    /// Token of the person whose account that is, where the issuer said so.
    pub proposed_person: Option<String>,
    /// When.
    pub proposed_at: DateTimeUtc,
    /// Account of the second officer.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// `MAN` or `WOMAN`: who died, for a marriage that a death has ended.
    pub deceased: Option<String>,
    /// `PROPOSED`, `APPLIED`, `REJECTED` or `EXPIRED`.
    pub state: String,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
