//! Boundary lines, their markers and inspections. Lines are shown without their course: only the official
//! detailed maps show that (B-7).

use std::{collections::HashMap, sync::Arc};

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use minzheng_kit::{
    Date, GeoJson, PrincipalExt, Result,
    batch::Siblings,
    federation::directives::{inaccessible, key, requires_scopes},
};
use uuid::Uuid;

use super::{division::Division, place::Point, shape::course};
use crate::{
    model::{
        boundary_line, joint_inspection, marker, marker_act,
        vocabulary::{
            BoundaryLevel, JointInspectionCause, JointInspectionState, MarkerActKind,
            MarkerCondition,
        },
    },
    rules::boundaries as rules,
    service::{boundaries, markers},
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
#[graphql(complex, directive = key::apply("id".into(), None))]
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
    /// The day by which the next joint inspection is due: every five years, behind rest days, or the day of an event whose inspection is open (下次联检截止日期).
    due_on: Date,
    /// Whether that day may still move, for the calendar of rest days of its year is not known (截止日期是否暂定).
    deadline_provisional: bool,
    /// The body with which its inspections are filed (备案机关).
    filed_with: String,
    /// Whether the line is invented for demonstration (是否演示数据).
    is_demo: bool,
    /// The version, to be sent with changes (版本号).
    version: i64,
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
                deadline_provisional: row.due_provisional,
                filed_with: rules::filed_with(row.level).to_owned(),
                is_demo: row.is_demo,
                version: row.version,
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

    /// Why it is due at once: the inspections called for by an event and not closed; empty where there are none (待办临时联检).
    async fn urgent_inspections(&self, ctx: &Context<'_>) -> Result<Option<Vec<JointInspection>>> {
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
                .filter(|row| {
                    row.cause != JointInspectionCause::Periodic && row.closed_on.is_none()
                })
                .map(JointInspection::from)
                .collect(),
        ))
    }

    /// Its course as surveyed, for other subsystems to measure from and never for clients (B-7); null where it is
    /// not known (界线走向).
    #[graphql(
        directive = inaccessible::apply(),
        directive = requires_scopes::apply(vec![vec!["places.write".into()]])
    )]
    async fn course(&self, ctx: &Context<'_>) -> Result<Option<GeoJson>> {
        ctx.need("places.write")?;
        course(ctx, &self.siblings, self.uuid).await
    }

    /// How many markers stand along it (界桩数).
    async fn marker_count(&self, ctx: &Context<'_>) -> Result<Option<usize>> {
        Ok(Some(self.marker_rows(ctx).await?.len()))
    }

    /// The markers along it, by number; for officers (界桩).
    #[graphql(directive = requires_scopes::apply(vec![vec!["places.write".into()]]))]
    async fn markers(&self, ctx: &Context<'_>) -> Result<Option<Vec<Marker>>> {
        ctx.need("places.write")?;
        Ok(Some(Marker::all(self.marker_rows(ctx).await?)))
    }
}

impl BoundaryLine {
    async fn marker_rows(&self, ctx: &Context<'_>) -> Result<Vec<marker::Model>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "markers", "", |ids| async move {
                boundaries::markers(db, &ids).await
            })
            .await?;
        Ok(rows.unwrap_or_default())
    }
}

/// A boundary marker (界桩).
#[derive(SimpleObject, Clone)]
#[graphql(complex, name = "BoundaryMarker")]
pub(crate) struct Marker {
    /// Opaque identity (标识).
    id: ID,
    /// Its number (编号).
    no: String,
    /// Where it stands (位置).
    point: Point,
    /// The division that keeps it (管理方).
    keeper: Division,
    /// How it was last found (状况).
    condition: MarkerCondition,
    /// The version, to be sent with changes (版本号).
    version: i64,
    #[graphql(skip)]
    uuid: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
}

impl Marker {
    pub(super) fn all(rows: Vec<marker::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.id).collect());
        let keepers = Siblings::new(rows.iter().map(|row| row.keeper).collect());
        rows.into_iter()
            .map(|row| Self {
                id: row.id.into(),
                no: row.no,
                point: Point::new(row.longitude, row.latitude),
                keeper: Division::sibling(row.keeper, &keepers),
                condition: row.condition,
                version: row.version,
                uuid: row.id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }
}

#[ComplexObject]
impl Marker {
    /// Its moves, mendings and changes of keeper, latest first (移动、修复、管理方变更记录).
    async fn acts(&self, ctx: &Context<'_>) -> Result<Option<Vec<MarkerAct>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "acts", "", |ids| async move {
                markers::acts_of(db, &ids).await
            })
            .await?;
        Ok(Some(MarkerAct::all(rows.unwrap_or_default())))
    }
}

/// A move, mending or change of keeper of a marker (界桩移动、修复、管理方变更).
#[derive(SimpleObject, Clone)]
pub(crate) struct MarkerAct {
    /// Opaque identity (标识).
    id: ID,
    /// What is to be done (事项).
    act: MarkerActKind,
    /// The new position; null but for a move (新位置).
    point: Option<Point>,
    /// The division that is to keep it; null but for a change of keeper (变更后的管理方).
    keeper: Option<Division>,
    /// The survey; null but for a move (测绘成果文号).
    survey_doc: Option<String>,
    /// The day it was proposed (提出日期).
    proposed_on: Date,
    /// The day the left side agreed; null before (左方同意日期).
    left_agreed_on: Option<Date>,
    /// The day the right side agreed; null before (右方同意日期).
    right_agreed_on: Option<Date>,
    /// The day it took effect; null before both sides agreed (生效日期).
    done_on: Option<Date>,
    /// The version, to be sent with the other side's word (版本号).
    version: i64,
}

impl MarkerAct {
    /// What was done to one marker; the divisions are each other's siblings.
    pub(super) fn all(rows: Vec<marker_act::Model>) -> Vec<Self> {
        let keepers = Siblings::new(rows.iter().filter_map(|row| row.keeper).collect());
        rows.into_iter()
            .map(|row| Self {
                id: row.id.into(),
                act: row.act,
                point: row
                    .longitude
                    .zip(row.latitude)
                    .map(|(longitude, latitude)| Point::new(longitude, latitude)),
                keeper: row.keeper.map(|keeper| Division::sibling(keeper, &keepers)),
                survey_doc: row.survey_doc,
                proposed_on: Date(row.proposed_on),
                left_agreed_on: row.left_agreed_on.map(Date),
                right_agreed_on: row.right_agreed_on.map(Date),
                done_on: row.done_on.map(Date),
                version: row.version,
            })
            .collect()
    }
}

/// A joint inspection of a line (界线联检).
#[derive(SimpleObject, Clone)]
pub(crate) struct JointInspection {
    /// Opaque identity (标识).
    id: ID,
    /// Why it is held (原因).
    cause: JointInspectionCause,
    /// Where it stands (状态).
    state: JointInspectionState,
    /// The number of the round, from 1 (轮次).
    round: i32,
    /// The year (年度).
    year: i32,
    /// The stretch that is looked at; null for the whole line (地段).
    stretch: Option<String>,
    /// The day of the event that called for it; null for the round of five years (事件日期).
    occurred_on: Option<Date>,
    /// The day it begins; null where it is not fixed (开始日期).
    scheduled_on: Option<Date>,
    /// The unit that goes for the left side; null where it is not named (左方检查单位).
    left_team: Option<String>,
    /// The unit that goes for the right side; null where it is not named (右方检查单位).
    right_team: Option<String>,
    /// The day the left side signed; null before (左方签字日期).
    signed_by_left: Option<Date>,
    /// The day the right side signed; null before (右方签字日期).
    signed_by_right: Option<Date>,
    /// The day on which the second side signed; null until both have (完成日期).
    completed_on: Option<Date>,
    /// The day it was closed; null before (办结日期).
    closed_on: Option<Date>,
    /// The day the result was filed; null before (备案日期).
    filed_on: Option<Date>,
    /// The body with which it was filed; null before (备案机关).
    received_by: Option<String>,
    /// The document of the result; null before (成果文号).
    result_doc: Option<String>,
    /// What was found; null where nothing was noted (检查情况).
    findings: Option<String>,
    /// The version, to be sent with the next step (版本号).
    version: i64,
}

impl From<joint_inspection::Model> for JointInspection {
    fn from(row: joint_inspection::Model) -> Self {
        Self {
            id: row.id.into(),
            cause: row.cause,
            state: row.state,
            round: row.round,
            year: row.year,
            stretch: row.stretch,
            occurred_on: row.occurred_on.map(Date),
            scheduled_on: row.scheduled_on.map(Date),
            left_team: row.left_team,
            right_team: row.right_team,
            signed_by_left: row.signed_by_left.map(Date),
            signed_by_right: row.signed_by_right.map(Date),
            completed_on: rules::completed(row.signed_by_left, row.signed_by_right).map(Date),
            closed_on: row.closed_on.map(Date),
            filed_on: row.filed_on.map(Date),
            received_by: row.received_by,
            result_doc: row.result_doc,
            findings: row.findings,
            version: row.version,
        }
    }
}

/// Lines by their keys, all with one statement.
pub(super) async fn load(
    ctx: &Context<'_>,
    ids: &[Option<Uuid>],
) -> Result<Vec<Option<BoundaryLine>>> {
    let wanted: Vec<Uuid> = ids.iter().flatten().copied().collect();
    let rows = boundaries::by_ids(ctx.services().db.read(), &wanted).await?;
    let found: HashMap<Uuid, BoundaryLine> = BoundaryLine::all(rows)
        .into_iter()
        .map(|line| (line.uuid, line))
        .collect();
    Ok(ids
        .iter()
        .map(|id| id.as_ref().and_then(|id| found.get(id).cloned()))
        .collect())
}
