//! The public keys of one issuer: read from a file, a URL or memory; swapped whole, never emptied.
//!
//! Nobody waits for a key, whoever signed what: readers load the current set. A key that is not in it causes at
//! most one new reading in [`REFETCH`], on a task of its own, and whoever needs that key is told at once to come
//! again. So tokens with made-up keys, which anybody can send, hold up nothing, however slow a source is; and a
//! key that was published a moment ago is known to the next request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

use super::source::Source;

/// The least time between two readings that unknown keys cause.
const REFETCH: Duration = Duration::from_secs(10);
/// The shortest RSA modulus believed, in base64url characters: 2048 bits.
const RSA_MODULUS: usize = 341;

/// One verification key.
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// The outcome of looking for a key.
pub(super) enum Found {
    /// This one.
    Key(Box<DecodingKey>),
    /// The issuer has no such key, as its source said lately.
    Nothing,
    /// It is being found out, or the source does not say.
    Unreadable,
}

/// The keys of one issuer.
pub(super) struct Keys {
    source: Source,
    set: ArcSwapOption<Vec<Key>>,
    /// Counts changes of the set.
    generation: AtomicU64,
    /// The text the set was read from, to tell whether it changed. Held while the source is read.
    text: tokio::sync::Mutex<Vec<u8>>,
    /// The reading that an unknown key last caused.
    caused: Mutex<Option<Caused>>,
}

/// A reading that an unknown key caused.
struct Caused {
    /// When the key was asked for.
    at: Instant,
    /// Whether the latest reading since then ended well; nothing while none has ended.
    ended: Option<bool>,
}

impl Keys {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            set: ArcSwapOption::empty(),
            generation: AtomicU64::new(0),
            text: tokio::sync::Mutex::default(),
            caused: Mutex::default(),
        }
    }

    /// Keys that are there from the start and never read again.
    pub(super) fn fixed(jwks: &str) -> Result<Self, String> {
        let keys = Self::new(Source::Memory);
        keys.set.store(Some(Arc::new(parse(jwks.as_bytes())?)));
        Ok(keys)
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.set.load().is_some()
    }

    /// The key a token names. A token without `kid` is served when only one key fits its algorithm.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let set = self.set.load();
        let mut fitting = set
            .as_ref()?
            .iter()
            .filter(|key| key.algorithm == algorithm)
            .filter(|key| id.is_none() || key.id.as_deref() == id);
        let found = fitting.next()?;
        if id.is_none() && fitting.next().is_some() {
            return None;
        }
        Some(found.key.clone())
    }

    /// As [`Keys::find`]; an unknown key begins a reading of the source if the last such reading is long enough
    /// ago. Must be asked inside the runtime.
    pub(super) fn find_or_read(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Instant,
    ) -> Found {
        if let Some(key) = self.find(id, algorithm) {
            return Found::Key(Box::new(key));
        }
        if matches!(self.source, Source::Memory) {
            return Found::Nothing;
        }
        let mut caused = self.caused.lock().unwrap_or_else(PoisonError::into_inner);
        match &*caused {
            Some(last) if now.saturating_duration_since(last.at) < REFETCH => match last.ended {
                // Looked for once more, for it may have been brought since the first look.
                Some(true) if self.is_loaded() => match self.find(id, algorithm) {
                    Some(key) => Found::Key(Box::new(key)),
                    None => Found::Nothing,
                },
                _ => Found::Unreadable,
            },
            _ => {
                *caused = Some(Caused {
                    at: now,
                    ended: None,
                });
                let keys = Arc::clone(self);
                tokio::spawn(async move {
                    if let Err(error) = keys.refresh().await {
                        tracing::warn!(%error, source = ?keys.source, "cannot read an issuer's keys; the last good ones stay");
                    }
                });
                Found::Unreadable
            }
        }
    }

    /// Reads the source; the last good set stays when that fails.
    pub(super) async fn refresh(&self) -> Result<(), String> {
        let mut known = self.text.lock().await;
        let began = Instant::now();
        let read = self.read(&mut known).await;
        let mut caused = self.caused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(caused) = caused.as_mut().filter(|caused| caused.at <= began) {
            caused.ended = Some(read.is_ok());
        }
        read
    }

    async fn read(&self, known: &mut Vec<u8>) -> Result<(), String> {
        let Some(text) = self.source.read().await? else {
            return Ok(());
        };
        if text == *known && self.is_loaded() {
            return Ok(());
        }
        let keys = parse(&text)?;
        tracing::info!(keys = keys.len(), source = ?self.source, "read an issuer's keys");
        self.set.store(Some(Arc::new(keys)));
        self.generation.fetch_add(1, Ordering::AcqRel);
        *known = text;
        Ok(())
    }
}

/// The signature keys of a JWKS that we can use. One that we cannot use does not hide the others.
fn parse(text: &[u8]) -> Result<Vec<Key>, String> {
    #[derive(serde::Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set = serde_json::from_slice(text).map_err(|_| "is not a JSON Web Key Set")?;
    let keys: Vec<Key> = set
        .keys
        .into_iter()
        .filter_map(|value| serde_json::from_value::<Jwk>(value).ok())
        .filter_map(|jwk| usable(&jwk))
        .collect();
    if keys.is_empty() {
        return Err("holds no usable signature key".to_owned());
    }
    Ok(keys)
}

fn usable(jwk: &Jwk) -> Option<Key> {
    let signature = match &jwk.common.public_key_use {
        None | Some(PublicKeyUse::Signature) => true,
        Some(_) => false,
    };
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if rsa.n.len() >= RSA_MODULUS => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    let stated = jwk.common.key_algorithm.map(|stated| stated.to_string());
    if !signature || stated.is_some_and(|stated| stated != format!("{algorithm:?}")) {
        return None;
    }
    Some(Key {
        id: jwk.common.key_id.clone(),
        algorithm,
        key: DecodingKey::from_jwk(jwk).ok()?,
    })
}
