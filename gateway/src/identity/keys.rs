//! The public keys of one issuer: read from a file, a URL or memory; swapped whole, never emptied.
//!
//! Readers never wait: they load the current set. A key that is not in it causes at most one new
//! reading in [`REFETCH`], which only those who need that key wait for.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use http_body_util::{BodyExt, Empty, Limited};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// The least time between two readings that unknown keys cause.
const REFETCH: Duration = Duration::from_secs(10);
/// How long a reading may take.
const READING: Duration = Duration::from_secs(5);
/// A key set is a few kilobytes; more is a mistake or an attack.
const LARGEST: usize = 256 * 1024;
/// The shortest RSA modulus believed, in base64url characters: 2048 bits.
const RSA_MODULUS: usize = 341;

/// One verification key.
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// Where keys come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Memory,
    File(PathBuf),
    Url(http::Uri),
}

impl Source {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("http:") || text.starts_with("https:") {
            text.parse()
                .map(Self::Url)
                .map_err(|_| "is not a URL".to_owned())
        } else {
            Ok(Self::File(PathBuf::from(text)))
        }
    }
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
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Instant,
    ) -> Option<DecodingKey> {
        if let Some(key) = self.find(id, algorithm) {
            return Some(key);
        }
        let mut reading = self.reading.lock().await;
        // Someone may have read it while we waited.
        if let Some(key) = self.find(id, algorithm) {
            return Some(key);
        }
        if reading
            .caused
            .is_some_and(|last| now.saturating_duration_since(last) < REFETCH)
        {
            return None;
        }
        reading.caused = Some(now);
        if let Err(error) = self.read(&mut reading).await {
            tracing::warn!(%error, source = ?self.source, "cannot read an issuer's keys; the last good ones stay");
        }
        drop(reading);
        self.find(id, algorithm)
    }

    /// Reads the source; the last good set stays when that fails.
    pub(super) async fn refresh(&self) -> Result<(), String> {
        let mut reading = self.reading.lock().await;
        self.read(&mut reading).await
    }

    async fn read(&self, reading: &mut Reading) -> Result<(), String> {
        let text = match &self.source {
            Source::Memory => return Ok(()),
            Source::File(path) => tokio::fs::read(path)
                .await
                .map_err(|error| error.to_string())?,
            Source::Url(url) => tokio::time::timeout(READING, download(url))
                .await
                .map_err(|_| "no answer in time".to_owned())??,
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

async fn download(url: &http::Uri) -> Result<Vec<u8>, String> {
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    // No pool: keys are read rarely, by whichever runtime happens to need them.
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())
        .map_err(|error| error.to_string())?
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Empty<bytes::Bytes>> = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build(connector);
    let answer = client
        .get(url.clone())
        .await
        .map_err(|error| error.to_string())?;
    if answer.status() != http::StatusCode::OK {
        return Err(format!("status {}", answer.status().as_u16()));
    }
    let body = Limited::new(answer.into_body(), LARGEST)
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    Ok(body.to_bytes().to_vec())
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
