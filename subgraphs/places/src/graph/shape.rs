//! Shapes, as the public and as officers get them.

use async_graphql::{Context, ID, SimpleObject};
use minzheng_kit::{DateTime, Error, GeoJson, PrincipalExt, Result, batch::Siblings};
use uuid::Uuid;

use super::{division::Division, place::Place};
use crate::{
    model::{
        geometry,
        vocabulary::{GeometrySource, GeometryState, GeometrySubject},
    },
    rules::boundaries as law,
    service::{find::Format, shapes},
};

/// A version of the shape of a division, place or line (图形版本).
#[derive(SimpleObject, Clone)]
#[graphql(name = "GeometryVersion")]
pub(crate) struct Shape {
    /// Opaque identity (标识).
    id: ID,
    /// What it is the shape of (图形对象).
    subject: GeometrySubject,
    /// Its number, from 1; 0 while it is proposed (版本序号).
    number: i32,
    /// Where it stands (状态).
    state: GeometryState,
    /// The shape (图形).
    geometry: GeoJson,
    /// The datum of the shape, always CGCS2000 (坐标系).
    datum: &'static str,
    /// Whether the shape is the public's, coarser than the survey (是否化简).
    is_simplified: bool,
    /// Geodesic length of the line, or of the rings, in kilometres with three decimals (长度，公里).
    length_km: f64,
    /// Area on the ellipsoid in square kilometres; 0 for points and lines (面积，平方公里).
    area_km2: f64,
    /// Where it was taken from (来源).
    source: GeometrySource,
    /// Number of the map review; null where there is none (审图号).
    map_review_no: Option<String>,
    /// The number of the version it was drawn over; 0 for the first (基础版本).
    based_on: i32,
    /// When it was put into use; null while it is proposed (启用时间).
    committed_at: Option<DateTime>,
    /// Whether it is invented for demonstration (是否演示数据).
    is_demo: bool,
}

impl Shape {
    /// As it was surveyed; for officers.
    pub(super) fn full(row: geometry::Model) -> Result<Self> {
        let text = row.full_text.clone();
        Self::of(row, &text, false)
    }

    /// As the public gets it; nothing where it may not be published (B-7).
    pub(super) fn public(row: geometry::Model) -> Result<Option<Self>> {
        let bounds_division = row.subject_kind != GeometrySubject::Place;
        if bounds_division && !law::may_be_published(row.map_review_no.as_deref(), row.is_demo) {
            return Ok(None);
        }
        let text = row.public_text.clone();
        Self::of(row, &text, true).map(Some)
    }

    fn of(row: geometry::Model, text: &str, is_simplified: bool) -> Result<Self> {
        let json = serde_json::from_str(text).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Self {
            id: row.id.into(),
            subject: row.subject_kind,
            number: row.number,
            state: row.state,
            geometry: GeoJson(json),
            datum: "CGCS2000",
            is_simplified,
            length_km: row.length_metres.round() / 1000.0,
            area_km2: (row.area_square_metres / 1000.0).round() / 1000.0,
            source: row.source,
            map_review_no: row.map_review_no,
            based_on: row.based_on,
            committed_at: row.committed_at.map(DateTime),
            is_demo: row.is_demo,
        })
    }
}

/// The shape in use as it was surveyed, of one of several subjects that are read together.
pub(super) async fn course(
    ctx: &Context<'_>,
    siblings: &Siblings<Uuid>,
    of: Uuid,
) -> Result<Option<GeoJson>> {
    let db = ctx.services().db.read();
    let row = siblings
        .load(&of, "shape", "", |ids| async move {
            shapes::committed(db, &ids).await
        })
        .await?;
    let json = row.map(|row| serde_json::from_str(&row.full_text));
    json.transpose()
        .map(|json| json.map(GeoJson))
        .map_err(|e| Error::internal(e.to_string()))
}

/// Where a point is (逆地理编码结果).
#[derive(SimpleObject, Clone)]
pub(crate) struct ReverseGeocode {
    /// The smallest division around the point; null where none is known (所在区划).
    pub(super) division: Option<Division>,
    /// Whether the division was found by its shape, and not by the nearest place (是否按图形判定).
    pub(super) is_by_shape: bool,
    /// The nearest place within 50 kilometres; null where there is none (最近地名实体).
    pub(super) nearest_place: Option<Place>,
    /// Metres to that place; null where there is none (距离，米).
    pub(super) distance_metres: Option<f64>,
}

/// Shapes as a file (矢量数据导出).
#[derive(SimpleObject, Clone)]
pub(crate) struct VectorExport {
    /// The form (格式).
    pub(super) format: Format,
    /// The media type of the text (媒体类型).
    pub(super) media_type: &'static str,
    /// The datum of the coordinates, always CGCS2000 (坐标系).
    pub(super) datum: &'static str,
    /// Whether the shapes are the public's, coarser than the survey (是否化简).
    pub(super) is_simplified: bool,
    /// How many shapes there are (图形数).
    pub(super) feature_count: usize,
    /// Divisions of the level whose shape is not known or may not be published (未包含的区划数).
    pub(super) missing_count: usize,
    /// The text (内容).
    pub(super) content: String,
}
