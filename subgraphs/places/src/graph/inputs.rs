//! What clients send.

use async_graphql::{ID, InputObject};

use crate::{
    rules::{geometry, scope::PlaceKind},
    service::naming::requests::PlacePointInput,
};

/// A box of longitudes and latitudes (经纬度范围).
#[derive(InputObject, Clone, Copy)]
pub(crate) struct BoundingBoxInput {
    /// The corner with the smallest numbers (西南角).
    pub(crate) south_west: PlacePointInput,
    /// The corner with the largest numbers (东北角).
    pub(crate) north_east: PlacePointInput,
}

impl From<PlacePointInput> for geometry::Point {
    fn from(point: PlacePointInput) -> Self {
        Self {
            longitude: point.longitude,
            latitude: point.latitude,
        }
    }
}

impl From<BoundingBoxInput> for geometry::BoundingBox {
    fn from(area: BoundingBoxInput) -> Self {
        Self {
            south_west: area.south_west.into(),
            north_east: area.north_east.into(),
        }
    }
}

/// A name that is being thought of (拟用地名).
#[derive(InputObject)]
pub(crate) struct NameDraftInput {
    /// The specific part (专名).
    pub(crate) specific: String,
    /// The generic part (通名).
    pub(crate) generic: String,
    /// The kind of place (地名类别).
    pub(crate) place_kind: PlaceKind,
    /// A county, or a division below one, around the place (所在区划).
    pub(crate) division_id: ID,
    /// The place that is to be renamed; null for a new name (原地名实体).
    pub(crate) place_id: Option<ID>,
}
