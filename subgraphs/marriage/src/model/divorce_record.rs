//! Divorce records 离婚登记记录.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "divorce_record")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The marriage that was dissolved.
    pub marriage_id: Uuid,
    /// The registry.
    pub registry_id: Uuid,
    /// Its division.
    pub county_id: Uuid,
    /// Number; unique.
    pub certificate_no: String,
    /// Day the application was received; none before 2021, when there was no cooling-off.
    pub application_received_on: Option<Date>,
    /// Day of registration.
    pub registered_on: Date,
    /// Children of the couple.
    pub children: Option<i32>,
    /// Reference to the agreement, sealed for the vault.
    pub agreement_sealed: Option<Vec<u8>>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
