//! The publication of a decision on a name (公告), rules P-10 and P-11.

use sea_orm::entity::prelude::*;

/// The publication of a decision on a name (公告), rules P-10 and P-11.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "public_notice")]
pub struct Model {
    /// The decision.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application: Uuid,
    /// Last day for the notice; where its days run from a filing that has not come it tells nothing yet.
    pub due_on: Date,
    /// Day of publication.
    pub published_on: Option<Date>,
    /// Where it was published.
    pub channel: Option<String>,
    /// Its text.
    pub body: Option<String>,
    /// The day it was handed to the national registry of place names.
    pub registry_sent_on: Option<Date>,
    /// `due_on` may still move: the filing has not come, or the rest days of a year were not known when it was written.
    pub due_provisional: bool,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
