//! Cases about identities as officers see them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::person::Person;
use crate::{
    kit::{DateTime, PrincipalExt, Result, batch::Siblings, federation::directives::*},
    model::{
        identity_case::Model,
        terms::{AliasReason, CaseKind, IdentityCaseState, IdentityStatus},
    },
    rules::approval,
    service::{columns, lookup},
};

/// What officers decide about a person's identity: joining two records, taking a join back, how far it is known to be right, and whether a supervisor may see it in full (身份事项).
pub struct IdentityCase {
    row: Model,
    /// The persons of all cases of one list.
    persons: Arc<Siblings<String>>,
}

impl std::fmt::Debug for IdentityCase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityCase")
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

impl IdentityCase {
    /// The cases of one list.
    pub(super) fn all(rows: Vec<Model>) -> Vec<Self> {
        let tokens = rows
            .iter()
            .flat_map(|row| std::iter::once(row.person.clone()).chain(row.into.clone()))
            .collect();
        let persons = Siblings::new(tokens);
        rows.into_iter()
            .map(|row| Self {
                row,
                persons: Arc::clone(&persons),
            })
            .collect()
    }

    async fn person_of(&self, ctx: &Context<'_>, token: &String) -> Result<Option<Person>> {
        let db = ctx.services().db.read();
        let found = self
            .persons
            .load(token, "person", "", |tokens| async move {
                lookup::by_tokens(db, tokens.iter().cloned()).await
            })
            .await?;
        Ok(found.map(|row| Person::known(token.clone(), row, Arc::clone(&self.persons))))
    }
}

/// What officers decide about a person's identity: joining two records, taking a join back, how far it is known to be right (身份事项).
#[Object]
impl IdentityCase {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// What is decided (类别).
    async fn kind(&self) -> CaseKind {
        self.row.kind
    }

    /// Where it stands (状态).
    async fn state(&self, ctx: &Context<'_>) -> IdentityCaseState {
        let waits = self.row.state == IdentityCaseState::Proposed;
        if waits && approval::is_expired(self.row.proposed_at, ctx.services().clock.now()) {
            return IdentityCaseState::Expired;
        }
        self.row.state
    }

    /// The person it is about; of a join the record that is given up; null when it is no longer in the vault (当事人).
    #[graphql(directive = personal::apply("IDENTITY".into(), "person { id }".into()))]
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        self.person_of(ctx, &self.row.person).await
    }

    /// Of a join and of its taking back the record that stays; null otherwise (保留记录).
    #[graphql(directive = personal::apply("IDENTITY".into(), "into { id }".into()))]
    async fn into(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        match &self.row.into {
            Some(token) => self.person_of(ctx, token).await,
            None => Ok(None),
        }
    }

    /// Of a join why; null otherwise (合并原因).
    async fn cause(&self) -> Option<AliasReason> {
        self.row.cause
    }

    /// Of a change of status the new status; null otherwise (拟变更状态).
    async fn to_status(&self) -> Option<IdentityStatus> {
        self.row.to_status
    }

    /// Of the taking back of a join that join's case; null otherwise (所撤销的合并).
    async fn merge(&self) -> Option<ID> {
        self.row.merge.map(ID::from)
    }

    /// Why, in the officer's words (理由).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.judge".into()]]),
        directive = personal::apply("IDENTITY".into(), "person { id }".into())
    )]
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let services = ctx.services();
        let id = self.row.id.to_string();
        let text = services
            .columns
            .open(
                services.db.read(),
                &columns::CASE_REASON,
                &id,
                &self.row.reason,
            )
            .await?;
        Ok(Some(text.to_string()))
    }

    /// The six-digit code of the division in which it was proposed (提出地区划代码).
    async fn division(&self) -> &str {
        &self.row.division
    }

    /// Role and opaque id of the officer who proposed it (提出人).
    async fn proposed_by(&self) -> &str {
        &self.row.proposed_by
    }

    /// When it was proposed (提出时间).
    async fn proposed_at(&self) -> DateTime {
        DateTime(self.row.proposed_at)
    }

    /// Role and opaque id of the officer who decided it; null before, and where one officer was enough (复核人).
    async fn decided_by(&self) -> Option<&str> {
        self.row.decided_by.as_deref()
    }

    /// When it was decided; null before, and where one officer was enough (复核时间).
    async fn decided_at(&self) -> Option<DateTime> {
        self.row.decided_at.map(DateTime)
    }

    /// The version to name when it is decided (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }
}
