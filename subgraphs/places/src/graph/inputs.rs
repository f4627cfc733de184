//! What clients send.

use async_graphql::{ID, InputObject};

use crate::{
    model::vocabulary::NamingKind,
    rules::{geometry, scope::PlaceKind},
};

/// A point on the CGCS2000 ellipsoid; offset map coordinates must be converted before (坐标点).
#[derive(InputObject, Clone, Copy)]
pub(crate) struct PlacePointInput {
    /// Degrees east (经度).
    pub(super) longitude: f64,
    /// Degrees north (纬度).
    pub(super) latitude: f64,
}

/// A box of longitudes and latitudes (经纬度范围).
#[derive(InputObject, Clone, Copy)]
pub(crate) struct BoundingBoxInput {
    /// The corner with the smallest numbers (西南角).
    pub(super) south_west: PlacePointInput,
    /// The corner with the largest numbers (东北角).
    pub(super) north_east: PlacePointInput,
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
    pub(super) specific: String,
    /// The generic part (通名).
    pub(super) generic: String,
    /// The kind of place (地名类别).
    pub(super) place_kind: PlaceKind,
    /// A county, or a division below one, around the place (所在区划).
    pub(super) division_id: ID,
    /// The place that is to be renamed; null for a new name (原地名实体).
    pub(super) place_id: Option<ID>,
}

/// An application for a name (地名申请).
#[derive(InputObject)]
pub(crate) struct SubmitNamingInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub(super) request_key: String,
    /// What is asked for (申请类型).
    pub(super) kind: NamingKind,
    /// The place to be renamed or cancelled; null for a new name (原地名实体).
    pub(super) place_id: Option<ID>,
    /// The kind of place (地名类别).
    pub(super) place_kind: PlaceKind,
    /// A county, or a division below one, around the place (所在区划).
    pub(super) division_id: ID,
    /// The specific part of the name (专名).
    pub(super) specific: String,
    /// The generic part of the name (通名).
    pub(super) generic: String,
    /// Where the place is; null if it was not surveyed (坐标).
    pub(super) point: Option<PlacePointInput>,
    /// The plan and the reasons (方案及理由).
    pub(super) reasons: String,
}
