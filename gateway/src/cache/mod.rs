//! The cache of what the schema marks public: memory in this process, in front of Redis.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

/// What identifies an entry, compared in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheKey {
    hash: u64,
    text: Bytes,
}

impl CacheKey {
    /// A key of these parts; different lists of parts never give equal keys.
    pub fn new(parts: &[&[u8]]) -> Self {
        static SEED: std::sync::LazyLock<ahash::RandomState> =
            std::sync::LazyLock::new(ahash::RandomState::new);
        let mut text = Vec::with_capacity(parts.iter().map(|p| p.len() + 4).sum());
        for part in parts {
            text.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            text.extend_from_slice(part);
        }
        Self {
            hash: SEED.hash_one(&text),
            text: text.into(),
        }
    }
}

/// The state of the tags when a look-up was made: what is put under it is never served once one of the
/// tags was invalidated after that moment.
#[derive(Clone, Debug, Default)]
pub struct Ticket {}

/// The two-tier cache, one per process.
pub struct Cache {}

impl Cache {
    /// A cache that keeps nothing, for tests and for configuration without cache.
    pub fn disabled() -> Self {
        Self {}
    }

    /// The entry, or the outcome of `fetch`, which runs at most once at a time per key in this process.
    /// `tags` are the names of the types whose change makes the entry stale.
    ///
    /// # Errors
    /// What `fetch` gave; errors are not kept.
    pub async fn get_or_fetch<E>(
        &self,
        _key: CacheKey,
        _ttl: Duration,
        _tags: &[Arc<str>],
        fetch: impl Future<Output = Result<Bytes, E>>,
    ) -> Result<Bytes, E> {
        fetch.await
    }

    /// The entries under these keys, in their order, all of which bear `tags`; and the ticket to put
    /// the missing ones under.
    pub async fn get_many(
        &self,
        keys: &[CacheKey],
        _tags: &[Arc<str>],
    ) -> (Vec<Option<Bytes>>, Ticket) {
        (vec![None; keys.len()], Ticket::default())
    }

    /// Keeps entries that were fetched after `ticket` was given.
    pub async fn put_many(
        &self,
        _ticket: &Ticket,
        _entries: Vec<(CacheKey, Bytes)>,
        _ttl: Duration,
    ) {
    }

    /// Makes every entry that bears one of these type names stale, on every gateway.
    pub async fn invalidate(&self, _types: &[Arc<str>]) {}
}
