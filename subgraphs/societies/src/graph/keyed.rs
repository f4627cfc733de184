//! What a change of divisions would touch here, as its rehearsal shows it.

use crate::service::keyed::Keyed;
use async_graphql::SimpleObject;

/// What is keyed to a division itself and would move with it (区划关联的社会组织数据).
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct SocietiesKeyed {
    /// Living organizations that its registry keeps (登记管理的社会组织数).
    pub organizations: i64,
    /// Living organizations that were registered here first and that another registry keeps (原在此登记现由其他机关管理的社会组织数).
    pub founded_here: i64,
    /// Applications that are not decided (在办行政许可数).
    pub open_permits: i64,
    /// Clean-ups that are not closed (在办清理案件数).
    pub open_cleanups: i64,
    /// Projects of the five partners (五社联动项目数).
    pub projects: i64,
    /// Micro funds of communities (社区微基金数).
    pub micro_funds: i64,
    /// Adoptions of families by organizations (结对帮扶记录数).
    pub adoptions: i64,
    /// Numbers that work plans promised, which stay with the division of their day (工作目标数).
    pub targets: i64,
}

impl From<Keyed> for SocietiesKeyed {
    fn from(keyed: Keyed) -> Self {
        let Keyed {
            organizations,
            founded_here,
            open_permits,
            open_cleanups,
            projects,
            micro_funds,
            adoptions,
            targets,
        } = keyed;
        Self {
            organizations,
            founded_here,
            open_permits,
            open_cleanups,
            projects,
            micro_funds,
            adoptions,
            targets,
        }
    }
}
