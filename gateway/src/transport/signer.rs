//! Says to a subgraph who asks, and proves that the gateway said it: principal tokens and request
//! signatures. One for the process, shared by all workers.

mod asking;
mod keys;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use rustls::ClientConfig;
use serde_json::json;

use self::keys::SignerKeys;
use self::tokens::Kept;
use crate::config;
use crate::contract::signature::{self, Covered, Parameters};
use crate::contract::{self, claim, header};
use crate::identity::jws::NamedKey;

pub(super) use asking::Asking;
pub use keys::{SharedKey, SignerError};
pub(super) use tokens::Tokens;

/// Tokens kept; about a kilobyte each.
const KEPT_TOKENS: u64 = 20_000;

/// Signs requests to subgraphs.
pub struct Signer {
    /// What `https:` subgraphs are called with; the public authorities when absent.
    tls: Option<Arc<ClientConfig>>,
    keys: ArcSwap<SignerKeys>,
    tokens: moka::sync::Cache<(Arc<str>, String), Arc<Kept>>,
}

impl Signer {
    /// A signer with the Ed25519 key of principal tokens and a shared key for each subgraph.
    pub fn new(principal: SigningKey, shared: BTreeMap<String, SharedKey>) -> Self {
        Self::with_keys(SignerKeys::new(principal, shared))
    }

    fn with_keys(keys: SignerKeys) -> Self {
        Self {
            tls: None,
            keys: ArcSwap::from_pointee(keys),
            tokens: moka::sync::Cache::new(KEPT_TOKENS),
        }
    }

    /// The same, calling `https:` subgraphs with this TLS: whom to believe, and what to present.
    #[must_use]
    pub fn with_tls(mut self, tls: Option<Arc<ClientConfig>>) -> Self {
        self.tls = tls;
        self
    }

    pub(super) fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.tls.as_ref()
    }

    /// Reads the keys of the configuration again and signs with them from now on; says whether they
    /// changed. Subgraphs must believe the new ones before they are put here.
    ///
    /// # Errors
    /// See [`SignerError`]; then the keys before stay.
    pub fn reload(&self, config: &config::Signing) -> Result<bool, SignerError> {
        let fresh = SignerKeys::read(config)?;
        if fresh.fingerprint == self.keys.load().fingerprint {
            return Ok(false);
        }
        self.keys.store(Arc::new(fresh));
        self.tokens.invalidate_all();
        Ok(true)
    }

    /// The signer of the configuration, its keys read from their files.
    ///
    /// # Errors
    /// See [`SignerError`].
    pub fn from_config(config: &config::Signing) -> Result<Self, SignerError> {
        Ok(Self::with_keys(SignerKeys::read(config)?))
    }

    /// A signer with fresh keys for these subgraphs, which nobody else knows.
    ///
    /// # Errors
    /// [`SignerError::NoRandomness`].
    pub fn for_this_run<'a>(subgraphs: impl Iterator<Item = &'a str>) -> Result<Self, SignerError> {
        Ok(Self::with_keys(SignerKeys::random(subgraphs)?))
    }

    /// The public half of the principal tokens' key and its name (`kid`).
    pub fn public_key(&self) -> ([u8; 32], String) {
        let keys = self.keys.load();
        (keys.principal.public(), keys.principal.id().to_owned())
    }

    /// A secret that every gateway with the same principal key has, and nobody else, for the names of entries in
    /// Redis. After a change of the key entries have other names, and the old ones end by their time.
    pub fn names_key(&self) -> [u8; 32] {
        self.keys.load().names
    }

    /// Whether requests to this subgraph can be signed.
    pub fn has_key_for(&self, subgraph: &str) -> bool {
        self.keys.load().shared.contains_key(subgraph)
    }

    /// All headers of the contract for one call, signed; `None` when no key is shared with the subgraph
    /// or there is no randomness.
    pub(super) fn headers(
        &self,
        subgraph: &Arc<str>,
        asking: &Asking,
        tokens: &mut Tokens,
        body: &Bytes,
        now: SystemTime,
    ) -> Option<Vec<(&'static str, String)>> {
        let keys = self.keys.load();
        let shared = keys.shared.get(&**subgraph)?;
        let now = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let token = tokens.get(self, &keys, subgraph, asking, now);
        let digest = signature::content_digest(body);
        let nonce = tokens.nonce()?;
        let mut in_text = [0; 22];
        let length = URL_SAFE_NO_PAD.encode_slice(nonce, &mut in_text).ok()?;
        let nonce = std::str::from_utf8(in_text.get(..length)?).ok()?;
        let (input, signature) = signature::sign(
            shared.ready(),
            Covered {
                digest: &digest,
                principal: &token,
                purpose: &asking.purpose,
                case: &asking.case,
            },
            Parameters {
                created: now,
                nonce,
                key_id: shared.id(),
            },
        );
        Some(vec![
            (header::PRINCIPAL, token.as_ref().to_owned()),
            (header::PURPOSE, asking.purpose.clone()),
            (header::CASE, asking.case.clone()),
            (header::CONTENT_DIGEST, digest),
            (header::SIGNATURE_INPUT, input),
            (header::SIGNATURE, signature),
        ])
    }

    /// A principal token of these claims for this subgraph, made now or not long ago.
    fn token(
        &self,
        principal: &NamedKey,
        subgraph: &Arc<str>,
        claims: &str,
        now: u64,
    ) -> Arc<Kept> {
        // By the signing key too: a token of the key before must not outlive its rotation here.
        let named = format!("{} {claims}", principal.id());
        let key = (Arc::clone(subgraph), named);
        if let Some(kept) = self.tokens.get(&key)
            && kept.is_good(now)
        {
            return kept;
        }
        let head = json!({
            claim::ISSUER: contract::PRINCIPAL_ISSUER,
            claim::AUDIENCE: &**subgraph,
            claim::ISSUED_AT: now,
            claim::EXPIRES: now + contract::PRINCIPAL_TOKEN_SECONDS,
        })
        .to_string();
        // Both are JSON objects; the caller's claims continue the head's.
        let whole = format!(
            "{},{}",
            head.trim_end_matches('}'),
            claims.trim_start_matches('{')
        );
        let kept = Arc::new(Kept {
            token: principal.sign(&whole).into(),
            issued: now,
        });
        self.tokens.insert(key, Arc::clone(&kept));
        kept
    }
}
