//! Records without the persons, as officers and other provinces see those of their own office.

use async_graphql::{ID, InputObject, Object};

use super::record::list;
use super::terms::{AccessDecision, AccessRetention, AccessRole};
use crate::{
    kit::{Date, DateTime},
    model::access_entry,
    service::find::Filter,
};

/// What is looked for among the records of one's own office; whom they are about cannot be asked (查询条件).
#[derive(Clone, Debug, Default, InputObject)]
pub struct MaskedAccessFilter {
    /// From this day on; from the beginning when it is left out (起始日期).
    pub from: Option<Date>,
    /// Up to and with this day; to the present when it is left out (截止日期).
    pub to: Option<Date>,
    /// By this caller, by the opaque id that records carry (访问者标识).
    pub actor: Option<String>,
    /// In this case (所涉事项).
    pub case: Option<String>,
    /// With this outcome (处理结果).
    pub decision: Option<AccessDecision>,
}

impl From<MaskedAccessFilter> for Filter {
    fn from(asked: MaskedAccessFilter) -> Self {
        Self {
            from: asked.from.map(|day| day.0),
            to: asked.to.map(|day| day.0),
            actor: asked.actor,
            case: asked.case,
            decision: asked.decision.map(AccessDecision::text),
            ..Self::default()
        }
    }
}

/// One record of the access log without the persons: who read which fields and why, and of how many people (访问日志记录，不含被访问人).
#[derive(Debug)]
pub struct MaskedAccess(pub(super) access_entry::Model);

/// One record of the access log without the persons: who read which fields and why, and of how many people (访问日志记录，不含被访问人).
#[Object]
impl MaskedAccess {
    /// The record, by which an auditor finds it (记录标识).
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// When (访问时间).
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// What became of it; null for an outcome of a later version (处理结果).
    async fn decision(&self) -> Option<AccessDecision> {
        AccessDecision::of(&self.0.decision)
    }

    /// How long it is kept; null for a class of a later version (保存类别).
    async fn retention(&self) -> Option<AccessRetention> {
        AccessRetention::of(&self.0.class)
    }

    /// The reader's opaque id; null for the public (访问者标识).
    async fn actor(&self) -> Option<&str> {
        self.0.actor.as_deref()
    }

    /// Who issued that id (标识签发方).
    async fn actor_issuer(&self) -> &str {
        &self.0.actor_issuer
    }

    /// What the reader acted as; null for a role of a later version (访问者角色).
    async fn role(&self) -> Option<AccessRole> {
        AccessRole::of(&self.0.actor_role)
    }

    /// The six-digit code of the division an officer worked for then; null for who works for none (访问者所属区划代码).
    async fn division(&self) -> Option<&str> {
        self.0.actor_division.as_deref()
    }

    /// The purpose stated; null when none was (访问目的).
    async fn purpose(&self) -> Option<&str> {
        self.0.purpose.as_deref()
    }

    /// The case stated; null when none was (所涉事项).
    async fn case(&self) -> Option<&str> {
        self.0.case_id.as_deref()
    }

    /// Which fields, as type and name (所访问的字段).
    async fn fields(&self) -> Vec<String> {
        list(&self.0.fields)
    }

    /// Of how many people; who they are an auditor sees (被访问人数).
    async fn people(&self) -> usize {
        list(&self.0.persons).len()
    }
}
