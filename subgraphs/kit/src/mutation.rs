//! What every mutation does around its own work: the same request key gives the same answer, a
//! history row says who changed what, an event tells the other subsystems, and what is refused is
//! told in the payload.
//!
//! A new mutation is written with [`Actor`] and [`payloads!`](crate::payloads):
//!
//! ```ignore
//! payloads! {
//!     /// What became of a cancellation (取消预约结果).
//!     pub CancelSlotPayload {
//!         /// The appointment; null when it was refused (预约).
//!         appointment: Appointment,
//!     }
//! }
//!
//! async fn cancel_slot(&self, ctx: &Context<'_>, input: CancelSlotInput) -> async_graphql::Result<CancelSlotPayload> {
//!     let slot = known(&input.slot)?;
//!     let done = Actor::of(ctx).run(&input.request_key, json!([slot]), slot, |act, slot| Box::pin(async move {
//!         let row = slots::cancel(act.tx, *slot, act.now()).await?;
//!         act.history("Appointment", &row.id.to_string(), None, Some(json!({ "state": row.state }))).await?;
//!         Ok(row.id)
//!     })).await;
//!     let read = read_again(ctx, done).await;
//!     told(read, |row| CancelSlotPayload { appointment: Some(row.into()), ..Default::default() })
//! }
//! ```
//!
//! The free functions [`once`] and [`history`] are what [`Act`] is made of; both take the time from the
//! caller ([`Principal::at`]).

mod act;
mod payload;
#[cfg(test)]
mod tests;

use std::future::Future;

use chrono::Utc;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, Value as SqlValue};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    error::{Error, Result, UserError},
    principal::Principal,
    subsystem::Services,
};

pub use act::{Act, Actor};
pub use payload::{Payload, missing, one_row, same_version, told, told_all};

/// The longest request key that is accepted, in bytes.
const MAX_REQUEST_KEY_BYTES: usize = 128;

/// How long answers are kept for repetition, in days.
pub const REQUEST_KEY_DAYS: i64 = 30;

/// What a body is known again by: a keyed hash. A plain one would let whoever holds the database alone try
/// out which phone number or name was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// By the present key.
    present: String,
    /// By earlier keys, and without one as rows of an older program have it.
    earlier: Vec<String>,
}

impl Fingerprint {
    /// The fingerprint of what was sent.
    ///
    /// # Errors
    /// When the body cannot be written as JSON.
    pub fn of(services: &Services, body: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_vec(body).map_err(|e| Error::internal(e.to_string()))?;
        let mut all = services.tokenizer.fingerprints(&text).into_iter();
        let present = all
            .next()
            .ok_or_else(|| Error::internal("there is no token key"))?;
        let plain = hex::encode(Sha256::digest(&text));
        Ok(Self {
            present,
            earlier: all.chain([plain]).collect(),
        })
    }

    fn is(&self, kept: &str) -> bool {
        self.present == kept || self.earlier.iter().any(|earlier| earlier == kept)
    }
}

/// Runs `f` once per principal and request key: a repetition gets the first answer again, and the
/// same key with another body is refused (`REQUEST_KEY_REUSED`).
///
/// The answer is kept in the same transaction as the work, so there is never one without the other.
/// It should hold ids rather than personal data. When `f` fails nothing is kept.
pub async fn once<T>(
    tx: &DatabaseTransaction,
    principal: &Principal,
    request_key: &str,
    body: &Fingerprint,
    f: impl Future<Output = Result<T>>,
) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    if request_key.is_empty() || request_key.len() > MAX_REQUEST_KEY_BYTES {
        return Err(UserError::new(
            "REQUEST_KEY_INVALID",
            "A request key has 1 to 128 bytes.",
            "请求键长度须为1至128字节。",
        )
        .field(&["input", "requestKey"])
        .into());
    }
    let who = owner(principal);
    let taken = execute(
        tx,
        "INSERT INTO request_key (principal, request_key, body_hash, at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (principal, request_key) DO NOTHING",
        vec![
            who.as_str().into(),
            request_key.into(),
            body.present.as_str().into(),
            principal.now().into(),
        ],
    )
    .await?;
    if taken == 0 {
        return repeat(tx, &who, request_key, body).await;
    }
    let answer = f.await?;
    let kept = serde_json::to_string(&answer).map_err(|e| Error::internal(e.to_string()))?;
    execute(
        tx,
        "UPDATE request_key SET answer = $3 WHERE principal = $1 AND request_key = $2",
        vec![who.into(), request_key.into(), kept.into()],
    )
    .await?;
    Ok(answer)
}

async fn repeat<T: DeserializeOwned>(
    tx: &DatabaseTransaction,
    who: &str,
    request_key: &str,
    body: &Fingerprint,
) -> Result<T> {
    let row = tx
        .query_one_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            "SELECT body_hash, answer FROM request_key WHERE principal = $1 AND request_key = $2",
            [who.into(), request_key.into()],
        ))
        .await?
        .ok_or(Error::Busy)?;
    let kept_hash: String = row.try_get("", "body_hash")?;
    if !body.is(&kept_hash) {
        return Err(UserError::new(
            "REQUEST_KEY_REUSED",
            "This request key was used with other data; choose a new one.",
            "该请求键已用于其他内容，请更换。",
        )
        .field(&["input", "requestKey"])
        .into());
    }
    let answer: Option<String> = row.try_get("", "answer")?;
    let answer = answer.ok_or_else(|| Error::internal("a request key without an answer"))?;
    serde_json::from_str(&answer).map_err(|e| Error::internal(e.to_string()))
}

/// Writes who changed what. `before` and `after` are what other officers may later read: ids and
/// states, never names, numbers or addresses of persons.
pub async fn history(
    tx: &DatabaseTransaction,
    entity: &str,
    id: &str,
    actor: &Principal,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<()> {
    let text = |value: Option<Value>| value.map(|value| value.to_string());
    execute(
        tx,
        "INSERT INTO history (entity, entity_id, at, actor_role, actor, purpose, case_id, \
         \"before\", \"after\") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        vec![
            entity.into(),
            id.into(),
            actor.now().into(),
            actor.role.as_str().into(),
            actor.subject.clone().into(),
            actor.purpose.clone().into(),
            actor.case.clone().into(),
            text(before).into(),
            text(after).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Drops answers older than [`REQUEST_KEY_DAYS`]; answers how many.
pub async fn forget_old_requests(
    tx: &DatabaseTransaction,
    now: chrono::DateTime<Utc>,
) -> Result<u64> {
    let before = now - chrono::Duration::days(REQUEST_KEY_DAYS);
    execute(
        tx,
        "DELETE FROM request_key WHERE at < $1",
        vec![before.into()],
    )
    .await
}

/// A fact about the database, for example that it has been filled.
pub async fn meta(db: &impl ConnectionTrait, key: &str) -> Result<Option<String>> {
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT value FROM meta WHERE key = $1",
            [key.into()],
        ))
        .await?;
    Ok(row.map(|row| row.try_get("", "value")).transpose()?)
}

/// Keeps a fact about the database.
pub async fn set_meta(tx: &DatabaseTransaction, key: &str, value: &str) -> Result<()> {
    execute(
        tx,
        "INSERT INTO meta (key, value) VALUES ($1, $2) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        vec![key.into(), value.into()],
    )
    .await?;
    Ok(())
}

/// Runs one statement with values; answers the number of rows it touched. `$1` works on SQLite and
/// PostgreSQL alike.
pub(crate) async fn execute(
    db: &impl ConnectionTrait,
    sql: &str,
    values: Vec<SqlValue>,
) -> Result<u64> {
    let backend: DbBackend = db.get_database_backend();
    let done = db
        .execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    Ok(done.rows_affected())
}

/// Whose request keys these are: the subject, or the role of a caller without one.
fn owner(principal: &Principal) -> String {
    match &principal.subject {
        Some(subject) => format!("{}:{subject}", principal.role.as_str()),
        None => principal.role.as_str().to_owned(),
    }
}
