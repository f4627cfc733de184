//! The requests on signs of names and on offences against names, as clients send them.

use async_graphql::{ID, InputObject};
use minzheng_kit::{Date, Yuan};

use super::{act::Request, naming::requests::PlacePointInput};
use crate::model::vocabulary::{MarkerCondition, NameOffenceKind};

/// A sign of a place name as it was found, or a new one (登记地名标志).
#[derive(InputObject, Clone, Debug)]
pub struct RecordSignpostInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// The place it names (地名实体).
    pub place_id: ID,
    /// The sign; null for a new one (标志标识).
    pub signpost_id: Option<ID>,
    /// The version of the sign it is based on; null for a new one (版本号).
    pub version: Option<i64>,
    /// Where it stands, in words (设置位置).
    pub position: String,
    /// Where it stands on the map; null where it is not known (坐标).
    pub point: Option<PlacePointInput>,
    /// As it was found (状况).
    pub condition: MarkerCondition,
    /// The name on it, as it is read there (标志所示地名).
    pub shown: String,
    /// The unit that keeps it; no names of persons (管理单位).
    pub keeper: String,
    /// The day it was looked at; today if not given (检查日期).
    pub checked_on: Option<Date>,
}

/// An offence against the rules on names that was decided on (登记地名违法行为处理).
#[derive(InputObject, Clone, Debug)]
pub struct RecordNameOffenceInput {
    /// A key of the caller's own: the same key gives the same answer (请求键).
    pub request_key: String,
    /// What it is (违法行为).
    pub kind: NameOffenceKind,
    /// Where (行政区划).
    pub division_id: ID,
    /// The place whose name is misused; null where it is none of the register (地名实体).
    pub place_id: Option<ID>,
    /// The sign that was damaged; null for a misuse and for a sign that is not in the register (地名标志).
    pub signpost_id: Option<ID>,
    /// The fine on the responsible person; null where it was only ordered to put it right (罚款).
    pub fine: Option<Yuan>,
    /// The document of the decision, in which the person stands (处罚决定文号).
    pub document: String,
    /// The day of the decision; today if not given (决定日期).
    pub decided_on: Option<Date>,
}

macro_rules! requests {
    ($($name:ident),+ $(,)?) => {$(
        impl Request for $name {
            fn request_key(&self) -> &str {
                &self.request_key
            }
        }
    )+};
}

requests!(RecordSignpostInput, RecordNameOffenceInput);
