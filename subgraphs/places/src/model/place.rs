//! A place with a name (地名), without its names.

use sea_orm::entity::prelude::*;

use crate::rules::scope::PlaceKind;

/// A place with a name (地名), without its names.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "place")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Kind of place.
    pub kind: PlaceKind,
    /// The smallest division known around it.
    pub division: Uuid,
    /// Its county: the scope in which its name must be alone.
    pub county: Uuid,
    /// Degrees east, CGCS2000.
    pub longitude: Option<f64>,
    /// Degrees north, CGCS2000.
    pub latitude: Option<f64>,
    /// Standard address.
    pub address: Option<String>,
    /// Where the name comes from.
    pub origin: Option<String>,
    /// What the name means.
    pub meaning: Option<String>,
    /// On the list of names to be protected.
    pub is_heritage: bool,
    /// Invented, for demonstration.
    pub is_demo: bool,
    /// Raised by every change.
    pub version: i64,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
