//! Cases of impersonation and fraud 冒名顶替、弄虚作假: two officers decide on evidence of other organs.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "impersonation_case")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The marriage record.
    pub record_id: Uuid,
    /// The registry that handles it.
    pub registry_id: Uuid,
    /// Token of the person whose identity was used; of a case that nobody has complained of, the one it is about.
    pub complainant: String,
    /// `COMPLAINT`, `DEATH` or `TWO_MARRIAGES`: what the case was opened for.
    pub ground: String,
    /// Legal day.
    pub opened_on: Date,
    /// `OPEN`, `PROPOSED`, `REVOKED` or `DISMISSED`.
    pub state: String,
    /// `REVOKE` or `DISMISS`.
    pub proposed: Option<String>,
    /// Account of the first officer.
    pub proposed_by: Option<String>,
    /// Token of the person whose account that is, where the issuer said so.
    pub proposed_person: Option<String>,
    /// When it was proposed.
    pub proposed_at: Option<DateTimeUtc>,
    /// Account of the second officer.
    pub decided_by: Option<String>,
    /// Legal day of the decision.
    pub decided_on: Option<Date>,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
