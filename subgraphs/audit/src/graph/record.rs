//! Records as citizens, auditors and dashboards see them.

use async_graphql::{ID, Object};

use super::terms::{AccessDecision, AccessRetention, AccessRole};
use crate::{
    kit::{DateTime, YearMonth, federation::directives::*},
    model::{access_entry, access_subject},
    service::find::Count,
};

pub(super) fn list(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// One reading of the citizen's own data: who by role and division, never by name (本人信息访问记录).
#[derive(Debug)]
pub struct OwnAccess(pub(super) access_subject::Model);

/// One reading of the citizen's own data: who by role and division, never by name (本人信息访问记录).
#[Object]
impl OwnAccess {
    /// The record, to be named in a complaint (记录标识).
    async fn id(&self) -> ID {
        self.0.entry.into()
    }

    /// When (访问时间).
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// What the reader acted as; null for a role of a later version (访问者角色).
    async fn role(&self) -> Option<AccessRole> {
        AccessRole::of(&self.0.actor_role)
    }

    /// The six-digit code of the division an officer worked for; null for who works for none (访问者所属区划代码).
    async fn division(&self) -> Option<&str> {
        self.0.actor_division.as_deref()
    }

    /// The two-digit code of the reader's province (访问者所属省份代码).
    async fn province(&self) -> &str {
        &self.0.province
    }

    /// The purpose stated; null when none was (访问目的).
    async fn purpose(&self) -> Option<&str> {
        self.0.purpose.as_deref()
    }

    /// Which fields, as type and name (所访问的字段).
    async fn fields(&self) -> Vec<String> {
        list(&self.0.fields)
    }

    /// Whether they were shown; null for an outcome of a later version (处理结果).
    async fn decision(&self) -> Option<AccessDecision> {
        AccessDecision::of(&self.0.decision)
    }
}

/// One record of the access log (访问日志记录).
#[derive(Debug)]
pub struct AccessRecord(pub(super) access_entry::Model);

/// One record of the access log (访问日志记录).
#[Object]
impl AccessRecord {
    /// Its id (记录标识).
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

    /// The six-digit code of the division an officer worked for; null for who works for none (访问者所属区划代码).
    async fn division(&self) -> Option<&str> {
        self.0.actor_division.as_deref()
    }

    /// The two-digit code of the reader's province (访问者所属省份代码).
    async fn province(&self) -> &str {
        &self.0.province
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

    /// The persons concerned, by their opaque tokens of that time (被访问人标识).
    #[graphql(directive = personal::apply("access".into(), "persons".into()))]
    async fn persons(&self) -> Vec<ID> {
        list(&self.0.persons).into_iter().map(ID).collect()
    }

    /// The operation's name; null when it had none (操作名称).
    async fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// A digest of what was asked, literals left out (操作摘要).
    async fn document(&self) -> &str {
        &self.0.document
    }

    /// The trace of the request; null when it had none (链路标识).
    async fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// The chain it belongs to (日志链).
    async fn chain(&self) -> &str {
        &self.0.chain
    }

    /// Its number in the chain (链内序号).
    async fn number(&self) -> i64 {
        self.0.seq
    }

    /// Its hash, to be compared with the log itself (记录哈希).
    async fn hash(&self) -> &str {
        &self.0.hash
    }
}

/// How often, in one month, by one role, with one outcome (访问次数).
#[derive(Debug)]
pub struct AccessCount(pub(super) Count);

/// How often, in one month, by one role, with one outcome (访问次数).
#[Object]
impl AccessCount {
    /// The month (月份).
    async fn month(&self) -> YearMonth {
        YearMonth::from_index(self.0.month)
    }

    /// What the readers acted as; null for a role of a later version (访问者角色).
    async fn role(&self) -> Option<AccessRole> {
        AccessRole::of(&self.0.actor_role)
    }

    /// What became of it; null for an outcome of a later version (处理结果).
    async fn decision(&self) -> Option<AccessDecision> {
        AccessDecision::of(&self.0.decision)
    }

    /// How many records (记录数).
    async fn records(&self) -> i64 {
        self.0.records
    }
}
