//! A name on the list of protected names (地名文化遗产).

use sea_orm::entity::prelude::*;

use super::vocabulary::PlaceHeritageCategory;

/// A name on the list of protected names (地名文化遗产).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "heritage_name")]
pub struct Model {
    /// The place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: Uuid,
    /// What it is protected as.
    pub category: PlaceHeritageCategory,
    /// Since when.
    pub listed_on: Date,
    /// The document of listing.
    pub document: String,
    /// Protective measures; null before they are laid down.
    pub measures: Option<String>,
    /// The day of the measures.
    pub measures_on: Option<Date>,
    /// Raised by every change.
    pub version: i64,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
