//! What this subgraph adds to `Person`, which persons owns: offices in organizations.

use super::organization::Organization;
use super::parts::Office;
use crate::service::register;
use crate::vocabulary::OfficeRole;
use async_graphql::{Context, ID, Object};
use kit::batch::Siblings;
use kit::contract::scope;
use kit::federation::directives::*;
use kit::{Date, Error, Principal, PrincipalExt, Result, Role};
use minzheng_kit as kit;
use std::collections::HashMap;
use std::sync::Arc;

/// Who may see the offices of a person: a citizen those of nobody else, even with a token that came along with an
/// answer; an officer who works for a division. An officer of nowhere is nobody.
pub(super) fn may_see_offices(caller: &Principal, person: &str) -> Result<()> {
    let may = match caller.role {
        Role::Citizen => caller.is_person(person),
        _ => caller.division.is_some(),
    };
    if may { Ok(()) } else { Err(Error::Forbidden) }
}

/// A natural person, by the opaque token (自然人).
#[derive(Clone)]
pub struct Person {
    id: String,
    siblings: Arc<Siblings<String>>,
}

impl Person {
    /// One of several persons that are resolved together.
    #[must_use]
    pub fn new(id: String, siblings: Arc<Siblings<String>>) -> Self {
        Self { id, siblings }
    }

    /// Offices of this person, loaded for all siblings together with their organizations.
    async fn offices(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
        ctx.need(scope::PERSON_MASKED)?;
        let caller = ctx.principal();
        may_see_offices(caller, &self.id)?;
        let load = |persons: Arc<[String]>| async move {
            let rows = register::offices(ctx.services().db.read(), &persons).await?;
            let mut codes: Vec<String> = rows
                .values()
                .flatten()
                .map(|row| row.credit_code.clone())
                .collect();
            codes.sort_unstable();
            codes.dedup();
            let organizations = Organization::load(ctx, &codes).await?;
            let office = |row: crate::model::office::Model| Office {
                id: ID(row.id.to_string()),
                role: row.role,
                organization: organizations.get(&row.credit_code).cloned(),
                since: Date(row.since),
                until: row.until.map(Date),
                ended_by: row.ended,
            };
            let all = rows
                .into_iter()
                .map(|(person, rows)| (person, rows.into_iter().map(office).collect()));
            Ok(all.collect::<HashMap<String, Vec<Office>>>())
        };
        Ok(self
            .siblings
            .load(&self.id, "offices", "", load)
            .await?
            .unwrap_or_default())
    }
}

/// A natural person, by the opaque token that stands for them (自然人).
#[Object(directive = key::apply("id".into(), None))]
impl Person {
    /// The person's opaque token (标识).
    async fn id(&self) -> ID {
        ID(self.id.clone())
    }

    /// Offices in social organizations, newest first; null when they may not be read or on failure (社会组织职务).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("office".into(), "id".into())
    )]
    async fn offices_held(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = false, desc = "Show offices that have ended too (含已离任).")]
        include_ended: bool,
    ) -> Option<Result<Vec<Office>>> {
        let offices = self.offices(ctx).await;
        let wanted = |office: &Office| include_ended || office.until.is_none();
        Some(offices.map(|offices| offices.into_iter().filter(wanted).collect()))
    }

    /// Organizations whose legal representative the person is today; null when it may not be read or on failure (担任法定代表人的社会组织).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("office".into(), "id".into())
    )]
    async fn legal_rep_of(&self, ctx: &Context<'_>) -> Option<Result<Vec<Organization>>> {
        let offices = self.offices(ctx).await;
        let leads = |office: Office| {
            let today = office.until.is_none() && office.role == OfficeRole::LegalRepresentative;
            if today { office.organization } else { None }
        };
        Some(offices.map(|offices| offices.into_iter().filter_map(leads).collect()))
    }
}
