//! The outbox: events in the transaction of the change they tell of, read in order, dropped when they
//! are old.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, QueryResult, Statement};

use super::{Event, FeedEvent, MAX_PULL};
use crate::{
    error::{Error, Result},
    mutation::{execute, meta, set_meta},
};

/// The fact that says up to which place events have been dropped.
const PRUNED: &str = "outbox.pruned";

/// Writes an event into the outbox, in the transaction of the change it tells of.
pub async fn emit(tx: &DatabaseTransaction, event: &Event) -> Result<()> {
    emit_at(tx, event).await.map(|_| ())
}

/// The same; answers the event's place in the feed.
pub(crate) async fn emit_at(tx: &DatabaseTransaction, event: &Event) -> Result<i64> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Postgres {
        execute(
            tx,
            "SELECT pg_advisory_xact_lock(hashtext(current_schema() || ':outbox'))",
            vec![],
        )
        .await?;
    }
    let row = tx
        .query_one_raw(Statement::from_sql_and_values(
            backend,
            "INSERT INTO outbox (kind, key, at, body) VALUES ($1, $2, $3, $4) RETURNING id",
            [
                event.kind.as_str().into(),
                event.key.as_str().into(),
                event.at.into(),
                event.body.to_string().into(),
            ],
        ))
        .await?
        .ok_or_else(|| Error::internal("an event without a place"))?;
    Ok(row.try_get("", "id")?)
}

/// The outbox after a place, in order.
pub async fn read_outbox(
    db: &impl ConnectionTrait,
    after: i64,
    first: i32,
) -> Result<Vec<FeedEvent>> {
    let rows = db
        .query_all_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT id, kind, key, at, body FROM outbox WHERE id > $1 ORDER BY id LIMIT $2",
            [after.into(), i64::from(first.clamp(1, MAX_PULL)).into()],
        ))
        .await?;
    let events: Vec<FeedEvent> = rows.iter().map(feed_event).collect::<Result<_>>()?;
    let follows = events.first().is_some_and(|event| event.seq == after + 1);
    if after > 0 && !follows && rows_begin_late(db, after).await? {
        return Err(Error::internal(
            "a consumer was away for longer than events are kept; it must be filled anew",
        ));
    }
    Ok(events)
}

/// The place of the last event; 0 when there is none.
///
/// # Errors
/// What the database says.
pub async fn last_event(db: &impl ConnectionTrait) -> Result<i64> {
    let last = Statement::from_string(
        db.get_database_backend(),
        "SELECT COALESCE(MAX(id), 0) AS last FROM outbox",
    );
    let row = db.query_one_raw(last).await?;
    let last: Option<i64> = row.map(|row| row.try_get("", "last")).transpose()?;
    Ok(last.unwrap_or(0))
}

/// Whether events behind `after` were dropped. A consumer at zero is new and starts with what is kept.
async fn rows_begin_late(db: &impl ConnectionTrait, after: i64) -> Result<bool> {
    let pruned = meta(db, PRUNED).await?;
    Ok(pruned
        .and_then(|seq| seq.parse::<i64>().ok())
        .is_some_and(|seq| after < seq))
}

fn feed_event(row: &QueryResult) -> Result<FeedEvent> {
    let at: DateTime<Utc> = row.try_get("", "at")?;
    Ok(FeedEvent {
        seq: row.try_get("", "id")?,
        kind: row.try_get("", "kind")?,
        key: row.try_get("", "key")?,
        at: at.to_rfc3339_opts(SecondsFormat::Micros, true),
        body: row.try_get("", "body")?,
    })
}

/// Drops the events in front of the first one that happened at or after an instant; answers how many.
/// A consumer that was away for longer is told so by [`read_outbox`] instead of missing them silently.
///
/// # Errors
/// What the database says.
pub async fn prune(tx: &DatabaseTransaction, before: DateTime<Utc>) -> Result<u64> {
    let row = tx
        .query_one_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            "SELECT MAX(id) AS last FROM outbox WHERE id < \
             COALESCE((SELECT MIN(id) FROM outbox WHERE at >= $1), (SELECT MAX(id) + 1 FROM outbox))",
            [before.into()],
        ))
        .await?;
    let last: Option<i64> = row
        .map(|row| row.try_get("", "last"))
        .transpose()?
        .flatten();
    let Some(last) = last else {
        return Ok(0);
    };
    let dropped = execute(tx, "DELETE FROM outbox WHERE id <= $1", vec![last.into()]).await?;
    set_meta(tx, PRUNED, &last.to_string()).await?;
    Ok(dropped)
}
