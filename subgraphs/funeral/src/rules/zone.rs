//! Where nobody is buried.

use minzheng_kit::error::UserError;
use sea_orm::Iterable;

use super::Verdict;
use super::geo::Point;
use super::near::{FARTHEST_M, Shape};
use super::settings::{Parameter, Settings};
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

    /// Whether nobody is buried at a point: inside, or nearer to what it protects than the province allows.
    fn forbids(&self, point: Point, rules: &Settings<'_>) -> bool {
        let margin = margin_m(self.kind, rules);
        self.holds(point)
            || (margin > 0.0
                && self.ring.len() >= 3
                && Shape::area(&self.ring).distance_m(point) <= margin)
    }
}

/// How near is too near, in metres. The article says 附近 of water and 两侧 of roads and gives no distance, so it is a
/// setting; of the other kinds nobody is buried inside, and their edge is their edge.
fn margin_m(kind: ZoneKind, rules: &Settings<'_>) -> f64 {
    let metres = match kind {
        ZoneKind::Water => rules.value(Parameter::ZoneWaterMetres),
        ZoneKind::RailOrRoad => rules.value(Parameter::ZoneRoadMetres),
        ZoneKind::Farmland | ZoneKind::Forest | ZoneKind::ParkOrHeritage => 0,
    };
    // What is measured in one plane is right up to there.
    metres.clamp(0, i64::from(FARTHEST_M)) as f64
}

/// F-4, 殡葬管理条例（2012）第十条: the widest of these distances, in metres; as far around a point zones are sought.
pub fn widest_margin_m(rules: &Settings<'_>) -> f64 {
    ZoneKind::iter()
        .map(|kind| margin_m(kind, rules))
        .fold(0.0, f64::max)
}

/// F-4, 殡葬管理条例（2012）第十条: nobody is buried in farmland, forest, parks, scenic and heritage
/// areas, near reservoirs, dikes and sources of water, along main railways and roads.
pub fn outside_zones(point: Point, zones: &[Zone], rules: &Settings<'_>) -> Verdict {
    if zones.iter().any(|zone| zone.forbids(point, rules)) {
        return Err(UserError::new(
            "FORBIDDEN_ZONE",
            "Nobody is buried in this protected zone, nor near protected water or a main road or railway.",
            "该位置属于禁葬区，或者在水源、水库堤坝附近及铁路、公路主干线两侧禁葬范围内。",
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
    use crate::rules::settings;

    fn point(lon: f64, lat: f64) -> Point {
        Point { lon, lat }
    }

    #[test]
    fn a_point_in_a_zone_is_refused_even_in_a_bay_of_its_ring() {
        // A horseshoe, open to the north.
        let rules = settings::on("51", settings::REVISION_IN_FORCE);
        let zone = Zone {
            kind: ZoneKind::Forest,
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
                outside_zones(point(lon, lat), std::slice::from_ref(&zone), &rules).is_err(),
                inside
            );
        }
    }

    /// 殡葬管理条例（2012）第十条: 水库及河流堤坝附近和水源保护区, 铁路、公路主干线两侧.
    #[test]
    fn near_water_and_along_roads_is_as_forbidden_as_inside() {
        let rules = settings::on("51", settings::REVISION_IN_FORCE);
        assert_eq!(widest_margin_m(&rules), 500.0);
        let ring = vec![
            point(103.8, 30.4),
            point(103.9, 30.4),
            point(103.9, 30.41),
            point(103.8, 30.41),
        ];
        // At 30.4° a thousandth of a degree of latitude is 110.9 m, one of longitude 96.1 m.
        let table = [
            (103.85, 30.405, [true; 5]),
            (103.85, 30.4140, [false, false, false, true, true]),
            (103.85, 30.4150, [false; 5]),
            (103.9050, 30.405, [false, false, false, true, true]),
            (103.9060, 30.405, [false; 5]),
            // Over the closing edge of a ring that does not repeat its first point.
            (103.7955, 30.405, [false, false, false, true, true]),
        ];
        for (lon, lat, expected) in table {
            for (kind, forbidden) in ZoneKind::iter().zip(expected) {
                let zone = Zone {
                    kind,
                    ring: ring.clone(),
                };
                let verdict = outside_zones(point(lon, lat), &[zone], &rules);
                assert_eq!(verdict.is_err(), forbidden, "{kind:?} {lon} {lat}");
            }
        }
    }

    #[test]
    fn a_ring_of_two_points_holds_nothing() {
        let zone = Zone {
            kind: ZoneKind::Water,
            ring: vec![point(0.0, 0.0), point(1.0, 1.0)],
        };
        assert!(!zone.holds(point(0.5, 0.5)));
        let rules = settings::on("51", settings::REVISION_IN_FORCE);
        assert!(outside_zones(point(0.5, 0.5), &[zone], &rules).is_ok());
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
