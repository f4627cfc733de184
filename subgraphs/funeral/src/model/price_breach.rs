//! A price that was charged or asked outside the list (价格违规).

use sea_orm::entity::prelude::*;

use crate::rules::terms::{BreachKind, BreachState};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "price_breach")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The facility.
    pub facility_id: Uuid,
    /// Its division.
    pub division_id: Uuid,
    /// The item, as named.
    #[sea_orm(column_type = "Text")]
    pub item_code: String,
    /// What was charged for a unit, in fen.
    pub charged: i64,
    /// Day of the service.
    pub service_on: Date,
    /// What is wrong, judged by the list of that day.
    pub kind: BreachKind,
    /// Where it stands.
    pub state: BreachState,
    /// The case, where a bill showed it.
    pub case_id: Option<Uuid>,
    /// Token of the person who reported it.
    #[sea_orm(column_type = "Text", nullable)]
    pub reporter: Option<String>,
    /// What was paid back, in fen.
    pub refunded: i64,
    /// When.
    pub reported_at: DateTimeUtc,
    /// Day of the decision.
    pub decided_on: Option<Date>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
