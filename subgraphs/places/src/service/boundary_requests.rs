//! The requests on boundary lines, as clients send them.

use async_graphql::{Enum, ID, InputObject};
use minzheng_kit::Date;

use super::{act::Request, naming::requests::PlacePointInput};
use crate::model::vocabulary::{JointInspectionCause, MarkerActKind, MarkerCondition};

/// A side of a boundary line (界线一方).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "BoundarySide")]
pub enum Side {
    /// The left one (左方).
    Left,
    /// The right one (右方).
    Right,
}

/// A joint inspection to be held (安排联检).
#[derive(InputObject, Clone, Debug)]
pub struct ScheduleInspectionInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The line (界线).
    pub line_id: ID,
    /// The version of the line it is based on (版本号).
    pub version: i64,
    /// Why it is held (原因).
    pub cause: JointInspectionCause,
    /// The stretch; needed when it is not the round of five years (地段).
    pub stretch: Option<String>,
    /// The day of the event that called for it; today if not given (事件日期).
    pub occurred_on: Option<Date>,
    /// The day it begins; null while it is not fixed (开始日期).
    pub scheduled_on: Option<Date>,
    /// The unit that goes for the left side; no names of persons (左方检查单位).
    pub left_team: Option<String>,
    /// The unit that goes for the right side; no names of persons (右方检查单位).
    pub right_team: Option<String>,
}

/// What a joint inspection found (联检情况).
#[derive(InputObject, Clone, Debug)]
pub struct RecordInspectionFindingsInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The inspection (联检).
    pub inspection_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// What was found; no personal data (检查情况).
    pub findings: String,
}

/// A signature of one side (联检签字).
#[derive(InputObject, Clone, Debug)]
pub struct SignInspectionInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The inspection (联检).
    pub inspection_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// The side for which it is signed (一方).
    pub side: Side,
    /// The day of the signature; today if not given (签字日期).
    pub signed_on: Option<Date>,
}

/// The end of a joint inspection, or its filing (联检办结、备案).
#[derive(InputObject, Clone, Debug)]
pub struct JointInspectionStepInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The inspection (联检).
    pub inspection_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// The document of the result (成果文号).
    pub document: String,
    /// The day; today if not given (日期).
    pub on: Option<Date>,
}

/// A boundary marker as it was found, or a new one (登记界桩).
#[derive(InputObject, Clone, Debug)]
pub struct RecordMarkerInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The line it stands on (界线).
    pub line_id: ID,
    /// Its number (编号).
    pub no: String,
    /// The version it is based on; null for a new one (版本号).
    pub version: Option<i64>,
    /// Where it stands; for a marker that is known it must stay where it is (位置).
    pub point: PlacePointInput,
    /// How it was found (状况).
    pub condition: MarkerCondition,
    /// Which side keeps it; null leaves it as it is, or the left one. Of a marker that is known both sides change it, see proposeMarkerAct (管理方).
    pub keeper: Option<Side>,
}

/// A move, mending or change of keeper of a marker (移动、修复界桩或者变更管理方).
#[derive(InputObject, Clone, Debug)]
pub struct ProposeMarkerActInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The marker (界桩).
    pub marker_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
    /// What is to be done (事项).
    pub act: MarkerActKind,
    /// The new position of a move (新位置).
    pub point: Option<PlacePointInput>,
    /// The survey of a move (测绘成果文号).
    pub survey_doc: Option<String>,
    /// Which side is to keep it, of a change of keeper (变更后的管理方).
    pub keeper: Option<Side>,
    /// Why (理由).
    pub reason: String,
}

/// The other side's word on a move, mending or change of keeper of a marker (同意移动、修复界桩或者变更管理方).
#[derive(InputObject, Clone, Debug)]
pub struct AgreeMarkerActInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The move or mending (事项).
    pub act_id: ID,
    /// The version it is based on (版本号).
    pub version: i64,
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
    ScheduleInspectionInput RecordInspectionFindingsInput SignInspectionInput JointInspectionStepInput
    RecordMarkerInput ProposeMarkerActInput AgreeMarkerActInput
}
