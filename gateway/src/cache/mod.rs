//! The cache of what the schema marks public: memory in this process, in front of Redis.
//!
//! - Only public answers may be put here; the executor decides that, and the key holds all they depend
//!   on. Keys are compared in full.
//! - Entries bear tags, the names of the types they were made from. A mutation invalidates tags; from
//!   then on no entry that was *fetched before* is served, here at once, on other gateways within a
//!   second. What may have gone stale while Redis was away is never served after it returns.
//! - Of all requests that look for one key at one time, one fetches.
//! - Redis is optional and may go away: requests then go on without it, and without waiting.

mod entry;
mod flights;
mod key;
mod redis;
mod tags;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Handle;

use self::flights::{Flights, Turn};
use self::redis::{RedisTier, Stamps};
use self::tags::{Snapshot, Tags};
use crate::config;
use crate::telemetry::{CacheOutcome, Metrics};

pub use key::{CacheKey, NameKey};

/// What an entry costs besides its key and body, in bytes: an estimate of the maps' own memory.
const OVERHEAD: usize = 256;

/// The state of the tags when a look-up was made: what is put under it is never served once one of the
/// tags was invalidated after that moment.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// `None` when the cache keeps nothing.
    local: Option<Snapshot>,
    /// `None` when Redis was away.
    shared: Option<Stamps>,
}

#[derive(Clone)]
struct Entry {
    body: Bytes,
    made: Snapshot,
    expires: Instant,
}

/// The two-tier cache, one per process.
pub struct Cache {
    /// `None` when nothing is kept.
    tiers: Option<Tiers>,
    /// The mutations that have ended, of all workers.
    mutations: AtomicU64,
}

struct Tiers {
    memory: moka::sync::Cache<CacheKey, Entry, ahash::RandomState>,
    tags: Arc<Tags>,
    flights: Flights,
    redis: Option<Arc<RedisTier>>,
    metrics: Metrics,
    largest: usize,
}

impl Cache {
    /// A cache that keeps nothing, for tests and for configuration without cache.
    pub fn disabled() -> Self {
        Self {
            tiers: None,
            mutations: AtomicU64::new(0),
        }
    }

    /// The cache of the configuration. Redis, if there is one, is reached from `runtime`, which must
    /// outlive the cache; whether it answers is not waited for. Entries stand there under names made with `names`.
    ///
    /// # Errors
    /// A sentence when the Redis URL cannot be read.
    pub fn new(
        config: &config::Cache,
        province: &str,
        names: NameKey,
        metrics: Metrics,
        runtime: Handle,
    ) -> Result<Self, String> {
        if !config.enabled {
            return Ok(Self::disabled());
        }
        let tags = Arc::new(Tags::new());
        let redis = config
            .redis_url
            .as_ref()
            .map(|url| {
                let (tags, metrics) = (Arc::clone(&tags), metrics.clone());
                let place = (province, names);
                RedisTier::start(config, url.reveal(), place, tags, metrics, runtime)
            })
            .transpose()?;
        let memory = moka::sync::Cache::builder()
            .max_capacity(config.memory.0)
            .weigher(|key: &CacheKey, entry: &Entry| {
                u32::try_from(key.len() + entry.body.len() + OVERHEAD).unwrap_or(u32::MAX)
            })
            .build_with_hasher(ahash::RandomState::new());
        Ok(Self {
            mutations: AtomicU64::new(0),
            tiers: Some(Tiers {
                memory,
                tags,
                flights: Flights::new(),
                redis,
                metrics,
                largest: config.largest.as_usize(),
            }),
        })
    }

    /// The entry, or the outcome of `fetch`, which runs at most once at a time per key in this process.
    /// `tags` are the names of the types whose change makes the entry stale.
    ///
    /// # Errors
    /// What `fetch` gave; errors are not kept.
    pub async fn get_or_fetch<E>(
        &self,
        key: CacheKey,
        ttl: Duration,
        tags: &[Arc<str>],
        fetch: impl Future<Output = Result<Bytes, E>>,
    ) -> Result<Bytes, E> {
        let Some(tiers) = &self.tiers else {
            return fetch.await;
        };
        if ttl.is_zero() {
            return fetch.await;
        }
        if let Some(body) = tiers.remembered(&key) {
            tiers.metrics.looked_up(CacheOutcome::Memory, 1);
            return Ok(body);
        }
        let tags = sorted(tags);
        match tiers.flights.join(&key, tiers.tags.snapshot(&tags)) {
            Turn::Wait(flight) => {
                tiers.metrics.looked_up(CacheOutcome::Joined, 1);
                match flights::landed(flight).await {
                    Some(body) => Ok(body),
                    None => fetch.await,
                }
            }
            Turn::Fetch(pilot) => {
                let keys = [key.clone()];
                let (mut found, ticket) = tiers.look(&keys, &tags).await;
                if let Some(body) = found.pop().flatten() {
                    pilot.land(body.clone());
                    return Ok(body);
                }
                let body = fetch.await?;
                tiers.keep(&ticket, vec![(key, body.clone())], ttl);
                pilot.land(body.clone());
                Ok(body)
            }
        }
    }

    /// The entries under these keys, in their order, all of which bear `tags`; and the ticket to put
    /// the missing ones under. Fetch them after this returned, never before.
    pub async fn get_many(
        &self,
        keys: &[CacheKey],
        tags: &[Arc<str>],
    ) -> (Vec<Option<Bytes>>, Ticket) {
        let Some(tiers) = &self.tiers else {
            let ticket = Ticket {
                local: None,
                shared: None,
            };
            return (vec![None; keys.len()], ticket);
        };
        let tags = sorted(tags);
        let mut found: Vec<Option<Bytes>> = keys.iter().map(|key| tiers.remembered(key)).collect();
        let missing: Vec<usize> = (0..keys.len()).filter(|i| found[*i].is_none()).collect();
        let hits = keys.len() - missing.len();
        tiers
            .metrics
            .looked_up(CacheOutcome::Memory, u64::try_from(hits).unwrap_or(0));
        if missing.is_empty() {
            let ticket = Ticket {
                local: Some(tiers.tags.snapshot(&tags)),
                shared: None,
            };
            return (found, ticket);
        }
        let wanted: Vec<CacheKey> = missing.iter().map(|i| keys[*i].clone()).collect();
        let (more, ticket) = tiers.look(&wanted, &tags).await;
        for (place, body) in missing.into_iter().zip(more) {
            found[place] = body;
        }
        (found, ticket)
    }

    /// Keeps entries that were fetched after `ticket` was given.
    pub async fn put_many(&self, ticket: &Ticket, entries: Vec<(CacheKey, Bytes)>, ttl: Duration) {
        if let Some(tiers) = &self.tiers
            && !ttl.is_zero()
        {
            tiers.keep(ticket, entries, ttl);
        }
    }

    /// Names the state of what is public at this moment, as far as this process knows: it is another one after each
    /// mutation that has ended here and each invalidation, here or told by another gateway. What was asked for in one
    /// state is no answer to who asks in a later one.
    pub fn generation(&self) -> u64 {
        let invalidations = self.tiers.as_ref().map_or(0, |tiers| tiers.tags.count());
        self.mutations
            .load(Ordering::Acquire)
            .wrapping_add(invalidations)
    }

    /// A mutation has ended, of which entries of these types may have become stale.
    pub async fn changed(&self, types: &[Arc<str>]) {
        self.mutations.fetch_add(1, Ordering::AcqRel);
        if !types.is_empty() {
            self.invalidate(types).await;
        }
    }

    /// Makes every entry that bears one of these type names stale: here before this returns, on every
    /// other gateway within a second.
    pub async fn invalidate(&self, types: &[Arc<str>]) {
        let Some(tiers) = &self.tiers else { return };
        for tag in types {
            tiers.tags.invalidate(tag);
        }
        tiers
            .metrics
            .invalidated(u64::try_from(types.len()).unwrap_or(0));
        if let Some(redis) = &tiers.redis
            && !types.is_empty()
        {
            redis.invalidate(types).await;
        }
    }

    /// Whether Redis is configured and in use.
    pub fn redis_is_up(&self) -> bool {
        let redis = self.tiers.as_ref().and_then(|tiers| tiers.redis.as_ref());
        redis.is_some_and(|redis| redis.is_up())
    }
}

impl Tiers {
    /// The memory's entry, if it is still good.
    fn remembered(&self, key: &CacheKey) -> Option<Bytes> {
        let entry = self.memory.get(key)?;
        if entry.expires > Instant::now() && entry.made.holds() {
            return Some(entry.body);
        }
        self.memory.invalidate(key);
        None
    }

    /// Looks into Redis for what the memory has not, and takes what it finds into the memory.
    async fn look(&self, keys: &[CacheKey], tags: &[Arc<str>]) -> (Vec<Option<Bytes>>, Ticket) {
        // What comes from Redis was good at some moment after this one.
        let before = self.tags.snapshot(tags);
        let read = match &self.redis {
            Some(redis) => redis.read(keys, tags).await,
            None => None,
        };
        // What is fetched from now on is newer than any invalidation up to this moment.
        let local = Some(self.tags.snapshot(tags));
        let Some((found, stamps)) = read else {
            self.count(0, keys.len());
            let ticket = Ticket {
                local,
                shared: None,
            };
            return (vec![None; keys.len()], ticket);
        };
        let bodies: Vec<Option<Bytes>> = found
            .into_iter()
            .zip(keys)
            .map(|(found, key)| {
                let (body, left) = found?;
                self.remember(key.clone(), body.clone(), &before, left);
                Some(body)
            })
            .collect();
        let hits = bodies.iter().filter(|body| body.is_some()).count();
        self.count(hits, keys.len() - hits);
        let ticket = Ticket {
            local,
            shared: Some(stamps),
        };
        (bodies, ticket)
    }

    fn keep(&self, ticket: &Ticket, mut entries: Vec<(CacheKey, Bytes)>, ttl: Duration) {
        entries.retain(|(_, body)| body.len() <= self.largest);
        let Some(local) = ticket.local.as_ref().filter(|local| local.holds()) else {
            return;
        };
        if let (Some(redis), Some(stamps)) = (&self.redis, &ticket.shared) {
            redis.write(stamps, &entries, ttl);
        }
        for (key, body) in entries {
            self.remember(key, body, local, ttl);
        }
    }

    fn remember(&self, key: CacheKey, body: Bytes, made: &Snapshot, ttl: Duration) {
        let Some(expires) = Instant::now().checked_add(ttl) else {
            return;
        };
        // A slice of a large answer would keep all of it.
        let body = if body.is_unique() {
            body
        } else {
            Bytes::copy_from_slice(&body)
        };
        let made = made.clone();
        self.memory.insert(
            key,
            Entry {
                body,
                made,
                expires,
            },
        );
    }

    fn count(&self, redis: usize, misses: usize) {
        let count = |outcome, n: usize| {
            if n > 0 {
                self.metrics
                    .looked_up(outcome, u64::try_from(n).unwrap_or(0));
            }
        };
        count(CacheOutcome::Redis, redis);
        count(CacheOutcome::Miss, misses);
    }
}

/// Redis keeps stamps in the order of the tags, so the order must not depend on the caller.
fn sorted(tags: &[Arc<str>]) -> Vec<Arc<str>> {
    let mut tags = tags.to_vec();
    tags.sort_unstable();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests;
