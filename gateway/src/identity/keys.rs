//! The public keys of one issuer: read from a file, a URL or memory; swapped whole, never emptied.
//!
//! Readers never wait: they load the current set. A key that is not in it causes at most one new
//! reading in [`REFETCH`], on a task of its own; only those who need that key wait for it, not for
//! longer than [`PATIENCE`], and never more than [`WAITING`] at once: forged tokens with made-up keys must
//! not take the places of requests while a source is slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Semaphore;

use super::source::Source;

/// The least time between two readings that unknown keys cause.
const REFETCH: Duration = Duration::from_secs(10);
/// How long a request waits for a reading that its unknown key caused; then it is told to come again.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many requests wait for one issuer's reading at once; the others are told at once to come again.
const WAITING: usize = 16;
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
    /// The issuer has no such key.
    Nothing,
    /// It could not be found out in time.
    Unreadable,
}

/// The keys of one issuer.
pub(super) struct Keys {
    source: Source,
    set: ArcSwapOption<Vec<Key>>,
    /// Counts changes of the set.
    generation: AtomicU64,
    /// The text the set was read from, to tell whether it changed; and when an unknown key last caused
    /// a reading.
    reading: tokio::sync::Mutex<Reading>,
    /// Places of those who wait for a reading.
    waiting: Semaphore,
}

#[derive(Default)]
struct Reading {
    text: Vec<u8>,
    caused: Option<Instant>,
}

impl Keys {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            set: ArcSwapOption::empty(),
            generation: AtomicU64::new(0),
            reading: tokio::sync::Mutex::default(),
            waiting: Semaphore::new(WAITING),
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

    /// As [`Keys::find`], reading the source again if the key is unknown and the last such reading is
    /// long enough ago.
    pub(super) async fn find_or_read(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Instant,
    ) -> Found {
        let here = |keys: &Self| keys.find(id, algorithm).map(Box::new);
        if let Some(key) = here(self) {
            return Found::Key(key);
        }
        let Ok(_waiting) = self.waiting.try_acquire() else {
            return Found::Unreadable;
        };
        // A task of its own: that a caller gives up must not end it.
        let (keys, generation) = (Arc::clone(self), self.generation());
        let reading = tokio::spawn(async move {
            let mut reading = keys.reading.lock().await;
            let lately = reading
                .caused
                .is_some_and(|last| now.saturating_duration_since(last) < REFETCH);
            // Someone may have read it while we waited.
            if lately || keys.generation() != generation {
                return;
            }
            reading.caused = Some(now);
            if let Err(error) = keys.read(&mut reading).await {
                tracing::warn!(%error, source = ?keys.source, "cannot read an issuer's keys; the last good ones stay");
            }
        });
        let in_time = tokio::time::timeout(PATIENCE, reading).await.is_ok();
        match here(self) {
            Some(key) => Found::Key(key),
            None if in_time && self.is_loaded() => Found::Nothing,
            None => Found::Unreadable,
        }
    }

    /// Reads the source; the last good set stays when that fails.
    pub(super) async fn refresh(&self) -> Result<(), String> {
        let mut reading = self.reading.lock().await;
        self.read(&mut reading).await
    }

    async fn read(&self, reading: &mut Reading) -> Result<(), String> {
        let Some(text) = self.source.read().await? else {
            return Ok(());
        };
        if text == reading.text && self.is_loaded() {
            return Ok(());
        }
        let keys = parse(&text)?;
        tracing::info!(keys = keys.len(), source = ?self.source, "read an issuer's keys");
        self.set.store(Some(Arc::new(keys)));
        self.generation.fetch_add(1, Ordering::AcqRel);
        reading.text = text;
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
