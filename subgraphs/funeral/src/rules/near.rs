//! How far a grave lies from a line or an area: from county lines, main roads, railways, rivers, reservoirs.

use serde_json::Value;

use super::geo::{Bounds, Point};

/// The farthest that anything is sought around a line, in metres; the plane of [`Shape::distance_m`] is good
/// to a metre up to there.
pub const FARTHEST_M: i32 = 5_000;

/// Semi-major axis in metres and square of the first eccentricity of CGCS2000 (GB 22021-2008).
const A: f64 = 6_378_137.0;
const E2: f64 = 0.006_694_380_022_900_787;

/// The course of a line or the ground of an area, as another subsystem gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    lines: Vec<Vec<Point>>,
    /// Rings of areas: what lies within an odd number of them lies inside.
    rings: Vec<Vec<Point>>,
}

impl Shape {
    /// Reads a GeoJSON geometry; `None` for one that is malformed or empty.
    pub fn read(json: &Value) -> Option<Self> {
        let coordinates = json.get("coordinates")?;
        let mut shape = Self {
            lines: Vec::new(),
            rings: Vec::new(),
        };
        match json.get("type")?.as_str()? {
            "Point" => shape.lines.push(vec![position(coordinates)?]),
            "LineString" => shape.lines.push(positions(coordinates)?),
            "MultiLineString" => shape.lines = several(coordinates, positions)?,
            "Polygon" => shape.rings = several(coordinates, positions)?,
            "MultiPolygon" => {
                let polygons = several(coordinates, |polygon| several(polygon, positions))?;
                shape.rings = polygons.into_iter().flatten().collect();
            }
            _ => return None,
        }
        Some(shape)
    }

    /// The ground of an area by its outer ring, which need not repeat its first point.
    pub fn area(ring: &[Point]) -> Self {
        let mut ring = ring.to_vec();
        if ring.first() != ring.last() {
            ring.extend(ring.first().copied());
        }
        Self {
            lines: Vec::new(),
            rings: vec![ring],
        }
    }

    fn points(&self) -> impl Iterator<Item = &Point> {
        self.lines.iter().chain(&self.rings).flatten()
    }

    /// The box of degrees that holds everything within so many metres of it.
    pub fn around(&self, metres: f64) -> Bounds {
        let first = Bounds {
            low: Point {
                lon: f64::INFINITY,
                lat: f64::INFINITY,
            },
            high: Point {
                lon: f64::NEG_INFINITY,
                lat: f64::NEG_INFINITY,
            },
        };
        self.points().fold(first, |bounds, point| {
            let near = point.around(metres / 1_000.0 * 1.01);
            Bounds {
                low: Point {
                    lon: bounds.low.lon.min(near.low.lon),
                    lat: bounds.low.lat.min(near.low.lat),
                },
                high: Point {
                    lon: bounds.high.lon.max(near.high.lon),
                    lat: bounds.high.lat.max(near.high.lat),
                },
            }
        })
    }

    /// F-4, 殡葬管理条例（1997）第十条、第十五条: the distance in metres on the ellipsoid; 0 inside an area.
    ///
    /// Edges are straight in longitude and latitude, so the nearest point is found in the plane that touches
    /// the ellipsoid at `from`, whose scale is right there.
    pub fn distance_m(&self, from: Point) -> f64 {
        if self.contains(from) {
            return 0.0;
        }
        let (east, north) = scales(from.lat);
        let plane = |p: &Point| ((p.lon - from.lon) * east, (p.lat - from.lat) * north);
        let mut nearest = f64::INFINITY;
        for course in self.lines.iter().chain(&self.rings) {
            if let [only] = course.as_slice() {
                let (x, y) = plane(only);
                nearest = nearest.min(x.hypot(y));
            }
            for edge in course.windows(2) {
                if let [a, b] = edge {
                    nearest = nearest.min(to_edge(plane(a), plane(b)));
                }
            }
        }
        nearest
    }

    /// Whether a point lies inside an area: the ray to the east crosses an odd number of edges.
    fn contains(&self, point: Point) -> bool {
        let crossed =
            self.rings
                .iter()
                .flat_map(|ring| ring.windows(2))
                .filter(|edge| match edge {
                    [a, b] if (a.lat > point.lat) != (b.lat > point.lat) => {
                        let along = (point.lat - a.lat) / (b.lat - a.lat);
                        point.lon < a.lon + along * (b.lon - a.lon)
                    }
                    _ => false,
                });
        crossed.count() % 2 == 1
    }
}

/// Metres to a degree of longitude and of latitude, at a latitude.
fn scales(latitude: f64) -> (f64, f64) {
    let (sin, cos) = latitude.to_radians().sin_cos();
    let w = (1.0 - E2 * sin * sin).sqrt();
    let (across, along) = (A / w, A * (1.0 - E2) / (w * w * w));
    (
        across * cos * std::f64::consts::PI / 180.0,
        along * std::f64::consts::PI / 180.0,
    )
}

/// The distance of the origin from the straight piece between two points.
fn to_edge((ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let square = dx * dx + dy * dy;
    let along = if square > 0.0 {
        (-(ax * dx + ay * dy) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (ax + along * dx).hypot(ay + along * dy)
}

fn position(json: &Value) -> Option<Point> {
    match json.as_array()?.as_slice() {
        [lon, lat] => Point::checked(lon.as_f64()?, lat.as_f64()?),
        _ => None,
    }
}

fn positions(json: &Value) -> Option<Vec<Point>> {
    several(json, position)
}

fn several<T>(json: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    let all: Vec<T> = json.as_array()?.iter().map(read).collect::<Option<_>>()?;
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn at(lon: f64, lat: f64) -> Point {
        Point { lon, lat }
    }

    #[test]
    fn distances_are_geodesic_to_a_metre() {
        let meridian =
            json!({ "type": "LineString", "coordinates": [[104.0, 30.0], [104.0, 31.0]] });
        let shape = Shape::read(&meridian).unwrap();
        // A hundredth of a degree of longitude at 30.5° is 959.99 m (Vincenty's formula on CGCS2000).
        let found = shape.distance_m(at(104.01, 30.5));
        assert!((found - 959.99).abs() < 1.0, "{found}");
        // Beyond its end the end counts: a hundredth of a degree of latitude at 31° is 1,108.7 m.
        let found = shape.distance_m(at(104.0, 31.01));
        assert!((found - 1_108.7).abs() < 1.0, "{found}");
        assert_eq!(shape.distance_m(at(104.0, 30.3)), 0.0);
    }

    #[test]
    fn what_lies_in_an_area_is_no_distance_from_it_and_a_hole_is_outside() {
        let lake = json!({ "type": "Polygon", "coordinates": [
            [[104.0, 30.0], [104.1, 30.0], [104.1, 30.1], [104.0, 30.1], [104.0, 30.0]],
            [[104.04, 30.04], [104.04, 30.06], [104.06, 30.06], [104.06, 30.04], [104.04, 30.04]]
        ] });
        let shape = Shape::read(&lake).unwrap();
        assert_eq!(shape.distance_m(at(104.02, 30.05)), 0.0);
        let island = shape.distance_m(at(104.05, 30.05));
        assert!((900.0..1_200.0).contains(&island), "{island}");
        assert!(shape.distance_m(at(104.2, 30.05)) > 9_000.0);
    }

    #[test]
    fn the_box_holds_all_that_is_near_and_what_is_malformed_is_no_shape() {
        let line =
            json!({ "type": "MultiLineString", "coordinates": [[[104.0, 30.0], [104.1, 30.2]]] });
        let shape = Shape::read(&line).unwrap();
        let bounds = shape.around(500.0);
        let (east, north) = scales(30.0);
        assert!(bounds.low.lon <= 104.0 - 500.0 / east);
        assert!(bounds.high.lat >= 30.2 + 500.0 / north);
        for bad in [
            json!(null),
            json!({ "type": "LineString", "coordinates": [] }),
            json!({ "type": "LineString", "coordinates": [[104.0]] }),
            json!({ "type": "LineString", "coordinates": [[104.0, 95.0], [104.0, 30.0]] }),
            json!({ "type": "GeometryCollection", "geometries": [] }),
        ] {
            assert_eq!(Shape::read(&bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_point_of_the_course_is_nearer_than_the_distance_told(
            steps in proptest::collection::vec((-0.01_f64..0.01, -0.01_f64..0.01), 2..20),
            dx in -0.03_f64..0.03, dy in -0.03_f64..0.03, share in 0.0_f64..1.0,
        ) {
            let (mut lon, mut lat) = (104.0, 30.0);
            let course: Vec<[f64; 2]> = steps.iter().map(|(x, y)| { lon += x; lat += y; [lon, lat] }).collect();
            let shape = Shape::read(&json!({ "type": "LineString", "coordinates": course })).unwrap();
            let from = at(104.0 + dx, 30.0 + dy);
            let told = shape.distance_m(from);
            for edge in course.windows(2) {
                let on = at(
                    edge[0][0] + share * (edge[1][0] - edge[0][0]),
                    edge[0][1] + share * (edge[1][1] - edge[0][1]),
                );
                let sphere = from.distance_km(on) * 1_000.0;
                proptest::prop_assert!(told <= sphere * 1.01 + 0.01, "{told} {sphere}");
            }
        }
    }
}
