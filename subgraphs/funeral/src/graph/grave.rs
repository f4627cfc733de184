//! A case of an illegal grave, for officers of its division and for whoever reported it.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use chrono::NaiveDate;
use minzheng_kit::batch::Siblings;
use minzheng_kit::{Date, PrincipalExt};
use uuid::Uuid;

use super::GeoPoint;
use super::division::Division;
use crate::model::{grave_step, illegal_grave};
use crate::rules::grave::overdue;
use crate::rules::period;
use crate::rules::terms::{GraveState, IllegalGraveKind};
use crate::service::graves;

/// A case of an illegal grave (违建坟墓).
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct IllegalGrave {
    /// Opaque identity (标识).
    pub id: ID,
    /// Number in the register; null before (登记编号).
    pub number: Option<String>,
    /// Why it is illegal (类别).
    pub kind: IllegalGraveKind,
    /// Where the case stands (处置状态).
    pub state: GraveState,
    /// Where it is (位置).
    pub point: GeoPoint,
    /// Day it was found (发现日期).
    pub found_on: Date,
    /// Area in square metres (占地面积，平方米).
    pub area_m2: f64,
    /// Area with vegetation restored, in square metres (复绿面积，平方米).
    pub restored_m2: f64,
    /// Whether it is under heritage protection (是否文物).
    pub heritage: bool,
    /// Day by which it is to be put right; null before the notice (整改期限).
    pub due_on: Option<Date>,
    /// Whether that day may still move, the rest days of its year not being known; null before the notice
    /// (是否暂定).
    pub deadline_provisional: Option<bool>,
    /// Whether that day has passed without its being put right (是否逾期).
    pub overdue: bool,
    /// Day the case was closed; null before (办结日期).
    pub closed_on: Option<Date>,
    /// Counts the changes; a step is based on it (版本).
    pub version: i64,
    /// The division it lies in (所在区划).
    pub division: Division,
    #[graphql(skip)]
    key: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
}

impl IllegalGrave {
    /// Graves that were read together; whoever makes them has checked that the caller may see them.
    pub(super) fn all(rows: Vec<illegal_grave::Model>, today: NaiveDate) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|g| g.id).collect());
        let divisions = Division::all(rows.iter().map(|g| g.division_id).collect());
        rows.into_iter()
            .zip(divisions)
            .map(|(row, division)| Self {
                id: row.id.into(),
                number: row.number.clone(),
                kind: row.kind,
                state: row.state,
                point: GeoPoint {
                    longitude: row.lon,
                    latitude: row.lat,
                },
                found_on: Date(row.found_on),
                area_m2: row.area_milli_m2 as f64 / 1000.0,
                restored_m2: row.restored_milli_m2 as f64 / 1000.0,
                heritage: row.heritage,
                due_on: row.due_on.map(Date),
                deadline_provisional: row.due_on.map(|day| period::written(day).provisional),
                overdue: overdue(row.state, row.due_on, today),
                closed_on: row.closed_on.map(Date),
                version: row.version,
                division,
                key: row.id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }
}

#[ComplexObject]
impl IllegalGrave {
    /// The steps of the clean-up, in order; null if they cannot be read now (处置过程).
    async fn steps(&self, ctx: &Context<'_>) -> Result<Option<Vec<GraveStep>>> {
        let services = ctx.services();
        let steps = self
            .siblings
            .load(&self.key, "steps", "", |ids| async move {
                graves::steps(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(
            steps
                .unwrap_or_default()
                .into_iter()
                .map(GraveStep::from)
                .collect(),
        ))
    }
}

/// A step in the clean-up of an illegal grave (处置步骤).
#[derive(SimpleObject, Clone)]
pub struct GraveStep {
    /// Place in the course, from 1 (序号).
    pub seq: i32,
    /// The state it led to (状态).
    pub state: GraveState,
    /// Day (日期).
    pub on: Date,
    /// Number of the paper; null where there is none (文书编号).
    pub paper: Option<String>,
}

impl From<grave_step::Model> for GraveStep {
    fn from(row: grave_step::Model) -> Self {
        Self {
            seq: row.seq,
            state: row.state,
            on: Date(row.on_day),
            paper: row.paper,
        }
    }
}

/// Illegal graves in a square of the map (违建坟墓网格).
#[derive(SimpleObject, Clone)]
pub struct GraveSquare {
    /// Middle of the square (网格中心).
    pub point: GeoPoint,
    /// How many lie in it (数量).
    pub count: i64,
}

impl From<graves::Square> for GraveSquare {
    fn from(square: graves::Square) -> Self {
        Self {
            point: GeoPoint {
                longitude: square.lon,
                latitude: square.lat,
            },
            count: square.count,
        }
    }
}
