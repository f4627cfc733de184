//! Invented areas of divisions, until real geometry is there: every county gets what lies nearer to its point
//! than to any other county's, and so do the townships of the counties that the reports are about. So the
//! areas are convex, share their borders, and lie in one another.

use chrono::NaiveDate;
use minzheng_kit::divisions::{Division, Kind};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::{
    decisions::noon,
    land::{Land, point_of},
};
use crate::{
    model::{
        geometry,
        vocabulary::{GeometrySource, GeometryState, GeometrySubject},
    },
    rules::{
        geojson::{Geometry, rounded},
        geometry::Point,
    },
    service::shapes,
};

/// The counties whose townships get areas too.
pub(super) const WITH_TOWNSHIPS: [&str; 4] = ["510118", "320311", "361103", "350112"];
/// How far an area reaches at most, in degrees each way.
const REACH: f64 = 0.6;

fn seat(division: &Division) -> Point {
    let (longitude, latitude) = point_of(division);
    Point {
        longitude,
        latitude,
    }
}

/// The areas of the province shown.
pub(super) fn make(land: &Land, today: NaiveDate) -> Vec<geometry::ActiveModel> {
    let counties: Vec<_> = land
        .counties
        .iter()
        .filter(|county| county.itself.kind != Kind::Zone)
        .collect();
    let seats: Vec<Point> = counties.iter().map(|c| seat(c.itself)).collect();
    let mut rows = Vec::new();
    for (n, county) in counties.iter().enumerate() {
        let cell = cell(around(seats[n]), n, &seats);
        if WITH_TOWNSHIPS.contains(&county.itself.code.as_str()) {
            let seats: Vec<Point> = county.townships.iter().map(|t| seat(t)).collect();
            for (n, township) in county.townships.iter().enumerate() {
                let inner = self::cell(cell.clone(), n, &seats);
                rows.extend(row(township.id, inner, today));
            }
        }
        rows.extend(row(county.itself.id, cell, today));
    }
    rows
}

fn around(point: Point) -> Vec<Point> {
    let corner = |east: f64, north: f64| Point {
        longitude: point.longitude + east * REACH,
        latitude: point.latitude + north * REACH,
    };
    vec![
        corner(-1.0, -1.0),
        corner(1.0, -1.0),
        corner(1.0, 1.0),
        corner(-1.0, 1.0),
    ]
}

/// What of `area` lies nearer to the seat `own` than to any other.
fn cell(mut area: Vec<Point>, own: usize, seats: &[Point]) -> Vec<Point> {
    for (n, other) in seats.iter().enumerate() {
        if n != own {
            area = nearer(&area, seats[own], *other);
        }
    }
    area
}

/// What of a convex area lies nearer to `own` than to `other`.
fn nearer(area: &[Point], own: Point, other: Point) -> Vec<Point> {
    let square = |a: Point, b: Point| {
        (a.longitude - b.longitude).powi(2) + (a.latitude - b.latitude).powi(2)
    };
    // Linear along an edge: negative on the own side.
    let side = |point: Point| square(point, own) - square(point, other);
    let mut kept = Vec::with_capacity(area.len() + 1);
    for (n, from) in area.iter().enumerate() {
        let to = area[(n + 1) % area.len()];
        let (a, b) = (side(*from), side(to));
        if a <= 0.0 {
            kept.push(*from);
        }
        if (a < 0.0 && b > 0.0) || (a > 0.0 && b < 0.0) {
            let along = a / (a - b);
            kept.push(Point {
                longitude: from.longitude + along * (to.longitude - from.longitude),
                latitude: from.latitude + along * (to.latitude - from.latitude),
            });
        }
    }
    kept
}

/// The row of an area; none for one that is too small to have one.
fn row(division: Uuid, area: Vec<Point>, today: NaiveDate) -> Option<geometry::ActiveModel> {
    let mut ring: Vec<Point> = area.into_iter().map(rounded).collect();
    ring.dedup();
    if ring.first() == ring.last() {
        ring.pop();
    }
    if ring.len() < 3 {
        return None;
    }
    ring.push(ring[0]);
    let shape = Geometry::Area(vec![vec![ring]]);
    let since = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
    let mut row = shapes::row(&shape, (GeometrySubject::Division, division), today);
    row.id = Set(Uuid::new_v5(&division, b"geometry 1"));
    row.number = Set(1);
    row.state = Set(GeometryState::Committed);
    row.source = Set(GeometrySource::OfficialMap);
    row.map_review_no = Set(None);
    row.based_on = Set(0);
    row.proposed_by = Set(None);
    row.proposed_at = Set(noon(since));
    row.committed_at = Set(Some(noon(since)));
    row.is_demo = Set(true);
    Some(row)
}
