//! Registrars 婚姻登记员: trained and examined before they work, bound to one registry.
//!
//! The name is not kept here: `person` is the token.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registrar")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The registry.
    pub registry_id: Uuid,
    /// Person token.
    pub person: String,
    /// The subject of the login account; none while no account is linked.
    pub account: Option<String>,
    /// Number of the registrar's certificate; unique.
    pub licence_no: String,
    /// First day of the certificate.
    pub valid_from: Date,
    /// Last day; none while it has no end.
    pub valid_to: Option<Date>,
    /// `ACTIVE` or `SUSPENDED`.
    pub status: String,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
