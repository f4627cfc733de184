//! A request of near kin about what is kept of the dead (F-20).

use sea_orm::entity::prelude::*;

use crate::rules::terms::{KinRequestState, KinRight};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "kin_request")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Token of the person who asks.
    #[sea_orm(column_type = "Text")]
    pub asker: String,
    /// The right that is used.
    pub kin_right: KinRight,
    /// Where it stands.
    pub state: KinRequestState,
    /// Day.
    pub asked_on: Date,
    /// Day by which it is answered.
    pub due_on: Date,
    /// Day of the decision.
    pub decided_on: Option<Date>,
    /// Counts the changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
