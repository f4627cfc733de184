//! Points and distances on the CGCS2000 ellipsoid (`domain.md` B.3.6). Degrees in, metres out.

/// A point: longitude and latitude in degrees, CGCS2000 (EPSG:4490).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
}

/// A box of longitudes and latitudes that does not cross the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    /// South-west corner.
    pub south_west: Point,
    /// North-east corner.
    pub north_east: Point,
}

/// Semi-major axis of CGCS2000 in metres (GB 22021-2008).
const A: f64 = 6_378_137.0;
/// Flattening of CGCS2000.
const F: f64 = 1.0 / 298.257_222_101;

/// The semi-major axis in metres.
pub(super) const fn semi_major() -> f64 {
    A
}

/// The flattening.
pub(super) const fn flattening() -> f64 {
    F
}

const METRES_PER_DEGREE: f64 = 111_320.0;

impl Point {
    /// Whether the numbers can be a mainland place: longitude 73–136, latitude 3–54 (and no NaN).
    pub fn is_plausible(self) -> bool {
        (73.0..=136.0).contains(&self.longitude) && (3.0..=54.0).contains(&self.latitude)
    }

    /// The length of the geodesic in metres (Vincenty's inverse formula, to a millimetre; for nearly
    /// antipodal points, which no province has, the great circle).
    pub fn distance(self, other: Self) -> f64 {
        vincenty(self, other).unwrap_or_else(|| great_circle(self, other))
    }

    /// A box that holds every point within `metres`, a little larger than needed: for an index to cut
    /// by before distances are taken.
    pub fn around(self, metres: f64) -> BoundingBox {
        let north = metres / METRES_PER_DEGREE * 1.01;
        let east = north / self.latitude.to_radians().cos().max(0.01);
        BoundingBox {
            south_west: Self {
                longitude: self.longitude - east,
                latitude: self.latitude - north,
            },
            north_east: Self {
                longitude: self.longitude + east,
                latitude: self.latitude + north,
            },
        }
    }
}

impl BoundingBox {
    /// Whether the point is inside or on the edge.
    pub fn contains(self, point: Point) -> bool {
        (self.south_west.longitude..=self.north_east.longitude).contains(&point.longitude)
            && (self.south_west.latitude..=self.north_east.latitude).contains(&point.latitude)
    }
}

fn great_circle(a: Point, b: Point) -> f64 {
    let (lat1, lat2) = (a.latitude.to_radians(), b.latitude.to_radians());
    let (dlat, dlon) = (lat2 - lat1, (b.longitude - a.longitude).to_radians());
    let h = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
    2.0 * A * h.sqrt().min(1.0).asin()
}

fn vincenty(from: Point, to: Point) -> Option<f64> {
    let b = A * (1.0 - F);
    let reduced = |latitude: f64| ((1.0 - F) * latitude.to_radians().tan()).atan();
    let (u1, u2) = (reduced(from.latitude), reduced(to.latitude));
    let (sin_u1, cos_u1, sin_u2, cos_u2) = (u1.sin(), u1.cos(), u2.sin(), u2.cos());
    let l = (to.longitude - from.longitude).to_radians();
    let mut lambda = l;
    for _ in 0..50 {
        let (sin_l, cos_l) = lambda.sin_cos();
        let sin_sigma = (cos_u2 * sin_l).hypot(cos_u1 * sin_u2 - sin_u1 * cos_u2 * cos_l);
        if sin_sigma == 0.0 {
            return Some(0.0);
        }
        let cos_sigma = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos_l;
        let sigma = sin_sigma.atan2(cos_sigma);
        let sin_alpha = cos_u1 * cos_u2 * sin_l / sin_sigma;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        let cos_2m = if cos2_alpha == 0.0 {
            0.0
        } else {
            cos_sigma - 2.0 * sin_u1 * sin_u2 / cos2_alpha
        };
        let c = F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha));
        let next = l
            + (1.0 - c)
                * F
                * sin_alpha
                * (sigma
                    + c * sin_sigma * (cos_2m + c * cos_sigma * (2.0 * cos_2m * cos_2m - 1.0)));
        if (next - lambda).abs() < 1e-12 {
            let u = cos2_alpha * (A * A - b * b) / (b * b);
            let ka = 1.0 + u / 16384.0 * (4096.0 + u * (-768.0 + u * (320.0 - 175.0 * u)));
            let kb = u / 1024.0 * (256.0 + u * (-128.0 + u * (74.0 - 47.0 * u)));
            let last = kb / 6.0
                * cos_2m
                * (4.0 * sin_sigma * sin_sigma - 3.0)
                * (4.0 * cos_2m * cos_2m - 3.0);
            let delta = kb
                * sin_sigma
                * (cos_2m + kb / 4.0 * (cos_sigma * (2.0 * cos_2m * cos_2m - 1.0) - last));
            return Some(b * ka * (sigma - delta));
        }
        lambda = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(longitude: f64, latitude: f64) -> Point {
        Point {
            longitude,
            latitude,
        }
    }

    #[test]
    fn a_degree_has_its_known_length() {
        // A degree of the equator is A·π/180; a degree of the meridian there is 110,574 m.
        assert!((point(100.0, 0.0).distance(point(101.0, 0.0)) - 111_319.491).abs() < 0.01);
        assert!((point(100.0, 0.0).distance(point(100.0, 1.0)) - 110_574.389).abs() < 0.01);
        assert_eq!(point(104.0, 30.0).distance(point(104.0, 30.0)), 0.0);
    }

    #[test]
    fn the_box_around_a_point_holds_what_is_near() {
        let here = point(104.06, 30.67);
        let near = here.around(20_000.0);
        assert!(near.contains(point(104.06, 30.67 + 0.18)));
        assert!(near.contains(point(104.06 + 0.208, 30.67)));
        assert!(!near.contains(point(104.4, 30.67)));
    }

    #[test]
    fn mainland_points_are_told_from_mistakes() {
        assert!(point(104.06, 30.67).is_plausible());
        for (longitude, latitude) in [(30.67, 104.06), (0.0, 0.0), (f64::NAN, 30.0), (104.0, 91.0)]
        {
            assert!(!point(longitude, latitude).is_plausible());
        }
    }

    proptest::proptest! {
        #[test]
        fn distance_is_symmetric_and_close_to_the_great_circle(
            a in 73.0..136.0, b in 3.0..54.0, c in 73.0..136.0, d in 3.0..54.0,
        ) {
            let (p, q) = (point(a, b), point(c, d));
            proptest::prop_assert!((p.distance(q) - q.distance(p)).abs() < 1e-3);
            proptest::prop_assert!((p.distance(q) - great_circle(p, q)).abs() <= 0.008 * great_circle(p, q) + 1e-6);
        }
    }
}
