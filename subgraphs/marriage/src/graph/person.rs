//! What this subsystem adds to a person, and `myMarriage`, the same for the caller himself.

use super::access;
use super::counselling::CounsellingSession;
use super::divorce::DivorceApplication;
use super::enums::MaritalStatus;
use super::records::{MaritalLedger, MarriageRecord};
use super::slots::Appointment;
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{Error, PrincipalExt, Result};
use crate::model::marriage_record;
use crate::service::divorce::Application;
use crate::service::{counselling, divorce, ledger, matters, records, slots};
use async_graphql::{Context, ID, Object};
use std::collections::HashMap;
use std::sync::Arc;

/// A natural person, known here by an opaque id only (自然人).
#[derive(Clone, Debug)]
pub struct Person {
    token: String,
    siblings: Arc<Siblings<String>>,
}

/// Whether a text could be a person's token; anything else names nobody.
#[must_use]
pub fn is_token(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

impl Person {
    /// Persons that are shown together.
    #[must_use]
    pub fn together(tokens: &[String]) -> Vec<Self> {
        let siblings = Siblings::new(tokens.to_vec());
        let one = |token: &String| Self {
            token: token.clone(),
            siblings: Arc::clone(&siblings),
        };
        tokens.iter().map(one).collect()
    }

    /// What stands for somebody whom a draft names and who has confirmed nothing: a reference of that application
    /// alone, which is no person's token and leads nobody anywhere.
    #[must_use]
    pub(super) fn unconfirmed(application: uuid::Uuid, role: &str) -> String {
        let name = format!("{application} {role}");
        let name = crate::kit::id::derived("drafted person", &name);
        name.simple().to_string()
    }

    /// One person alone.
    #[must_use]
    pub fn alone(token: String) -> Self {
        Self {
            siblings: Siblings::new(vec![token.clone()]),
            token,
        }
    }

    /// How much of this person's records the caller sees. What is open is looked up once for all persons shown
    /// together.
    pub(super) async fn view(&self, ctx: &Context<'_>) -> Result<access::View> {
        let view = access::person(ctx, &self.token)?;
        if view == access::View::Own {
            return Ok(view);
        }
        let (services, caller) = (ctx.services().clone(), ctx.principal().clone());
        let open = self
            .siblings
            .load(&self.token, "open matters", "", |tokens| async move {
                let readable = matters::readable(&services, &caller, &tokens).await?;
                Ok(readable.into_iter().map(|token| (token, ())).collect())
            })
            .await?;
        open.map(|()| view).ok_or(Error::Forbidden)
    }

    async fn marriage_rows(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<Arc<Vec<Arc<marriage_record::Model>>>>> {
        let db = ctx.services().db.clone();
        self.siblings
            .load(&self.token, "marriages", "", |tokens| async move {
                Ok(shared(records::of_persons(db.read(), &tokens).await?))
            })
            .await
    }

    async fn ledger(&self, ctx: &Context<'_>) -> Result<Option<Arc<ledger::Ledger>>> {
        let db = ctx.services().db.clone();
        self.siblings
            .load(&self.token, "ledger", "", |tokens| async move {
                let found = ledger::of_persons(db.read(), &tokens).await?;
                Ok(found
                    .into_iter()
                    .map(|(token, ledger)| (token, Arc::new(ledger)))
                    .collect())
            })
            .await
    }

    async fn applications(&self, ctx: &Context<'_>) -> Result<Option<Arc<Vec<Application>>>> {
        let db = ctx.services().db.clone();
        self.siblings
            .load(&self.token, "divorces", "", |tokens| async move {
                Ok(shared(divorce::of_persons(db.read(), &tokens).await?))
            })
            .await
    }

    async fn appointment_list(&self, ctx: &Context<'_>) -> Result<Vec<Appointment>> {
        let db = ctx.services().db.clone();
        let rows = self
            .siblings
            .load(&self.token, "appointments", "", |tokens| async move {
                Ok(shared(slots::of_persons(db.read(), &tokens).await?))
            })
            .await?;
        Ok(Appointment::together(
            rows.map(|rows| (*rows).clone()).unwrap_or_default(),
        ))
    }
}

fn shared<T>(map: HashMap<String, Vec<T>>) -> HashMap<String, Arc<Vec<T>>> {
    map.into_iter()
        .map(|(of, list)| (of, Arc::new(list)))
        .collect()
}

fn own_or_case() -> Vec<Vec<String>> {
    vec![vec!["self".into()], vec!["marriage.case".into()]]
}

impl Person {
    async fn own_marriages(&self, ctx: &Context<'_>) -> Result<Vec<MarriageRecord>> {
        let view = self.view(ctx).await?;
        let rows = self.marriage_rows(ctx).await?.unwrap_or_default();
        Ok(MarriageRecord::together(&rows, &self.token, view))
    }

    async fn own_ledger(&self, ctx: &Context<'_>) -> Result<Option<MaritalLedger>> {
        self.view(ctx).await?;
        let ledger = self.ledger(ctx).await?;
        Ok(ledger.map(|ledger| MaritalLedger::new(self.token.clone(), ledger)))
    }

    async fn own_divorces(&self, ctx: &Context<'_>) -> Result<Vec<DivorceApplication>> {
        self.view(ctx).await?;
        let list = self.applications(ctx).await?.unwrap_or_default();
        Ok(DivorceApplication::together(&list))
    }

    async fn own_appointments(&self, ctx: &Context<'_>) -> Result<Vec<Appointment>> {
        self.view(ctx).await?;
        self.appointment_list(ctx).await
    }

    async fn own_sessions(&self, ctx: &Context<'_>) -> Result<Vec<CounsellingSession>> {
        self.view(ctx).await?;
        let db = ctx.services().db.clone();
        let rows = self
            .siblings
            .load(&self.token, "sessions", "", |tokens| async move {
                Ok(shared(counselling::of_persons(db.read(), &tokens).await?))
            })
            .await?;
        let rows = rows.map(|rows| (*rows).clone()).unwrap_or_default();
        Ok(CounsellingSession::together(rows))
    }
}

/// A natural person, known here by an opaque id only (自然人).
#[Object(directive = key::apply("id".into(), None))]
impl Person {
    /// The opaque id (标识).
    pub async fn id(&self) -> ID {
        ID(self.token.clone())
    }

    /// The person's marriages, latest first; for the person, and for officers of marriage registration with an open matter (婚姻登记记录).
    #[graphql(directive = requires_scopes::apply(own_or_case()), directive = personal::apply("marital".into(), "id".into()))]
    async fn marriages(&self, ctx: &Context<'_>) -> Option<Result<Vec<MarriageRecord>>> {
        Some(self.own_marriages(ctx).await)
    }

    /// The person's marital ledger; for the person, and for officers of marriage registration with an open matter (婚姻状况台账).
    #[graphql(directive = requires_scopes::apply(own_or_case()), directive = personal::apply("marital".into(), "id".into()))]
    async fn marital_ledger(&self, ctx: &Context<'_>) -> Option<Result<MaritalLedger>> {
        self.own_ledger(ctx).await.transpose()
    }

    /// The person's applications for divorce, latest first (离婚登记申请).
    #[graphql(directive = requires_scopes::apply(own_or_case()), directive = personal::apply("marital".into(), "id".into()))]
    async fn divorce_applications(
        &self,
        ctx: &Context<'_>,
    ) -> Option<Result<Vec<DivorceApplication>>> {
        Some(self.own_divorces(ctx).await)
    }

    /// The person's appointments at marriage registries, latest first, the hundred latest at most (预约).
    #[graphql(directive = requires_scopes::apply(own_or_case()), directive = personal::apply("marital".into(), "id".into()))]
    async fn marriage_appointments(&self, ctx: &Context<'_>) -> Option<Result<Vec<Appointment>>> {
        Some(self.own_appointments(ctx).await)
    }

    /// The person's counselling sessions, latest first, the hundred latest at most; for the person, and for officers of marriage registration with an open matter (辅导).
    #[graphql(directive = requires_scopes::apply(own_or_case()), directive = personal::apply("marital".into(), "id".into()))]
    async fn counselling_sessions(
        &self,
        ctx: &Context<'_>,
    ) -> Option<Result<Vec<CounsellingSession>>> {
        Some(self.own_sessions(ctx).await)
    }
}

/// The caller's own marriage at a glance (我的婚姻登记).
#[derive(Clone, Debug)]
pub struct MyMarriage {
    person: Person,
}

impl MyMarriage {
    /// The view of a citizen on himself.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self {
            person: Person::alone(token.to_owned()),
        }
    }
}

/// The caller's own marriage at a glance (我的婚姻登记).
#[Object]
impl MyMarriage {
    /// The caller (本人).
    async fn person(&self) -> Person {
        self.person.clone()
    }

    /// The caller's marital status by the ledger (婚姻状况).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    async fn status(&self, ctx: &Context<'_>) -> Result<Option<MaritalStatus>> {
        let now = ctx.services().clock.now();
        Ok(self
            .person
            .ledger(ctx)
            .await?
            .map(|ledger| ledger.status_at(now).into()))
    }

    /// The marriage that exists now, with its certificate; null when there is none on record (现存婚姻).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    async fn marriage(&self, ctx: &Context<'_>) -> Result<Option<MarriageRecord>> {
        let rows = self.person.marriage_rows(ctx).await?.unwrap_or_default();
        let all = MarriageRecord::together(&rows, &self.person.token, access::View::Own);
        Ok(all.into_iter().find(MarriageRecord::is_valid))
    }

    /// The open application for divorce with its deadlines; null when there is none (正在办理的离婚登记申请).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    async fn divorce_application(&self, ctx: &Context<'_>) -> Result<Option<DivorceApplication>> {
        let list = self.person.applications(ctx).await?.unwrap_or_default();
        let now = ctx.services().clock.now();
        let all = DivorceApplication::together(&list);
        Ok(all.into_iter().find(|application| application.is_open(now)))
    }

    /// The caller's appointments, latest first, the hundred latest at most (我的预约).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    async fn appointments(&self, ctx: &Context<'_>) -> Result<Option<Vec<Appointment>>> {
        self.person.appointment_list(ctx).await.map(Some)
    }
}
