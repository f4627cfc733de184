//! Where nobody is buried.

use minzheng_kit::error::UserError;

use super::Verdict;
use super::geo::Point;
use super::terms::{IntermentKind, ZoneKind};

/// A zone: its kind and its outer ring, in degrees. The ring need not repeat its first point.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// What it protects.
    pub kind: ZoneKind,
    /// Its ring.
    pub ring: Vec<Point>,
}

impl Zone {
    /// Whether a point lies inside (a ray to the east crosses the ring an odd number of times).
    pub fn holds(&self, point: Point) -> bool {
        let mut inside = false;
        let mut previous = match self.ring.last() {
            Some(last) if self.ring.len() >= 3 => *last,
            _ => return false,
        };
        for corner in &self.ring {
            if (corner.lat > point.lat) != (previous.lat > point.lat) {
                let share = (point.lat - corner.lat) / (previous.lat - corner.lat);
                if point.lon < corner.lon + share * (previous.lon - corner.lon) {
                    inside = !inside;
                }
            }
            previous = *corner;
        }
        inside
    }
}

/// F-4, 殡葬管理条例（2012）第十条: nobody is buried in farmland, forest, parks, scenic and heritage
/// areas, near reservoirs, dikes and sources of water, along main railways and roads.
pub fn outside_zones(point: Point, zones: &[Zone]) -> Verdict {
    if zones.iter().any(|zone| zone.holds(point)) {
        return Err(UserError::new(
            "FORBIDDEN_ZONE",
            "Nobody is buried in this protected zone.",
            "该位置属于禁葬区。",
        )
        .field(&["place"])
        .basis("殡葬管理条例（2012）第十条"));
    }
    Ok(())
}

/// F-4, 殡葬管理条例（2012）第十五条: nobody is buried outside a cemetery, a columbarium or an
/// approved voyage; deep burial without a mound is bound to a life park too.
pub fn in_a_facility(kind: IntermentKind, at_facility: bool) -> Verdict {
    if kind == IntermentKind::Sea || at_facility {
        return Ok(());
    }
    Err(UserError::new(
        "OUTSIDE_CEMETERY",
        "Nobody is buried outside a cemetery or columbarium.",
        "不得在公墓、骨灰堂等安葬设施以外安葬。",
    )
    .field(&["facility"])
    .basis("殡葬管理条例（2012）第十五条"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    fn point(lon: f64, lat: f64) -> Point {
        Point { lon, lat }
    }

    #[test]
    fn a_point_in_a_zone_is_refused_even_in_a_bay_of_its_ring() {
        // A horseshoe, open to the north.
        let zone = Zone {
            kind: ZoneKind::Water,
            ring: vec![
                point(0.0, 0.0),
                point(3.0, 0.0),
                point(3.0, 3.0),
                point(2.0, 3.0),
                point(2.0, 1.0),
                point(1.0, 1.0),
                point(1.0, 3.0),
                point(0.0, 3.0),
            ],
        };
        let table = [
            (0.5, 2.0, true),
            (1.5, 2.0, false),
            (2.5, 2.0, true),
            (1.5, 0.5, true),
            (4.0, 1.0, false),
            (-1.0, 0.0, false),
        ];
        for (lon, lat, inside) in table {
            assert_eq!(zone.holds(point(lon, lat)), inside, "{lon} {lat}");
            assert_eq!(
                outside_zones(point(lon, lat), std::slice::from_ref(&zone)).is_err(),
                inside
            );
        }
    }

    #[test]
    fn a_ring_of_two_points_holds_nothing() {
        let zone = Zone {
            kind: ZoneKind::Forest,
            ring: vec![point(0.0, 0.0), point(1.0, 1.0)],
        };
        assert!(!zone.holds(point(0.5, 0.5)));
    }

    #[test]
    fn only_the_sea_lies_outside_a_facility() {
        for kind in IntermentKind::iter() {
            assert_eq!(
                in_a_facility(kind, false).is_ok(),
                kind == IntermentKind::Sea,
                "{kind:?}"
            );
            assert!(in_a_facility(kind, true).is_ok());
        }
    }
}
