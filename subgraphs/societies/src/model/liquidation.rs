//! Organizations in liquidation (O-18).

use crate::vocabulary::LiquidationReason;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "liquidation")]
pub struct Model {
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub credit_code: String,
    /// Why it ends.
    pub reason: LiquidationReason,
    /// The day the liquidation group was formed.
    pub group_formed: Date,
    /// The day the liquidation ended.
    pub ended: Option<Date>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
