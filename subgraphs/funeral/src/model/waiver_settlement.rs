//! A settled batch of waivers of one division and month. A batch of our own cases equals the sum of its waivers.

use sea_orm::entity::prelude::*;

use crate::rules::terms::{SettlementSource, WaiverPayer};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "waiver_settlement")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The division that paid.
    pub division_id: Uuid,
    /// Month as a number (see `YearMonth::index`).
    pub month: i32,
    /// Households.
    pub households: i64,
    /// Sum, in fen.
    pub amount: i64,
    /// Who paid.
    pub payer: WaiverPayer,
    /// Own cases or a published report.
    pub source: SettlementSource,
    /// Day of the settlement.
    pub settled_on: Date,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
