//! What the funeral subsystem adds to boundary lines and to places with a course: the illegal graves near
//! them (F-4). The course comes with the representation, from the subsystem that owns it; it is not kept
//! here and not shown.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use minzheng_kit::batch::Siblings;
use minzheng_kit::federation::Any;
use minzheng_kit::federation::directives::{external, key, requires, requires_scopes};
use minzheng_kit::{GeoJson, PrincipalExt};
use uuid::Uuid;

use super::grave::IllegalGrave;
use super::{access, bad_argument};
use crate::rules::near::{FARTHEST_M, Shape};
use crate::service::near;

/// An illegal grave near a line or an area (邻近违建坟墓).
#[derive(SimpleObject, Clone)]
pub struct NearbyGrave {
    /// How far away it lies, in metres, to a tenth; 0 within an area (距离，米).
    pub distance_m: f64,
    /// The case (违建坟墓).
    pub grave: IllegalGrave,
}

/// The courses that came along with things that are asked about together.
#[derive(Debug, Default)]
pub(super) struct Courses {
    shapes: HashMap<Uuid, Shape>,
}

impl Courses {
    /// Of representations with an id and, where it is known, a course.
    pub(super) fn of(keys: &[Any]) -> Arc<Self> {
        let shape = |any: &Any| Some((any.uuid("id")?, Shape::read(any.get("course")?)?));
        Arc::new(Self {
            shapes: keys.iter().filter_map(shape).collect(),
        })
    }
}

/// The graves near one of several things.
pub(super) async fn graves_near(
    ctx: &Context<'_>,
    (id, siblings, courses): (Uuid, &Siblings<Uuid>, &Arc<Courses>),
    within_metres: i32,
) -> Result<Option<Vec<NearbyGrave>>> {
    access::sees_positions(ctx)?;
    if !(1..=FARTHEST_M).contains(&within_metres) {
        return Err(bad_argument(
            "withinMetres",
            "The distance must be between 1 and 5,000 metres.",
            "距离须为1至5000米。",
        ));
    }
    if !courses.shapes.contains_key(&id) {
        return Ok(None);
    }
    let services = ctx.services();
    let rows = siblings
        .load(
            &id,
            "graves near",
            &within_metres.to_string(),
            |ids| async move {
                let shapes: Vec<(Uuid, Shape)> = ids
                    .iter()
                    .filter_map(|id| Some((*id, courses.shapes.get(id)?.clone())))
                    .collect();
                let caller = (ctx.principal(), services.province.as_str());
                near::graves(
                    services.db.read(),
                    caller,
                    &shapes,
                    f64::from(within_metres),
                )
                .await
            },
        )
        .await?
        .unwrap_or_default();
    let distances: Vec<f64> = rows.iter().map(|row| row.distance_m).collect();
    let graves = rows.into_iter().map(|row| row.grave).collect();
    let graves = IllegalGrave::all(graves, services.clock.today());
    Ok(Some(
        distances
            .into_iter()
            .zip(graves)
            .map(|(metres, grave)| NearbyGrave {
                distance_m: (metres * 10.0).round() / 10.0,
                grave,
            })
            .collect(),
    ))
}

/// A boundary line, by its id.
#[derive(Clone)]
pub struct BoundaryLine {
    id: Uuid,
    siblings: Arc<Siblings<Uuid>>,
    courses: Arc<Courses>,
}

impl BoundaryLine {
    /// Lines that were asked for together.
    pub(super) fn all(ids: Vec<Uuid>, courses: &Arc<Courses>) -> Vec<Self> {
        let siblings = Siblings::new(ids.clone());
        ids.into_iter()
            .map(|id| Self {
                id,
                siblings: Arc::clone(&siblings),
                courses: Arc::clone(courses),
            })
            .collect()
    }
}

/// A boundary line between two divisions (行政区域界线).
#[Object(directive = key::apply("id".into(), None))]
impl BoundaryLine {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.id.into()
    }

    /// Its course, which the subsystem of places owns and this one never answers (界线走向).
    #[graphql(directive = external::apply())]
    async fn course(&self) -> Option<GeoJson> {
        None
    }

    /// The open cases of illegal graves near it that lie in the caller's division, the nearest first, at most 500; for
    /// officers; null where its course is not known (界线附近违建坟墓).
    #[graphql(
        directive = requires::apply("course".into()),
        directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["statistics.read".into()]])
    )]
    async fn illegal_graves_near(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How far around it, from 1 to 5,000 metres (距离，米).",
            default = 500
        )]
        within_metres: i32,
    ) -> Result<Option<Vec<NearbyGrave>>> {
        graves_near(ctx, (self.id, &self.siblings, &self.courses), within_metres).await
    }
}
