//! Forms of registration: founding, change, charter, deregistration, charity, and what the registry
//! does with them.

use super::forms;
use crate::vocabulary::{
    ActivityField, DirectRegistrationClass, ExemptClass, LiquidationReason, OrgBranchKind,
    OrgChangeItem, OrgFilingKind, OrgKind, OrgRefusalGround, PermitItem,
};
use async_graphql::{ID, InputObject};
use kit::{CitizenIdInput, CreditCode, Date, Yuan};
use minzheng_kit as kit;

/// A person by number and name, as an identity document has them (身份信息).
#[derive(InputObject, Clone, Debug)]
pub struct OrgIdentityInput {
    /// The identity number (公民身份号码).
    pub number: CitizenIdInput,
    /// The name (姓名).
    pub name: String,
}

/// What an organization to be founded is and has (成立登记申请内容).
#[derive(InputObject, Clone, Debug)]
pub struct FoundingInput {
    /// The kind (类别).
    pub kind: OrgKind,
    /// The name asked for (拟用名称).
    pub name: String,
    /// The registering authority's division, by id (登记管理机关所在行政区划标识).
    pub division: ID,
    /// Whether the bodies and the charter that the law asks for are there (是否有规范的组织机构和章程).
    pub has_bodies: bool,
    /// Full-time or fitting staff is there (是否有专职或者相应的工作人员).
    pub has_staff: bool,
    /// A fixed domicile or premises are there (是否有固定住所或者必要场所).
    pub has_premises: bool,
    /// Lawful property is there (是否有合法财产).
    pub has_property: bool,
    /// It can bear civil liability by itself (是否能独立承担民事责任).
    pub bears_liability: bool,
    /// The place of the domicile, by id; null where it has none yet (住所地名标识).
    pub domicile: Option<ID>,
    /// Funds, for a foundation the original fund (活动资金、原始基金).
    pub funds: Yuan,
    /// Whether the funds are money that has been paid in (是否到账货币资金).
    pub paid_in_cash: bool,
    /// Whether a foundation raises from the public (是否公募基金会).
    #[graphql(default)]
    pub raises_publicly: bool,
    /// Individual members, for associations (个人会员数).
    #[graphql(default)]
    pub individual_members: u32,
    /// Unit members, for associations (单位会员数).
    #[graphql(default)]
    pub unit_members: u32,
    /// The supervising department; null for direct registration (业务主管单位).
    pub supervisor: Option<String>,
    /// The day it consented; null for direct registration (审查同意日期).
    pub consented_on: Option<Date>,
    /// The class that is registered directly; needed where no supervising department is named, null otherwise (直接登记类别).
    pub direct_class: Option<DirectRegistrationClass>,
    /// The document by which 中国, 全国 or 中华 in the name was approved; null for a name without them (冠名批准文号).
    pub national_name_approval: Option<String>,
    /// Whether a founder or the head is or was under deprivation of political rights (发起人或者拟任负责人是否正在或者曾经受到剥夺政治权利的刑事处罚).
    #[graphql(default)]
    pub is_deprived_of_rights: bool,
    /// The department that guides the trade; null where there is none (行业管理部门).
    pub industry_department: Option<String>,
    /// The area of activity, where it is not the division's; null where it is (活动地域).
    pub activity_area: Option<String>,
    /// The field in which it works; null where none of the list fits (业务领域).
    pub activity: Option<ActivityField>,
    /// Whether it asks to be registered as a charity at once (是否同时登记为慈善组织).
    #[graphql(default)]
    pub as_charity: bool,
    /// The class of bodies exempt from registration that it belongs to; null for all others (免予登记类别).
    pub exempt: Option<ExemptClass>,
}

/// What of a registration is to change (变更登记申请内容).
#[derive(InputObject, Clone, Debug)]
pub struct OrgChangeInput {
    /// What changes (变更事项).
    pub item: OrgChangeItem,
    /// The new name or supervising department; null for other items (变更后的名称或者业务主管单位).
    pub text: Option<String>,
    /// The new domicile, by id; null for other items (变更后住所地名标识).
    pub domicile: Option<ID>,
    /// The new funds; null for other items (变更后注册资金).
    pub funds: Option<Yuan>,
    /// The day the supervising department consented; null for direct registration (审查同意日期).
    pub consented_on: Option<Date>,
    /// The document by which 中国, 全国 or 中华 in the new name was approved; null for others (冠名批准文号).
    pub national_name_approval: Option<String>,
}

/// What is handed in at the end of a liquidation (注销登记申请内容).
#[derive(InputObject, Clone, Debug)]
pub struct DeregistrationInput {
    /// The day the liquidation ended (清算结束日期).
    pub liquidation_ended_on: Date,
    /// The liquidation report is there (清算报告书).
    pub report: bool,
    /// The certificate is handed back (登记证书).
    pub certificate: bool,
    /// The seals are handed back (印章).
    pub seals: bool,
    /// The accounts are handed over (财务凭证).
    pub accounts: bool,
}

/// An application to the registry (登记申请).
#[derive(InputObject, Clone, Debug)]
pub struct SubmitRegistrationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// What is asked for (许可事项).
    pub item: PermitItem,
    /// The organization; null for founding (统一社会信用代码).
    pub credit_code: Option<CreditCode>,
    /// The returned application that this one completes; null for a new one (补正的申请标识).
    pub completes: Option<ID>,
    /// The version of that application; null for a new one (版本).
    pub version: Option<i64>,
    /// For founding; null for other items (成立登记).
    pub founding: Option<FoundingInput>,
    /// For a change; null for other items (变更登记).
    pub change: Option<OrgChangeInput>,
    /// For deregistration; null for other items (注销登记).
    pub deregistration: Option<DeregistrationInput>,
    /// The legal representative to be, for founding and a change of it; null for others (拟任法定代表人).
    pub legal_representative: Option<OrgIdentityInput>,
}

/// Whether the papers of an application are complete (受理登记).
#[derive(InputObject, Clone, Debug)]
pub struct AcceptRegistrationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The application (申请标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// All that is missing, named at once; empty when the papers are complete (需补正材料).
    #[graphql(default)]
    pub missing: Vec<String>,
}

/// The decision on an application (作出决定).
#[derive(InputObject, Clone, Debug)]
pub struct DecideRegistrationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The application (申请标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Whether it is granted (是否准予).
    pub granted: bool,
    /// The ground of a refusal; null when it is granted (不予登记的理由).
    pub ground: Option<OrgRefusalGround>,
}

/// A term to be made longer (延长办理期限).
#[derive(InputObject, Clone, Debug)]
pub struct ExtendRegistrationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The application (申请标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Why the term does not suffice, as the applicant is told (延长理由).
    pub reason: String,
}

/// An application to be taken back (撤回申请).
#[derive(InputObject, Clone, Debug)]
pub struct WithdrawRegistrationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The application (申请标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
}

/// A request to become a charity, or to raise from the public (慈善组织认定、公开募捐资格申请).
#[derive(InputObject, Clone, Debug)]
pub struct CharityInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
}

/// The beginning of a liquidation (开始清算).
#[derive(InputObject, Clone, Debug)]
pub struct StartLiquidationInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The version of the organization that was read (版本).
    pub version: i64,
    /// Why it ends (终止原因).
    pub reason: LiquidationReason,
    /// The day the liquidation group was formed (清算组织成立日期).
    pub group_formed_on: Date,
}

/// A branch or representative office (设立分支机构、代表机构).
#[derive(InputObject, Clone, Debug)]
pub struct OpenBranchInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// Branch or representative office (类型).
    pub kind: OrgBranchKind,
    /// Its name (名称).
    pub name: String,
    /// Whether it is for a region (是否地域性).
    pub is_regional: bool,
    /// The branch it would stand under; null under the organization itself (上级分支机构标识).
    pub under: Option<ID>,
}

/// A branch to be closed (撤销分支机构).
#[derive(InputObject, Clone, Debug)]
pub struct CloseBranchInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The branch (分支机构标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
}

/// Seal or bank account filed with the registry (备案).
#[derive(InputObject, Clone, Debug)]
pub struct FileParticularInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// What is filed (备案事项).
    pub kind: OrgFilingKind,
}

forms!(
    SubmitRegistrationInput,
    AcceptRegistrationInput,
    DecideRegistrationInput,
    ExtendRegistrationInput,
    WithdrawRegistrationInput,
    CharityInput,
    StartLiquidationInput,
    OpenBranchInput,
    CloseBranchInput,
    FileParticularInput,
);
