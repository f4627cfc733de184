//! A link in the chain of custody of a body and its ashes (保管交接).

use sea_orm::entity::prelude::*;

use crate::rules::terms::Holder;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "custody_link")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Place in the chain, from 1.
    pub seq: i32,
    /// Who gave.
    pub giver: Holder,
    /// Who took.
    pub taker: Holder,
    /// When.
    pub at: DateTimeUtc,
    /// Number of the box of ashes.
    #[sea_orm(column_type = "Text", nullable)]
    pub box_no: Option<String>,
    /// The officer, by their opaque subject.
    #[sea_orm(column_type = "Text", nullable)]
    pub officer: Option<String>,
    /// The second officer, where two are needed.
    #[sea_orm(column_type = "Text", nullable)]
    pub checker: Option<String>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
