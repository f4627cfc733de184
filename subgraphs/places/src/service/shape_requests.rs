//! The requests on geometry, as clients send them.

use async_graphql::{Enum, ID, InputObject};
use minzheng_kit::GeoJson;

use super::{act::Request, naming::requests::PlacePointInput};
use crate::model::vocabulary::{GeometrySource, GeometrySubject};

/// The datum of coordinates as they come in (坐标系).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "CoordinateDatum")]
pub enum Datum {
    /// China Geodetic Coordinate System 2000, as they are stored (2000国家大地坐标系).
    #[graphql(name = "CGCS2000")]
    Cgcs2000,
    /// WGS 84, which differs by centimetres (WGS84坐标系).
    #[graphql(name = "WGS84")]
    Wgs84,
    /// The offset system of web maps; must be converted before (火星坐标系).
    #[graphql(name = "GCJ02")]
    Gcj02,
    /// Another offset system of web maps; must be converted before (百度坐标系).
    #[graphql(name = "BD09")]
    Bd09,
}

/// A new version of a shape (提出图形版本).
#[derive(InputObject, Clone, Debug)]
pub struct ProposeGeometryInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// What it is the shape of (对象类型).
    pub subject: GeometrySubject,
    /// Its identity (对象标识).
    pub subject_id: ID,
    /// The shape, in CGCS2000 degrees (图形).
    pub geometry: GeoJson,
    /// The datum of the shape (坐标系).
    pub datum: Datum,
    /// Where it was taken from (来源).
    pub source: GeometrySource,
    /// Number of the map review, without which the public is not shown a boundary; null where there is none (审图号).
    pub map_review_no: Option<String>,
    /// The number of the version it was drawn over; 0 for the first (基础版本).
    pub based_on: i32,
    /// Whether it follows a natural change of a river or ridge, for boundary lines (是否因自然变化).
    pub natural_change: Option<bool>,
    /// The new agreement by which a line follows a natural change; null where there is none (新协议文号).
    pub agreement_doc: Option<String>,
}

/// A proposed shape to be put into use (启用图形版本).
#[derive(InputObject, Clone, Debug)]
pub struct CommitGeometryInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The proposed version (图形版本).
    pub geometry_id: ID,
}

/// A place to be put on the map (空间落图).
#[derive(InputObject, Clone, Debug)]
pub struct PlaceOnMapInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The place (地名实体).
    pub place_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// Its point (坐标).
    pub point: PlacePointInput,
    /// The datum of the point (坐标系).
    pub datum: Datum,
}

impl Request for ProposeGeometryInput {
    fn request_key(&self) -> &str {
        &self.request_key
    }
}

impl Request for CommitGeometryInput {
    fn request_key(&self) -> &str {
        &self.request_key
    }
}

impl Request for PlaceOnMapInput {
    fn request_key(&self) -> &str {
        &self.request_key
    }
}
