//! A fee waived in a case: each household once per item (unique index). One that was settled
//! already is taken back by a negative row, never deleted.

use sea_orm::entity::prelude::*;

use crate::rules::terms::WaiverPayer;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "waiver")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// The policy.
    pub policy_id: Uuid,
    /// The item.
    #[sea_orm(column_type = "Text")]
    pub item_code: String,
    /// The household, by the token of its head where the case names one, else of its deceased.
    #[sea_orm(column_type = "Text")]
    pub household: String,
    /// Token of the applicant.
    #[sea_orm(column_type = "Text")]
    pub applicant: String,
    /// The division that pays.
    pub division_id: Uuid,
    /// What is waived, in fen.
    pub amount: i64,
    /// Who pays.
    pub payer: WaiverPayer,
    /// Day it was granted.
    pub granted_on: Date,
    /// Month of that day as a number (see `YearMonth::index`).
    pub granted_month: i32,
    /// The settled batch; none until settled.
    pub settlement_id: Option<Uuid>,
    /// The waiver that this negative one takes back.
    pub reverses: Option<Uuid>,
    /// Day on which it was taken back.
    pub reversed_on: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
