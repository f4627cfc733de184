//! Applications for names, and figures on them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use minzheng_kit::{Date, DateTime, PrincipalExt, Result, YearMonth, batch::Siblings};
use uuid::Uuid;

use super::{division::Division, place::Place};
use crate::{
    model::{
        filing, naming_application, naming_report, naming_step, public_notice,
        vocabulary::{
            NamingAuthority, NamingFilingReceiver, NamingKind, NamingReportKind,
            NamingReportOutcome,
        },
    },
    rules::{
        authority,
        clocks::{self, Deadline, Reminder},
        names,
        scope::{ConflictKind, PlaceKind, Scope},
        state::NamingState,
    },
    service::{due_days, heritage, naming, places::Conflict, statistics},
};

/// What happened to names and boundaries of a division in one month (地名月度统计).
#[derive(SimpleObject, Clone)]
pub(crate) struct PlaceStats {
    /// The month (月份).
    month: YearMonth,
    /// Names approved (命名数).
    named: i64,
    /// Renamings approved (更名数).
    renamed: i64,
    /// Filings due in the month that came late or have not come (逾期备案数).
    filed_late: i64,
    /// Boundary lines whose joint inspection falls due in the month (到期联检界线数).
    boundaries_due: i64,
    /// The instant for which the figures are right (统计时点).
    as_of: DateTime,
    /// Whether figures of divisions that became a part of this one are counted with it (是否已按现行区划归并).
    rebased: bool,
    /// Whether nothing was left out; false where a division was split and the shares are not known (是否完整).
    is_complete: bool,
}

/// For when and for which divisions figures are right.
#[derive(Clone, Copy)]
pub(super) struct Freshness {
    pub(super) as_of: DateTime,
    pub(super) rebased: bool,
    pub(super) is_complete: bool,
}

impl PlaceStats {
    pub(super) fn new(month: YearMonth, figures: statistics::Month, fresh: Freshness) -> Self {
        let statistics::Month {
            named,
            renamed,
            filed_late,
            boundaries_due,
        } = figures;
        Self {
            month,
            named,
            renamed,
            filed_late,
            boundaries_due,
            as_of: fresh.as_of,
            rebased: fresh.rebased,
            is_complete: fresh.is_complete,
        }
    }
}

/// What was decided on names over some months (地名工作汇总).
#[derive(SimpleObject, Clone)]
pub(crate) struct NamingSummary {
    /// Names approved, of any kind of place (命名数).
    named: i64,
    /// Renamings approved, of any kind of place (更名数).
    renamed: i64,
    /// Names cancelled (注销数).
    cancelled: i64,
    /// Of the names and renamings those of roads (道路命名更名数).
    roads_named_or_renamed: i64,
    /// Filings that the division's own department reviewed (备案审查数).
    filings_reviewed: i64,
}

impl From<statistics::Naming> for NamingSummary {
    fn from(figures: statistics::Naming) -> Self {
        Self {
            named: figures.named,
            renamed: figures.renamed,
            cancelled: figures.cancelled,
            roads_named_or_renamed: figures.roads,
            filings_reviewed: figures.filings_reviewed,
        }
    }
}

/// A name that stands in the way of another (重名同音地名).
#[derive(SimpleObject, Clone)]
pub(crate) struct NameConflict {
    /// The name (地名).
    name: String,
    /// Whether it is the same or only sounds so (冲突类型).
    kind: ConflictKind,
    /// The area within which names of this kind must be alone (唯一性范围).
    scope: Scope,
    /// The place that bears it; null when a division does (地名实体).
    place: Option<Place>,
    /// The division that bears it; null when a place does (行政区划).
    division: Option<Division>,
}

impl NameConflict {
    pub(super) fn all(found: Vec<Conflict>, kind: PlaceKind) -> Vec<Self> {
        found
            .into_iter()
            .map(|conflict| Self {
                scope: kind.scope(&conflict.name),
                name: conflict.name,
                kind: conflict.kind,
                place: conflict.place.map(Place::one),
                division: conflict.division.map(Division::one),
            })
            .collect()
    }
}

/// An application to name, rename or cancel a name, and the decision on it (地名申请).
#[derive(Clone)]
pub(crate) struct NamingApplication {
    row: Arc<naming_application::Model>,
    siblings: Arc<Siblings<Uuid>>,
}

impl NamingApplication {
    /// Applications of one page.
    pub(super) fn all(rows: Vec<naming_application::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.id).collect());
        let one = |row| Self {
            row: Arc::new(row),
            siblings: Arc::clone(&siblings),
        };
        rows.into_iter().map(one).collect()
    }

    /// Its key.
    pub(super) fn uuid(&self) -> Uuid {
        self.row.id
    }

    /// An application by itself.
    pub(super) fn one(row: naming_application::Model) -> Self {
        Self {
            siblings: Siblings::new(vec![row.id]),
            row: Arc::new(row),
        }
    }
}

impl NamingApplication {
    async fn filing_row(&self, ctx: &Context<'_>) -> Result<Option<filing::Model>> {
        let db = ctx.services().db.read();
        let load = |ids: Arc<[Uuid]>| async move { naming::filings(db, &ids).await };
        self.siblings.load(&self.row.id, "filing", "", load).await
    }

    /// The day of its filing, where its notice waits for that; the others need not ask.
    async fn filed_on(&self, ctx: &Context<'_>) -> Result<Option<NaiveDate>> {
        let waits = self
            .row
            .authority
            .is_some_and(authority::notice_waits_for_filing);
        if !waits {
            return Ok(None);
        }
        Ok(self.filing_row(ctx).await?.and_then(|row| row.filed_on))
    }

    async fn notice_due(&self, ctx: &Context<'_>) -> Result<Option<Deadline>> {
        let from = due_days::notice_from(&self.row, self.filed_on(ctx).await?);
        Ok(from.map(|day| clocks::notice_due(day, None)))
    }
}

/// An application to name, rename or cancel a name, and the decision on it (地名申请).
#[Object]
impl NamingApplication {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// What is asked for (申请类型).
    async fn kind(&self) -> NamingKind {
        self.row.kind
    }

    /// Where it stands today (状态).
    async fn state(&self, ctx: &Context<'_>) -> NamingState {
        let today = ctx.services().clock.today();
        self.row.state.on(self.row.effective_on, today)
    }

    /// The version, to be sent with the next step (版本号).
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// The kind of place (地名类别).
    async fn place_kind(&self) -> PlaceKind {
        self.row.place_kind
    }

    /// The whole name asked for (拟用地名).
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The name in Pinyin without tones (罗马字母拼写).
    async fn roman(&self) -> &str {
        &self.row.roman
    }

    /// Where it lies, in words; null where it is not said (位置描述).
    async fn position(&self) -> Option<&str> {
        self.row.position.as_deref()
    }

    /// The division it lies in (所在区划).
    async fn division(&self) -> Division {
        Division::one(self.row.division)
    }

    /// The place; null until a new name is in force (地名实体).
    async fn place(&self) -> Option<Place> {
        self.row.place.map(Place::one)
    }

    /// Names in force that were equal or sounded alike when it was last checked (重名同音核查结果).
    async fn conflicts(&self, _ctx: &Context<'_>) -> Result<Option<Vec<NameConflict>>> {
        let found: Vec<Conflict> = serde_json::from_value(self.row.conflicts.clone())
            .map_err(|e| minzheng_kit::Error::internal(e.to_string()))?;
        Ok(Some(NameConflict::all(found, self.row.place_kind)))
    }

    /// When it was submitted (提交时间).
    async fn submitted_at(&self) -> DateTime {
        DateTime(self.row.submitted_at)
    }

    /// The day of approval; null before (批准日期).
    async fn approved_on(&self) -> Option<Date> {
        self.row.approved_on.map(Date)
    }

    /// The approving body; null before approval (批准机关).
    async fn approved_by(&self) -> Option<&str> {
        self.row.approved_by.as_deref()
    }

    /// The rank of the approving body; null before approval (批准机关级别).
    async fn authority(&self) -> Option<NamingAuthority> {
        self.row.authority
    }

    /// The document of approval; null before approval or where it is not known (批准文号).
    async fn approval_doc(&self) -> Option<&str> {
        self.row.approval_doc.as_deref()
    }

    /// The bodies that may approve a name of this kind (有权批准的机关).
    async fn approvers(&self) -> Vec<NamingAuthority> {
        authority::approvers(self.row.place_kind).to_vec()
    }

    /// The reports that it needs before it is reviewed (应当具备的论证材料).
    async fn reports_needed(&self, ctx: &Context<'_>) -> Result<Option<Vec<NamingReportKind>>> {
        let listed = match self.row.place {
            Some(id) => heritage::listings(ctx.services().db.read(), &[id])
                .await?
                .contains_key(&id),
            None => false,
        };
        Ok(Some(names::reports_needed(
            self.row.place_kind,
            self.row.kind,
            listed,
        )))
    }

    /// The last day for filing, 15 days from approval and behind rest days; null before approval (备案截止日期).
    async fn filing_due_on(&self) -> Option<Date> {
        self.row
            .approved_on
            .map(|day| Date(clocks::filing_due(day).day))
    }

    /// The last day for the public notice, behind rest days: 15 days from approval, or from the filing of what another department approved; null before that day (公告截止日期).
    async fn notice_due_on(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        let due = self.notice_due(ctx).await?;
        Ok(due.map(|due| Date(due.day)))
    }

    /// Whether those days may still move, for the calendar of rest days of a needed year is not known; null before approval (截止日期是否暂定).
    async fn deadline_provisional(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let Some(approved) = self.row.approved_on else {
            return Ok(None);
        };
        let notice = self.notice_due(ctx).await?;
        let doubt = notice.is_some_and(|due| due.is_provisional);
        Ok(Some(clocks::filing_due(approved).is_provisional || doubt))
    }

    /// The first day in force; null before the notice (生效日期).
    async fn effective_on(&self) -> Option<Date> {
        self.row.effective_on.map(Date)
    }

    /// What was done on it, first step first (办理过程).
    async fn steps(&self, ctx: &Context<'_>) -> Result<Option<Vec<NamingStep>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.row.id, "steps", "", |ids| async move {
                naming::steps(db, &ids).await
            })
            .await?;
        let steps = rows.unwrap_or_default().into_iter();
        Ok(Some(steps.map(NamingStep::from).collect()))
    }

    /// The evaluations, expert and public opinions on it, by day (论证材料).
    async fn reports(&self, ctx: &Context<'_>) -> Result<Option<Vec<NamingReport>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.row.id, "reports", "", |ids| async move {
                naming::reports(db, &ids).await
            })
            .await?;
        let reports = rows.unwrap_or_default().into_iter();
        Ok(Some(reports.map(NamingReport::from).collect()))
    }

    /// Its filing; null before approval, and where none is needed (备案).
    async fn filing(&self, ctx: &Context<'_>) -> Result<Option<NamingFiling>> {
        let row = self.filing_row(ctx).await?;
        let today = ctx.services().clock.today();
        Ok(row.map(|row| {
            let due = due_days::filing_deadline(&row, self.row.approved_on);
            NamingFiling::new(&row, due, today)
        }))
    }

    /// Its public notice; null before approval (公告).
    async fn notice(&self, ctx: &Context<'_>) -> Result<Option<NamingNotice>> {
        let db = ctx.services().db.read();
        let row = self
            .siblings
            .load(&self.row.id, "notice", "", |ids| async move {
                naming::notices(db, &ids).await
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        let filed = self.filed_on(ctx).await?;
        let due = due_days::notice_deadline(&row, &self.row, filed);
        let today = ctx.services().clock.today();
        Ok(Some(NamingNotice::new(row, due, today)))
    }
}

/// A step of an application (办理步骤).
#[derive(SimpleObject, Clone)]
pub(crate) struct NamingStep {
    /// What was done, as the mutation is named (事项).
    act: String,
    /// The state after it (办理后状态).
    state: NamingState,
    /// When (时间).
    at: DateTime,
    /// The role of who did it (经办角色).
    actor_role: String,
    /// What was said about it; null where nothing was (说明).
    remark: Option<String>,
}

impl From<naming_step::Model> for NamingStep {
    fn from(row: naming_step::Model) -> Self {
        Self {
            act: row.act,
            state: row.state,
            at: DateTime(row.at),
            actor_role: row.actor_role,
            remark: row.remark,
        }
    }
}

/// A report on an application (论证材料).
#[derive(SimpleObject, Clone)]
pub(crate) struct NamingReport {
    /// Whose report it is (材料类型).
    kind: NamingReportKind,
    /// What it says (结论).
    outcome: NamingReportOutcome,
    /// Number of the document (文号).
    document: String,
    /// Its result in words (结论摘要).
    summary: String,
    /// Its day (日期).
    made_on: Date,
}

impl From<naming_report::Model> for NamingReport {
    fn from(row: naming_report::Model) -> Self {
        Self {
            kind: row.kind,
            outcome: row.outcome,
            document: row.document,
            summary: row.summary,
            made_on: Date(row.made_on),
        }
    }
}

/// The filing of an approval (备案).
#[derive(SimpleObject, Clone)]
pub(crate) struct NamingFiling {
    /// The last day (截止日期).
    due_on: Date,
    /// Whether that day may still move, for the calendar of rest days of a needed year is not known (截止日期是否暂定).
    deadline_provisional: bool,
    /// The day it was filed; null before (备案日期).
    filed_on: Option<Date>,
    /// Whether it came, or has to come, later than its last day (是否逾期).
    is_late: bool,
    /// Who must receive it; null in rows of before (接收机关类型).
    receiver: Option<NamingFilingReceiver>,
    /// The division whose department receives and reviews it (审查机关所在区划).
    reviewer: Division,
    /// The day of its review; null before (审查日期).
    reviewed_on: Option<Date>,
    /// The result of the review; null before (审查结果).
    result: Option<String>,
    /// The day it was chased; null if it was not (催办日期).
    chased_on: Option<Date>,
    /// The day it was reported to the superior; null if it was not (上报日期).
    reported_on: Option<Date>,
    /// What is to be done about it today (应办催办事项).
    reminder: Reminder,
}

impl NamingFiling {
    fn new(row: &filing::Model, due: Deadline, today: NaiveDate) -> Self {
        Self {
            due_on: Date(due.day),
            deadline_provisional: due.is_provisional,
            filed_on: row.filed_on.map(Date),
            is_late: clocks::is_late(due.day, row.filed_on, today),
            receiver: row.receiver,
            reviewer: Division::one(row.reviewer),
            reviewed_on: row.reviewed_on.map(Date),
            result: row.result.clone(),
            chased_on: row.chased_on.map(Date),
            reported_on: row.reported_on.map(Date),
            reminder: clocks::reminder(
                due.day,
                row.filed_on,
                row.chased_on,
                row.reported_on,
                today,
            ),
        }
    }
}

/// The public notice of a name (地名公告).
#[derive(SimpleObject, Clone)]
pub(crate) struct NamingNotice {
    /// The last day; null before the filing where its days run from that (截止日期).
    due_on: Option<Date>,
    /// Whether that day may still move, for the calendar of rest days of a needed year is not known or the filing has not come (截止日期是否暂定).
    deadline_provisional: bool,
    /// The day it was published; null before (公告日期).
    published_on: Option<Date>,
    /// Whether it came, or has to come, later than its last day (是否逾期).
    is_late: bool,
    /// Where it was published; null before (公告渠道).
    channel: Option<String>,
    /// Its text; null before (公告内容).
    body: Option<String>,
    /// The day it was handed to the national registry of place names; null before (报送国家地名信息库日期).
    registry_sent_on: Option<Date>,
}

impl NamingNotice {
    pub(super) fn new(row: public_notice::Model, due: Option<Deadline>, today: NaiveDate) -> Self {
        Self {
            due_on: due.map(|due| Date(due.day)),
            deadline_provisional: due.is_none_or(|due| due.is_provisional),
            is_late: due.is_some_and(|due| clocks::is_late(due.day, row.published_on, today)),
            published_on: row.published_on.map(Date),
            channel: row.channel,
            body: row.body,
            registry_sent_on: row.registry_sent_on.map(Date),
        }
    }
}
