//! The requests on names, as clients send them. They stand with the use cases and not with the resolvers, for
//! they are at once the form, what is judged, and what the request key is compared by.

use async_graphql::{Enum, ID, InputObject};
use minzheng_kit::Date;

use crate::{
    model::vocabulary::{
        NamingAuthority, NamingKind, NamingReportKind, NamingReportOutcome, PlaceHeritageCategory,
    },
    rules::scope::PlaceKind,
    service::act::Request,
};

/// A point on the CGCS2000 ellipsoid; offset map coordinates must be converted before (坐标点).
#[derive(InputObject, Clone, Copy, Debug)]
pub struct PlacePointInput {
    /// Degrees east (经度).
    pub longitude: f64,
    /// Degrees north (纬度).
    pub latitude: f64,
}

/// How far a new application goes at once (申请保存方式).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "NamingSaveAs")]
pub enum SaveAs {
    /// Kept to be finished later (保存草稿).
    Draft,
    /// Sent in, to be accepted by an officer (提交待受理).
    Submitted,
}

/// An application for a name (地名申请).
#[derive(InputObject, Clone, Debug)]
pub struct SubmitNamingInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// What is asked for (申请类型).
    pub kind: NamingKind,
    /// The place to be renamed or cancelled; null for a new name (原地名实体).
    pub place_id: Option<ID>,
    /// The kind of place; of a place that is there, its own (地名类别).
    pub place_kind: PlaceKind,
    /// A county, or a division below one, around the place; a place that is there keeps its own (所在区划).
    pub division_id: ID,
    /// The specific part of the name; of a cancellation that of the standard name, which ends (专名).
    pub specific: String,
    /// The generic part of the name; of a cancellation that of the standard name (通名).
    pub generic: String,
    /// Where the place is, in that division; null if it was not surveyed (坐标).
    pub point: Option<PlacePointInput>,
    /// Where it lies, in words, as the notice will say; null if it is not known yet (位置描述).
    pub position: Option<String>,
    /// The plan and the reasons (方案及理由).
    pub reasons: String,
    /// Stop at a draft or before acceptance; null to accept and check at once (保存方式).
    pub save_as: Option<SaveAs>,
}

/// A draft or a returned application, sent in again as it is now (重新提交地名申请).
#[derive(InputObject, Clone, Debug)]
pub struct ResubmitNamingInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The application (申请).
    pub application_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// The specific part of the name (专名).
    pub specific: String,
    /// The generic part of the name (通名).
    pub generic: String,
    /// Where the place is; null leaves it as it is (坐标).
    pub point: Option<PlacePointInput>,
    /// Where it lies, in words; null leaves it as it is (位置描述).
    pub position: Option<String>,
    /// The plan and the reasons (方案及理由).
    pub reasons: String,
}

/// A step on an application (申请办理事项).
#[derive(InputObject, Clone, Debug)]
pub struct NamingStepInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The application (申请).
    pub application_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// What is to be said about it; needed to return, to reject and to judge conflicts (说明).
    pub remark: Option<String>,
}

/// A report on an application (论证材料).
#[derive(InputObject, Clone, Debug)]
pub struct RecordNamingReportInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The application (申请).
    pub application_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// Whose report it is (材料类型).
    pub kind: NamingReportKind,
    /// What it says (结论).
    pub outcome: NamingReportOutcome,
    /// Number of the document (文号).
    pub document: String,
    /// Its result in words; no personal data (结论摘要).
    pub summary: String,
    /// Its day; today if not given (日期).
    pub made_on: Option<Date>,
}

/// The approval of a name (批准地名).
#[derive(InputObject, Clone, Debug)]
pub struct ApproveNamingInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The application (申请).
    pub application_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// The rank of the approving body (审批机关级别).
    pub authority: NamingAuthority,
    /// The approving body by name (审批机关名称).
    pub approved_by: String,
    /// The document of approval (批准文号).
    pub approval_doc: String,
    /// The day of approval; today if not given (批准日期).
    pub approved_on: Option<Date>,
}

/// The filing of an approved name (备案).
#[derive(InputObject, Clone, Debug)]
pub struct FileNamingInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The application (申请).
    pub application_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// The day it was filed; today if not given (备案日期).
    pub filed_on: Option<Date>,
}

/// The review of a filing by the body that received it (备案审查).
#[derive(InputObject, Clone, Debug)]
pub struct ReviewFilingInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The application (申请).
    pub application_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// The result (审查结果).
    pub result: String,
    /// The day of the review; today if not given (审查日期).
    pub reviewed_on: Option<Date>,
}

/// The public notice of a name (公告).
#[derive(InputObject, Clone, Debug)]
pub struct PublishNamingNoticeInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The application (申请).
    pub application_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// Where it is published (公告渠道).
    pub channel: String,
    /// Where the place lies, in words; null if the application says so already (位置描述).
    pub position: Option<String>,
    /// The day of publication; today if not given (公告日期).
    pub published_on: Option<Date>,
    /// The first day in force; the day of publication if not given (生效日期).
    pub effective_on: Option<Date>,
}

/// A name that is put on the list of protected names (列入地名保护名录).
#[derive(InputObject, Clone, Debug)]
pub struct ListHeritageNameInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The place (地名实体).
    pub place_id: ID,
    /// The version of the place it is based on (版本号).
    pub version: i64,
    /// What it is protected as (保护类别).
    pub category: PlaceHeritageCategory,
    /// The document of listing (公布文号).
    pub document: String,
    /// The day of listing; today if not given (列入日期).
    pub listed_on: Option<Date>,
}

/// Protective measures for a listed name (保护措施).
#[derive(InputObject, Clone, Debug)]
pub struct LayDownMeasuresInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The place (地名实体).
    pub place_id: ID,
    /// The version of the listing it is based on (版本号).
    pub version: i64,
    /// The measures in words (措施).
    pub measures: String,
    /// Their day; today if not given (日期).
    pub measures_on: Option<Date>,
}

/// A standard address as it is to be printed from now on (更新标准地址).
#[derive(InputObject, Clone, Debug)]
pub struct UpdateStandardAddressInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The place whose address it is (地名实体).
    pub place_id: ID,
    /// The version of the place it is based on (版本号).
    pub version: i64,
    /// The address (标准地址).
    pub address: String,
}

macro_rules! requests {
    ($($input:ident)+) => {$(
        impl Request for $input {
            fn request_key(&self) -> &str {
                &self.request_key
            }
        }
    )+};
}

requests! {
    SubmitNamingInput ResubmitNamingInput NamingStepInput RecordNamingReportInput ApproveNamingInput
    FileNamingInput ReviewFilingInput PublishNamingNoticeInput ListHeritageNameInput
    LayDownMeasuresInput UpdateStandardAddressInput
}
