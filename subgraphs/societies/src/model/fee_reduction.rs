//! Fees that associations cut for enterprises, line by line; totals are always sums of lines (O-23).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "fee_reduction")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The association.
    pub credit_code: String,
    /// Where the association is registered.
    pub division_id: Uuid,
    /// The fee.
    pub item: String,
    /// The fee before, in fen for one enterprise.
    pub old_fen: i64,
    /// The fee after, in fen for one enterprise.
    pub new_fen: i64,
    /// Enterprises that pay the lower fee.
    pub enterprises: i64,
    /// The month it was declared for.
    pub month: i32,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
