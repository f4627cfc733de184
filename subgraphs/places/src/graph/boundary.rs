//! Boundary lines, their markers and inspections. Lines are shown without their course: only the official
//! detailed maps show that (B-7).

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use minzheng_kit::{Date, PrincipalExt, Result, batch::Siblings};
use uuid::Uuid;

use super::division::Division;
use crate::{
    model::{boundary_line, joint_inspection, vocabulary::BoundaryLevel},
    rules::clocks,
    service::boundaries,
};

/// The boundary lines in and around a division, summed (界线汇总).
#[derive(SimpleObject, Clone)]
pub(crate) struct BoundarySummary {
    /// Lines between provinces (省界条数).
    province_lines: i64,
    /// Lines between counties (县界条数).
    county_lines: i64,
    /// Lines between townships (乡界条数).
    township_lines: i64,
    /// Length of all lines in kilometres, with up to three decimals (总长度，公里).
    length_km: f64,
    /// Rounds of joint inspection that every line has been through (已完成联检轮次).
    rounds: i32,
}

impl From<boundaries::Summary> for BoundarySummary {
    fn from(summary: boundaries::Summary) -> Self {
        Self {
            province_lines: summary.province_lines,
            county_lines: summary.county_lines,
            township_lines: summary.township_lines,
            length_km: kilometres(summary.length_metres),
            rounds: summary.rounds,
        }
    }
}

/// Whole metres as kilometres; exact to the metre, for 2^53 is far away.
fn kilometres(metres: i64) -> f64 {
    metres as f64 / 1000.0
}

/// A boundary line between two divisions (行政区域界线).
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub(crate) struct BoundaryLine {
    /// Opaque identity (标识).
    id: ID,
    /// The level of the divisions it parts (级别).
    level: BoundaryLevel,
    /// The division on one side (一侧区划).
    left: Division,
    /// The division on the other side (另一侧区划).
    right: Division,
    /// Length in kilometres, with up to three decimals (长度，公里).
    length_km: f64,
    /// The agreement by which it was drawn; null where it is not known (勘界协议).
    agreement_doc: Option<String>,
    /// The day of the last completed joint inspection; null before the first (上次联检日期).
    last_inspected: Option<Date>,
    /// The day by which the next joint inspection is due, every five years (下次联检截止日期).
    due_on: Date,
    /// Whether the line is invented for demonstration (是否演示数据).
    is_demo: bool,
    #[graphql(skip)]
    uuid: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
}

impl BoundaryLine {
    /// Lines of one page; their divisions are each other's siblings.
    pub(super) fn all(rows: Vec<boundary_line::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|r| r.id).collect());
        let sides = Siblings::new(
            rows.iter()
                .flat_map(|r| [r.left_division, r.right_division])
                .collect(),
        );
        rows.into_iter()
            .map(|row| Self {
                id: row.id.into(),
                level: row.level,
                left: Division::sibling(row.left_division, &sides),
                right: Division::sibling(row.right_division, &sides),
                length_km: kilometres(row.length_metres),
                agreement_doc: row.agreement_doc,
                last_inspected: row.last_inspected.map(Date),
                due_on: Date(row.due_on),
                is_demo: row.is_demo,
                uuid: row.id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }
}

#[ComplexObject]
impl BoundaryLine {
    /// Its joint inspections, first round first (联合检查).
    async fn inspections(&self, ctx: &Context<'_>) -> Result<Option<Vec<JointInspection>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "inspections", "", |ids| async move {
                boundaries::inspections(db, &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default()
                .into_iter()
                .map(JointInspection::from)
                .collect(),
        ))
    }

    /// How many markers stand along it (界桩数).
    async fn marker_count(&self, ctx: &Context<'_>) -> Result<Option<usize>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "markers", "", |ids| async move {
                let found = boundaries::markers(db, &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, rows)| (id, rows.len()))
                    .collect())
            })
            .await?;
        Ok(Some(rows.unwrap_or_default()))
    }
}

/// A joint inspection of a line (界线联检).
#[derive(SimpleObject, Clone)]
pub(crate) struct JointInspection {
    /// The number of the round, from 1 (轮次).
    round: i32,
    /// The year (年度).
    year: i32,
    /// The day on which the second side signed; null until both have (完成日期).
    completed_on: Option<Date>,
    /// The day the result was filed; null before (备案日期).
    filed_on: Option<Date>,
    /// What was found; null where nothing was noted (检查情况).
    findings: Option<String>,
}

impl From<joint_inspection::Model> for JointInspection {
    fn from(row: joint_inspection::Model) -> Self {
        Self {
            round: row.round,
            year: row.year,
            completed_on: clocks::inspection_completed(row.signed_by_left, row.signed_by_right)
                .map(Date),
            filed_on: row.filed_on.map(Date),
            findings: row.findings,
        }
    }
}
