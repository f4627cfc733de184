//! Forms of the supervision: reports judged, ratings, lists, letters, penalties, inspections,
//! clean-up.

use super::forms;
use super::registration::DeregistrationInput;
use crate::vocabulary::{
    CleanupKind, CleanupResult, CleanupStep, IllegalGround, ListingReason, OrgInspectionKind,
    OrgPenaltyGround, OrgPenaltyKind, RatingChange, RatingLevel, ReportResult, SupervisorView,
};
use async_graphql::{ID, InputObject};
use kit::{CreditCode, Date, Yuan};
use minzheng_kit as kit;

/// The supervising department's view of a report (业务主管单位初审意见).
#[derive(InputObject, Clone, Debug)]
pub struct RecordSupervisorViewInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The report (年度报告标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Whether it agrees (意见).
    pub view: SupervisorView,
    /// The day (日期).
    pub viewed_on: Date,
}

/// The registry's conclusion on a report (年度检查结论).
#[derive(InputObject, Clone, Debug)]
pub struct JudgeAnnualReportInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The report (年度报告标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// The conclusion (结论).
    pub result: ReportResult,
}

/// A rating by its score (评估).
#[derive(InputObject, Clone, Debug)]
pub struct RateOrganizationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The score out of 1,000 (得分).
    pub score: i32,
    /// Whether it is under investigation now (是否正在被调查).
    #[graphql(default)]
    pub is_investigated: bool,
}

/// A rating lowered or taken away (降低、取消评估等级).
#[derive(InputObject, Clone, Debug)]
pub struct ChangeRatingInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The rating (评估等级标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Lower or take away (调整方式).
    pub change: RatingChange,
    /// The lesser grade; null when it is taken away (降低后的等级).
    pub level: Option<RatingLevel>,
}

/// An entry in a list of bad credit (列入信用名单).
#[derive(InputObject, Clone, Debug)]
pub struct ListOrganizationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The ground (列入事由).
    pub reason: ListingReason,
    /// The day on which it arose (事由发生日期).
    pub arose_on: Date,
}

/// An entry to be taken off (移出信用名单).
#[derive(InputObject, Clone, Debug)]
pub struct RemoveListingInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The entry (信用名单记录标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Whether the fault was found to be put right (列入事由是否已消除).
    pub is_put_right: bool,
}

/// A registered letter to a domicile (寄送专用信函).
#[derive(InputObject, Clone, Debug)]
pub struct RecordLetterInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The day it was sent (寄出日期).
    pub sent_on: Date,
    /// Whether it came back (是否被退回).
    pub is_returned: bool,
}

/// A penalty (行政处罚).
#[derive(InputObject, Clone, Debug)]
pub struct ImposePenaltyInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The version of the organization that was read (版本).
    pub version: i64,
    /// What it is (处罚种类).
    pub kind: OrgPenaltyKind,
    /// What is punished (处罚事由).
    pub ground: OrgPenaltyGround,
    /// The fine; null for none (罚款).
    pub fine: Option<Yuan>,
    /// The illegal income found, which is confiscated; null for none (违法所得).
    pub illegal_income: Option<Yuan>,
    /// The illegal turnover found; null for none (违法经营额).
    pub illegal_turnover: Option<Yuan>,
    /// The day of the decision (处罚决定日期).
    pub decided_on: Date,
    /// The last day of a suspension; null for other penalties (停止活动截止日期).
    pub until: Option<Date>,
}

/// The end of a suspension (恢复活动).
#[derive(InputObject, Clone, Debug)]
pub struct EndSuspensionInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The version of the organization that was read (版本).
    pub version: i64,
}

/// An inspection (检查).
#[derive(InputObject, Clone, Debug)]
pub struct RecordOrgInspectionInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// Why it took place (检查类型).
    pub kind: OrgInspectionKind,
    /// The day (检查日期).
    pub inspected_on: Date,
    /// The day by which what was found must be put right; null when nothing was found (整改期限).
    pub rectify_by: Option<Date>,
    /// Full party members that were found; null where nobody looked (检查时正式党员人数).
    pub party_members: Option<i32>,
}

/// The end of an inspection (检查结案).
#[derive(InputObject, Clone, Debug)]
pub struct CloseOrgInspectionInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The inspection (检查标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Whether it was put right (是否完成整改).
    pub is_put_right: bool,
}

/// A clean-up case to be opened (清理立案).
#[derive(InputObject, Clone, Debug)]
pub struct OpenCleanupInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// What it is about (清理对象类型).
    pub kind: CleanupKind,
    /// The organization; null for one that was never registered (统一社会信用代码).
    pub credit_code: Option<CreditCode>,
    /// The name an illegal organization acts under; null for a registered one (名称).
    pub name: Option<String>,
    /// The division where an illegal organization acts, by id; null for a registered one (行政区划标识).
    pub division: Option<ID>,
    /// Why an illegal organization is one; null for a "zombie" (非法情形).
    pub ground: Option<IllegalGround>,
}

/// A step in a clean-up case (清理步骤).
#[derive(InputObject, Clone, Debug)]
pub struct StepCleanupInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The case (案件标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// The step (步骤).
    pub step: CleanupStep,
}

/// The end of a case against a "zombie" (清理结案).
#[derive(InputObject, Clone, Debug)]
pub struct CloseCleanupInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The case (案件标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// How it ends (清理结果).
    pub result: CleanupResult,
    /// For a revocation: its ground, as the case has shown it; null for other results (撤销登记情形).
    pub ground: Option<OrgPenaltyGround>,
    /// For a merger: the organization that takes it over; null for other results (合并后存续的社会组织).
    pub merged_into: Option<CreditCode>,
    /// For a deregistration that the case carries out itself: what is handed in at the end of the liquidation; null for other results, and where it was deregistered on its own application (注销登记申请内容).
    pub deregistration: Option<DeregistrationInput>,
}

/// Organizations of a division that was divided, to be kept by one of its successors (指定承接登记管理机关).
#[derive(InputObject, Clone, Debug)]
pub struct AssignOrganizationsInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The division that was divided, by id (原行政区划标识).
    pub from: ID,
    /// The successor that keeps them from now on, by id (承接行政区划标识).
    pub to: ID,
    /// The organizations, at most 500 (统一社会信用代码).
    pub credit_codes: Vec<CreditCode>,
    /// The versions at which they were read, in the order of the codes; null judges by what they are now (版本).
    pub versions: Option<Vec<i64>>,
}

/// An illegal organization to be banned (取缔).
#[derive(InputObject, Clone, Debug)]
pub struct BanOrganizationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The case (案件标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Illegal property that is confiscated; null for none (没收非法财产).
    pub confiscated: Option<Yuan>,
}

/// The decision on an office that ended with a death which was taken back (职务复核决定).
#[derive(InputObject, Clone, Debug)]
pub struct DecideOfficeReviewInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The review (复核标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Whether the person holds the office again; otherwise it stays ended (是否恢复职务).
    pub restored: bool,
}

forms!(
    DecideOfficeReviewInput,
    RecordSupervisorViewInput,
    JudgeAnnualReportInput,
    RateOrganizationInput,
    ChangeRatingInput,
    ListOrganizationInput,
    RemoveListingInput,
    RecordLetterInput,
    ImposePenaltyInput,
    EndSuspensionInput,
    RecordOrgInspectionInput,
    CloseOrgInspectionInput,
    OpenCleanupInput,
    StepCleanupInput,
    CloseCleanupInput,
    BanOrganizationInput,
    AssignOrganizationsInput,
);
