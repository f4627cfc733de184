//! Marriage records 婚姻登记记录: what was registered, once and for all.
//!
//! The certificate number keeps the division code of its day; it is never rewritten.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "marriage_record")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Registry; none for a record of an office that is gone.
    pub registry_id: Option<Uuid>,
    /// Division of the registry on that day.
    pub county_id: Uuid,
    /// Number of today's form; unique.
    pub certificate_no: Option<String>,
    /// Number of an older form.
    pub legacy_no: Option<String>,
    /// `MARRIAGE`, `REMARRIAGE` or `RETROACTIVE`.
    pub kind: String,
    /// Day of registration.
    pub registered_on: Date,
    /// Day from which it has effect (earlier when made good later).
    pub effective_from: Date,
    /// Person token.
    pub man: String,
    /// Person token.
    pub woman: String,
    /// State of the record.
    pub state: String,
    /// Effective day of the end.
    pub ended_on: Option<Date>,
    /// `ONLINE`, `BACKFILL`, `EMBASSY` or `COURT`.
    pub source: String,
    /// `A`, `B` or `C`: identity numbers of both, one, none.
    pub quality: String,
    /// A party belongs to another province.
    pub cross_province: bool,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
