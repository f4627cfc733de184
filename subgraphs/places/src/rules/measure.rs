//! Lengths and areas on the CGCS2000 ellipsoid, and the coarser shape that the public gets.
//!
//! An edge of a GeoJSON geometry is straight in longitude and latitude. Its length is taken as the geodesic
//! between its ends (a metre in a hundred kilometres apart at most); the area under it is integrated on the
//! ellipsoid itself.

use super::{
    geojson::{Geometry, Polygon, Ring},
    geometry::{Point, flattening, semi_major},
};

/// B.3.6, geodesic measure: the geodesic length in metres of lines, or of the rings of an area; 0 for a point.
pub fn length(geometry: &Geometry) -> f64 {
    let along = |points: &[Point]| -> f64 {
        points
            .windows(2)
            .map(|pair| pair[0].distance(pair[1]))
            .sum()
    };
    match geometry {
        Geometry::Point(_) => 0.0,
        Geometry::Lines(lines) => lines.iter().map(|line| along(line)).sum(),
        Geometry::Area(polygons) => polygons.iter().flatten().map(|ring| along(ring)).sum(),
    }
}

/// B.3.6, geodesic measure: the area in square metres on the ellipsoid, holes taken off; 0 for what is no area.
pub fn area(geometry: &Geometry) -> f64 {
    match geometry {
        Geometry::Point(_) | Geometry::Lines(_) => 0.0,
        // Outer rings run counter-clockwise and holes clockwise, so the sum takes the holes off.
        Geometry::Area(polygons) => polygons.iter().flatten().map(ring_area).sum(),
    }
}

/// The integral of the area between the equator and an edge, by Gauss and Legendre with five nodes: exact to
/// far below a square metre for edges of a few degrees.
fn ring_area(ring: &Ring) -> f64 {
    const NODES: [(f64, f64); 5] = [
        (-0.906_179_845_938_664, 0.236_926_885_056_189),
        (-0.538_469_310_105_683, 0.478_628_670_499_366),
        (0.0, 0.568_888_888_888_889),
        (0.538_469_310_105_683, 0.478_628_670_499_366),
        (0.906_179_845_938_664, 0.236_926_885_056_189),
    ];
    let sum: f64 = ring
        .windows(2)
        .map(|edge| {
            let (from, to) = (edge[0], edge[1]);
            let middle = f64::midpoint(from.latitude, to.latitude);
            let half = (to.latitude - from.latitude) / 2.0;
            let mean: f64 = NODES
                .iter()
                .map(|(node, weight)| weight * zone((middle + half * node).to_radians()))
                .sum::<f64>()
                / 2.0;
            (to.longitude - from.longitude).to_radians() * mean
        })
        .sum();
    -sum
}

/// The area between the equator and a latitude, for one radian of longitude.
fn zone(latitude: f64) -> f64 {
    let (a, f) = (semi_major(), flattening());
    let e2 = f * (2.0 - f);
    let (e, b2) = (e2.sqrt(), (a * (1.0 - f)).powi(2));
    let sin = latitude.sin();
    b2 / 2.0 * (sin / (1.0 - e2 * sin * sin) + ((1.0 + e * sin) / (1.0 - e * sin)).ln() / (2.0 * e))
}

/// B.3.6, 公众图形: the geometry as the public gets it: no point of the original lies farther than `tolerance` metres
/// from it. Rings keep at least four positions.
pub fn simplify(geometry: &Geometry, tolerance: f64) -> Geometry {
    match geometry {
        Geometry::Point(point) => Geometry::Point(*point),
        Geometry::Lines(lines) => {
            Geometry::Lines(lines.iter().map(|line| thin(line, tolerance)).collect())
        }
        Geometry::Area(polygons) => Geometry::Area(
            polygons
                .iter()
                .map(|polygon| thin_polygon(polygon, tolerance))
                .collect(),
        ),
    }
}

fn thin_polygon(polygon: &Polygon, tolerance: f64) -> Polygon {
    polygon
        .iter()
        .map(|ring| {
            // A ring has no ends of its own: it is cut at its first point and at the one farthest from it.
            let Some(first) = ring.first() else {
                return ring.clone();
            };
            let far = (0..ring.len())
                .max_by(|a, b| {
                    let away = |i: &usize| ring.get(*i).map_or(0.0, |p| square_away(*first, *p));
                    away(a).total_cmp(&away(b))
                })
                .unwrap_or(0);
            let mut kept = thin(&ring[..=far], tolerance);
            kept.pop();
            kept.extend(thin(&ring[far..], tolerance));
            if kept.len() >= 4 { kept } else { ring.clone() }
        })
        .collect()
}

fn square_away(a: Point, b: Point) -> f64 {
    let (x, y) = metres(a, b);
    x * x + y * y
}

/// `to` seen from `from`, in metres east and north; good to a thousandth over some kilometres.
fn metres(from: Point, to: Point) -> (f64, f64) {
    const PER_DEGREE: f64 = 111_320.0;
    let east = (to.longitude - from.longitude) * PER_DEGREE * from.latitude.to_radians().cos();
    (east, (to.latitude - from.latitude) * PER_DEGREE)
}

/// B.3.6, geodesic measure: the distance in metres of a point from the straight piece between two others.
pub fn distance_to_edge(point: Point, from: Point, to: Point) -> f64 {
    let ((bx, by), (px, py)) = (metres(from, to), metres(from, point));
    let square = bx * bx + by * by;
    let along = if square == 0.0 {
        0.0
    } else {
        ((px * bx + py * by) / square).clamp(0.0, 1.0)
    };
    (px - along * bx).hypot(py - along * by)
}

/// Douglas and Peucker, with a stack of its own so that no line is too long for it.
fn thin(points: &[Point], tolerance: f64) -> Vec<Point> {
    let Some(last) = points.len().checked_sub(1).filter(|last| *last > 1) else {
        return points.to_vec();
    };
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    keep[last] = true;
    let mut open = vec![(0, last)];
    while let Some((from, to)) = open.pop() {
        let farthest = (from + 1..to)
            .map(|i| (i, distance_to_edge(points[i], points[from], points[to])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((at, distance)) = farthest
            && distance > tolerance
        {
            keep[at] = true;
            open.push((from, at));
            open.push((at, to));
        }
    }
    points
        .iter()
        .zip(keep)
        .filter_map(|(point, keep)| keep.then_some(*point))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::geojson;

    fn point(longitude: f64, latitude: f64) -> Point {
        Point {
            longitude,
            latitude,
        }
    }

    fn square(west: f64, south: f64, side: f64) -> Geometry {
        Geometry::Area(vec![vec![vec![
            point(west, south),
            point(west + side, south),
            point(west + side, south + side),
            point(west, south + side),
            point(west, south),
        ]]])
    }

    /// (S(31°) − S(30°)) · π/180 in square kilometres.
    const AREA: f64 = 10_642.393_4;

    #[test]
    fn a_field_of_one_degree_has_its_known_area() {
        // Between 30° and 31°, one degree wide, by the closed formula of the zone.
        let found = area(&square(104.0, 30.0, 1.0)) / 1e6;
        assert!((found - AREA).abs() < 0.01, "{found}");
        // Small fields agree with length times length.
        let small = square(104.0, 30.0, 0.01);
        let (width, height) = (
            point(104.0, 30.005).distance(point(104.01, 30.005)),
            point(104.0, 30.0).distance(point(104.0, 30.01)),
        );
        assert!((area(&small) / (width * height) - 1.0).abs() < 1e-4);
        assert_eq!(area(&Geometry::Point(point(104.0, 30.0))), 0.0);
    }

    #[test]
    fn lengths_are_geodesic_and_not_degrees() {
        let line = Geometry::Lines(vec![vec![point(104.0, 30.0), point(104.0, 31.0)]]);
        assert!(
            (length(&line) - 110_861.0).abs() < 60.0,
            "{}",
            length(&line)
        );
    }

    #[test]
    fn holes_are_taken_off() {
        let Geometry::Area(mut polygons) = square(104.0, 30.0, 0.1) else {
            unreachable!()
        };
        let whole = area(&Geometry::Area(polygons.clone()));
        let Geometry::Area(hole) = square(104.02, 30.02, 0.05) else {
            unreachable!()
        };
        let mut ring = hole[0][0].clone();
        let taken = area(&Geometry::Area(hole));
        ring.reverse();
        polygons[0].push(ring);
        let left = area(&Geometry::Area(polygons));
        assert!((whole - taken - left).abs() < 1.0);
    }

    proptest::proptest! {
        #[test]
        fn the_publics_shape_stays_within_the_tolerance(
            steps in proptest::collection::vec((-0.002_f64..0.002, 0.000_1_f64..0.002), 3..80),
            tolerance in 10.0_f64..200.0,
        ) {
            let mut at = point(104.0, 30.0);
            let mut line = vec![at];
            for (east, north) in steps {
                at = geojson::rounded(point(at.longitude + east, at.latitude + north));
                line.push(at);
            }
            let Geometry::Lines(thinned) = simplify(&Geometry::Lines(vec![line.clone()]), tolerance) else {
                unreachable!()
            };
            let thinned = &thinned[0];
            proptest::prop_assert_eq!(thinned.first(), line.first());
            proptest::prop_assert_eq!(thinned.last(), line.last());
            for original in &line {
                let nearest = thinned
                    .windows(2)
                    .map(|edge| distance_to_edge(*original, edge[0], edge[1]))
                    .fold(f64::INFINITY, f64::min);
                proptest::prop_assert!(nearest <= tolerance * 1.01 + 0.01, "{nearest}");
            }
        }
    }
}
