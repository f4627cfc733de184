//! One act of a caller: the transaction, the services and who acts, handed to the work together.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Fingerprint, history, once};
use crate::{
    error::{Error, Result, UserError},
    events::{Event, Known, emit},
    principal::{Principal, PrincipalExt},
    subsystem::Services,
};

/// Who asks for a mutation, and where. Its time is the province's clock at the request.
#[derive(Clone, Debug)]
pub struct Actor {
    services: Services,
    principal: Principal,
}

impl Actor {
    /// The caller of a request.
    pub fn of(ctx: &Context<'_>) -> Self {
        Self::new(ctx.services(), ctx.principal())
    }

    /// Somebody acting over services: a job, a consumer, a test.
    pub fn new(services: &Services, principal: &Principal) -> Self {
        let at = principal.at.unwrap_or_else(|| services.clock.now());
        Self {
            services: services.clone(),
            principal: principal.clone().at(at),
        }
    }

    /// Does the work once per request key, in one writing transaction.
    ///
    /// `body` is what a repetition is compared with: tokens instead of numbers, and not the key itself.
    /// `input` is what the work needs; the work may run several times (the database may ask for it) and
    /// does nothing outside the transaction. The answer is kept for repetitions, so it holds ids.
    ///
    /// # Errors
    /// What the work gives; a refusal of a bad or reused key; unavailable when the database is.
    pub async fn run<I, T, F>(
        &self,
        request_key: &str,
        body: impl Serialize + Send,
        input: I,
        work: F,
    ) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
        F: for<'a> Fn(Act<'a>, &'a I) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    {
        let body = Fingerprint::of(&self.services, &body)?;
        let job = Arc::new((self.clone(), request_key.to_owned(), body, input, work));
        self.services
            .db
            .write(move |tx| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (actor, request_key, body, input, work) = job.as_ref();
                    let act = actor.act(tx);
                    once(tx, &actor.principal, request_key, body, work(act, input)).await
                })
            })
            .await
    }

    /// The same for work that finds all refusals at once: they undo the work as one would, nothing is
    /// kept, and all are given.
    ///
    /// # Errors
    /// What the work gives; a refusal of a bad or reused key; unavailable when the database is.
    pub async fn run_all<I, T, F>(
        &self,
        request_key: &str,
        body: impl Serialize + Send,
        input: I,
        work: F,
    ) -> Result<std::result::Result<T, Vec<UserError>>>
    where
        I: Send + Sync + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
        F: for<'a> Fn(
                Act<'a>,
                &'a I,
            ) -> BoxFuture<'a, Result<std::result::Result<T, Vec<UserError>>>>
            + Send
            + Sync
            + 'static,
    {
        let refused = Arc::new(Mutex::new(Vec::new()));
        let job = (input, work, Arc::clone(&refused));
        let outcome = self
            .run(request_key, body, job, |act, (input, work, refused)| {
                Box::pin(async move {
                    let refusals = match work(act, input).await? {
                        Ok(value) => return Ok(value),
                        Err(refusals) => refusals,
                    };
                    let first = refusals.first().cloned();
                    *refused.lock().unwrap_or_else(PoisonError::into_inner) = refusals;
                    Err(first
                        .map_or_else(|| Error::internal("a refusal of nothing"), Error::Invalid))
                })
            })
            .await;
        let refusals = std::mem::take(&mut *refused.lock().unwrap_or_else(PoisonError::into_inner));
        match outcome {
            Err(Error::Invalid(_)) if !refusals.is_empty() => Ok(Err(refusals)),
            other => other.map(Ok),
        }
    }

    /// The same without a request key, for jobs that are safe to repeat by themselves.
    ///
    /// # Errors
    /// What the work gives; unavailable when the database is.
    pub async fn write<I, T, F>(&self, input: I, work: F) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(Act<'a>, &'a I) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    {
        let job = Arc::new((self.clone(), input, work));
        self.services
            .db
            .write(move |tx| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (actor, input, work) = job.as_ref();
                    work(actor.act(tx), input).await
                })
            })
            .await
    }

    /// The caller in a transaction that is open already, for consumers.
    pub fn act<'a>(&'a self, tx: &'a DatabaseTransaction) -> Act<'a> {
        Act {
            tx,
            services: &self.services,
            actor: &self.principal,
        }
    }
}

/// A caller in an open transaction.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// The transaction that all belongs to.
    pub tx: &'a DatabaseTransaction,
    /// The subgraph's services.
    pub services: &'a Services,
    /// Who acts.
    pub actor: &'a Principal,
}

impl Act<'_> {
    /// When: the same instant for everything in one request.
    pub fn now(&self) -> DateTime<Utc> {
        self.actor.now()
    }

    /// The legal day of it, in Asia/Shanghai.
    pub fn today(&self) -> NaiveDate {
        crate::clock::legal_day(self.now())
    }

    /// Writes who changed what: ids and states, never names, numbers or addresses of persons.
    ///
    /// # Errors
    /// What the database says.
    pub async fn history(
        &self,
        entity: &str,
        id: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<()> {
        history(self.tx, entity, id, self.actor, before, after).await
    }

    /// Tells the other subsystems something of this subsystem's own.
    ///
    /// # Errors
    /// What the database says.
    pub async fn emit(&self, kind: &str, key: &str, body: Value) -> Result<()> {
        let event = Event {
            kind: kind.to_owned(),
            key: key.to_owned(),
            at: self.now(),
            body,
        };
        emit(self.tx, &event).await
    }

    /// Tells the other subsystems something that several of them know.
    ///
    /// # Errors
    /// What the database says.
    pub async fn tell(&self, known: &impl Known) -> Result<()> {
        emit(self.tx, &Event::of(known, self.now())?).await
    }
}
