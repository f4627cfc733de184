//! Shapes of divisions, places and lines: proposed over a version, committed if nobody was faster.
//!
//! A shape is kept twice, as it was surveyed and as the public gets it, with its box for finding it and its
//! measures. What is checked when it is proposed is checked again when it is committed, for its parent and
//! its siblings may have changed in between.

use std::collections::HashMap;

use minzheng_kit::{Error, Result, UserError, mutation};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, About, Act},
    divisions,
    shape_requests::{CommitGeometryInput, Datum, PlaceOnMapInput, ProposeGeometryInput},
    telling,
};
use crate::{
    model::{
        boundary_line, geometry, place,
        vocabulary::{GeometryState, GeometrySubject},
    },
    rules::{
        boundaries as law,
        geojson::{self, Geometry, Polygon},
        geometry::Point,
        measure,
        parameters::{self, Key},
        topology,
    },
};

fn refused(code: &str, en: &str, zh: &str, field: &str) -> Error {
    UserError::new(code, en, zh).field(&["input", field]).into()
}

/// B.3.6: coordinates of web maps are offset and are converted where they arise, never stored.
fn datum_fits(datum: Datum, field: &str) -> Result<()> {
    match datum {
        Datum::Cgcs2000 | Datum::Wgs84 => Ok(()),
        Datum::Gcj02 | Datum::Bd09 => Err(refused(
            "DATUM_OFFSET",
            "Offset coordinates are not stored; convert them to CGCS2000 before.",
            "不得存储经偏移处理的坐标，应当先转换为2000国家大地坐标系。",
            field,
        )),
    }
}

/// The stored text of a shape as a shape.
fn stored_shape(text: &str) -> Result<Geometry> {
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

/// The subject of a shape lies in the officer's area, and this sort of shape fits it.
async fn subject_fits(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    kind: GeometrySubject,
    id: Uuid,
    shape: &Geometry,
    field: &str,
) -> Result<Option<Uuid>> {
    let (division, fits) = match kind {
        GeometrySubject::Division => {
            act.oversees(tx, id).await?;
            (Some(id), matches!(shape, Geometry::Area(_)))
        }
        GeometrySubject::Place => {
            let place = place::Entity::find_by_id(id)
                .one(tx)
                .await?
                .ok_or_else(|| act::unknown(field))?;
            act.oversees(tx, place.county).await?;
            (Some(place.division), true)
        }
        GeometrySubject::BoundaryLine => {
            let line = boundary_line::Entity::find_by_id(id)
                .one(tx)
                .await?
                .ok_or_else(|| act::unknown(field))?;
            let sides = act.holds(tx, line.left_division).await?
                || act.holds(tx, line.right_division).await?;
            if !sides {
                return Err(Error::Forbidden);
            }
            (
                Some(line.left_division),
                matches!(shape, Geometry::Lines(_)),
            )
        }
    };
    if fits {
        Ok(division)
    } else {
        Err(refused(
            "GEOMETRY_KIND",
            "Divisions are areas and boundary lines are lines.",
            "区划应为面，界线应为线。",
            "geometry",
        ))
    }
}

/// B.3.6: a division's area lies in its parent's and does not overlap its siblings', as far as those are known.
async fn topology_fits(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    division: Uuid,
    shape: &Geometry,
) -> Result<()> {
    let Geometry::Area(area) = shape else {
        return Ok(());
    };
    let tolerance = parameters::value(Key::OverlapTolerance, act.today) as f64 * 1e-7;
    let Some(version) = divisions::versions_on(tx, &[division], act.today)
        .await?
        .remove(&division)
    else {
        return Ok(());
    };
    let Some(parent) = version.parent else {
        return Ok(());
    };
    if let Some(row) = committed(tx, &[parent]).await?.get(&parent)
        && !topology::is_within(area, &stored_area(&row.full_text)?, tolerance)
    {
        return Err(refused(
            "GEOMETRY_OUTSIDE_PARENT",
            "The area reaches beyond the division above it.",
            "图形超出上级区划范围。",
            "geometry",
        ));
    }
    let siblings: Vec<Uuid> = divisions::children(parent, act.today)
        .all(tx)
        .await?
        .into_iter()
        .map(|sibling| sibling.division)
        .filter(|id| *id != division)
        .collect();
    let bounds = shape.bounds();
    let near = geometry::Entity::find()
        .filter(geometry::Column::Subject.is_in(siblings))
        .filter(geometry::Column::State.eq(GeometryState::Committed))
        .filter(geometry::Column::West.lte(bounds.north_east.longitude))
        .filter(geometry::Column::East.gte(bounds.south_west.longitude))
        .filter(geometry::Column::South.lte(bounds.north_east.latitude))
        .filter(geometry::Column::North.gte(bounds.south_west.latitude))
        .all(tx)
        .await?;
    for row in near {
        if topology::overlaps(area, &stored_area(&row.full_text)?, tolerance) {
            return Err(refused(
                "GEOMETRY_OVERLAPS",
                "The area overlaps a division beside it.",
                "图形与同级区划重叠。",
                "geometry",
            ));
        }
    }
    Ok(())
}

/// Proposes a version of a shape over the one it was drawn over.
pub async fn propose(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ProposeGeometryInput,
) -> Result<Uuid> {
    datum_fits(input.datum, "datum")?;
    let subject = act::known(&input.subject_id, "subjectId")?;
    let shape = geojson::read(&input.geometry.0)?;
    if let Some(fault) = topology::check(&shape) {
        return Err(fault.into());
    }
    let division = subject_fits(tx, act, input.subject, subject, &shape, "subjectId").await?;
    if input.subject != GeometrySubject::Place {
        let unfit = law::source_is_official(input.source).or_else(|| {
            law::line_may_change(
                input.natural_change.unwrap_or(false),
                input.agreement_doc.as_deref(),
            )
        });
        if let Some(refusal) = unfit {
            return Err(refusal.into());
        }
    }
    if input.subject == GeometrySubject::Division {
        topology_fits(tx, act, subject, &shape).await?;
    }
    let number = number(tx, subject).await?;
    if number != input.based_on {
        return Err(Error::Conflict);
    }
    let mut row = row(&shape, (input.subject, subject), act.today);
    row.source = Set(input.source);
    row.map_review_no = Set(act::optional_text(
        input.map_review_no.as_deref(),
        "mapReviewNo",
        60,
    )?);
    row.based_on = Set(input.based_on);
    row.proposed_by = Set(act.subject());
    row.proposed_at = Set(act.at);
    row.committed_at = Set(None);
    row.is_demo = Set(false);
    let row = row.insert(tx).await?;
    told(tx, act, &row, division, "GeometryProposed").await?;
    Ok(row.id)
}

/// The number of the version in use; 0 where there is none.
async fn number(tx: &DatabaseTransaction, subject: Uuid) -> Result<i32> {
    let rows = committed(tx, &[subject]).await?;
    Ok(rows.get(&subject).map_or(0, |row| row.number))
}

async fn told(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    row: &geometry::Model,
    division: Option<Uuid>,
    kind: &str,
) -> Result<()> {
    let body = json!({ "version": 1, "geometry": row.id, "subject": row.subject,
        "subjectKind": act::stored(&row.subject_kind), "number": row.number });
    let key = row.id.to_string();
    mutation::history(
        tx,
        "Geometry",
        &key,
        act.principal,
        None,
        Some(body.clone()),
    )
    .await?;
    let about = About {
        division,
        place: (row.subject_kind == GeometrySubject::Place).then_some(row.subject),
        application: None,
    };
    act::record(tx, act.at, kind, about, body).await
}

/// Puts a proposed shape into use, unless another version was put into use since it was drawn.
pub async fn commit(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &CommitGeometryInput,
) -> Result<Uuid> {
    act.decides()?;
    let row = geometry::Entity::find_by_id(act::known(&input.geometry_id, "geometryId")?)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("geometryId"))?;
    let shape = stored_shape(&row.full_text)?;
    let division =
        subject_fits(tx, act, row.subject_kind, row.subject, &shape, "geometryId").await?;
    let number = number(tx, row.subject).await?;
    if row.state != GeometryState::Proposed || number != row.based_on {
        return Err(Error::Conflict);
    }
    if row.subject_kind == GeometrySubject::Division {
        topology_fits(tx, act, row.subject, &shape).await?;
    }
    geometry::Entity::update_many()
        .col_expr(
            geometry::Column::State,
            sea_orm::sea_query::Expr::value(act::stored(&GeometryState::Superseded)),
        )
        .filter(geometry::Column::Subject.eq(row.subject))
        .filter(geometry::Column::State.eq(GeometryState::Committed))
        .exec(tx)
        .await?;
    let mut changed = row.into_active_model();
    changed.state = Set(GeometryState::Committed);
    changed.number = Set(number + 1);
    changed.committed_at = Set(Some(act.at));
    let row = changed.update(tx).await?;
    follow(tx, &row, &shape).await?;
    told(tx, act, &row, division, "GeometryCommitted").await?;
    Ok(row.id)
}

/// What hangs on a shape: a line's length in whole metres, a place's point.
async fn follow(tx: &DatabaseTransaction, row: &geometry::Model, shape: &Geometry) -> Result<()> {
    match (row.subject_kind, shape) {
        (GeometrySubject::BoundaryLine, _) => {
            if let Some(line) = boundary_line::Entity::find_by_id(row.subject)
                .one(tx)
                .await?
            {
                let version = line.version;
                let mut changed = line.into_active_model();
                changed.length_metres = Set(row.length_metres.round() as i64);
                changed.version = Set(version + 1);
                changed.update(tx).await?;
            }
        }
        (GeometrySubject::Place, Geometry::Point(point)) => {
            if let Some(place) = place::Entity::find_by_id(row.subject).one(tx).await? {
                set_point(tx, place, *point).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

async fn set_point(tx: &DatabaseTransaction, place: place::Model, point: Point) -> Result<()> {
    let version = place.version;
    let mut changed = place.into_active_model();
    changed.longitude = Set(Some(point.longitude));
    changed.latitude = Set(Some(point.latitude));
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    Ok(())
}

/// Puts a place on the map: its point lies in the division that it claims, as far as that one's shape is known.
pub async fn place_on_map(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &PlaceOnMapInput,
) -> Result<Uuid> {
    datum_fits(input.datum, "datum")?;
    let row = place::Entity::find_by_id(act::known(&input.place_id, "placeId")?)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("placeId"))?;
    act.oversees(tx, row.county).await?;
    act::same_version(row.version, input.version)?;
    let point = geojson::rounded(Point {
        longitude: input.point.longitude,
        latitude: input.point.latitude,
    });
    if !point.is_plausible() {
        return Err(refused(
            "POINT_OUTSIDE",
            "The point is not in this country.",
            "坐标不在有效范围内。",
            "point",
        ));
    }
    let known = committed(tx, &[row.division, row.county]).await?;
    let claimed = known.get(&row.division).or_else(|| known.get(&row.county));
    if let Some(shape) = claimed
        && !topology::contains(&stored_area(&shape.full_text)?, point)
    {
        return Err(refused(
            "POINT_OUTSIDE_DIVISION",
            "The point is not in the division that the place claims.",
            "坐标不在所属区划范围内。",
            "point",
        ));
    }
    let own = json!({ "county": row.county, "change": "POINT" });
    let id = row.id;
    let key = id.to_string();
    mutation::history(tx, "Place", &key, act.principal, None, Some(own.clone())).await?;
    let moved = place::Model {
        longitude: Some(point.longitude),
        latitude: Some(point.latitude),
        ..row.clone()
    };
    set_point(tx, row, point).await?;
    telling::place(tx, act.at, &moved, act.today, own).await?;
    Ok(id)
}
