//! A division under one code, name and parent for a time; times are days, the last exclusive.

use sea_orm::entity::prelude::*;

use super::vocabulary::{CodeSystem, DatePrecision, DivisionKind, DivisionLevel};

/// A division under one code, name and parent for a time; times are days, the last exclusive.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division_version")]
pub struct Model {
    /// Whose version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division: Uuid,
    /// First day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub valid_from: Date,
    /// Last day, exclusive; null while in force.
    pub valid_to: Option<Date>,
    /// Code in this time.
    pub code: String,
    /// Name in this time.
    pub name: String,
    /// The division's level, repeated for the index.
    pub level: DivisionLevel,
    /// Kind in this time.
    pub kind: DivisionKind,
    /// Whose code.
    pub code_system: CodeSystem,
    /// How exactly the first day is known.
    pub date_precision: DatePrecision,
    /// The division above; null for provinces.
    pub parent: Option<Uuid>,
    /// The prefecture above, itself included; null where there is none.
    pub prefecture: Option<Uuid>,
    /// The province above, itself included.
    pub province: Uuid,
    /// The document of approval.
    pub approval_doc: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
