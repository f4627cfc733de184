//! Applications for divorce 离婚登记申请.
//!
//! The dates are fixed at receipt. `state` holds only what someone did; the phase follows from
//! the dates at each reading.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "divorce_application")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The marriage to be dissolved.
    pub marriage_id: Uuid,
    /// The registry that received it, and that alone may go on with it.
    pub registry_id: Uuid,
    /// Person token.
    pub man: String,
    /// Person token.
    pub woman: String,
    /// Legal day of receipt.
    pub received_on: Date,
    /// Instant of receipt.
    pub received_at: DateTimeUtc,
    /// Last day of the cooling-off.
    pub cooling_off_ends: Date,
    /// First day of the window.
    pub window_opens: Date,
    /// Last day of the window.
    pub window_ends: Date,
    /// The calendar of a needed year was not published at receipt.
    pub provisional: bool,
    /// `RECEIVED`, `WITHDRAWN`, `DEEMED_WITHDRAWN`, `REVIEW`, `REGISTERED`, `CERTIFIED`, `ARCHIVED`
    /// or `REFUSED`.
    pub state: String,
    /// Day of the last step.
    pub closed_on: Option<Date>,
    /// Children of the couple, as the agreement states.
    pub children: Option<i32>,
    /// Reference to the agreement, sealed for the vault.
    pub agreement_sealed: Option<Vec<u8>>,
    /// Whether help in the crisis was taken; none while it was not offered.
    pub crisis_help_accepted: Option<bool>,
    /// When both asked for the certificate.
    pub certificate_asked_at: Option<DateTimeUtc>,
    /// Why it was refused.
    pub refusal_code: Option<String>,
    /// The divorce record that came of it.
    pub divorce_record_id: Option<Uuid>,
    /// The registrar who handles it.
    pub registrar_id: Option<Uuid>,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
