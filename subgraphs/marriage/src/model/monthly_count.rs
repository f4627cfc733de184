//! Counts of acts by county and month; moved in the transaction of each act.
//!
//! They start from what the counties reported before records were kept here one by one, so a
//! count may be greater than the number of records.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monthly_count")]
pub struct Model {
    /// Division at county level.
    #[sea_orm(primary_key, auto_increment = false)]
    pub county_id: Uuid,
    /// Month as a number, months since year 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: i32,
    /// Its prefecture.
    pub prefecture_id: Option<Uuid>,
    /// Its province.
    pub province_id: Uuid,
    /// Marriages registered.
    pub registered: i64,
    /// Of these, with a party of another province.
    pub cross_province: i64,
    /// Divorces registered.
    pub divorces: i64,
    /// Applications for divorce withdrawn in the cooling-off.
    pub withdrawn: i64,
    /// When the row last changed.
    pub as_of: DateTimeUtc,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
