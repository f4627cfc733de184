//! A figure of a published report that no rows of ours stand behind.

use sea_orm::entity::prelude::*;

/// Indicator: area on which vegetation was restored after illegal graves were removed, in
/// thousandths of a square metre.
pub const RESTORED_AREA: &str = "RESTORED_AREA";

/// Indicator: illegal graves closed.
pub const GRAVES_CLOSED: &str = "GRAVES_CLOSED";

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report_figure")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The division.
    pub division_id: Uuid,
    /// Month as a number (see `YearMonth::index`) in which it was reported.
    pub month: i32,
    /// What it counts, see [`RESTORED_AREA`].
    #[sea_orm(column_type = "Text")]
    pub indicator: String,
    /// The value, in the indicator's unit.
    pub value: i64,
    /// The report.
    #[sea_orm(column_type = "Text")]
    pub source: String,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
