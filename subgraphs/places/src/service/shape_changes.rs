//! Changes of shapes: proposed over a version, committed if nobody was faster; and the point of a place, which comes by
//! either road and is told to all who keep a copy of it.
//!
//! What is checked when a shape is proposed is checked again when it is committed, for what lies around it may have
//! changed in between.

use minzheng_kit::{Error, Result, mutation};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, QueryFilter,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, About, Act},
    shape_fits::{point_fits, position_fits, subject_fits},
    shape_requests::{CommitGeometryInput, Datum, PlaceOnMapInput, ProposeGeometryInput},
    shapes::{committed, refused, row, stored_shape},
    telling,
};
use crate::{
    model::{
        boundary_line, geometry, place,
        vocabulary::{GeometryState, GeometrySubject},
    },
    rules::{
        boundaries as law,
        geojson::{self, Geometry},
        geometry::Point,
        topology,
    },
};

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
    position_fits(tx, act, (input.subject, subject), &shape, "geometry").await?;
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
    let subject = (row.subject_kind, row.subject);
    position_fits(tx, act, subject, &shape, "geometryId").await?;
    supersede(tx, row.subject).await?;
    let mut changed = row.into_active_model();
    changed.state = Set(GeometryState::Committed);
    changed.number = Set(number + 1);
    changed.committed_at = Set(Some(act.at));
    let row = changed.update(tx).await?;
    follow(tx, act, &row, &shape).await?;
    told(tx, act, &row, division, "GeometryCommitted").await?;
    Ok(row.id)
}

/// The version in use is in use no more.
async fn supersede(tx: &DatabaseTransaction, subject: Uuid) -> Result<()> {
    geometry::Entity::update_many()
        .col_expr(
            geometry::Column::State,
            sea_orm::sea_query::Expr::value(act::stored(&GeometryState::Superseded)),
        )
        .filter(geometry::Column::Subject.eq(subject))
        .filter(geometry::Column::State.eq(GeometryState::Committed))
        .exec(tx)
        .await?;
    Ok(())
}

/// What hangs on a shape: a line's length in whole metres, a place's point.
async fn follow(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    row: &geometry::Model,
    shape: &Geometry,
) -> Result<()> {
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
                set_point(tx, act, place, *point).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Gives a place its point, by whichever road it came, and tells the others, who keep a copy of it.
async fn set_point(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    place: place::Model,
    point: Point,
) -> Result<()> {
    let own = json!({ "county": place.county, "change": "POINT" });
    let key = place.id.to_string();
    mutation::history(tx, "Place", &key, act.principal, None, Some(own.clone())).await?;
    let version = place.version;
    let mut changed = place.into_active_model();
    changed.longitude = Set(Some(point.longitude));
    changed.latitude = Set(Some(point.latitude));
    changed.version = Set(version + 1);
    let moved = changed.update(tx).await?;
    telling::place(tx, act.at, &moved, act.today, own).await
}

/// Puts a place on the map: its point lies in the division that it claims, as far as that one's shape is known. A point
/// that was committed as its shape before follows.
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
    point_fits(tx, (row.division, row.county), point, "point").await?;
    let id = row.id;
    set_point(tx, act, row, point).await?;
    shape_follows(tx, act, id, point).await?;
    Ok(id)
}

/// A point in use as the shape of a place gives way to the point that was put on the map: a place has one point.
async fn shape_follows(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    place: Uuid,
    point: Point,
) -> Result<()> {
    let Some(old) = committed(tx, &[place]).await?.remove(&place) else {
        return Ok(());
    };
    if !matches!(stored_shape(&old.full_text)?, Geometry::Point(_)) {
        return Ok(());
    }
    supersede(tx, place).await?;
    let shape = Geometry::Point(point);
    let mut next = row(&shape, (GeometrySubject::Place, place), act.today);
    next.number = Set(old.number + 1);
    next.state = Set(GeometryState::Committed);
    next.source = Set(old.source);
    next.map_review_no = Set(old.map_review_no);
    next.based_on = Set(old.number);
    next.proposed_by = Set(act.subject());
    next.proposed_at = Set(act.at);
    next.committed_at = Set(Some(act.at));
    next.is_demo = Set(old.is_demo);
    let next = next.insert(tx).await?;
    told(tx, act, &next, None, "GeometryCommitted").await
}
