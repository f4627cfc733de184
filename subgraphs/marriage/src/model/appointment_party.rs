//! The one or two persons of an appointment.
//!
//! Invariant, also a unique index: a person has at most one open appointment for each service.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appointment_party")]
pub struct Model {
    /// The appointment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub appointment_id: Uuid,
    /// Person token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: String,
    /// As in the appointment.
    pub service: String,
    /// As in the appointment.
    pub day: Date,
    /// Neither cancelled nor past.
    pub is_open: bool,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
