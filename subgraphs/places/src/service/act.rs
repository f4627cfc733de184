//! What every change goes through: one transaction, the request key, the clock, the officer's own area, and
//! afterwards the change feed and the outbox.

use async_graphql::{ID, InputType};
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use minzheng_kit::{
    Error, Principal, Result, Role, Services, UserError,
    contract::number::tells_a_number,
    events::{self, Event},
    id, mutation,
    officer::Officer,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseTransaction,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::{divisions, timers};
use crate::model::place_change;

/// When and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The instant.
    pub at: DateTime<Utc>,
    /// The legal day.
    pub today: NaiveDate,
    /// The subgraph's services.
    pub services: &'a Services,
}

/// A request to change something, with the caller's key for it.
pub trait Request: InputType + Clone + 'static {
    /// The caller's key: the same key gives the same answer.
    fn request_key(&self) -> &str;
}

/// Work on a request inside a transaction.
pub type Work<I, T> =
    for<'c> fn(&'c DatabaseTransaction, Act<'c>, &'c I) -> BoxFuture<'c, Result<T>>;

/// Runs `work` once for its request key, in one transaction, after what has fallen due by itself.
pub async fn perform<I, T>(
    services: &Services,
    principal: &Principal,
    operation: &'static str,
    request: &I,
    work: Work<I, T>,
) -> Result<T>
where
    I: Request,
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let (at, today) = (services.clock.now(), services.clock.today());
    let (settled, done) = services
        .db
        .write(|tx| {
            let (principal, request) = (principal.clone(), request.clone());
            let services = services.clone();
            Box::pin(async move {
                let settled = timers::settle(tx, at, today).await?;
                let act = Act {
                    principal: &principal,
                    at,
                    today,
                    services: &services,
                };
                let body = mutation::Fingerprint::of(&services, &(operation, request.to_value()))?;
                let key = request.request_key().to_owned();
                let work = work(tx, act, &request);
                let done = mutation::once(tx, &principal, &key, &body, work).await?;
                Ok((settled, done))
            })
        })
        .await?;
    // A change of divisions is told where one is carried out or its day has come.
    if settled > 0 || operation == "applyDivisionChange" {
        services.db.renew_divisions().await?;
    }
    Ok(done)
}

/// The refusal of an id that names nothing.
pub fn unknown(field: &str) -> Error {
    UserError::new(
        "ID_UNKNOWN",
        "This identity names nothing here.",
        "标识无效。",
    )
    .field(&["input", field])
    .into()
}

/// The id that a client sent in a field of its input.
pub fn known(sent: &ID, field: &str) -> Result<Uuid> {
    id::parse(sent).ok_or_else(|| unknown(field))
}

/// A text that must be there and be no longer than `longest` characters.
pub fn text(sent: &str, field: &str, longest: usize) -> Result<String> {
    let trimmed = sent.trim();
    if !trimmed.is_empty() && trimmed.chars().count() <= longest {
        return Ok(trimmed.to_owned());
    }
    Err(UserError::new(
        "TEXT_LENGTH",
        "This text is missing or too long.",
        "该项未填写或者过长。",
    )
    .field(&["input", field])
    .into())
}

/// The same for a text that stands in plain, where a number of somebody has no place.
pub fn plain_text(sent: &str, field: &str, longest: usize) -> Result<String> {
    let text = text(sent, field, longest)?;
    if tells_a_number(&text) {
        return Err(UserError::number_in_text().field(&["input", field]).into());
    }
    Ok(text)
}

/// The same for one that may be left out.
pub fn optional_plain_text(
    sent: Option<&str>,
    field: &str,
    longest: usize,
) -> Result<Option<String>> {
    match sent.map(str::trim).filter(|text| !text.is_empty()) {
        Some(sent) => plain_text(sent, field, longest).map(Some),
        None => Ok(None),
    }
}

/// The same as [`text`] for a text that may be left out.
pub fn optional_text(sent: Option<&str>, field: &str, longest: usize) -> Result<Option<String>> {
    match sent.map(str::trim).filter(|text| !text.is_empty()) {
        Some(sent) => text(sent, field, longest).map(Some),
        None => Ok(None),
    }
}

/// The day of an act that is entered: today if none is given, never later.
pub fn past_day(sent: Option<NaiveDate>, today: NaiveDate, field: &str) -> Result<NaiveDate> {
    match sent {
        Some(day) if day > today => Err(UserError::new(
            "DAY_IN_FUTURE",
            "This day has not come yet.",
            "日期不得晚于今日。",
        )
        .field(&["input", field])
        .into()),
        Some(day) => Ok(day),
        None => Ok(today),
    }
}

impl Act<'_> {
    /// The opaque id of the caller.
    pub fn subject(&self) -> Option<String> {
        self.principal.subject.clone()
    }

    /// Who acts, where two officers must be two persons; without an account one is nobody and `Forbidden`.
    pub fn officer(&self) -> Result<Officer<'_>> {
        if self.principal.subject.is_none() {
            return Err(Error::Forbidden);
        }
        Ok(Officer::of(self.principal))
    }

    /// `Forbidden` unless the caller is an officer whose area holds this division; a division that has
    /// ended is judged by what holds its ground today.
    pub async fn oversees<C: ConnectionTrait>(&self, db: &C, division: Uuid) -> Result<()> {
        if self.holds(db, division).await? {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }

    /// Whether the caller's area holds this division.
    pub async fn holds<C: ConnectionTrait>(&self, db: &C, division: Uuid) -> Result<bool> {
        let heirs = divisions::today(db, &[division], self.today)
            .await?
            .remove(&division)
            .unwrap_or_default();
        let versions = divisions::versions_on(db, &heirs, self.today).await?;
        Ok(!versions.is_empty()
            && versions
                .values()
                .all(|version| self.principal.oversees(&version.code)))
    }

    /// `Forbidden` unless the caller decides and not only prepares.
    pub fn decides(&self) -> Result<()> {
        if self.principal.role == Role::Supervisor {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }
}

/// `Conflict` unless the row is the one that the caller read. The row is as this transaction read it; that nobody writes it
/// in between is the database's word, whose transactions are serializable and tried again
/// ([`Database::write`](minzheng_kit::Database::write)), so no update repeats the version in its condition.
pub fn same_version(row: i64, sent: i64) -> Result<()> {
    if row == sent {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// What a change is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About {
    /// The division.
    pub division: Option<Uuid>,
    /// The place.
    pub place: Option<Uuid>,
    /// The application.
    pub application: Option<Uuid>,
}

/// Puts a change into the feed and the outbox.
pub async fn record(
    tx: &DatabaseTransaction,
    at: DateTime<Utc>,
    kind: &str,
    about: About,
    body: Value,
) -> Result<()> {
    let key = about.application.or(about.place).or(about.division);
    // The outbox goes first: on PostgreSQL it takes the lock that keeps the feed's numbers in the order of
    // commits too.
    let event = Event {
        kind: kind.to_owned(),
        key: key.unwrap_or_default().to_string(),
        at,
        body,
    };
    events::emit(tx, &event).await?;
    place_change::ActiveModel {
        seq: NotSet,
        at: Set(at),
        kind: Set(kind.to_owned()),
        division: Set(about.division),
        place: Set(about.place),
        application: Set(about.application),
    }
    .insert(tx)
    .await?;
    Ok(())
}

/// A code of a code table as it is stored.
pub fn stored<E: sea_orm::ActiveEnum<Value = String>>(value: &E) -> String {
    value.to_value()
}
