//! A niche or grave.

use sea_orm::entity::prelude::*;

use crate::rules::terms::{PlotKind, PlotState};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plot")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The facility.
    pub facility_id: Uuid,
    /// Niche or grave.
    pub kind: PlotKind,
    /// Area, row and number.
    #[sea_orm(column_type = "Text")]
    pub label: String,
    /// Area in thousandths of a square metre.
    pub area_milli_m2: i64,
    /// How many it holds.
    pub occupant_limit: i32,
    /// Where it stands.
    pub state: PlotState,
    /// End of the present hold.
    pub held_until: Option<DateTimeUtc>,
    /// First day of the contract.
    pub contract_from: Option<Date>,
    /// First day after the term.
    pub contract_to: Option<Date>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
