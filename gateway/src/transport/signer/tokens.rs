//! What a worker keeps of its own, so that the usual request is signed without a lock and without putting claims into
//! words: principal tokens that still live, and random bytes for the next nonces.

use std::collections::HashMap;
use std::sync::Arc;

use super::Signer;
use super::asking::Asking;
use super::keys::SignerKeys;
use crate::contract;
use crate::identity::Principal;

/// A principal token is used for this long, so that it still lives a while on arrival.
const REUSE_SECONDS: u64 = contract::PRINCIPAL_TOKEN_SECONDS - 10;
/// Tokens one worker knows without looking them up.
pub(super) const MOST_KNOWN: usize = 2_000;
/// Nonces made with one question to the system.
const NONCES: usize = 64;

/// A token that may be used again.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) token: Arc<str>,
    /// When it was made, in seconds since 1970.
    pub(super) issued: u64,
}

impl Kept {
    pub(super) fn is_good(&self, now: u64) -> bool {
        (self.issued..self.issued + REUSE_SECONDS).contains(&now)
    }
}

/// A token's subgraph, its principal's place in memory, and whether it says nobody in particular.
type TokenOf = (Arc<str>, usize, bool);

/// A worker's own memory of tokens, found without putting claims into words. A principal is known by its
/// place in memory, which the entry holds so that no other can take it.
#[derive(Default)]
pub(in crate::transport) struct Tokens {
    /// Of which keys they are.
    of: [u8; 32],
    known: HashMap<TokenOf, (Arc<Principal>, Kept), ahash::RandomState>,
    /// Random bytes from the system for the next nonces.
    random: Vec<u8>,
}

impl Tokens {
    /// A value that was never used before.
    pub(super) fn nonce(&mut self) -> Option<[u8; 16]> {
        if self.random.len() < 16 {
            self.random.resize(NONCES * 16, 0);
            getrandom::fill(&mut self.random).ok().or_else(|| {
                self.random.clear();
                None
            })?;
        }
        let left = self.random.len() - 16;
        let nonce = self.random.get(left..)?.try_into().ok();
        self.random.truncate(left);
        nonce
    }

    /// The token of who asks for this subgraph.
    pub(super) fn get(
        &mut self,
        signer: &Signer,
        keys: &SignerKeys,
        subgraph: &Arc<str>,
        asking: &Asking,
        now: u64,
    ) -> Arc<str> {
        // A token of the key before must not outlive its rotation here.
        if self.of != keys.fingerprint {
            self.known.clear();
            self.of = keys.fingerprint;
        }
        let place = Arc::as_ptr(&asking.principal) as usize;
        let key = (Arc::clone(subgraph), place, asking.public);
        if let Some((_, kept)) = self.known.get(&key)
            && kept.is_good(now)
        {
            return Arc::clone(&kept.token);
        }
        let kept = signer.token(&keys.principal, subgraph, &asking.claims(), now);
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        let token = Arc::clone(&kept.token);
        self.known
            .insert(key, (Arc::clone(&asking.principal), (*kept).clone()));
        token
    }

    /// How many are known.
    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.known.len()
    }
}
