//! The notices for an unclaimed body (F-16).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "unclaimed_notice")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Number of the notice of public security.
    #[sea_orm(column_type = "Text")]
    pub police_paper: String,
    /// Day of it.
    pub police_notified_on: Date,
    /// Day of the public notice.
    pub published_on: Date,
    /// Last day of the public notice.
    pub ends_on: Date,
    /// Day on which someone claimed the body.
    pub claimed_on: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
