//! The public keys of one issuer: read from a file, a URL or memory; swapped whole, never emptied.
//!
//! Nobody waits for a key, whoever signed what: readers load the current set. A key that is not in it causes at
//! most one new reading in [`REFETCH`], on a task of its own, and whoever needs that key is told at once to come
//! again. So tokens with made-up keys, which anybody can send, hold up nothing, however slow a source is; and a
//! key that was published a moment ago is known to the next request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwapOption;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

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
    /// Tells whether a later set still holds it.
    pub(super) print: Print,
}

/// A digest of a key with its name.
pub(super) type Print = [u8; 32];

/// The outcome of looking for a key.
pub(super) enum Found {
    /// This one.
    Key(Box<DecodingKey>, Print),
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
    /// Touched with each change of the set.
    news: watch::Sender<()>,
    /// The text the set was read from, to tell whether it changed. Held while the source is read.
    text: tokio::sync::Mutex<Vec<u8>>,
    /// The reading that an unknown key last caused.
    caused: Mutex<Option<Caused>>,
}

/// A reading that an unknown key caused.
struct Caused {
    /// When the key was asked for.
    at: Instant,
    /// How the latest reading since then ended; nothing while none has ended.
    ended: Option<Ended>,
}

/// How a reading ended.
#[derive(Clone, Copy)]
enum Ended {
    /// The source told its keys, as they were at this time.
    Told(SystemTime),
    /// It did not.
    Failed,
}

/// A look for the key of a token.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    /// The key's name, as the token says it.
    pub(super) id: Option<&'a str>,
    pub(super) algorithm: Algorithm,
    /// When the token says that it was made, which nobody has checked yet, put forward by how far clocks may differ.
    pub(super) made: Option<SystemTime>,
    pub(super) now: Instant,
}

impl Keys {
    pub(super) fn new(source: Source, news: watch::Sender<()>) -> Self {
        Self {
            source,
            set: ArcSwapOption::empty(),
            generation: AtomicU64::new(0),
            news,
            text: tokio::sync::Mutex::default(),
            caused: Mutex::default(),
        }
    }

    /// Keys that are there from the start and never read again.
    pub(super) fn fixed(jwks: &str) -> Result<Self, String> {
        let keys = Self::new(Source::Memory, watch::Sender::new(()));
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
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Found> {
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
        Some(Found::Key(Box::new(found.key.clone()), found.print))
    }

    /// Whether the set still holds a key that was found in it.
    pub(super) fn hold(&self, print: &Print) -> bool {
        let set = self.set.load();
        set.as_ref()
            .is_some_and(|set| set.iter().any(|key| key.print == *print))
    }

    /// As [`Keys::find`]; an unknown key begins a reading of the source if the last such reading is long enough
    /// ago. Until then a token that is younger than that reading is told to come again: its key may have been
    /// published since. Must be asked inside the runtime.
    pub(super) fn find_or_read(self: &Arc<Self>, sought: Sought<'_>) -> Found {
        let Sought {
            id,
            algorithm,
            made,
            now,
        } = sought;
        if let Some(found) = self.find(id, algorithm) {
            return found;
        }
        if matches!(self.source, Source::Memory) {
            return Found::Nothing;
        }
        let mut caused = self.caused.lock().unwrap_or_else(PoisonError::into_inner);
        match &*caused {
            Some(last) if now.saturating_duration_since(last.at) < REFETCH => match last.ended {
                // Looked for once more, for it may have been brought since the first look.
                Some(Ended::Told(read)) if self.is_loaded() => {
                    let is_younger = made.is_some_and(|made| made >= read);
                    let otherwise = match is_younger {
                        true => Found::Unreadable,
                        false => Found::Nothing,
                    };
                    self.find(id, algorithm).unwrap_or(otherwise)
                }
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
        let (began, at) = (Instant::now(), SystemTime::now());
        let read = self.read(&mut known).await;
        let mut caused = self.caused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(caused) = caused.as_mut().filter(|caused| caused.at <= began) {
            caused.ended = Some(match read {
                Ok(()) => Ended::Told(at),
                Err(_) => Ended::Failed,
            });
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
        self.news.send_replace(());
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
    let named = serde_json::to_vec(&(&jwk.common.key_id, &jwk.algorithm)).ok()?;
    Some(Key {
        id: jwk.common.key_id.clone(),
        algorithm,
        key: DecodingKey::from_jwk(jwk).ok()?,
        print: Sha256::digest(&named).into(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stranger_who_has_just_asked_makes_no_refusal_of_a_token_with_the_next_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jwks.json");
        let set = serde_json::json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "kid": "a",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }] });
        std::fs::write(&file, set.to_string()).unwrap();
        let keys = Arc::new(Keys::new(Source::File(file), watch::Sender::new(())));
        // No time passes for the keys: all of this is within ten seconds of the stranger's question.
        let now = Instant::now();
        let look = |id, made| {
            keys.find_or_read(Sought {
                id: Some(id),
                algorithm: Algorithm::EdDSA,
                made,
                now,
            })
        };
        let before = SystemTime::now() - Duration::from_secs(60);
        assert!(matches!(look("stranger", Some(before)), Found::Unreadable));
        keys.refresh().await.unwrap();
        assert!(matches!(look("stranger", Some(before)), Found::Nothing));
        assert!(matches!(look("stranger", None), Found::Nothing));
        // Signed with a key that is published after that reading.
        let since = SystemTime::now() + Duration::from_secs(1);
        assert!(matches!(look("next", Some(since)), Found::Unreadable));
        assert!(matches!(look("a", Some(since)), Found::Key(..)));
    }
}
