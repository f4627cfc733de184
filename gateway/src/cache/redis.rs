//! The second tier: Redis, shared by all gateways of a province, which can go away at any time.
//!
//! - Each tag has a random *stamp* in Redis, and there is one more, the *epoch*, for everything. An entry
//!   carries the stamps that were read before it was fetched, and is served only while they are still
//!   the current ones. Stamps are random, not counted, so that a Redis that lost its data, or a replica
//!   that took over, cannot come back to an old one; one that is missing is made anew, so that an evicted
//!   stamp makes entries stale, never fresh.
//! - A breaker stands in front: the first failure or late answer closes the door, and from then on
//!   requests go around Redis without waiting. Only the watch tries it again. Before the door opens, the
//!   epoch and every tag invalidated meanwhile get new stamps, and the memory tier is emptied, because
//!   either side may have missed the other's invalidations.
//! - The watch reads all stamps several times a second, which bounds how long an invalidation by another
//!   gateway can go unseen; publish/subscribe only wakes it early.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{ClientTlsConfig, TlsCertificates};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};

use super::entry::{Found, Stamp, decode, encode};
use super::key::{CacheKey, NameKey};
use super::tags::Tags;
use crate::telemetry::Metrics;
use crate::{config, tls};

/// How long one attempt to come back may take.
const RETURN: Duration = Duration::from_secs(1);
/// Writes under way; more are dropped, because an entry that is not kept is only slower.
const WRITES: usize = 256;

/// The stamps under which an entry may be written.
#[derive(Clone, Debug)]
pub(super) struct Stamps(Arc<[Stamp]>);

pub(super) struct RedisTier {
    connection: ConnectionManager,
    client: redis::Client,
    runtime: Handle,
    prefix: String,
    names: NameKey,
    timeout: Duration,
    poll: Duration,
    up: AtomicBool,
    /// Locked only for a moment; holds what must change together with `up`.
    absence: Mutex<Absence>,
    /// The stamps last seen, to tell when another gateway changed one.
    seen: Mutex<HashMap<String, Stamp>>,
    wake: Notify,
    writes: Arc<Semaphore>,
    tags: Arc<Tags>,
    metrics: Metrics,
}

#[derive(Default)]
struct Absence {
    /// Whether Redis was in use before: a first connection has missed nothing.
    was_up: bool,
    /// Tags that could not be invalidated.
    pending: BTreeSet<Arc<str>>,
}

/// Redis did not answer, or not in time.
#[derive(Debug)]
struct Away;

/// A client of the address; nothing is connected yet.
fn client(url: &str, tls: &config::OutgoingTls) -> Result<redis::Client, String> {
    let pem = tls::pem(tls).map_err(|error| format!("cache.redis_tls: {error}"))?;
    let client = match pem {
        None => redis::Client::open(url),
        Some(pem) => redis::Client::build_with_tls(
            url,
            TlsCertificates {
                client_tls: pem.own.map(|(client_cert, client_key)| ClientTlsConfig {
                    client_cert,
                    client_key,
                }),
                root_cert: Some(pem.ca),
            },
        ),
    };
    // The client's own message may repeat the URL, and with it the password.
    client.map_err(|_| {
        "cache.redis_url cannot be read: write redis://[:password@]host:port/db, and rediss: where \
         cache.redis_tls is given"
            .to_owned()
    })
}

impl RedisTier {
    /// A tier that is away until the watch, which runs on `runtime`, has reached Redis.
    pub(super) fn start(
        config: &config::Cache,
        url: &str,
        (province, names): (&str, NameKey),
        tags: Arc<Tags>,
        metrics: Metrics,
        runtime: Handle,
    ) -> Result<Arc<Self>, String> {
        let client = client(url, &config.redis_tls)?;
        let connection = {
            let _inside = runtime.enter();
            client
                .get_connection_manager_lazy(
                    ConnectionManagerConfig::new()
                        .set_number_of_retries(1)
                        .set_connection_timeout(Some(RETURN))
                        .set_response_timeout(Some(RETURN)),
                )
                .map_err(|error| format!("cannot start the Redis client: {}", error.category()))?
        };
        let tier = Arc::new(Self {
            connection,
            client,
            prefix: format!("mz:{province}:"),
            names,
            timeout: config.redis_timeout,
            poll: config.redis_poll,
            up: AtomicBool::new(false),
            absence: Mutex::default(),
            seen: Mutex::default(),
            wake: Notify::new(),
            writes: Arc::new(Semaphore::new(WRITES)),
            tags,
            metrics,
            runtime: runtime.clone(),
        });
        runtime.spawn(watch(Arc::downgrade(&tier)));
        runtime.spawn(listen(Arc::downgrade(&tier)));
        Ok(tier)
    }

    pub(super) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// The entries under these keys that are still good, and the stamps to write others under. `None`
    /// when Redis is away. `tags` must be sorted, so that stamps stand in the same order everywhere.
    pub(super) async fn read(
        self: &Arc<Self>,
        keys: &[CacheKey],
        tags: &[Arc<str>],
    ) -> Option<(Vec<Option<Found>>, Stamps)> {
        if !self.is_up() {
            return None;
        }
        let mut names = self.stamp_names(tags);
        let stamps = names.len();
        names.extend(keys.iter().map(|key| self.entry_name(key)));
        let this = Arc::clone(self);
        let read = self
            .on_runtime(self.timeout, async move {
                let mut values = this.mget(&names).await?;
                if values[..stamps].iter().any(Option::is_none) {
                    this.make_stamps(&names[..stamps]).await?;
                    let made = this.mget(&names[..stamps]).await?;
                    values.splice(..stamps, made);
                }
                let current: Vec<Stamp> = values[..stamps]
                    .iter()
                    .map(|value| value.as_deref().and_then(|v| v.try_into().ok()))
                    .collect::<Option<_>>()
                    .ok_or(Away)?;
                this.note(&names[..stamps], &current);
                Ok((values.split_off(stamps), current))
            })
            .await;
        let Ok((values, current)) = read else {
            self.lost();
            return None;
        };
        let found = values
            .into_iter()
            .zip(keys)
            .map(|(value, key)| decode(value?.into(), &key.name(&self.names), &current))
            .collect();
        Some((found, Stamps(current.into())))
    }

    /// Writes entries in the background.
    pub(super) fn write(
        self: &Arc<Self>,
        stamps: &Stamps,
        entries: &[(CacheKey, Bytes)],
        ttl: Duration,
    ) {
        let Ok(permit) = Arc::clone(&self.writes).try_acquire_owned() else {
            return;
        };
        if !self.is_up() || entries.is_empty() {
            return;
        }
        let mut pipe = redis::pipe();
        for (key, body) in entries {
            pipe.cmd("SET")
                .arg(self.entry_name(key))
                .arg(encode(&key.name(&self.names), &stamps.0, body, ttl))
                .arg("PX")
                .arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1))
                .ignore();
        }
        let this = Arc::clone(self);
        self.runtime.spawn(async move {
            let _permit = permit;
            let mut connection = this.connection.clone();
            let written =
                tokio::time::timeout(this.timeout, pipe.query_async::<()>(&mut connection)).await;
            if !matches!(written, Ok(Ok(()))) {
                this.lost();
            }
        });
    }

    /// Makes all entries that bear one of these tags stale, now or, when Redis is away, before it is
    /// used again.
    pub(super) async fn invalidate(self: &Arc<Self>, tags: &[Arc<str>]) {
        {
            let mut absence = self.absence();
            if !self.is_up() {
                absence.pending.extend(tags.iter().cloned());
                return;
            }
        }
        let this = Arc::clone(self);
        let owned: Vec<Arc<str>> = tags.to_vec();
        let done = self
            .on_runtime(self.timeout, async move {
                let names: Vec<String> = owned.iter().map(|tag| this.tag_name(tag)).collect();
                this.renew(&names).await
            })
            .await;
        if done.is_err() {
            self.absence().pending.extend(tags.iter().cloned());
            self.lost();
        }
    }

    /// Gives new stamps to these names and wakes the other gateways.
    async fn renew(&self, names: &[String]) -> Result<(), Away> {
        let mut pipe = redis::pipe();
        let mut made = Vec::with_capacity(names.len());
        for name in names {
            let stamp = random()?;
            pipe.cmd("SET").arg(name).arg(&stamp[..]).ignore();
            made.push(stamp);
        }
        pipe.cmd("PUBLISH").arg(self.channel()).arg("").ignore();
        pipe.query_async::<()>(&mut self.connection.clone())
            .await
            .map_err(|_| Away)?;
        // Our own changes are no news to us.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, stamp) in names.iter().zip(made) {
            seen.insert(name.clone(), stamp);
        }
        Ok(())
    }

    /// Makes the stamps that are missing; whoever comes first wins.
    async fn make_stamps(&self, names: &[String]) -> Result<(), Away> {
        let mut pipe = redis::pipe();
        for name in names {
            let stamp = random()?;
            pipe.cmd("SET").arg(name).arg(&stamp[..]).arg("NX").ignore();
        }
        pipe.query_async::<()>(&mut self.connection.clone())
            .await
            .map_err(|_| Away)
    }

    async fn mget(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, Away> {
        let values = redis::cmd("MGET")
            .arg(names)
            .query_async(&mut self.connection.clone())
            .await
            .map_err(|_| Away)?;
        one_each(values, names.len())
    }

    /// Compares stamps with those last seen; those that another gateway changed are invalidated here.
    fn note(&self, names: &[String], current: &[Stamp]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, stamp) in names.iter().zip(current) {
            let before = seen.insert(name.clone(), *stamp);
            if before.is_none_or(|before| before == *stamp) {
                continue;
            }
            match name.strip_prefix(&self.tag_name("")) {
                Some(tag) => self.tags.invalidate(&Arc::from(tag)),
                None => self.tags.invalidate_everything(),
            }
            self.metrics.invalidated(1);
        }
    }

    /// One look at all stamps.
    async fn look(&self) -> Result<(), Away> {
        let names = self.stamp_names(&self.tags.known());
        let values = self.mget(&names).await?;
        let present: (Vec<String>, Vec<Stamp>) = names
            .into_iter()
            .zip(values)
            .filter_map(|(name, value)| {
                let stamp = Stamp::try_from(value?.as_slice()).ok()?;
                Some((name, stamp))
            })
            .unzip();
        self.note(&present.0, &present.1);
        Ok(())
    }

    /// Comes back after an absence, making stale whatever either side may have missed.
    async fn come_back(&self) -> Result<(), Away> {
        loop {
            let (was_up, pending) = {
                let absence = self.absence();
                (absence.was_up, absence.pending.clone())
            };
            let mut names: Vec<String> = pending.iter().map(|tag| self.tag_name(tag)).collect();
            if was_up {
                names.push(self.epoch_name());
            }
            if names.is_empty() {
                self.make_stamps(&[self.epoch_name()]).await?;
            } else {
                self.renew(&names).await?;
            }
            self.look().await?;
            let mut absence = self.absence();
            absence.pending.retain(|tag| !pending.contains(tag));
            if absence.pending.is_empty() {
                self.tags.invalidate_everything();
                absence.was_up = true;
                self.up.store(true, Ordering::Release);
                self.metrics.redis(true);
                tracing::info!("Redis is in use");
                return Ok(());
            }
        }
    }

    fn lost(&self) {
        let _absence = self.absence();
        if self.up.swap(false, Ordering::AcqRel) {
            self.metrics.redis(false);
            tracing::warn!("Redis is away; requests go on without it");
        }
    }

    /// Runs on the shared runtime, where the connection lives, whichever worker asks.
    async fn on_runtime<T: Send + 'static>(
        &self,
        within: Duration,
        work: impl Future<Output = Result<T, Away>> + Send + 'static,
    ) -> Result<T, Away> {
        let timed = async move { tokio::time::timeout(within, work).await };
        match self.runtime.spawn(timed).await {
            Ok(Ok(outcome)) => outcome,
            _ => Err(Away),
        }
    }

    fn absence(&self) -> std::sync::MutexGuard<'_, Absence> {
        self.absence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn epoch_name(&self) -> String {
        format!("{}epoch", self.prefix)
    }

    fn tag_name(&self, tag: &str) -> String {
        format!("{}tag:{tag}", self.prefix)
    }

    fn entry_name(&self, key: &CacheKey) -> String {
        format!(
            "{}entry:{}",
            self.prefix,
            hex::encode(key.name(&self.names))
        )
    }

    fn channel(&self) -> String {
        format!("{}invalidated", self.prefix)
    }

    fn stamp_names(&self, tags: &[Arc<str>]) -> Vec<String> {
        std::iter::once(self.epoch_name())
            .chain(tags.iter().map(|tag| self.tag_name(tag)))
            .collect()
    }
}

/// Looks at the stamps again and again, and brings Redis back, as long as the tier lives.
async fn watch(tier: std::sync::Weak<RedisTier>) {
    while let Some(this) = tier.upgrade() {
        if this.is_up() {
            let look = tokio::time::timeout(this.timeout.max(this.poll), this.look());
            if !matches!(look.await, Ok(Ok(()))) {
                this.lost();
            }
        } else {
            // A failure here is the usual case while Redis is away.
            let _ = tokio::time::timeout(RETURN, this.come_back()).await;
        }
        let pause = this.poll;
        let _ = tokio::time::timeout(pause, this.wake.notified()).await;
    }
}

/// Wakes the watch when another gateway invalidated something.
async fn listen(tier: std::sync::Weak<RedisTier>) {
    while let Some(this) = tier.upgrade() {
        let (client, channel) = (this.client.clone(), this.channel());
        drop(this);
        if let Ok(mut subscription) = client.get_async_pubsub().await
            && subscription.subscribe(channel).await.is_ok()
        {
            let mut messages = subscription.on_message();
            while messages.next().await.is_some() {
                match tier.upgrade() {
                    Some(this) => this.wake.notify_one(),
                    None => return,
                }
            }
        }
        tokio::time::sleep(RETURN).await;
    }
}

/// A value for each name that was asked for: what answers with more or fewer is not the Redis that was meant.
fn one_each<T>(values: Vec<T>, asked: usize) -> Result<Vec<T>, Away> {
    match values.len() == asked {
        true => Ok(values),
        false => Err(Away),
    }
}

fn random() -> Result<Stamp, Away> {
    let mut stamp = Stamp::default();
    getrandom::fill(&mut stamp).map_err(|_| Away)?;
    Ok(stamp)
}

#[cfg(test)]
impl RedisTier {
    pub(super) fn writes_done(&self) -> bool {
        self.writes.available_permits() == WRITES
    }

    pub(super) fn lose_for_test(&self) {
        self.lost();
    }
}

#[cfg(test)]
mod tests {
    use super::one_each;

    #[test]
    fn an_answer_of_another_length_is_no_answer() {
        assert_eq!(one_each(vec![1, 2], 2).ok(), Some(vec![1, 2]));
        assert!(one_each(vec![1], 2).is_err());
        assert!(one_each(vec![1, 2, 3], 2).is_err());
    }
}
