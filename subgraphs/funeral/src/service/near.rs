//! Open cases of illegal graves near lines and areas that other subsystems drew.
//!
//! All shapes of one page are answered by a few statements: each asks a box of degrees for every shape, which
//! the index on positions answers, and the distance is measured afterwards.

use std::collections::HashMap;

use minzheng_kit::{Principal, Result};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::authority;
use crate::model::illegal_grave::{Column, Entity, Model};
use crate::rules::geo::Point;
use crate::rules::near::Shape;
use crate::rules::terms::GraveState;

/// How many boxes one statement holds: four values each, far below what the databases take.
const AT_ONCE: usize = 100;

/// The most graves that one shape shows, the nearest first.
pub const MOST: usize = 500;

/// A grave and how far it lies away.
#[derive(Clone, Debug)]
pub struct Near {
    /// Metres.
    pub distance_m: f64,
    /// The case.
    pub grave: Model,
}

/// The open cases within so many metres of each shape that the caller's division covers, nearest first.
pub async fn graves<C: ConnectionTrait>(
    c: &C,
    (caller, province): (&Principal, &str),
    shapes: &[(Uuid, Shape)],
    metres: f64,
) -> Result<HashMap<Uuid, Vec<Near>>> {
    let mut found: HashMap<Uuid, Vec<Near>> = HashMap::with_capacity(shapes.len());
    for some in shapes.chunks(AT_ONCE) {
        let mut boxes = Condition::any();
        for (_, shape) in some {
            let bounds = shape.around(metres);
            boxes = boxes.add(
                Condition::all()
                    .add(Column::Lat.between(bounds.low.lat, bounds.high.lat))
                    .add(Column::Lon.between(bounds.low.lon, bounds.high.lon)),
            );
        }
        let rows = Entity::find()
            .filter(boxes)
            .filter(Column::State.is_not_in([GraveState::Restored, GraveState::Exempt]))
            .order_by_asc(Column::Id)
            .all(c)
            .await?;
        let rows: Vec<Model> = rows
            .into_iter()
            .filter(|row| authority::covers(caller, province, row.division_id))
            .collect();
        for (id, shape) in some {
            let bounds = shape.around(metres);
            let mut near: Vec<Near> = rows
                .iter()
                .filter(|row| {
                    (bounds.low.lat..=bounds.high.lat).contains(&row.lat)
                        && (bounds.low.lon..=bounds.high.lon).contains(&row.lon)
                })
                .map(|row| Near {
                    distance_m: shape.distance_m(Point {
                        lon: row.lon,
                        lat: row.lat,
                    }),
                    grave: row.clone(),
                })
                .filter(|near| near.distance_m <= metres)
                .collect();
            near.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
            near.truncate(MOST);
            found.insert(*id, near);
        }
    }
    Ok(found)
}
