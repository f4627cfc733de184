//! What identifies an entry: compared in full, hashed once.

use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Random per process, so that nobody outside can make keys collide.
static SEED: LazyLock<ahash::RandomState> = LazyLock::new(ahash::RandomState::new);

/// A key that all gateways of an installation share and Redis does not know: names of entries are made with it. What
/// an entry's key holds besides what a client wrote is known to everybody, so whoever reads Redis could try all numbers
/// there are against a plain hash.
#[derive(Clone)]
pub struct NameKey(Hmac<Sha256>);

impl NameKey {
    /// Of a secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block[..secret.len()].copy_from_slice(secret);
        Self(Hmac::new(&block))
    }
}

/// The name of an entry in Redis.
pub(super) type Name = [u8; 32];

/// The key of an entry: province, subgraph, schema generation, selection, arguments or representation,
/// and whatever else the answer depends on. Equal only if every byte is.
#[derive(Clone, Debug)]
pub struct CacheKey {
    hash: u64,
    text: Bytes,
}

impl CacheKey {
    /// A key of these parts; different lists of parts never give equal keys.
    pub fn new(parts: &[&[u8]]) -> Self {
        let mut text = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
        for part in parts {
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part);
        }
        Self {
            hash: SEED.hash_one(&text),
            text: text.into(),
        }
    }

    /// Its length in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The process's own short form, for choosing a shard.
    pub(super) fn shard(&self, shards: usize) -> usize {
        // The high bits: the map inside the shard uses the low ones.
        usize::try_from(self.hash >> 48).unwrap_or(0) % shards
    }

    /// The short form that every process of the installation computes alike, for Redis; nobody finds two keys of one
    /// name.
    pub(super) fn name(&self, key: &NameKey) -> Name {
        key.0
            .clone()
            .chain_update(&self.text)
            .finalize()
            .into_bytes()
            .into()
    }
}

impl PartialEq for CacheKey {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.text == other.text
    }
}

impl Eq for CacheKey {}

impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_nothing_to_who_has_not_the_key() {
        use sha2::Digest as _;
        let key = CacheKey::new(&[
            b"51",
            b"{certificateOrigin(number: \"J510118-2026-000001\")}",
        ]);
        let (ours, theirs) = (NameKey::new(&[1; 32]), NameKey::new(&[2; 32]));
        assert_eq!(key.name(&ours), key.clone().name(&NameKey::new(&[1; 32])));
        assert_ne!(key.name(&ours), key.name(&theirs));
        assert_ne!(key.name(&ours)[..], Sha256::digest(&key.text)[..]);
    }

    #[test]
    fn parts_do_not_run_into_one_another() {
        assert_eq!(CacheKey::new(&[b"ab", b"c"]), CacheKey::new(&[b"ab", b"c"]));
        assert_ne!(CacheKey::new(&[b"ab", b"c"]), CacheKey::new(&[b"a", b"bc"]));
        assert_ne!(CacheKey::new(&[b"ab"]), CacheKey::new(&[b"ab", b""]));
    }
}
