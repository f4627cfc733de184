//! A case that holds or uses a niche or grave. At most one in force for a plot, and for a case (partial unique indexes).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plot_hold")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The niche or grave.
    pub plot_id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// When it was held.
    pub held_at: DateTimeUtc,
    /// When the hold ends by itself.
    pub expires_at: DateTimeUtc,
    /// When it ended; none while in force.
    pub ended_at: Option<DateTimeUtc>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
