//! What identifies an entry: compared in full, hashed once.

use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// Random per process, so that nobody outside can make keys collide.
static SEED: LazyLock<ahash::RandomState> = LazyLock::new(ahash::RandomState::new);

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

    /// The short form that every process computes alike, for Redis; nobody finds two keys of one digest.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.text).into()
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
    fn parts_do_not_run_into_one_another() {
        assert_eq!(CacheKey::new(&[b"ab", b"c"]), CacheKey::new(&[b"ab", b"c"]));
        assert_ne!(CacheKey::new(&[b"ab", b"c"]), CacheKey::new(&[b"a", b"bc"]));
        assert_ne!(CacheKey::new(&[b"ab"]), CacheKey::new(&[b"ab", b""]));
    }
}
