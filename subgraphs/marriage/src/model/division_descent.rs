//! What became of divisions since this program keeps count: which one went over into which, and how much of it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division_descent")]
pub struct Model {
    /// The division before.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_id: Uuid,
    /// The division after.
    #[sea_orm(primary_key, auto_increment = false)]
    pub to_id: Uuid,
    /// The share that went there, in thousandths; none where nobody stated it.
    pub permille: Option<i32>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
