//! GeoJSON in and out (RFC 7946), and what of it is taken here.
//!
//! The numbers are CGCS2000 (EPSG:4490); the datum is stated beside the geometry and never inside, for RFC
//! 7946 knows no `crs`. What is taken is stricter than the RFC and without its old traps: longitude first,
//! rings closed, exterior rings counter-clockwise, at most seven decimals, no third coordinate, no empty
//! parts. Rings that run the wrong way are turned round, for the RFC asks readers not to refuse them; every
//! other fault is refused with its code.

use minzheng_kit::UserError;
use serde_json::{Value, json};

use super::geometry::{BoundingBox, Point};

/// The most positions of one geometry; more belong into files.
pub const MOST_POSITIONS: usize = 6_000;

/// A closed ring: first and last position are the same.
pub type Ring = Vec<Point>;

/// A polygon: its outer ring, then its holes.
pub type Polygon = Vec<Ring>;

/// A geometry of a kind that is used here.
#[derive(Clone, Debug, PartialEq)]
pub enum Geometry {
    /// One position.
    Point(Point),
    /// Lines; one for `LineString`.
    Lines(Vec<Vec<Point>>),
    /// Polygons; one for `Polygon`.
    Area(Vec<Polygon>),
}

fn fault(code: &str, en: &str, zh: &str) -> UserError {
    UserError::new(code, en, zh).field(&["input", "geometry"])
}

fn malformed() -> UserError {
    fault(
        "GEOMETRY_MALFORMED",
        "A GeoJSON Point, LineString, MultiLineString, Polygon or MultiPolygon is expected.",
        "图形应为GeoJSON的点、线、多线、面或多面。",
    )
}

/// B.3.6, RFC 7946: reads a GeoJSON geometry.
///
/// # Errors
/// The first fault, with a code of its own.
pub fn read(json: &Value) -> Result<Geometry, UserError> {
    let object = json.as_object().ok_or_else(malformed)?;
    if object.contains_key("crs") {
        return Err(fault(
            "GEOMETRY_CRS",
            "GeoJSON has no `crs`; the numbers are CGCS2000 degrees.",
            "GeoJSON不得含crs成员，坐标一律为CGCS2000经纬度。",
        ));
    }
    let coordinates = object.get("coordinates").ok_or_else(malformed)?;
    let mut left = MOST_POSITIONS;
    match object.get("type").and_then(Value::as_str) {
        Some("Point") => Ok(Geometry::Point(position(coordinates, &mut left)?)),
        Some("LineString") => Ok(Geometry::Lines(vec![line(coordinates, &mut left)?])),
        Some("MultiLineString") => Ok(Geometry::Lines(
            parts(coordinates)?
                .iter()
                .map(|part| line(part, &mut left))
                .collect::<Result<_, _>>()?,
        )),
        Some("Polygon") => Ok(Geometry::Area(vec![polygon(coordinates, &mut left)?])),
        Some("MultiPolygon") => Ok(Geometry::Area(
            parts(coordinates)?
                .iter()
                .map(|part| polygon(part, &mut left))
                .collect::<Result<_, _>>()?,
        )),
        _ => Err(malformed()),
    }
}

fn parts(value: &Value) -> Result<&Vec<Value>, UserError> {
    value
        .as_array()
        .filter(|parts| !parts.is_empty())
        .ok_or_else(malformed)
}

/// B.3.6: longitude 73–136, latitude 3–54, at most seven decimals. Numbers the other way round are told
/// apart, for that is the commonest mistake.
fn position(value: &Value, left: &mut usize) -> Result<Point, UserError> {
    *left = left.checked_sub(1).ok_or_else(|| {
        fault(
            "GEOMETRY_TOO_LARGE",
            "The geometry has too many positions.",
            "图形坐标点过多。",
        )
    })?;
    let numbers = value.as_array().ok_or_else(malformed)?;
    let [longitude, latitude] = numbers.as_slice() else {
        return Err(fault(
            "GEOMETRY_DIMENSION",
            "A position has two numbers, longitude and latitude.",
            "坐标应为经度、纬度两个数。",
        ));
    };
    let (Some(longitude), Some(latitude)) = (longitude.as_f64(), latitude.as_f64()) else {
        return Err(malformed());
    };
    let point = Point {
        longitude,
        latitude,
    };
    if point.is_plausible() {
        let exact = rounded(point);
        if (exact.longitude - longitude).abs() > 1e-12 || (exact.latitude - latitude).abs() > 1e-12
        {
            return Err(fault(
                "GEOMETRY_DECIMALS",
                "At most seven decimals are taken; more are finer than any survey.",
                "坐标小数不得超过七位。",
            ));
        }
        return Ok(exact);
    }
    let turned = Point {
        longitude: latitude,
        latitude: longitude,
    };
    Err(if turned.is_plausible() {
        fault(
            "GEOMETRY_AXIS_ORDER",
            "Longitude comes first, then latitude.",
            "坐标顺序应为经度在前、纬度在后。",
        )
    } else {
        fault(
            "GEOMETRY_OUTSIDE",
            "A position is not in this country.",
            "坐标不在有效范围内。",
        )
    })
}

fn line(value: &Value, left: &mut usize) -> Result<Vec<Point>, UserError> {
    let points = positions(value, left)?;
    if points.len() < 2 {
        return Err(malformed());
    }
    Ok(points)
}

fn positions(value: &Value, left: &mut usize) -> Result<Vec<Point>, UserError> {
    parts(value)?
        .iter()
        .map(|part| position(part, left))
        .collect()
}

fn polygon(value: &Value, left: &mut usize) -> Result<Polygon, UserError> {
    parts(value)?
        .iter()
        .enumerate()
        .map(|(n, part)| ring(part, n == 0, left))
        .collect()
}

fn ring(value: &Value, is_outer: bool, left: &mut usize) -> Result<Ring, UserError> {
    let mut ring = positions(value, left)?;
    if ring.first() != ring.last() || ring.len() < 4 {
        return Err(fault(
            "GEOMETRY_RING_OPEN",
            "A ring has at least four positions, and the last is the first.",
            "面的环应当闭合，且不少于四个坐标。",
        ));
    }
    if (doubled_area(&ring) > 0.0) != is_outer {
        ring.reverse();
    }
    Ok(ring)
}

/// B.3.6, RFC 7946: twice the signed area in square degrees: positive when the ring runs counter-clockwise.
pub fn doubled_area(ring: &[Point]) -> f64 {
    ring.windows(2)
        .map(|pair| pair[0].longitude * pair[1].latitude - pair[1].longitude * pair[0].latitude)
        .sum()
}

/// B.3.6, RFC 7946: a point to seven decimals.
pub fn rounded(point: Point) -> Point {
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    Point {
        longitude: round(point.longitude),
        latitude: round(point.latitude),
    }
}

fn pair(point: &Point) -> Value {
    json!([point.longitude, point.latitude])
}

fn list(points: &[Point]) -> Value {
    points.iter().map(pair).collect()
}

fn rings(polygon: &Polygon) -> Value {
    polygon.iter().map(|ring| list(ring)).collect()
}

impl Geometry {
    /// The geometry as GeoJSON.
    pub fn write(&self) -> Value {
        match self {
            Self::Point(point) => json!({ "type": "Point", "coordinates": pair(point) }),
            Self::Lines(lines) => match lines.as_slice() {
                [one] => json!({ "type": "LineString", "coordinates": list(one) }),
                several => json!({ "type": "MultiLineString",
                    "coordinates": several.iter().map(|l| list(l)).collect::<Value>() }),
            },
            Self::Area(polygons) => match polygons.as_slice() {
                [one] => json!({ "type": "Polygon", "coordinates": rings(one) }),
                several => json!({ "type": "MultiPolygon",
                    "coordinates": several.iter().map(rings).collect::<Value>() }),
            },
        }
    }

    /// The geometry as well-known text.
    pub fn wkt(&self) -> String {
        let numbers = |p: &Point| format!("{} {}", p.longitude, p.latitude);
        let group = |points: &[Point]| {
            let all: Vec<String> = points.iter().map(numbers).collect();
            format!("({})", all.join(", "))
        };
        let groups = |several: &[Vec<Point>]| {
            let all: Vec<String> = several.iter().map(|points| group(points)).collect();
            format!("({})", all.join(", "))
        };
        match self {
            Self::Point(point) => format!("POINT ({})", numbers(point)),
            Self::Lines(lines) => format!("MULTILINESTRING {}", groups(lines)),
            Self::Area(polygons) => {
                let all: Vec<String> = polygons.iter().map(|polygon| groups(polygon)).collect();
                format!("MULTIPOLYGON ({})", all.join(", "))
            }
        }
    }

    /// All positions, part by part.
    pub fn points(&self) -> Box<dyn Iterator<Item = Point> + '_> {
        match self {
            Self::Point(point) => Box::new(std::iter::once(*point)),
            Self::Lines(lines) => Box::new(lines.iter().flatten().copied()),
            Self::Area(polygons) => Box::new(polygons.iter().flatten().flatten().copied()),
        }
    }

    /// The smallest box around it.
    pub fn bounds(&self) -> BoundingBox {
        let far = Point {
            longitude: f64::INFINITY,
            latitude: f64::INFINITY,
        };
        let near = Point {
            longitude: f64::NEG_INFINITY,
            latitude: f64::NEG_INFINITY,
        };
        let mut bounds = BoundingBox {
            south_west: far,
            north_east: near,
        };
        for point in self.points() {
            bounds.south_west.longitude = bounds.south_west.longitude.min(point.longitude);
            bounds.south_west.latitude = bounds.south_west.latitude.min(point.latitude);
            bounds.north_east.longitude = bounds.north_east.longitude.max(point.longitude);
            bounds.north_east.latitude = bounds.north_east.latitude.max(point.latitude);
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(turned: bool) -> Value {
        let mut ring = vec![
            [103.0, 30.0],
            [104.0, 30.0],
            [104.0, 31.0],
            [103.0, 31.0],
            [103.0, 30.0],
        ];
        if turned {
            ring.reverse();
        }
        json!({ "type": "Polygon", "coordinates": [ring] })
    }

    #[test]
    fn every_trap_of_the_format_has_its_code() {
        let polygon = |ring: Value| json!({ "type": "Polygon", "coordinates": [ring] });
        for (json, code) in [
            (json!([1, 2]), "GEOMETRY_MALFORMED"),
            (
                json!({ "type": "Circle", "coordinates": [104.0, 30.0] }),
                "GEOMETRY_MALFORMED",
            ),
            (
                json!({ "type": "Polygon", "coordinates": [] }),
                "GEOMETRY_MALFORMED",
            ),
            (
                json!({ "type": "Point", "coordinates": ["104", "30"] }),
                "GEOMETRY_MALFORMED",
            ),
            (
                json!({ "type": "Point", "coordinates": [104.0, 30.0], "crs": {} }),
                "GEOMETRY_CRS",
            ),
            (
                json!({ "type": "Point", "coordinates": [30.0, 104.0] }),
                "GEOMETRY_AXIS_ORDER",
            ),
            (
                json!({ "type": "Point", "coordinates": [10.0, 10.0] }),
                "GEOMETRY_OUTSIDE",
            ),
            (
                json!({ "type": "Point", "coordinates": [104.0, 30.0, 500.0] }),
                "GEOMETRY_DIMENSION",
            ),
            (
                json!({ "type": "Point", "coordinates": [104.123_456_789, 30.0] }),
                "GEOMETRY_DECIMALS",
            ),
            (
                polygon(json!([
                    [103.0, 30.0],
                    [104.0, 30.0],
                    [104.0, 31.0],
                    [103.0, 31.0]
                ])),
                "GEOMETRY_RING_OPEN",
            ),
            (
                polygon(json!([[103.0, 30.0], [104.0, 30.0], [103.0, 30.0]])),
                "GEOMETRY_RING_OPEN",
            ),
        ] {
            assert_eq!(read(&json).unwrap_err().code, code, "{json}");
        }
        let many: Vec<[f64; 2]> = vec![[104.0, 30.0]; MOST_POSITIONS + 1];
        let large = json!({ "type": "LineString", "coordinates": many });
        assert_eq!(read(&large).unwrap_err().code, "GEOMETRY_TOO_LARGE");
    }

    #[test]
    fn rings_are_turned_counter_clockwise_and_holes_clockwise() {
        let (right, turned) = (read(&square(false)).unwrap(), read(&square(true)).unwrap());
        assert_eq!(right, turned);
        assert_eq!(right.write(), square(false));
        let mut holed = square(false);
        let hole = json!([
            [103.4, 30.4],
            [103.6, 30.4],
            [103.6, 30.6],
            [103.4, 30.6],
            [103.4, 30.4]
        ]);
        holed["coordinates"].as_array_mut().unwrap().push(hole);
        let Geometry::Area(polygons) = read(&holed).unwrap() else {
            panic!("an area");
        };
        assert!(doubled_area(&polygons[0][0]) > 0.0 && doubled_area(&polygons[0][1]) < 0.0);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for json in [
            json!({ "type": "Point", "coordinates": [104.0662, 30.6575] }),
            json!({ "type": "LineString", "coordinates": [[104.0, 30.0], [104.1, 30.1]] }),
            json!({ "type": "MultiLineString",
                "coordinates": [[[104.0, 30.0], [104.1, 30.1]], [[105.0, 30.0], [105.1, 30.1]]] }),
            square(false),
        ] {
            assert_eq!(read(&json).unwrap().write(), json);
        }
        let area = read(&square(false)).unwrap();
        assert!(area.wkt().starts_with("MULTIPOLYGON (((103 30, 104 30,"));
        let bounds = area.bounds();
        assert_eq!(
            (bounds.south_west.longitude, bounds.north_east.latitude),
            (103.0, 31.0)
        );
    }
}
