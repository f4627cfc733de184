//! What a case shows of its course: entries, transports, storage, halls, cremation, custody and
//! interment.

use async_graphql::{Context, ID, SimpleObject};
use chrono::NaiveDate;
use minzheng_kit::federation::directives::personal;
use minzheng_kit::{Date, DateTime, PrincipalExt, Yuan};

use super::person::Person;
use crate::model::{
    ashes_custody, ashes_release, body_storage, case_entry, cremation, custody_link, hall_booking,
    interment, plot_contract, sea_enrolment, transport, unclaimed_notice,
};
use crate::rules::case::storage_overdue;
use crate::rules::proposal::has_lapsed;
use crate::rules::terms::{
    BookingState, CaseAct, CaseState, CorrectionReason, DeathPaperKind, EnrolmentState,
    ExtensionKind, Holder, IntermentKind, KinRelation, ReleaseState, TransportState,
};

/// An entry in the course of a case (案件流程记录).
#[derive(SimpleObject, Clone)]
pub struct TimelineEntry {
    /// Opaque identity (标识).
    pub id: ID,
    /// Place in the course, from 1 (序号).
    pub seq: i32,
    /// What was done (事项).
    pub act: CaseAct,
    /// Where the case stood afterwards (当时状态).
    pub state: CaseState,
    /// When (时间).
    pub at: DateTime,
    /// The entry that this one corrects; null for an ordinary one (被更正记录).
    pub corrects: Option<ID>,
    /// Why it corrects it; null for an ordinary one (更正原因).
    pub reason: Option<CorrectionReason>,
}

impl From<case_entry::Model> for TimelineEntry {
    fn from(row: case_entry::Model) -> Self {
        Self {
            id: row.id.into(),
            seq: row.seq,
            act: row.act,
            state: row.state,
            at: DateTime(row.at),
            corrects: row.corrects.map(Into::into),
            reason: row.reason,
        }
    }
}

/// A hearse on its way to a body and back (接运).
#[derive(SimpleObject, Clone)]
pub struct Transport {
    /// Opaque identity (标识).
    pub id: ID,
    /// Where the task stands (任务状态).
    pub state: TransportState,
    /// When it was sent (派车时间).
    pub sent_at: DateTime,
    /// By when arrival is promised (承诺到达时间).
    pub due_at: DateTime,
    /// When it was at the body; null until then (到达时间).
    pub arrived_at: Option<DateTime>,
    /// When the body was handed over; null until then (交接时间).
    pub delivered_at: Option<DateTime>,
    /// Number of the seal on the body; null before (封签号).
    pub seal_no: Option<String>,
}

impl From<transport::Model> for Transport {
    fn from(row: transport::Model) -> Self {
        Self {
            id: row.id.into(),
            state: row.state,
            sent_at: DateTime(row.sent_at),
            due_at: DateTime(row.due_at),
            arrived_at: row.arrived_at.map(DateTime),
            delivered_at: row.delivered_at.map(DateTime),
            seal_no: row.seal_no,
        }
    }
}

/// A cremation as it stands after corrections (火化).
#[derive(SimpleObject, Clone)]
pub struct Cremation {
    /// Opaque identity (标识).
    pub id: ID,
    /// Number of the certificate (火化证明编号).
    pub certificate_no: String,
    /// Number of the cremator (火化炉号).
    pub cremator: i32,
    /// When it began (开始时间).
    pub started_at: DateTime,
    /// When it ended (结束时间).
    pub ended_at: DateTime,
    /// The death paper that was checked (核验证明类别).
    pub paper_kind: DeathPaperKind,
    /// Whether it corrects an earlier entry (是否为更正).
    pub is_correction: bool,
}

impl From<cremation::Model> for Cremation {
    fn from(row: cremation::Model) -> Self {
        Self {
            id: row.id.into(),
            certificate_no: row.certificate_no,
            cremator: row.cremator,
            started_at: DateTime(row.started_at),
            ended_at: DateTime(row.ended_at),
            paper_kind: row.paper_kind,
            is_correction: row.corrects.is_some(),
        }
    }
}

/// A link in the chain of custody (保管交接).
#[derive(SimpleObject, Clone)]
pub struct CustodyLink {
    /// Place in the chain, from 1 (序号).
    pub seq: i32,
    /// Who gave (移交方).
    pub giver: Holder,
    /// Who took (接收方).
    pub taker: Holder,
    /// When (时间).
    pub at: DateTime,
    /// Number of the box of ashes; null for a body (寄存位号).
    pub box_no: Option<String>,
    /// Whether a second officer checked it (是否双人复核).
    pub checked_by_two: bool,
}

impl From<custody_link::Model> for CustodyLink {
    fn from(row: custody_link::Model) -> Self {
        Self {
            seq: row.seq,
            giver: row.giver,
            taker: row.taker,
            at: DateTime(row.at),
            box_no: row.box_no,
            checked_by_two: row.checker.is_some(),
        }
    }
}

/// Ashes kept by a facility (骨灰寄存).
#[derive(SimpleObject, Clone)]
pub struct AshesCustody {
    /// Opaque identity (标识).
    pub id: ID,
    /// Number of the box (寄存位号).
    pub box_no: String,
    /// When they came (寄存时间).
    pub since: DateTime,
    /// Last day that is paid for (寄存到期日).
    pub paid_until: Date,
    /// When they left; null while they are kept (取出时间).
    pub ended_at: Option<DateTime>,
}

impl From<ashes_custody::Model> for AshesCustody {
    fn from(row: ashes_custody::Model) -> Self {
        Self {
            id: row.id.into(),
            box_no: row.box_no,
            since: DateTime(row.from_at),
            paid_until: Date(row.paid_until),
            ended_at: row.ended_at.map(DateTime),
        }
    }
}

/// The release of ashes by two officers (骨灰领取).
#[derive(SimpleObject, Clone)]
pub struct AshesRelease {
    /// Opaque identity (标识).
    pub id: ID,
    /// Where it stands (领取状态).
    pub state: ReleaseState,
    /// What the receiver is to the deceased (领取人与逝者关系).
    pub relation: KinRelation,
    /// Whether it is by written authority (是否凭委托书).
    pub by_authority: bool,
    /// When it was asked for (申请时间).
    pub asked_at: DateTime,
    /// When the second officer confirmed or withdrew it; null before (复核时间).
    pub confirmed_at: Option<DateTime>,
    /// The person who takes the ashes (领取人).
    #[graphql(directive = personal::apply("funeral".into(), "receiver { id }".into()))]
    pub receiver: Person,
}

impl AshesRelease {
    /// From its row, as it stands now.
    pub(super) fn of(row: ashes_release::Model, ctx: &Context<'_>) -> Self {
        let now = ctx.services().clock.now();
        let waits = row.state == ReleaseState::Asked;
        let state = if waits && has_lapsed(row.asked_at, now, &super::settings_today(ctx)) {
            ReleaseState::Expired
        } else {
            row.state
        };
        Self {
            id: row.id.into(),
            state,
            relation: row.relation,
            by_authority: row.authority.is_some(),
            asked_at: DateTime(row.asked_at),
            confirmed_at: row.confirmed_at.map(DateTime),
            receiver: Person::one(row.receiver),
        }
    }
}

/// An interment as it stands after corrections (安葬).
#[derive(SimpleObject, Clone)]
pub struct Interment {
    /// Opaque identity (标识).
    pub id: ID,
    /// Form (安葬方式).
    pub kind: IntermentKind,
    /// Day (安葬日期).
    pub on: Date,
    /// Whether ashes are kept (是否保留骨灰).
    pub keeps_ashes: bool,
    /// Subsidy (补贴).
    pub subsidy: Yuan,
    /// The niche or grave; null elsewhere (格位或墓位).
    pub plot_id: Option<ID>,
    /// The voyage, at sea; null on land (航次).
    pub voyage_id: Option<ID>,
    /// Whether it corrects an earlier entry (是否为更正).
    pub is_correction: bool,
}

impl From<interment::Model> for Interment {
    fn from(row: interment::Model) -> Self {
        Self {
            id: row.id.into(),
            kind: row.kind,
            on: Date(row.interred_on),
            keeps_ashes: row.keeps_ashes,
            subsidy: Yuan(row.subsidy),
            plot_id: row.plot_id.map(Into::into),
            voyage_id: row.voyage_id.map(Into::into),
            is_correction: row.corrects.is_some(),
        }
    }
}

/// The notices for an unclaimed body (无主遗体公告).
#[derive(SimpleObject, Clone)]
pub struct UnclaimedNotice {
    /// Opaque identity (标识).
    pub id: ID,
    /// Day of the notice of public security (公安告知日期).
    pub police_notified_on: Date,
    /// Day of the public notice (公告日期).
    pub published_on: Date,
    /// Last day of the public notice (公告截止日期).
    pub ends_on: Date,
    /// Whether that day may still move, the rest days of its year not being known (是否暂定).
    pub deadline_provisional: bool,
    /// Day on which someone claimed the body; null while nobody has (认领日期).
    pub claimed_on: Option<Date>,
}

impl From<unclaimed_notice::Model> for UnclaimedNotice {
    fn from(row: unclaimed_notice::Model) -> Self {
        Self {
            id: row.id.into(),
            police_notified_on: Date(row.police_notified_on),
            published_on: Date(row.published_on),
            ends_on: Date(row.ends_on),
            deadline_provisional: crate::rules::period::written(row.ends_on).provisional,
            claimed_on: row.claimed_on.map(Date),
        }
    }
}

/// A contract for the use of a niche or grave (格位、墓位使用合同).
#[derive(SimpleObject, Clone)]
pub struct PlotContract {
    /// Opaque identity (标识).
    pub id: ID,
    /// The niche or grave (格位或墓位).
    pub plot_id: ID,
    /// First day (起始日期).
    pub valid_from: Date,
    /// First day after the term (到期日期).
    pub valid_to: Date,
    /// For the use (使用费).
    pub usage_fee: Yuan,
    /// For the upkeep (维护管理费).
    pub upkeep_fee: Yuan,
    /// Whether it renews an earlier one (是否续期).
    pub is_renewal: bool,
}

impl From<plot_contract::Model> for PlotContract {
    fn from(row: plot_contract::Model) -> Self {
        Self {
            id: row.id.into(),
            plot_id: row.plot_id.into(),
            valid_from: Date(row.valid_from),
            valid_to: Date(row.valid_to),
            usage_fee: Yuan(row.usage_fee),
            upkeep_fee: Yuan(row.upkeep_fee),
            is_renewal: row.renews.is_some(),
        }
    }
}

/// A set of ashes enrolled for a voyage (海葬报名).
#[derive(SimpleObject, Clone)]
pub struct SeaEnrolment {
    /// Opaque identity (标识).
    pub id: ID,
    /// The voyage (航次).
    pub voyage_id: ID,
    /// Where it stands (报名状态).
    pub state: EnrolmentState,
    /// Relatives who come aboard (随行亲属人数).
    pub relatives: i32,
    /// When (报名时间).
    pub enrolled_at: DateTime,
}

impl From<sea_enrolment::Model> for SeaEnrolment {
    fn from(row: sea_enrolment::Model) -> Self {
        Self {
            id: row.id.into(),
            voyage_id: row.voyage_id.into(),
            state: row.state,
            relatives: row.relatives,
            enrolled_at: DateTime(row.enrolled_at),
        }
    }
}

/// A body in a cabinet of the cold store (遗体存放).
#[derive(SimpleObject, Clone)]
pub struct BodyStorage {
    /// Opaque identity (标识).
    pub id: ID,
    /// Number of the cabinet (柜位号).
    pub cabinet_no: String,
    /// When the body came (入库时间).
    pub since: DateTime,
    /// Last day on which it may be stored (存放截止日期).
    pub until: Date,
    /// How it was extended (延期类别).
    pub extension: ExtensionKind,
    /// Number of the approval beyond the longest time; null where none is needed (批准文号).
    pub approval: Option<String>,
    /// When it left; null while it is there (出库时间).
    pub left_at: Option<DateTime>,
    /// Whether it was or is stored beyond what is allowed (是否超期).
    pub overdue: bool,
}

impl BodyStorage {
    /// As it looks on a day.
    pub(super) fn of(row: body_storage::Model, today: NaiveDate) -> Self {
        let left_on = row.left_at.map(minzheng_kit::clock::legal_day);
        Self {
            id: row.id.into(),
            cabinet_no: row.cabinet_no,
            since: DateTime(row.from_at),
            until: Date(row.until),
            extension: row.extension,
            approval: row.approval,
            left_at: row.left_at.map(DateTime),
            overdue: storage_overdue(row.until, left_on, today),
        }
    }
}

/// A booking of a hall for a farewell (告别厅预订).
#[derive(SimpleObject, Clone)]
pub struct HallBooking {
    /// Opaque identity (标识).
    pub id: ID,
    /// The hall (告别厅).
    pub hall_id: ID,
    /// Day (日期).
    pub day: Date,
    /// First hour, legal time (开始时刻).
    pub starts_hour: i32,
    /// Hour at which it ends, legal time (结束时刻).
    pub ends_hour: i32,
    /// Where it stands (预约状态).
    pub state: BookingState,
}

impl From<hall_booking::Model> for HallBooking {
    fn from(row: hall_booking::Model) -> Self {
        Self {
            id: row.id.into(),
            hall_id: row.hall_id.into(),
            day: Date(row.day),
            starts_hour: row.starts_hour,
            ends_hour: row.ends_hour,
            state: row.state,
        }
    }
}
