//! Consistency between subsystems: each writes an outbox row in the same transaction as its change
//! and serves its outbox as a feed; consumers pull by cursor.
//!
//! Delivery is at least once and in order, and survives any restart, because the cursor moves in
//! the same transaction as the consumer's work. A wake-up ([`crate::Database::committed`]) only
//! makes it early. Consumers are idempotent.
//!
//! Order on PostgreSQL: row numbers are given out before transactions commit, so a slow transaction
//! could appear behind a cursor that has already passed it. Writers of the outbox therefore take a
//! lock that they hold until they commit.

mod follow;
mod known;
mod live;
mod outbox;
mod readers;
#[cfg(test)]
mod tests;
mod watching;

use std::{sync::Arc, time::Duration};

use async_graphql::{Context, SimpleObject};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::{
    contract::scope,
    divisions,
    error::{Error, Result},
    mutation::execute,
    principal::PrincipalExt,
    subsystem::Services,
};

pub use follow::{follow, ids_of};
pub use known::{
    AliasCause, DeathCorrected, DeathRegistered, DeathRevoked, DivisionChanged, DivisionSide,
    IdentityDoubted, Known, PersonAliased, PersonSplit, PlaceChanged, Relation,
};
pub use live::{Found, Past, Resume, live, resumable};
pub(crate) use outbox::emit_at;
pub use outbox::{emit, last_event, prune, read_outbox};
pub use readers::Readers;
pub use watching::{Topic, Watch, Watchers, watch};

/// The most events one pull gives.
pub const MAX_PULL: i32 = 500;

/// How long a consumer waits before it asks again when nothing wakes it.
pub const POLL: Duration = Duration::from_secs(1);

/// How long a reader in another process is kept waiting for something new: less than its patience, and
/// little enough not to hold up a stop.
pub const HOLD: Duration = Duration::from_millis(900);

/// Something that happened in a subgraph.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened, for example `DeathRegistered`.
    pub kind: String,
    /// The entity it happened to.
    pub key: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The details, versioned by kind. Opaque tokens and sealed identities only.
    pub body: Value,
}

/// An event with its place in the feed.
#[derive(SimpleObject, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[graphql(name = "_Event")]
pub struct FeedEvent {
    /// Its place: strictly increasing.
    pub seq: i64,
    /// What happened.
    pub kind: String,
    /// The entity it happened to.
    pub key: String,
    /// When, as RFC 3339 text.
    pub at: String,
    /// The details, as JSON text.
    pub body: String,
}

impl FeedEvent {
    /// The event inside.
    pub fn event(&self) -> Result<Event> {
        let broken = |_| Error::internal("a feed with a broken event");
        Ok(Event {
            kind: self.kind.clone(),
            key: self.key.clone(),
            at: DateTime::parse_from_rfc3339(&self.at)
                .map_err(|_| Error::internal("a feed with a broken time"))?
                .with_timezone(&Utc),
            body: serde_json::from_str(&self.body).map_err(broken)?,
        })
    }
}

/// The subgraph's feed after a place, for its `_events` field:
///
/// ```ignore
/// #[graphql(name = "_events")]
/// async fn events(&self, ctx: &Context<'_>, after: i64, first: i32)
///     -> kit::Result<Vec<kit::events::FeedEvent>> {
///     kit::events::feed(ctx, after, first).await
/// }
/// ```
///
/// With `first` below zero the answer waits until something is there or [`HOLD`] has passed, so that a
/// reader in another process learns of a commit at once without asking all the time.
///
/// # Errors
/// [`Error::Forbidden`] unless the caller is another subgraph with the scope `events.read`.
pub async fn feed(ctx: &Context<'_>, after: i64, first: i32) -> Result<Vec<FeedEvent>> {
    ctx.need(scope::EVENTS_READ)?;
    let caller = ctx.principal();
    if caller.role != crate::Role::Service {
        return Err(Error::Forbidden);
    }
    let db = &ctx.services().db;
    if let Some(reader) = caller
        .subject
        .as_deref()
        .and_then(|s| s.strip_prefix("subgraph:"))
    {
        // Who asks for what is behind a place has done with all in front of it.
        db.readers().reached(reader, after);
    }
    if first >= 0 {
        return read_outbox(db.read(), after, first).await;
    }
    // Listening starts before looking, so that nothing falls between.
    let committed = db.committed().notified();
    tokio::pin!(committed);
    committed.as_mut().enable();
    let there = read_outbox(db.read(), after, 1).await?;
    if !there.is_empty() {
        return Ok(there);
    }
    let _ = tokio::time::timeout(HOLD, committed).await;
    read_outbox(db.read(), after, 1).await
}

/// What a subgraph does about another one's events.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// The subgraph whose feed it reads.
    fn source(&self) -> &'static str;

    /// The kinds of events it wants; the others are passed over.
    fn kinds(&self) -> &'static [&'static str];

    /// Does what the event asks for, in the transaction that also moves the cursor. The same event may
    /// come again.
    async fn apply(&self, s: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()>;
}

/// Where a feed comes from: the subgraph in the same process, or over HTTP.
#[async_trait]
pub trait FeedSource: Send + Sync {
    /// The events after a place, in order.
    async fn fetch(&self, after: i64, first: i32) -> Result<Vec<FeedEvent>>;

    /// Waits until there may be something new.
    async fn wait(&self) {
        tokio::time::sleep(POLL).await;
    }
}

/// How far a consumer has come.
pub async fn cursor(db: &impl ConnectionTrait, consumer: &dyn Consumer) -> Result<i64> {
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT seq FROM consumer_cursor WHERE consumer = $1",
            [cursor_name(consumer).into()],
        ))
        .await?;
    Ok(row
        .map(|row| row.try_get("", "seq"))
        .transpose()?
        .unwrap_or(0))
}

/// Applies all that the feed has now; answers how many events were applied.
pub async fn drain(
    consumer: &Arc<dyn Consumer>,
    services: &Services,
    feed: &dyn FeedSource,
) -> Result<usize> {
    let mut applied = 0;
    loop {
        let after = cursor(services.db.read(), consumer.as_ref()).await?;
        let events = feed.fetch(after, MAX_PULL).await?;
        if events.is_empty() {
            return Ok(applied);
        }
        applied += match apply_all(consumer, services, after, events.clone()).await {
            Ok(count) => count,
            // One event of the pull fails: apply them one by one, so that the good ones before it
            // are done and the log names the bad one.
            Err(_) => apply_singly(consumer, services, after, events).await?,
        };
    }
}

async fn apply_singly(
    consumer: &Arc<dyn Consumer>,
    services: &Services,
    mut after: i64,
    events: Vec<FeedEvent>,
) -> Result<usize> {
    let mut applied = 0;
    for event in events {
        let seq = event.seq;
        let outcome = apply_all(consumer, services, after, vec![event]).await;
        if let Err(error) = &outcome {
            tracing::error!(
                consumer = services.name,
                source = consumer.source(),
                seq,
                code = error.code(),
                "an event cannot be applied; it will be tried again"
            );
        }
        applied += outcome?;
        after = seq;
    }
    Ok(applied)
}

async fn apply_all(
    consumer: &Arc<dyn Consumer>,
    services: &Services,
    after: i64,
    events: Vec<FeedEvent>,
) -> Result<usize> {
    let changes_divisions = events
        .iter()
        .any(|event| event.kind == DivisionChanged::KIND);
    let work = Arc::new((Arc::clone(consumer), services.clone(), events));
    let applied = services
        .db
        .write(move |tx| {
            let work = Arc::clone(&work);
            Box::pin(async move {
                let (consumer, services, events) = work.as_ref();
                // Another process may have done this pull in the meantime.
                if cursor(tx, consumer.as_ref()).await? != after {
                    return Ok(0);
                }
                let mut applied = 0;
                let mut seq = after;
                for event in events {
                    if consumer.kinds().contains(&event.kind.as_str()) {
                        let told = event.event()?;
                        // First of all the new order is known, for the consumer as for everybody.
                        if let Some(change) = told.read::<DivisionChanged>()? {
                            divisions::learn(tx, &change).await?;
                        }
                        consumer.apply(services, tx, &told).await?;
                        applied += 1;
                    }
                    seq = event.seq;
                }
                execute(
                    tx,
                    "INSERT INTO consumer_cursor (consumer, seq) VALUES ($1, $2) \
                     ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq",
                    vec![cursor_name(consumer.as_ref()).into(), seq.into()],
                )
                .await?;
                Ok(applied)
            })
        })
        .await?;
    if changes_divisions {
        services.db.renew_divisions().await?;
    }
    Ok(applied)
}

/// Runs a consumer until `shutdown` turns true. Failures are tried again, with growing pauses.
pub async fn run(
    consumer: Arc<dyn Consumer>,
    services: Services,
    feed: Arc<dyn FeedSource>,
    mut shutdown: watch::Receiver<bool>,
) {
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);
    let mut pause = POLL;
    while !*shutdown.borrow() {
        let waiting = async {
            match drain(&consumer, &services, feed.as_ref()).await {
                Ok(_) => {
                    feed.wait().await;
                    POLL
                }
                Err(error) => {
                    tracing::warn!(
                        consumer = services.name,
                        source = consumer.source(),
                        code = error.code(),
                        "an event feed cannot be followed at the moment"
                    );
                    tokio::time::sleep(pause).await;
                    (pause * 2).min(LONGEST_PAUSE)
                }
            }
        };
        tokio::select! {
            next = waiting => pause = next,
            changed = shutdown.changed() => if changed.is_err() { return },
        }
    }
}

/// One cursor per consumer: a consumer that is added later starts from the beginning.
fn cursor_name(consumer: &dyn Consumer) -> String {
    format!("{}:{}", consumer.source(), consumer.kinds().join("+"))
}
