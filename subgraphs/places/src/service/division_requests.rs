//! The requests on changes of divisions, as clients send them.

use async_graphql::{ID, InputObject};
use minzheng_kit::{Date, DivisionCode};

use super::act::Request;
use crate::{
    model::vocabulary::{DivisionKind, LineageRelation, NamingAuthority},
    rules::divisions::Paper,
};

/// A division as it is to be after a change (变更后的区划).
#[derive(InputObject, Clone, Debug)]
pub struct DivisionTargetInput {
    /// Of the divisions before the one that goes on as this; null for a new one (保留的区划).
    pub division_id: Option<ID>,
    /// Its code from then on (区划代码).
    pub code: DivisionCode,
    /// Its name from then on (名称).
    pub name: String,
    /// Its kind from then on (类型).
    pub kind: DivisionKind,
    /// The division above from then on; null for the one above the first source (上级区划).
    pub parent_id: Option<ID>,
    /// For a split: the divisions below the old one that come under this one (划入的下级区划).
    pub takes: Option<Vec<ID>>,
    /// For a split: the part of the old one that this one gets, 0 to 1; null where it is not known (所占份额).
    pub share: Option<f64>,
}

/// A change of divisions as it was approved (行政区划变更).
#[derive(InputObject, Clone, Debug)]
pub struct DivisionChangeDraftInput {
    /// What happens (变更类型).
    pub relation: LineageRelation,
    /// The divisions that change; none for a founding (变更前的区划).
    pub source_ids: Vec<ID>,
    /// What they become; none for an abolition (变更后的区划).
    pub targets: Vec<DivisionTargetInput>,
    /// The first day of the new state; may lie in the future (生效日期).
    pub effective: Date,
    /// The day of approval (批准日期).
    pub approved_on: Date,
    /// The rank of the approving body (批准机关级别).
    pub authority: NamingAuthority,
    /// The document of approval (批准文号).
    pub approval_doc: String,
    /// The document by which the twelve months were made longer; null if they were not (延期批准文号).
    pub extension_doc: Option<String>,
    /// Why a name may stand that sounds like another one within its area; null where none does (同音核查意见).
    pub homophones_judged: Option<String>,
    /// The papers that lay with the application (申报材料).
    pub papers: Vec<Paper>,
}

/// A change of divisions to be carried out (实施行政区划变更).
#[derive(InputObject, Clone, Debug)]
pub struct ApplyDivisionChangeInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The change (变更事项).
    pub change: DivisionChangeDraftInput,
}

impl Request for ApplyDivisionChangeInput {
    fn request_key(&self) -> &str {
        &self.request_key
    }
}
