//! Penalties of the registry (O-19).

use crate::vocabulary::{OrgPenaltyGround, OrgPenaltyKind};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "penalty")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// What it is.
    pub kind: OrgPenaltyKind,
    /// What was punished.
    pub ground: OrgPenaltyGround,
    /// The fine, in fen; 0 for none.
    pub fine_fen: i64,
    /// What was confiscated, in fen; 0 for nothing.
    pub confiscated_fen: i64,
    /// The day of the decision.
    pub decided: Date,
    /// The last day of a suspension.
    pub until: Option<Date>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
