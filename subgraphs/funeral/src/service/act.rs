//! One writing use case: its transaction, who acts, and when.
//!
//! Every use case leaves a history row and an outbox event in its own transaction; [`Act::done`] does
//! both, so that neither is forgotten.

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use futures_util::future::BoxFuture;
use minzheng_kit::contract::number::tells_a_number;
use minzheng_kit::events::{self, Event};
use minzheng_kit::mutation::{Fingerprint, history, once};
use minzheng_kit::officer::Officer;
use minzheng_kit::seal::SealedColumn;
use minzheng_kit::{Error, Principal, Result, Services, UserError, merged};
use sea_orm::DatabaseTransaction;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

use super::authority;
use crate::rules::settings::{self, Settings};

/// One writing use case.
pub struct Act<'a> {
    /// Its transaction.
    pub tx: &'a DatabaseTransaction,
    /// The subgraph's services.
    pub services: &'a Services,
    /// Who acts.
    pub principal: &'a Principal,
    /// When.
    pub now: DateTime<Utc>,
    /// The legal day.
    pub today: NaiveDate,
}

impl<'a> Act<'a> {
    /// The parameters of the law in force today.
    pub fn rules(&self) -> Settings<'a> {
        settings::on(self.services.province.as_str(), self.today)
    }

    /// The legal hour of now, 0 to 23.
    pub fn hour(&self) -> i32 {
        // China has kept UTC+8 without summer time since 1991.
        i32::try_from((self.now.hour() + 8) % 24).unwrap_or(0)
    }

    /// The opaque subject of whoever acts.
    pub fn subject(&self) -> Option<String> {
        self.principal.subject.clone()
    }

    /// Whoever acts, as the rules about two officers see them.
    pub fn as_officer(&self) -> Officer<'a> {
        Officer::of(self.principal)
    }

    /// The caller's own person token.
    pub fn person(&self) -> Result<&'a str> {
        match &self.principal.person {
            Some(token)
                if self
                    .principal
                    .has_scope(minzheng_kit::contract::scope::SELF) =>
            {
                Ok(token)
            }
            _ => Err(Error::Forbidden),
        }
    }

    /// Refuses whoever is no officer of this division with this scope.
    pub fn officer(&self, needs: &str, division: Uuid) -> Result<()> {
        authority::officer(self.principal, &self.services.province, needs, division)
    }

    /// Encrypts a text for a row that this writes.
    pub async fn seal(&self, column: &SealedColumn, row: Uuid, text: &str) -> Result<String> {
        let columns = &self.services.columns;
        columns
            .seal_text(self.tx, self.now, column, row, text)
            .await
    }

    /// Leaves the history row and tells the others. Before and after hold states and ids only.
    pub async fn done(
        &self,
        (entity, id): (&str, Uuid),
        event: &str,
        before: Option<Value>,
        after: Value,
    ) -> Result<()> {
        let told = Event {
            kind: event.to_owned(),
            key: id.to_string(),
            at: self.now,
            body: json!({ "version": 1, "id": id, "after": after }),
        };
        let id = id.to_string();
        history(self.tx, entity, &id, self.principal, before, Some(after)).await?;
        events::emit(self.tx, &told).await
    }
}

/// Runs a use case once per principal and request key, in one transaction; see
/// [`minzheng_kit::mutation::once`].
pub async fn run<I, T, F>(
    services: &Services,
    principal: &Principal,
    key: &str,
    body: Value,
    input: I,
    work: F,
) -> Result<T>
where
    I: Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send,
    F: for<'c> Fn(Act<'c>, &'c I) -> BoxFuture<'c, Result<T>> + Send + Sync + 'static,
{
    let all = Arc::new((
        services.clone(),
        principal.clone(),
        key.to_owned(),
        Fingerprint::of(services, &body)?,
        input,
        work,
    ));
    services
        .db
        .write(move |tx| {
            let all = Arc::clone(&all);
            Box::pin(async move {
                let (services, principal, key, body, input, work) = all.as_ref();
                let caller = merged::caller(tx, principal).await?;
                let act = Act {
                    tx,
                    services,
                    principal: &caller,
                    now: services.clock.now(),
                    today: services.clock.today(),
                };
                once(tx, principal, key, body, work(act, input)).await
            })
        })
        .await
}

/// Refuses a change that was based on another version than the present one.
pub fn same_version(present: i64, based_on: i64) -> Result<()> {
    if present == based_on {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// A refusal about a thing that is not there.
pub fn unknown(field: &str, en: &str, zh: &str) -> Error {
    Error::Invalid(UserError::new("UNKNOWN", en, zh).field(&[field]))
}

/// A short text of one line: trimmed, not empty, of bounded length.
pub fn short<'t>(text: &'t str, field: &str, most: usize) -> Result<&'t str> {
    let text = text.trim();
    let fits = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        Ok(text)
    } else {
        Err(Error::Invalid(
            UserError::new(
                "TEXT_LENGTH",
                "This text is missing or too long.",
                "该项内容为空或过长。",
            )
            .field(&[field]),
        ))
    }
}

/// The same for a text that stands in plain, where a number of somebody has no place.
pub fn plain<'t>(text: &'t str, field: &str, most: usize) -> Result<&'t str> {
    let text = short(text, field, most)?;
    if tells_a_number(text) {
        return Err(Error::Invalid(UserError::number_in_text().field(&[field])));
    }
    Ok(text)
}

/// Turns a broken unique index into the refusal that it stands for.
pub fn unique(error: sea_orm::DbErr, refusal: impl FnOnce() -> UserError) -> Error {
    match error.sql_err() {
        Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => Error::Invalid(refusal()),
        _ => error.into(),
    }
}
