//! Changes of divisions: as they were approved, and as they would be.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use minzheng_kit::{
    Date, DateTime, DivisionCode, PrincipalExt, Result, UserError, batch::Siblings,
};
use uuid::Uuid;

use super::{division::Division, version::DivisionVersion};
use crate::{
    model::{
        division_change, division_version,
        vocabulary::{DivisionKind, DivisionSideRole, LineageRelation, NamingAuthority},
    },
    rules::{clocks, divisions::State, romanise},
    service::division_change::{self as service, Rehearsal},
};

/// A change of divisions as it was approved (行政区划变更事项).
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub(crate) struct DivisionChange {
    /// Opaque identity (标识).
    id: ID,
    /// What kind of change (变更类型).
    relation: LineageRelation,
    /// The state before, in words (变更前).
    before: String,
    /// The state after, in words (变更后).
    after: String,
    /// How many divisions went into it (涉及区划数).
    sources: i32,
    /// The day it took, or is to take, effect (生效日期).
    effective: Date,
    /// The division that was changed; null where several were (变更的区划).
    division: Option<Division>,
    /// The day of approval; null for changes that are known from reports only (批准日期).
    approved_on: Option<Date>,
    /// The rank of the approving body; null where it is not known (批准机关级别).
    authority: Option<NamingAuthority>,
    /// The document of approval; null where it is not known (批准文号).
    approval_doc: Option<String>,
    /// The last day for carrying it out, 12 months from approval or 18 with an extension; null where the approval is not known (实施截止日期).
    due_on: Option<Date>,
    /// The last day for publishing the new code; null where the approval is not known (代码公布截止日期).
    code_due_on: Option<Date>,
    /// Whether one of those days may still move, the rest days of its year not being known; null where the approval is not known (截止日期是否暂定).
    deadline_provisional: Option<bool>,
    /// When it was recorded here; null for changes that are known from reports only (登记时间).
    recorded_at: Option<DateTime>,
    /// Whether day or document are invented for demonstration (是否演示数据).
    is_demo: bool,
    #[graphql(skip)]
    uuid: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
}

impl DivisionChange {
    pub(super) fn all(rows: Vec<division_change::Model>) -> Vec<Self> {
        let divisions = Siblings::new(rows.iter().filter_map(|r| r.subject).collect());
        let siblings = Siblings::new(rows.iter().map(|r| r.id).collect());
        rows.into_iter()
            .map(|row| Self {
                id: row.id.into(),
                relation: row.relation,
                before: row.before,
                after: row.after,
                sources: row.sources,
                effective: Date(row.effective),
                division: row.subject.map(|id| Division::sibling(id, &divisions)),
                approved_on: row.approved_on.map(Date),
                authority: row.authority,
                approval_doc: row.approval_doc,
                due_on: row
                    .approved_on
                    .map(|day| Date(clocks::change_due(day, row.extension_doc.is_some()).day)),
                deadline_provisional: row.approved_on.map(|day| {
                    clocks::change_due(day, row.extension_doc.is_some()).is_provisional
                        || clocks::code_due(day).is_provisional
                }),
                // What was written may have been provisional then.
                code_due_on: row.code_due_on.map(|written| {
                    let told = row.approved_on.map(|day| clocks::code_due(day).day);
                    Date(told.unwrap_or(written))
                }),
                recorded_at: row.recorded_at.map(DateTime),
                is_demo: row.is_demo,
                uuid: row.id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }
}

#[ComplexObject]
impl DivisionChange {
    /// Whether it is announced ahead and not in effect today (是否尚未生效).
    async fn is_announced(&self, ctx: &Context<'_>) -> bool {
        self.effective.0 > ctx.services().clock.today()
    }

    /// The divisions on both sides and those below that went along; empty for changes that are known from reports only (涉及区划).
    async fn sides(&self, ctx: &Context<'_>) -> Result<Option<Vec<DivisionSide>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "sides", "", |ids| async move {
                service::sides(db, &ids).await
            })
            .await?
            .unwrap_or_default();
        let siblings = Siblings::new(rows.iter().map(|row| row.division).collect());
        let sides = rows.iter().map(|row| DivisionSide {
            role: row.role,
            division: Division::sibling(row.division, &siblings),
        });
        Ok(Some(sides.collect()))
    }
}

/// A division on one side of a change (变更涉及区划).
#[derive(SimpleObject, Clone)]
pub(crate) struct DivisionSide {
    /// Before, after, or below and going along (所在一方).
    role: DivisionSideRole,
    /// The division (区划).
    division: Division,
}

/// A division that bore a code, and the version in which it did (使用过该代码的区划).
#[derive(SimpleObject, Clone)]
pub(crate) struct CodeBearer {
    /// The division, with its descent and today's heirs (区划).
    division: Division,
    /// The version under this code (版本).
    version: DivisionVersion,
}

impl CodeBearer {
    pub(super) fn all(rows: Vec<division_version::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.division).collect());
        rows.into_iter()
            .map(|row| Self {
                division: Division::sibling(row.division, &siblings),
                version: DivisionVersion(Arc::new(row)),
            })
            .collect()
    }
}

/// What a change of divisions would do, before it is carried out (行政区划变更预演).
#[derive(SimpleObject, Clone)]
pub(crate) struct DivisionRehearsal {
    /// What kind of change (变更类型).
    relation: LineageRelation,
    /// The first day of the new state (生效日期).
    effective: Date,
    /// The last day for carrying it out (实施截止日期).
    due_on: Date,
    /// The last day for publishing the new code (代码公布截止日期).
    code_due_on: Date,
    /// Whether one of those days may still move, the rest days of its year not being known (截止日期是否暂定).
    deadline_provisional: bool,
    /// Every division that changes, with what is keyed to it in every subsystem, before and after; empty when the change cannot be (涉及区划及其关联事项).
    divisions: Vec<RehearsedDivision>,
    /// The steps of descent that would be written (拟形成的沿革).
    steps: Vec<RehearsedStep>,
    /// Places keyed to the divisions that change (关联地名数).
    places: u64,
    /// Boundary lines in and around them (关联界线数).
    boundary_lines: u64,
    /// Applications for names there that are not decided (在办地名申请数).
    open_applications: u64,
    /// Why it cannot be; empty when it can (不能实施的原因).
    user_errors: Vec<UserError>,
}

/// A division in a rehearsal (预演涉及的区划).
#[derive(SimpleObject, Clone)]
pub(crate) struct RehearsedDivision {
    /// Before, after, or below and going along (所在一方).
    role: DivisionSideRole,
    /// The division itself: ask it for the registries, facilities and organizations that are keyed to it today (区划).
    division: Division,
    /// As it is today; null for a new one (变更前).
    before: Option<RehearsedState>,
    /// As it would be; null for one that ends (变更后).
    after: Option<RehearsedState>,
    /// The divisions to which what is keyed to it would belong: itself if it goes on (归属区划).
    becomes: Vec<Division>,
}

/// Code, name and place in the tree, before or after a change (变更前后状态).
#[derive(SimpleObject, Clone)]
pub(crate) struct RehearsedState {
    /// The code (代码).
    code: DivisionCode,
    /// The name (名称).
    name: String,
    /// The name in Pinyin without tones (罗马字母拼写).
    roman: String,
    /// The kind (类型).
    kind: DivisionKind,
    /// The division above; null for provinces (上级区划).
    parent: Option<Division>,
}

/// A step of descent in a rehearsal (预演沿革).
#[derive(SimpleObject, Clone)]
pub(crate) struct RehearsedStep {
    /// The code before; null for a founding (变更前代码).
    from_code: Option<DivisionCode>,
    /// The code after; null for an abolition (变更后代码).
    to_code: Option<DivisionCode>,
    /// What happens (变更关系).
    relation: LineageRelation,
    /// The part that goes; null for all of it, or where it is not known (所占份额).
    share: Option<f64>,
}

impl From<Rehearsal> for DivisionRehearsal {
    fn from(rehearsal: Rehearsal) -> Self {
        let Rehearsal {
            change,
            plan,
            faults,
            due,
            keyed,
        } = rehearsal;
        let mut ids: Vec<Uuid> = plan.closed.iter().map(|s| s.division).collect();
        ids.extend(plan.opened.iter().map(|s| s.division));
        let siblings = Siblings::new(ids.clone());
        let above = Siblings::new(
            plan.closed
                .iter()
                .chain(&plan.opened)
                .filter_map(|s| s.parent)
                .collect(),
        );
        let shown = |state: &State| RehearsedState {
            code: DivisionCode(state.code.clone()),
            name: state.name.clone(),
            roman: romanise::romanise_division(&state.name).plain,
            kind: state.kind,
            parent: state.parent.map(|id| Division::sibling(id, &above)),
        };
        let mut seen = std::collections::HashSet::new();
        let divisions = ids.into_iter().filter(|id| seen.insert(*id)).map(|id| {
            let before = plan.closed.iter().find(|s| s.division == id);
            let after = plan.opened.iter().find(|s| s.division == id);
            let heirs = plan
                .steps
                .iter()
                .filter(|step| step.from == Some(id) && step.relation != LineageRelation::Transfer)
                .filter_map(|step| step.to);
            let mut becomes: Vec<Uuid> = heirs.collect();
            if after.is_some() && !becomes.contains(&id) {
                becomes.insert(0, id);
            }
            RehearsedDivision {
                role: if plan.below.contains(&id) {
                    DivisionSideRole::Below
                } else if before.is_some() {
                    DivisionSideRole::Source
                } else {
                    DivisionSideRole::Target
                },
                division: Division::sibling(id, &siblings),
                before: before.map(shown),
                after: after.map(shown),
                becomes: becomes
                    .into_iter()
                    .map(|heir| Division::sibling(heir, &siblings))
                    .collect(),
            }
        });
        Self {
            relation: change.relation,
            effective: Date(change.effective),
            due_on: Date(due.0.day),
            code_due_on: Date(due.1.day),
            deadline_provisional: due.0.is_provisional || due.1.is_provisional,
            divisions: divisions.collect(),
            steps: plan
                .steps
                .iter()
                .map(|step| RehearsedStep {
                    from_code: step.from_code.clone().map(DivisionCode),
                    to_code: step.to_code.clone().map(DivisionCode),
                    relation: step.relation,
                    share: step.share,
                })
                .collect(),
            places: keyed.places,
            boundary_lines: keyed.lines,
            open_applications: keyed.open_applications,
            user_errors: faults,
        }
    }
}

/// A division in a tree, with how far below the root it stands (区划树节点).
#[derive(SimpleObject, Clone)]
pub(crate) struct DivisionTreeNode {
    /// The division (区划).
    division: Division,
    /// Steps below the root, from 1 (层级).
    depth: i32,
}

impl DivisionTreeNode {
    pub(super) fn all(root: Uuid, rows: Vec<division_version::Model>) -> Vec<Self> {
        let depths: Vec<i32> = rows
            .iter()
            .map(|row| crate::service::divisions::depth_below(root, row))
            .collect();
        Division::of_versions(rows)
            .into_iter()
            .zip(depths)
            .map(|(division, depth)| Self { division, depth })
            .collect()
    }
}
