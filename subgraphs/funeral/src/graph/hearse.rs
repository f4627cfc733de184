//! Hearses, for those who send them.

use async_graphql::{ID, SimpleObject};
use minzheng_kit::DateTime;

use super::GeoPoint;
use crate::model::hearse;
use crate::rules::terms::HearseState;

/// A vehicle that fetches bodies (接运车).
#[derive(SimpleObject, Clone)]
pub struct Hearse {
    /// Opaque identity (标识).
    pub id: ID,
    /// What it is called on the radio (车辆呼号).
    pub label: String,
    /// Whether it can be sent (车辆状态).
    pub state: HearseState,
    /// Where it was last (位置).
    pub point: GeoPoint,
    /// When that was reported (定位时间).
    pub seen_at: DateTime,
    /// The funeral home it belongs to (所属殡仪馆).
    pub facility_id: ID,
}

impl From<hearse::Model> for Hearse {
    fn from(row: hearse::Model) -> Self {
        Self {
            id: row.id.into(),
            label: row.label,
            state: row.state,
            point: GeoPoint {
                longitude: row.lon,
                latitude: row.lat,
            },
            seen_at: DateTime(row.seen_at),
            facility_id: row.facility_id.into(),
        }
    }
}
