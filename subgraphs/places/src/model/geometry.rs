//! A version of the shape of a division, place or line (图形版本).

use sea_orm::entity::prelude::*;

use super::vocabulary::{GeometrySource, GeometryState, GeometrySubject};

/// A version of the shape of a division, place or line (图形版本).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "geometry")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is the shape of.
    pub subject_kind: GeometrySubject,
    /// Its id.
    pub subject: Uuid,
    /// Number of the version; 0 while proposed.
    pub number: i32,
    /// Where it stands.
    pub state: GeometryState,
    /// GeoJSON as surveyed, CGCS2000.
    pub full_text: String,
    /// GeoJSON as the public gets it.
    pub public_text: String,
    /// Smallest longitude.
    pub west: f64,
    /// Smallest latitude.
    pub south: f64,
    /// Largest longitude.
    pub east: f64,
    /// Largest latitude.
    pub north: f64,
    /// Geodesic length of lines or rings.
    pub length_metres: f64,
    /// Area on the ellipsoid; 0 for points and lines.
    pub area_square_metres: f64,
    /// Where it was taken from.
    pub source: GeometrySource,
    /// Number of the map review.
    pub map_review_no: Option<String>,
    /// The version it was drawn over; 0 for the first.
    pub based_on: i32,
    /// Opaque id of who proposed it.
    pub proposed_by: Option<String>,
    /// When.
    pub proposed_at: DateTimeUtc,
    /// When it was committed.
    pub committed_at: Option<DateTimeUtc>,
    /// Invented, for demonstration.
    pub is_demo: bool,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
