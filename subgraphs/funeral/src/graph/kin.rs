//! What near kin ask for the dead.

use async_graphql::{ID, SimpleObject};
use minzheng_kit::Date;

use crate::model::kin_request;
use crate::rules::period;
use crate::rules::terms::{KinRequestState, KinRight};

/// A request of near kin about what is kept of the dead (近亲属请求).
#[derive(SimpleObject, Clone)]
pub struct KinRequest {
    /// Opaque identity (标识).
    pub id: ID,
    /// The right that is used (权利).
    pub right: KinRight,
    /// Where it stands (请求状态).
    pub state: KinRequestState,
    /// Day it was asked for (请求日期).
    pub asked_on: Date,
    /// Day by which it is answered (答复期限).
    pub due_on: Date,
    /// Whether that day may still move, the rest days of its year not being known (是否暂定).
    pub deadline_provisional: bool,
    /// Day of the decision; null before (处理日期).
    pub decided_on: Option<Date>,
    /// Counts the changes; a decision is based on it (版本).
    pub version: i64,
}

impl From<kin_request::Model> for KinRequest {
    fn from(row: kin_request::Model) -> Self {
        Self {
            id: row.id.into(),
            right: row.kin_right,
            state: row.state,
            asked_on: Date(row.asked_on),
            due_on: Date(row.due_on),
            deadline_provisional: period::written(row.due_on).provisional,
            decided_on: row.decided_on.map(Date),
            version: row.version,
        }
    }
}
