//! What a division waives of an item (惠民殡葬政策).

use sea_orm::entity::prelude::*;

use crate::rules::terms::WaiverPayer;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "waiver_policy")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Division whose policy it is; it holds in all divisions below.
    pub division_id: Uuid,
    /// Name of the policy.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The item.
    #[sea_orm(column_type = "Text")]
    pub item_code: String,
    /// The most that is waived, in fen.
    pub standard: i64,
    /// Who pays.
    pub payer: WaiverPayer,
    /// The document.
    #[sea_orm(column_type = "Text")]
    pub legal_basis: String,
    /// First day.
    pub valid_from: Date,
    /// First day on which it no longer holds.
    pub valid_to: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
