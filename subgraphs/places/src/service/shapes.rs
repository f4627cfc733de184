//! Shapes of divisions, places and lines as they are kept: as surveyed and as the public gets them, with the box for
//! finding them and their measures. How they lie to each other is in [`shape_fits`](super::shape_fits), how they change
//! in [`shape_changes`](super::shape_changes).

use std::collections::HashMap;

use minzheng_kit::{Error, Result, UserError};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::{
    model::{
        geometry,
        vocabulary::{GeometryState, GeometrySubject},
    },
    rules::{
        geojson::{self, Geometry, Polygon},
        measure,
        parameters::{self, Key},
    },
};

pub(super) fn refused(code: &str, en: &str, zh: &str, field: &str) -> Error {
    UserError::new(code, en, zh).field(&["input", field]).into()
}

/// The stored text of a shape as a shape.
pub(super) fn stored_shape(text: &str) -> Result<Geometry> {
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|e| Error::internal(e.to_string()))?;
    geojson::read(&json).map_err(|fault| Error::internal(fault.code))
}

/// The stored text of an area; nothing for other shapes.
pub fn stored_area(text: &str) -> Result<Vec<Polygon>> {
    Ok(match stored_shape(text)? {
        Geometry::Area(polygons) => polygons,
        Geometry::Point(_) | Geometry::Lines(_) => Vec::new(),
    })
}

/// The row of a shape, with its box, its measures and the public's version of it.
pub fn row(
    shape: &Geometry,
    subject: (GeometrySubject, Uuid),
    today: chrono::NaiveDate,
) -> geometry::ActiveModel {
    let tolerance = parameters::value(Key::PublicTolerance, today) as f64;
    let bounds = shape.bounds();
    geometry::ActiveModel {
        id: Set(minzheng_kit::id::new()),
        subject_kind: Set(subject.0),
        subject: Set(subject.1),
        number: Set(0),
        state: Set(GeometryState::Proposed),
        full_text: Set(shape.write().to_string()),
        public_text: Set(measure::simplify(shape, tolerance).write().to_string()),
        west: Set(bounds.south_west.longitude),
        south: Set(bounds.south_west.latitude),
        east: Set(bounds.north_east.longitude),
        north: Set(bounds.north_east.latitude),
        length_metres: Set(measure::length(shape)),
        area_square_metres: Set(measure::area(shape)),
        ..Default::default()
    }
}

/// The shapes in use of these divisions, places or lines.
pub async fn committed<C: ConnectionTrait>(
    db: &C,
    subjects: &[Uuid],
) -> Result<HashMap<Uuid, geometry::Model>> {
    let rows = geometry::Entity::find()
        .filter(geometry::Column::Subject.is_in(subjects.iter().copied()))
        .filter(geometry::Column::State.eq(GeometryState::Committed))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.subject, row)).collect())
}

/// One version of a shape.
pub async fn one<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<geometry::Model>> {
    Ok(geometry::Entity::find_by_id(id).one(db).await?)
}

/// All versions of a shape, latest first.
pub async fn versions<C: ConnectionTrait>(db: &C, subject: Uuid) -> Result<Vec<geometry::Model>> {
    Ok(geometry::Entity::find()
        .filter(geometry::Column::Subject.eq(subject))
        .order_by_desc(geometry::Column::ProposedAt)
        .order_by_desc(geometry::Column::Id)
        .limit(100)
        .all(db)
        .await?)
}
