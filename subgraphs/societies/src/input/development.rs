//! Forms of what organizations do for others: fees cut, projects, adoptions, funds, hubs, party
//! bodies.

use super::forms;
use crate::vocabulary::{HubKind, PartnerKind};
use async_graphql::{ID, InputObject};
use kit::{CreditCode, Date, YearMonth, Yuan};
use minzheng_kit as kit;

/// One fee that is cut (减免项目).
#[derive(InputObject, Clone, Debug)]
pub struct FeeLineInput {
    /// The fee (收费项目).
    pub item: String,
    /// The fee before, for one enterprise (原标准).
    pub old_fee: Yuan,
    /// The fee after, for one enterprise (新标准).
    pub new_fee: Yuan,
    /// Enterprises that pay less (受惠企业数).
    pub enterprises_helped: i32,
}

/// Fees that an association cuts in a month (申报涉企收费减免).
#[derive(InputObject, Clone, Debug)]
pub struct DeclareFeeReductionInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The association (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The month it is declared for (申报月份).
    pub month: YearMonth,
    /// The fees, at most 50, each once a month (减免明细).
    pub lines: Vec<FeeLineInput>,
}

/// One of the partners of a project (项目主体).
#[derive(InputObject, Clone, Debug)]
pub struct ProjectPartnerInput {
    /// Which of the five (主体类型).
    pub kind: PartnerKind,
    /// Its name (名称).
    pub name: String,
    /// The organization, if it is one of the register; null for others (统一社会信用代码).
    pub credit_code: Option<CreditCode>,
}

/// A project of the five partners (新建五社联动项目).
#[derive(InputObject, Clone, Debug)]
pub struct CreateProjectInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// Its name (项目名称).
    pub name: String,
    /// The division where it runs, by id (行政区划标识).
    pub division: ID,
    /// The organization that runs it; null when none of the register does (承接社会组织).
    pub credit_code: Option<CreditCode>,
    /// The first day (启动日期).
    pub started_on: Date,
    /// Whether it is a pilot (是否试点).
    pub is_pilot: bool,
    /// Money put in (投入资金).
    pub amount: Yuan,
    /// The partners, at least two of the five (联动主体).
    pub partners: Vec<ProjectPartnerInput>,
}

/// What a project has brought (项目成效).
#[derive(InputObject, Clone, Debug)]
pub struct RecordProjectResultInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The project (项目标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// Community organizations grown by it (培育社区社会组织数).
    pub organizations_grown: i32,
    /// People served (服务人次).
    pub people_served: i32,
    /// Whether it is among the ten best of the province (是否省级十佳).
    pub is_honoured: bool,
}

/// Poor households that an organization adopts (结对帮扶).
#[derive(InputObject, Clone, Debug)]
pub struct DeclareAdoptionInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// Households, by number only (结对家庭户数).
    pub households: i32,
    /// The first day (开始日期).
    pub started_on: Date,
}

/// A small fund of a community (设立社区微基金).
#[derive(InputObject, Clone, Debug)]
pub struct CreateMicroFundInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// Its name (名称).
    pub name: String,
    /// The division where it is, by id (行政区划标识).
    pub division: ID,
    /// Its money (资金规模).
    pub amount: Yuan,
    /// The first day (设立日期).
    pub opened_on: Date,
}

/// Money that comes to or leaves a small fund (微基金收支).
#[derive(InputObject, Clone, Debug)]
pub struct MoveMicroFundInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The fund (微基金标识).
    pub id: ID,
    /// The version that was read (版本).
    pub version: i64,
    /// What comes in, or with a minus sign what is spent (收支金额).
    pub amount: Yuan,
}

/// A hub or a brand named, or no longer (认定枢纽型、品牌性社会组织).
#[derive(InputObject, Clone, Debug)]
pub struct SetHubKindInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The version of the organization that was read (版本).
    pub version: i64,
    /// Hub or brand; null for neither any more (类型).
    pub hub_kind: Option<HubKind>,
}

/// A party body set up in an organization (建立党组织).
#[derive(InputObject, Clone, Debug)]
pub struct EstablishPartyUnitInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The day (成立日期).
    pub established_on: Date,
}

/// The assessment of a party body over its five aspects (党支部标准化考核).
#[derive(InputObject, Clone, Debug)]
pub struct AssessPartyUnitInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The version of the party body that was read (版本).
    pub version: i64,
    /// The day (考核日期).
    pub assessed_on: Date,
    /// The five aspects, each 0 to 20 (五个方面得分).
    pub aspects: Vec<i32>,
}

forms!(
    DeclareFeeReductionInput,
    CreateProjectInput,
    RecordProjectResultInput,
    DeclareAdoptionInput,
    CreateMicroFundInput,
    MoveMicroFundInput,
    SetHubKindInput,
    EstablishPartyUnitInput,
    AssessPartyUnitInput,
);
