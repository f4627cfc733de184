//! A joint inspection of a line (界线联检).

use sea_orm::entity::prelude::*;

/// A joint inspection of a line (界线联检).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "joint_inspection")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The line.
    pub line: Uuid,
    /// Year of the round.
    pub year: i32,
    /// Number of the round, from 1.
    pub round: i32,
    /// What was found.
    pub findings: Option<String>,
    /// Day one side signed.
    pub signed_by_left: Option<Date>,
    /// Day the other side signed.
    pub signed_by_right: Option<Date>,
    /// Day the result was filed.
    pub filed_on: Option<Date>,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
