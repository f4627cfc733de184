//! Invented courses: of every county line, through its marker, and of two roads and a stream in each county
//! that the reports are about. Real ones are surveying results and in no open table.

use chrono::NaiveDate;
use minzheng_kit::divisions::{Division, Kind};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::{
    boundaries::Lines,
    decisions::noon,
    land::{Land, point_of},
    places::Made,
    shapes::WITH_TOWNSHIPS,
};
use crate::{
    model::{
        geometry,
        vocabulary::{BoundaryLevel, GeometrySource, GeometryState, GeometrySubject},
    },
    rules::{
        geojson::{Geometry, rounded},
        geometry::Point,
        scope::PlaceKind,
    },
    service::shapes,
};

/// How far a line reaches from its marker to each side, in degrees: some eleven kilometres.
const REACH: f64 = 0.1;

/// The courses of the county lines, and of the roads and streams.
pub(super) fn make(
    land: &Land,
    lines: &Lines,
    places: &[Made],
    today: NaiveDate,
) -> Vec<geometry::ActiveModel> {
    let seat_of = |id: Uuid| {
        let county = land.counties.iter().find(|c| c.itself.id == id);
        county.map(|county| seat(county.itself))
    };
    let mut rows = Vec::new();
    for line in &lines.lines {
        let (Set(id), Set(BoundaryLevel::County), Set(left), Set(right)) = (
            &line.id,
            &line.level,
            &line.left_division,
            &line.right_division,
        ) else {
            continue;
        };
        if let (Some(left), Some(right)) = (seat_of(*left), seat_of(*right)) {
            let subject = (GeometrySubject::BoundaryLine, *id);
            rows.push(row(subject, between(left, right), today));
        }
    }
    for (index, county) in land.counties.iter().enumerate() {
        if !WITH_TOWNSHIPS.contains(&county.itself.code.as_str()) {
            continue;
        }
        let of = |wanted: fn(&Made) -> bool| {
            let all = places.iter();
            all.filter(move |place| place.county_index == index && wanted(place))
        };
        let own = seat(county.itself);
        // A road leads out to the county's border, at its marker; another one, and a stream, to the seat.
        let next = land.counties[index + 1..]
            .iter()
            .find(|next| next.itself.kind != Kind::Zone)
            .map_or(own, |next| middle(own, seat(next.itself)));
        let roads = of(|place| place.kind == PlaceKind::Road).take(2);
        let stream =
            of(|place| place.kind == PlaceKind::NaturalFeature && place.name.generic == "溪");
        for (place, end) in roads.zip([next, own]).chain(stream.map(|s| (s, own))) {
            let (longitude, latitude) = place.point();
            let start = Point {
                longitude,
                latitude,
            };
            let bend = aside(middle(start, end), start, end, 0.05);
            let subject = (GeometrySubject::Place, place.id);
            rows.push(row(subject, vec![start, bend, end], today));
        }
    }
    rows
}

fn seat(division: &Division) -> Point {
    let (longitude, latitude) = point_of(division);
    Point {
        longitude,
        latitude,
    }
}

fn middle(a: Point, b: Point) -> Point {
    Point {
        longitude: f64::midpoint(a.longitude, b.longitude),
        latitude: f64::midpoint(a.latitude, b.latitude),
    }
}

/// A point beside `from`, across the direction from `a` to `b`, by a share of their distance.
fn aside(from: Point, a: Point, b: Point, share: f64) -> Point {
    Point {
        longitude: from.longitude - (b.latitude - a.latitude) * share,
        latitude: from.latitude + (b.longitude - a.longitude) * share,
    }
}

/// A line half way between two seats, across the way from one to the other, through the marker that stands
/// there.
fn between(left: Point, right: Point) -> Vec<Point> {
    let marker = middle(left, right);
    let apart = (right.longitude - left.longitude).hypot(right.latitude - left.latitude);
    let share = if apart > 0.0 { REACH / apart } else { 0.0 };
    let mut course = vec![
        aside(marker, left, right, -share),
        marker,
        aside(marker, left, right, share),
    ];
    if apart == 0.0 {
        // Two seats that are told as one point: a line to the north stands in.
        course = vec![
            marker,
            Point {
                latitude: marker.latitude + REACH,
                ..marker
            },
        ];
    }
    course
}

fn row(
    subject: (GeometrySubject, Uuid),
    course: Vec<Point>,
    today: NaiveDate,
) -> geometry::ActiveModel {
    let since = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
    let mut points: Vec<Point> = course.into_iter().map(rounded).collect();
    points.dedup();
    let mut row = shapes::row(&Geometry::Lines(vec![points]), subject, today);
    row.id = Set(Uuid::new_v5(&subject.1, b"course 1"));
    row.number = Set(1);
    row.state = Set(GeometryState::Committed);
    row.source = Set(GeometrySource::OfficialMap);
    row.map_review_no = Set(None);
    row.based_on = Set(0);
    row.proposed_by = Set(None);
    row.proposed_at = Set(noon(since));
    row.committed_at = Set(Some(noon(since)));
    row.is_demo = Set(true);
    row
}
