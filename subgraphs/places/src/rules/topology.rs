//! Whether a shape is one, and how shapes lie to each other: crossing itself, inside its parent, over its
//! sibling.
//!
//! Everything is judged in the plane of longitude and latitude, where the edges of GeoJSON are straight.
//! Pairs of edges are found by sweeping from west to east, so that shapes of some thousand edges take
//! milliseconds. Neighbours share their border, and two surveys of one border differ by a little: what lies
//! within a tolerance of a border counts as on it.

use minzheng_kit::UserError;

use super::{
    geojson::{Geometry, Polygon, doubled_area},
    geometry::Point,
};

/// An edge with the ring it is from.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: Point,
    to: Point,
    ring: usize,
    place: usize,
    last: usize,
}

fn edges(polygons: &[Polygon]) -> Vec<Edge> {
    let rings = polygons.iter().flatten();
    rings
        .enumerate()
        .flat_map(|(ring, points)| {
            let last = points.len().saturating_sub(2);
            points
                .windows(2)
                .enumerate()
                .map(move |(place, pair)| Edge {
                    from: pair[0],
                    to: pair[1],
                    ring,
                    place,
                    last,
                })
        })
        .collect()
}

impl Edge {
    fn west(&self) -> f64 {
        self.from.longitude.min(self.to.longitude)
    }

    fn east(&self) -> f64 {
        self.from.longitude.max(self.to.longitude)
    }

    fn south(&self) -> f64 {
        self.from.latitude.min(self.to.latitude)
    }

    fn north(&self) -> f64 {
        self.from.latitude.max(self.to.latitude)
    }

    /// Whether the two follow each other in one ring, and so share a point by right.
    fn follows(&self, other: &Self) -> bool {
        self.ring == other.ring
            && (self.place.abs_diff(other.place) == 1
                || self.place.abs_diff(other.place) == self.last)
    }
}

/// Calls `found` for every pair whose boxes touch, one of each list; pairs of one list with itself once.
fn pairs(ones: &[Edge], others: Option<&[Edge]>, mut found: impl FnMut(&Edge, &Edge) -> bool) {
    let mut queue: Vec<(f64, bool, &Edge)> = ones.iter().map(|e| (e.west(), false, e)).collect();
    queue.extend(others.into_iter().flatten().map(|e| (e.west(), true, e)));
    queue.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut open: [Vec<&Edge>; 2] = [Vec::new(), Vec::new()];
    for (west, is_other, edge) in queue {
        let against = usize::from(others.is_some() && !is_other);
        open[against].retain(|e| e.east() >= west);
        for near in &open[against] {
            if near.south() > edge.north() || edge.south() > near.north() {
                continue;
            }
            let stop = if is_other {
                found(near, edge)
            } else {
                found(edge, near)
            };
            if stop {
                return;
            }
        }
        open[usize::from(is_other)].push(edge);
    }
}

/// Twice the signed area of three points: left of the way, on it, or right.
fn turn(a: Point, b: Point, c: Point) -> f64 {
    (b.longitude - a.longitude) * (c.latitude - a.latitude)
        - (b.latitude - a.latitude) * (c.longitude - a.longitude)
}

fn on_edge(point: Point, edge: &Edge) -> bool {
    turn(edge.from, edge.to, point) == 0.0
        && (edge.west()..=edge.east()).contains(&point.longitude)
        && (edge.south()..=edge.north()).contains(&point.latitude)
}

/// Whether two edges have a point in common.
fn meet(a: &Edge, b: &Edge) -> bool {
    let (d1, d2) = (turn(a.from, a.to, b.from), turn(a.from, a.to, b.to));
    let (d3, d4) = (turn(b.from, b.to, a.from), turn(b.from, b.to, a.to));
    if (d1 > 0.0) != (d2 > 0.0) && (d3 > 0.0) != (d4 > 0.0) && d1 * d2 != 0.0 && d3 * d4 != 0.0 {
        return true;
    }
    on_edge(b.from, a) || on_edge(b.to, a) || on_edge(a.from, b) || on_edge(a.to, b)
}

/// Whether two edges that follow each other run back over one another.
fn turns_back(a: &Edge, b: &Edge) -> bool {
    let (first, second) = if a.to == b.from { (a, b) } else { (b, a) };
    if first.to != second.from {
        return false;
    }
    let dot = (first.to.longitude - first.from.longitude)
        * (second.to.longitude - second.from.longitude)
        + (first.to.latitude - first.from.latitude) * (second.to.latitude - second.from.latitude);
    turn(first.from, first.to, second.to) == 0.0 && dot < 0.0
}

/// B.3.6, 图形检查: an area is valid: it has an area, does not cross or touch itself, and its holes lie inside it.
pub fn check(geometry: &Geometry) -> Option<UserError> {
    let fault = |code: &str, en: &str, zh: &str| {
        Some(UserError::new(code, en, zh).field(&["input", "geometry"]))
    };
    let crosses = || {
        fault(
            "GEOMETRY_CROSSES_ITSELF",
            "The shape crosses or touches itself.",
            "图形自相交。",
        )
    };
    let polygons = match geometry {
        Geometry::Point(_) => return None,
        Geometry::Lines(lines) => {
            let is_point = |line: &Vec<Point>| line.windows(2).all(|pair| pair[0] == pair[1]);
            return if lines.iter().any(is_point) {
                fault(
                    "GEOMETRY_EMPTY",
                    "The line has no length.",
                    "线的长度为零。",
                )
            } else {
                None
            };
        }
        Geometry::Area(polygons) => polygons,
    };
    if polygons
        .iter()
        .flatten()
        .any(|ring| doubled_area(ring).abs() < 1e-13)
    {
        return fault("GEOMETRY_EMPTY", "The shape has no area.", "面的面积为零。");
    }
    let all = edges(polygons);
    if all.iter().any(|edge| edge.from == edge.to) {
        return fault(
            "GEOMETRY_DOUBLE_POSITION",
            "Two positions that follow each other are the same.",
            "图形含有重复的相邻坐标。",
        );
    }
    let mut is_crossed = false;
    pairs(&all, None, |a, b| {
        is_crossed |= if a.follows(b) {
            turns_back(a, b)
        } else {
            meet(a, b)
        };
        is_crossed
    });
    if is_crossed {
        return crosses();
    }
    let stray = polygons.iter().any(|polygon| {
        polygon.split_first().is_none_or(|(outer, holes)| {
            holes
                .iter()
                .any(|hole| hole.first().is_none_or(|p| !in_ring(*p, outer)))
        })
    });
    if stray {
        return fault(
            "GEOMETRY_HOLE_OUTSIDE",
            "A hole lies outside its shape.",
            "面的内环不在外环之内。",
        );
    }
    None
}

/// Whether a point is inside a closed ring, by the number of edges east of it.
fn in_ring(point: Point, ring: &[Point]) -> bool {
    ring.windows(2).fold(false, |inside, pair| {
        let (a, b) = (pair[0], pair[1]);
        let spans = (a.latitude > point.latitude) != (b.latitude > point.latitude);
        let crossed = spans
            && point.longitude
                < (b.longitude - a.longitude) * (point.latitude - a.latitude)
                    / (b.latitude - a.latitude)
                    + a.longitude;
        inside != crossed
    })
}

/// B.3.6, 图形检查: whether a point is inside an area, holes not counted.
pub fn contains(polygons: &[Polygon], point: Point) -> bool {
    polygons.iter().any(|polygon| {
        polygon
            .iter()
            .fold(false, |inside, ring| inside != in_ring(point, ring))
    })
}

/// Degrees from a point to the nearest border of an area.
fn to_border(polygons: &[Polygon], point: Point) -> f64 {
    polygons
        .iter()
        .flatten()
        .flat_map(|ring| ring.windows(2))
        .map(|pair| {
            let (dx, dy) = (
                pair[1].longitude - pair[0].longitude,
                pair[1].latitude - pair[0].latitude,
            );
            let (px, py) = (
                point.longitude - pair[0].longitude,
                point.latitude - pair[0].latitude,
            );
            let square = dx * dx + dy * dy;
            let along = if square == 0.0 {
                0.0
            } else {
                ((px * dx + py * dy) / square).clamp(0.0, 1.0)
            };
            (px - along * dx).hypot(py - along * dy)
        })
        .fold(f64::INFINITY, f64::min)
}

/// Points that tell where an area lies to another one: the middles of the pieces into which the other's
/// border cuts its edges, and one point inside each of its polygons.
fn witnesses(area: &[Polygon], other: &[Polygon]) -> Vec<Point> {
    let (own, foreign) = (edges(area), edges(other));
    let mut cuts: std::collections::HashMap<(usize, usize), Vec<f64>> =
        std::collections::HashMap::new();
    pairs(&own, Some(&foreign), |a, b| {
        cuts.entry((a.ring, a.place))
            .or_default()
            .extend(parameters(a, b));
        false
    });
    let mut found: Vec<Point> = area.iter().filter_map(inner_point).collect();
    for edge in &own {
        let mut at = cuts.remove(&(edge.ring, edge.place)).unwrap_or_default();
        at.extend([0.0, 1.0]);
        at.sort_by(f64::total_cmp);
        for pair in at.windows(2) {
            let middle = f64::midpoint(pair[0], pair[1]);
            found.push(Point {
                longitude: edge.from.longitude + middle * (edge.to.longitude - edge.from.longitude),
                latitude: edge.from.latitude + middle * (edge.to.latitude - edge.from.latitude),
            });
        }
    }
    found
}

/// Where along `a`, from 0 to 1, `b` meets it.
fn parameters(a: &Edge, b: &Edge) -> Vec<f64> {
    let (rx, ry) = (
        a.to.longitude - a.from.longitude,
        a.to.latitude - a.from.latitude,
    );
    let (sx, sy) = (
        b.to.longitude - b.from.longitude,
        b.to.latitude - b.from.latitude,
    );
    let (qx, qy) = (
        b.from.longitude - a.from.longitude,
        b.from.latitude - a.from.latitude,
    );
    let cross = rx * sy - ry * sx;
    if cross == 0.0 {
        // Side by side: the ends of `b` cut `a`, if they lie on its way.
        let square = rx * rx + ry * ry;
        return [(qx, qy), (qx + sx, qy + sy)]
            .iter()
            .map(|(x, y)| (x * rx + y * ry) / square)
            .filter(|t| (0.0..=1.0).contains(t))
            .collect();
    }
    let (t, u) = ((qx * sy - qy * sx) / cross, (qx * ry - qy * rx) / cross);
    if (0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u) {
        vec![t]
    } else {
        Vec::new()
    }
}

/// A point inside a polygon and away from its border: the middle of the longest piece of a line through it.
fn inner_point(polygon: &Polygon) -> Option<Point> {
    let outer = polygon.first()?;
    let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
    for point in outer {
        south = south.min(point.latitude);
        north = north.max(point.latitude);
    }
    // Not through the middle itself, where corners like to lie.
    let latitude = south + (north - south) * 0.487_313;
    let mut crossings: Vec<f64> = polygon
        .iter()
        .flat_map(|ring| ring.windows(2))
        .filter(|pair| (pair[0].latitude > latitude) != (pair[1].latitude > latitude))
        .map(|pair| {
            let (a, b) = (pair[0], pair[1]);
            (b.longitude - a.longitude) * (latitude - a.latitude) / (b.latitude - a.latitude)
                + a.longitude
        })
        .collect();
    crossings.sort_by(f64::total_cmp);
    let (from, to) = crossings
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))?;
    Some(Point {
        longitude: f64::midpoint(from, to),
        latitude,
    })
}

/// B.3.6, 图形检查: a child lies in its parent, but for what is within `tolerance` degrees of the parent's border.
pub fn is_within(child: &[Polygon], parent: &[Polygon], tolerance: f64) -> bool {
    let stays = witnesses(child, parent)
        .into_iter()
        .all(|p| contains(parent, p) || to_border(parent, p) <= tolerance);
    // A hole of the parent inside the child has no edge of the child in it.
    let holes = parent.iter().flat_map(|polygon| polygon.iter().skip(1));
    stays
        && holes
            .filter_map(|hole| inner_point(&vec![hole.clone()]))
            .all(|p| !contains(child, p) || to_border(parent, p) <= tolerance)
}

/// B.3.6, 图形检查: siblings do not overlap by more than `tolerance` degrees.
pub fn overlaps(one: &[Polygon], other: &[Polygon], tolerance: f64) -> bool {
    let reaches = |from: &[Polygon], into: &[Polygon]| {
        witnesses(from, into)
            .into_iter()
            .any(|p| contains(into, p) && to_border(into, p) > tolerance)
    };
    reaches(one, other) || reaches(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(f64, f64)]) -> Vec<Point> {
        points
            .iter()
            .map(|(longitude, latitude)| Point {
                longitude: *longitude,
                latitude: *latitude,
            })
            .collect()
    }

    fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Polygon {
        vec![ring(&[
            (west, south),
            (east, south),
            (east, north),
            (west, north),
            (west, south),
        ])]
    }

    fn code(polygon: Polygon) -> Option<String> {
        check(&Geometry::Area(vec![polygon])).map(|e| e.code)
    }

    #[test]
    fn shapes_that_are_none_are_told_by_their_fault() {
        assert_eq!(code(rectangle(103.0, 30.0, 104.0, 31.0)), None);
        let bow = vec![ring(&[
            (103.0, 30.0),
            (104.0, 31.0),
            (104.0, 30.0),
            (103.0, 31.5),
            (103.0, 30.0),
        ])];
        assert_eq!(code(bow).as_deref(), Some("GEOMETRY_CROSSES_ITSELF"));
        let spike = vec![ring(&[
            (103.0, 30.0),
            (104.0, 30.0),
            (105.0, 30.0),
            (104.0, 30.0),
            (104.0, 31.0),
            (103.0, 30.0),
        ])];
        assert_eq!(code(spike).as_deref(), Some("GEOMETRY_CROSSES_ITSELF"));
        let flat = vec![ring(&[
            (103.0, 30.0),
            (104.0, 30.0),
            (105.0, 30.0),
            (103.0, 30.0),
        ])];
        assert_eq!(code(flat).as_deref(), Some("GEOMETRY_EMPTY"));
        let doubled = vec![ring(&[
            (103.0, 30.0),
            (104.0, 30.0),
            (104.0, 30.0),
            (104.0, 31.0),
            (103.0, 30.0),
        ])];
        assert_eq!(code(doubled).as_deref(), Some("GEOMETRY_DOUBLE_POSITION"));
        let mut holed = rectangle(103.0, 30.0, 104.0, 31.0);
        holed.extend(rectangle(103.2, 30.2, 103.4, 30.4));
        assert_eq!(code(holed), None);
        let mut stray = rectangle(103.0, 30.0, 104.0, 31.0);
        stray.extend(rectangle(105.2, 30.2, 105.4, 30.4));
        assert_eq!(code(stray).as_deref(), Some("GEOMETRY_HOLE_OUTSIDE"));
        let mut crossing = rectangle(103.0, 30.0, 104.0, 31.0);
        crossing.extend(rectangle(103.8, 30.2, 104.4, 30.4));
        assert_eq!(code(crossing).as_deref(), Some("GEOMETRY_CROSSES_ITSELF"));
    }

    #[test]
    fn neighbours_share_a_border_and_do_not_overlap() {
        const TOLERANCE: f64 = 1e-6;
        let west = [rectangle(103.0, 30.0, 104.0, 31.0)];
        for (other, expected) in [
            (rectangle(104.0, 30.0, 105.0, 31.0), false),
            (rectangle(103.999_999_5, 30.0, 105.0, 31.0), false),
            (rectangle(103.9, 30.2, 105.0, 30.4), true),
            (rectangle(103.2, 30.2, 103.4, 30.4), true),
            (rectangle(103.0, 30.0, 104.0, 31.0), true),
            (rectangle(102.0, 29.0, 105.0, 32.0), true),
            (rectangle(106.0, 30.0, 107.0, 31.0), false),
        ] {
            let other = [other];
            assert_eq!(overlaps(&west, &other, TOLERANCE), expected, "{other:?}");
            assert_eq!(overlaps(&other, &west, TOLERANCE), expected, "{other:?}");
        }
    }

    #[test]
    fn a_child_lies_in_its_parent_and_not_over_its_holes() {
        let parent = [rectangle(103.0, 30.0, 104.0, 31.0)];
        for (child, expected) in [
            (rectangle(103.0, 30.0, 103.5, 31.0), true),
            (rectangle(103.0, 30.0, 104.0, 31.0), true),
            (rectangle(103.5, 30.5, 104.000_000_5, 30.7), true),
            (rectangle(103.5, 30.5, 104.1, 30.7), false),
            (rectangle(102.0, 29.0, 105.0, 32.0), false),
            (rectangle(105.0, 29.0, 106.0, 32.0), false),
        ] {
            assert_eq!(
                is_within(std::slice::from_ref(&child), &parent, 1e-6),
                expected,
                "{child:?}"
            );
        }
        let mut holed = rectangle(103.0, 30.0, 104.0, 31.0);
        holed.extend(rectangle(103.4, 30.4, 103.6, 30.6));
        let over = [rectangle(103.2, 30.2, 103.8, 30.8)];
        assert!(!is_within(&over, &[holed.clone()], 1e-6));
        assert!(!contains(&[holed], ring(&[(103.5, 30.5)])[0]));
    }

    proptest::proptest! {
        #[test]
        fn halves_of_a_rectangle_lie_in_it_and_beside_each_other(
            west in 80.0_f64..120.0, south in 10.0_f64..45.0,
            width in 0.01_f64..3.0, height in 0.01_f64..3.0, cut in 0.1_f64..0.9,
        ) {
            let middle = west + width * cut;
            let whole = [rectangle(west, south, west + width, south + height)];
            let left = [rectangle(west, south, middle, south + height)];
            let right = [rectangle(middle, south, west + width, south + height)];
            proptest::prop_assert!(is_within(&left, &whole, 1e-6) && is_within(&right, &whole, 1e-6));
            proptest::prop_assert!(!overlaps(&left, &right, 1e-6));
            proptest::prop_assert!(!is_within(&whole, &left, 1e-6));
            proptest::prop_assert!(overlaps(&whole, &left, 1e-6));
        }
    }
}
