//! A funeral home, columbarium or cemetery.
//!
//! Its point is a copy, so that a search by distance needs no other subsystem.

use sea_orm::entity::prelude::*;

use crate::rules::terms::{FacilityKind, FacilityOperator, FacilityState, FacilitySubKind};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "facility")]
pub struct Model {
    /// Identity, opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// One of the three kinds of the law.
    pub kind: FacilityKind,
    /// Whom it serves.
    pub sub_kind: FacilitySubKind,
    /// Who runs it.
    pub operator: FacilityOperator,
    /// Whether it works already.
    pub state: FacilityState,
    /// Its name in Chinese.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Unified social credit code of the organization that runs it.
    #[sea_orm(column_type = "Text")]
    pub credit_code: String,
    /// Verified name of who runs it, where the register of societies does not have the code.
    #[sea_orm(column_type = "Text", nullable)]
    pub operator_name: Option<String>,
    /// Day on which that name was verified.
    pub operator_verified_on: Option<Date>,
    /// The division it lies in.
    pub division_id: Uuid,
    /// The place of its address, owned by places.
    pub place_id: Uuid,
    /// Degrees east, copied from the place.
    pub lon: f64,
    /// Degrees north, copied from the place.
    pub lat: f64,
    /// The day of its approval.
    pub approved_on: Date,
    /// The authority that approved it.
    #[sea_orm(column_type = "Text")]
    pub approved_by: String,
    /// What it cost to build, in fen, where that is published.
    pub investment: Option<i64>,
    /// Niches, graves or bodies a day, by kind.
    pub capacity: i64,
    /// Cremators.
    pub cremators: i32,
    /// Hearses.
    pub hearses: i32,
    /// The published telephone number.
    #[sea_orm(column_type = "Text")]
    pub phone: String,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
