//! A case of an illegal grave (违建坟墓).

use sea_orm::entity::prelude::*;

use crate::rules::terms::{GraveState, IllegalGraveKind};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "illegal_grave")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Why it is illegal.
    pub kind: IllegalGraveKind,
    /// The division it lies in.
    pub division_id: Uuid,
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
    /// Day it was found.
    pub found_on: Date,
    /// Area in thousandths of a square metre.
    pub area_milli_m2: i64,
    /// Where the case stands.
    pub state: GraveState,
    /// Area with vegetation restored, in thousandths of a square metre.
    pub restored_milli_m2: i64,
    /// Day it was closed.
    pub closed_on: Option<Date>,
    /// Month of that day as a number (see `YearMonth::index`).
    pub closed_month: Option<i32>,
    /// Number in the register, once entered.
    #[sea_orm(column_type = "Text", nullable)]
    pub number: Option<String>,
    /// Token of the citizen who reported it.
    #[sea_orm(column_type = "Text", nullable)]
    pub reporter: Option<String>,
    /// Whether it is under heritage protection.
    pub heritage: bool,
    /// Day by which it is to be put right.
    pub due_on: Option<Date>,
    /// The due day of which it was told that it had passed.
    pub overdue_told: Option<Date>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
