//! One change by one caller: the transaction, who acts, and what every change leaves behind.
//!
//! [`run`] is the only way in: the request key makes repetition safe, the work either happens as a
//! whole or not at all, and all refusals of the work are told at once.

use crate::kit::contract::scope;
use crate::kit::events::{Event, emit};
use crate::kit::mutation::{Fingerprint, history, once};
use crate::kit::officer::Officer;
use crate::kit::seal::SealedColumn;
use crate::kit::vault::Identity;
use crate::kit::{Error, Principal, Result, Role, Services, UserError, merged};
use crate::model::registry;
use crate::rules::Refusal;
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A change in progress.
#[derive(Clone, Copy)]
pub struct Act<'x> {
    /// The transaction.
    pub tx: &'x DatabaseTransaction,
    /// The subsystem.
    pub services: &'x Services,
    /// Who acts.
    pub caller: &'x Principal,
    /// The instant of the change.
    pub now: DateTime<Utc>,
    refusals: &'x Mutex<Vec<UserError>>,
}

impl std::fmt::Debug for Act<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Act").finish_non_exhaustive()
    }
}

/// Why a change was not made.
#[derive(Debug)]
pub enum NotDone {
    /// The law or the form refuses; every reason.
    Refused(Vec<UserError>),
    /// The operation stops.
    Stopped(Error),
}

/// Whether the caller is an officer who works at this registry, or whose division it lies in. An
/// officer without either is an officer of nowhere.
#[must_use]
pub fn works_at(caller: &Principal, row: &registry::Model) -> bool {
    if !caller.has_scope(scope::MARRIAGE_CASE) {
        return false;
    }
    match (&caller.registry, &caller.division) {
        (Some(own), _) => crate::kit::id::parse(own) == Some(row.id),
        (None, Some(_)) => caller.oversees(&row.county_code),
        (None, None) => false,
    }
}

/// Whether the caller may be the second of two officers: one who works there, or the supervisor of
/// its division.
#[must_use]
pub fn may_review(caller: &Principal, row: &registry::Model) -> bool {
    works_at(caller, row)
        || (caller.role == Role::Supervisor
            && caller.registry.is_none()
            && caller.oversees(&row.county_code))
}

impl<'x> Act<'x> {
    /// The legal day.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        super::shanghai(self.now).date()
    }

    /// Refuses for these reasons; all of them are told.
    #[must_use]
    pub fn refuse(&self, reasons: Vec<UserError>) -> Error {
        let first = reasons.first().cloned();
        *self.refusals.lock().unwrap_or_else(PoisonError::into_inner) = reasons;
        first.map_or_else(
            || Error::internal("a refusal without a reason"),
            Error::Invalid,
        )
    }

    /// Refuses when there is any reason.
    pub fn unless(&self, reasons: Vec<impl Into<UserError>>) -> Result<()> {
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(self.refuse(reasons.into_iter().map(Into::into).collect()))
        }
    }

    /// Refuses when there is any reason: for what the counter sees itself, and for what the registers say of these
    /// persons.
    ///
    /// The latter is told only to whom their records are open ([`matters`](super::matters)). To anybody else a
    /// refusal would answer whether somebody is married, and leave no trace but in the access log.
    pub async fn unless_on_record(
        &self,
        persons: [&str; 2],
        seen: Vec<UserError>,
        on_record: Vec<UserError>,
    ) -> Result<()> {
        if seen.is_empty() && on_record.is_empty() {
            return Ok(());
        }
        let mut reasons = seen;
        if !on_record.is_empty() {
            if super::matters::open_for_all(self.services, self.caller, &persons).await? {
                reasons.extend(on_record);
            } else if reasons.is_empty() {
                reasons.push(super::matters::NO_OPEN_MATTER.into());
            }
        }
        Err(self.refuse(reasons))
    }

    /// The registry, if the caller works there.
    pub async fn office(&self, id: Uuid) -> Result<registry::Model> {
        let row = super::registries::by_id(self.tx, id).await?;
        if works_at(self.caller, &row) {
            Ok(row)
        } else {
            Err(Error::Forbidden)
        }
    }

    /// The registry, if the caller may review there what another officer proposed.
    pub async fn review(&self, id: Uuid) -> Result<registry::Model> {
        let row = super::registries::by_id(self.tx, id).await?;
        if may_review(self.caller, &row) {
            Ok(row)
        } else {
            Err(Error::Forbidden)
        }
    }

    /// Who acts, to be compared with another officer.
    #[must_use]
    pub fn officer(&self) -> Officer<'x> {
        Officer::of(self.caller)
    }

    /// The account that acts.
    pub fn account(&self) -> Result<&'x str> {
        self.caller.subject.as_deref().ok_or(Error::Forbidden)
    }

    /// Leaves a history row and an outbox event: both hold states, ids and tokens only.
    pub async fn leave(
        &self,
        entity: &str,
        id: Uuid,
        before: Option<&str>,
        after: &str,
        more: Value,
    ) -> Result<()> {
        let key = id.to_string();
        let state = |state: &str| json!({ "state": state });
        history(
            self.tx,
            entity,
            &key,
            self.caller,
            before.map(state),
            Some(state(after)),
        )
        .await?;
        self.tell(
            &format!("{entity}Changed"),
            &key,
            json!({ "state": after, "more": more }),
        )
        .await
    }

    /// Writes an event into the outbox.
    pub async fn tell(&self, kind: &str, key: &str, mut body: Value) -> Result<()> {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("version".to_owned(), json!(1));
        }
        let event = Event {
            kind: kind.to_owned(),
            key: key.to_owned(),
            at: self.now,
            body,
        };
        emit(self.tx, &event).await
    }

    /// Encrypts a text for a row that this writes.
    pub async fn encrypted(&self, column: &SealedColumn, row: Uuid, text: &str) -> Result<String> {
        let columns = &self.services.columns;
        columns
            .seal_text(self.tx, self.now, column, row, text)
            .await
    }

    /// Opens a text of a row.
    pub async fn opened(&self, column: &SealedColumn, row: Uuid, text: &str) -> Result<String> {
        let columns = self.services.columns.load(self.tx).await?;
        let opened = columns.decrypt_text(column, &row.to_string(), text)?;
        Ok(opened.to_string())
    }

    /// Seals a reference (to a paper, an agreement) so that only the vault opens it.
    pub fn seal(&self, text: &str) -> Result<Vec<u8>> {
        let sealed = self.services.vault.seal(&Identity {
            id_number: text.to_owned(),
            name: String::new(),
        })?;
        Ok(sealed.0)
    }
}

/// Refuses a row that is not of the version the caller has read.
pub fn same_version(read: i64, now: i64) -> Result<()> {
    if read == now {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// The same where the caller may leave out what was read: then the change itself has to fit the row as it is.
///
/// Such a field is not written into the body of the request while it is none
/// (`skip_serializing_if`), so that a repeated request of before the field is still the same.
pub fn still_as_read(read: Option<i64>, now: i64) -> Result<()> {
    read.map_or(Ok(()), |read| same_version(read, now))
}

/// A request key and what it is bound to besides the body.
#[derive(Clone, Copy, Debug)]
pub struct Key<'k> {
    /// The mutation, for two of them may have the same body.
    pub mutation: &'k str,
    /// The key of the client's choice.
    pub request: &'k str,
}

/// Runs one change. The request key is bound to the mutation and to `what`, its body.
pub async fn run<W, T, F>(
    services: &Services,
    caller: &Principal,
    key: Key<'_>,
    what: W,
    work: F,
) -> std::result::Result<T, NotDone>
where
    W: Serialize + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send,
    F: for<'x> Fn(Act<'x>, &'x W) -> BoxFuture<'x, Result<T>> + Send + Sync + 'static,
{
    let refusals = Arc::new(Mutex::new(Vec::new()));
    let body = Fingerprint::of(services, &(key.mutation, &what)).map_err(NotDone::Stopped)?;
    let held = Arc::new((
        services.clone(),
        caller.clone(),
        key.request.to_owned(),
        what,
        work,
        body,
        Arc::clone(&refusals),
    ));
    let outcome = services
        .db
        .write(move |tx| {
            let held = Arc::clone(&held);
            Box::pin(async move {
                let (services, caller, request_key, what, work, body, refusals) = held.as_ref();
                refusals
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clear();
                let person = merged::caller(tx, caller).await?;
                let act = Act {
                    tx,
                    services,
                    caller: &person,
                    now: services.clock.now(),
                    refusals,
                };
                once(tx, caller, request_key, body, work(act, what)).await
            })
        })
        .await;
    outcome.map_err(|error| match error {
        Error::NotFound => NotDone::Refused(vec![
            Refusal::by_form("NOT_FOUND", "There is no such record.", "没有该记录。").into(),
        ]),
        Error::Invalid(first) => {
            let all = std::mem::take(&mut *refusals.lock().unwrap_or_else(PoisonError::into_inner));
            NotDone::Refused(if all.is_empty() { vec![first] } else { all })
        }
        other => match other.into_user_error() {
            Ok(refusal) => NotDone::Refused(vec![refusal]),
            Err(error) => NotDone::Stopped(error),
        },
    })
}

/// Writes a changed row if it is still at the version it was read at; gives the row as written.
macro_rules! save {
    ($tx:expr, $entity:ident, $row:expr) => {{
        use sea_orm::{
            ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _,
        };
        let mut row = $row;
        let read_at = row.version;
        row.version += 1;
        let active = $entity::ActiveModel::from(row).reset_all();
        match $entity::Entity::update(active)
            .validate()?
            .filter($entity::Column::Version.eq(read_at))
            .exec($tx)
            .await
        {
            Err(sea_orm::DbErr::RecordNotUpdated) => Err($crate::kit::Error::Conflict),
            other => other.map_err($crate::kit::Error::from),
        }
    }};
}

/// Writes a new row.
macro_rules! add {
    ($tx:expr, $entity:ident, $row:expr) => {{
        use sea_orm::EntityTrait as _;
        $entity::Entity::insert($entity::ActiveModel::from($row))
            .exec_without_returning($tx)
            .await
    }};
}

pub(crate) use {add, save};
