//! Whether a shape fits what it is the shape of, and how it lies to those in use: in its parent, beside its siblings,
//! around its children; a point in its division.

use minzheng_kit::{Error, Result};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    act::{self, Act},
    divisions,
    shapes::{committed, refused, stored_area},
};
use crate::{
    model::{
        boundary_line, geometry, place,
        vocabulary::{GeometryState, GeometrySubject},
    },
    rules::{
        geojson::{Geometry, Polygon},
        geometry::Point,
        parameters::{self, Key},
        topology,
    },
};

/// The subject of a shape lies in the officer's area, and this sort of shape fits it.
pub(super) async fn subject_fits(
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

/// B.3.6: a division's area lies in its parent's, does not overlap its siblings' and holds its children's, as far as
/// those are known.
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
    holds_children(tx, act, division, area, tolerance).await?;
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

/// B.3.6: the children lie in the parent, also where it is the parent's area that changes.
async fn holds_children(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    division: Uuid,
    area: &[Polygon],
    tolerance: f64,
) -> Result<()> {
    let children: Vec<Uuid> = divisions::children(division, act.today)
        .all(tx)
        .await?
        .into_iter()
        .map(|child| child.division)
        .collect();
    for row in committed(tx, &children).await?.into_values() {
        if !topology::is_within(&stored_area(&row.full_text)?, area, tolerance) {
            return Err(refused(
                "GEOMETRY_CHILD_OUTSIDE",
                "The area leaves out a part of a division below it.",
                "图形未包含下级区划的全部范围。",
                "geometry",
            ));
        }
    }
    Ok(())
}

/// A.3-24: the point of a place is in this country and in the division that the place claims, or where that one's shape is
/// not known in the county, as far as that is.
pub async fn point_fits(
    tx: &DatabaseTransaction,
    (division, county): (Uuid, Uuid),
    point: Point,
    field: &str,
) -> Result<()> {
    if !point.is_plausible() {
        return Err(refused(
            "POINT_OUTSIDE",
            "The point is not in this country.",
            "坐标不在有效范围内。",
            field,
        ));
    }
    let known = committed(tx, &[division, county]).await?;
    let claimed = known.get(&division).or_else(|| known.get(&county));
    if let Some(shape) = claimed
        && !topology::contains(&stored_area(&shape.full_text)?, point)
    {
        return Err(refused(
            "POINT_OUTSIDE_DIVISION",
            "The point is not in the division that the place claims.",
            "坐标不在所属区划范围内。",
            field,
        ));
    }
    Ok(())
}

/// What a shape must be for what it is the shape of, beside its sort: an area among areas, a point in its division.
pub(super) async fn position_fits(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    subject: (GeometrySubject, Uuid),
    shape: &Geometry,
    field: &str,
) -> Result<()> {
    match (subject.0, shape) {
        (GeometrySubject::Division, _) => topology_fits(tx, act, subject.1, shape).await,
        (GeometrySubject::Place, Geometry::Point(point)) => {
            let place = place::Entity::find_by_id(subject.1)
                .one(tx)
                .await?
                .ok_or_else(|| act::unknown(field))?;
            point_fits(tx, (place.division, place.county), *point, field).await
        }
        _ => Ok(()),
    }
}
