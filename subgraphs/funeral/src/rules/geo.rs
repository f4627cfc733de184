//! Distances on the globe, for "near me".
//!
//! A search first takes what lies in a box of degrees (an index can answer that), then measures.

/// A point in degrees, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
}

/// A box of degrees that holds every point within a radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// South-west corner.
    pub low: Point,
    /// North-east corner.
    pub high: Point,
}

/// Mean radius of the earth in kilometres (IUGG).
const EARTH_KM: f64 = 6_371.008_8;

impl Point {
    /// A point that exists: finite, within ±180 and ±90 degrees.
    pub fn checked(lon: f64, lat: f64) -> Option<Self> {
        ((-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat))
            .then_some(Self { lon, lat })
    }

    /// The great-circle distance in kilometres (haversine).
    pub fn distance_km(self, other: Self) -> f64 {
        let (a, b) = (self.lat.to_radians(), other.lat.to_radians());
        let (dy, dx) = (b - a, (other.lon - self.lon).to_radians());
        let h = (dy / 2.0).sin().powi(2) + a.cos() * b.cos() * (dx / 2.0).sin().powi(2);
        2.0 * EARTH_KM * h.sqrt().min(1.0).asin()
    }

    /// The box around this point that holds a circle of so many kilometres. It is never too
    /// small; within reach of a pole it takes every longitude.
    pub fn around(self, radius_km: f64) -> Bounds {
        let dy = (radius_km / EARTH_KM).to_degrees();
        let narrowest = (self.lat.abs() + dy).min(90.0).to_radians().cos();
        let dx = if narrowest < 1e-6 {
            360.0
        } else {
            (dy / narrowest).min(360.0)
        };
        Bounds {
            low: Self {
                lon: self.lon - dx,
                lat: self.lat - dy,
            },
            high: Self {
                lon: self.lon + dx,
                lat: self.lat + dy,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHENGDU: Point = Point {
        lon: 104.0665,
        lat: 30.5728,
    };
    const XINJIN: Point = Point {
        lon: 103.8114,
        lat: 30.4103,
    };

    #[test]
    fn a_known_distance_is_right_to_a_kilometre() {
        assert!((CHENGDU.distance_km(XINJIN) - 30.4).abs() < 1.0);
        assert_eq!(CHENGDU.distance_km(CHENGDU), 0.0);
    }

    #[test]
    fn the_box_holds_the_whole_circle() {
        for radius in [0.5, 20.0, 300.0] {
            let bounds = CHENGDU.around(radius);
            for (lon, lat) in [
                (bounds.low.lon, CHENGDU.lat),
                (CHENGDU.lon, bounds.high.lat),
            ] {
                assert!(CHENGDU.distance_km(Point { lon, lat }) >= radius * 0.999);
            }
        }
    }

    #[test]
    fn a_point_off_the_globe_is_none() {
        assert!(Point::checked(181.0, 0.0).is_none());
        assert!(Point::checked(0.0, f64::NAN).is_none());
        assert!(Point::checked(104.0, 30.0).is_some());
    }
}
