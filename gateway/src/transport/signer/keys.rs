//! The keys that requests to subgraphs are signed with: that of principal tokens, and one shared with each subgraph.
//! They are read from files, replaced as a whole while requests go on, and never printed.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::config;
use crate::contract::signature::Key;
use crate::identity::jws::NamedKey;

/// What the key of names in Redis is made for.
const NAMES: &[u8; 26] = b"minzheng names in redis, 1";
/// The shortest shared key, in bytes: as long as the hash.
const SHORTEST_KEY: usize = 32;

/// Why requests cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// A key file cannot be read.
    #[error("cannot read the key file {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// A file or value holds no key of the kind that is needed.
    #[error("{0}")]
    NoKey(String),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// A key shared with one subgraph.
pub struct SharedKey {
    id: String,
    key: Vec<u8>,
    ready: Key,
}

impl SharedKey {
    /// A key of at least 32 bytes and its name.
    ///
    /// # Errors
    /// [`SignerError::NoKey`] when the key is too short or its name is not plain.
    pub fn new(id: impl Into<String>, key: Vec<u8>) -> Result<Self, SignerError> {
        let id = id.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || !id.chars().all(plain) {
            return Err(SignerError::NoKey(
                "the id of a shared key is letters, digits, '-', '_' and '.'".to_owned(),
            ));
        }
        if key.len() < SHORTEST_KEY {
            return Err(SignerError::NoKey(format!(
                "the shared key {id} is shorter than {SHORTEST_KEY} bytes"
            )));
        }
        let ready = Key::new(&key);
        Ok(Self { id, key, ready })
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// [`SignerError::NoRandomness`].
    pub fn random(id: impl Into<String>) -> Result<Self, SignerError> {
        let mut key = vec![0; SHORTEST_KEY];
        getrandom::fill(&mut key).map_err(|_| SignerError::NoRandomness)?;
        Self::new(id, key)
    }

    /// The key's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key, made ready for signing.
    pub(super) fn ready(&self) -> &Key {
        &self.ready
    }

    /// The key itself, for the in-process subgraph that shares it.
    pub fn reveal(&self) -> &[u8] {
        &self.key
    }
}

/// The keys of one time.
pub(super) struct SignerKeys {
    pub(super) principal: NamedKey,
    pub(super) shared: BTreeMap<String, SharedKey>,
    /// What the keys are, to tell whether they changed.
    pub(super) fingerprint: [u8; 32],
    /// Made of the principal key, for the names of entries in Redis.
    pub(super) names: [u8; 32],
}

impl SignerKeys {
    pub(super) fn new(principal: SigningKey, shared: BTreeMap<String, SharedKey>) -> Self {
        let mut digest = Sha256::new();
        digest.update(principal.as_bytes());
        for (name, key) in &shared {
            digest.update(format!("/{name}/{}/", key.id));
            digest.update(&key.key);
        }
        // HKDF-Extract (RFC 5869), the label in the salt's place: whoever has it has not the key it was made of.
        let mut label = hmac::digest::Key::<Hmac<Sha256>>::default();
        label[..NAMES.len()].copy_from_slice(NAMES);
        let names = Hmac::<Sha256>::new(&label).chain_update(principal.as_bytes());
        Self {
            principal: NamedKey::new(principal),
            shared,
            fingerprint: digest.finalize().into(),
            names: names.finalize().into_bytes().into(),
        }
    }

    /// The keys of the configuration, read from their files.
    pub(super) fn read(config: &config::Signing) -> Result<Self, SignerError> {
        let path = config.principal_key.as_deref().ok_or_else(|| {
            SignerError::NoKey(
                "signing.principal_key is not set: name an Ed25519 key in PKCS#8 PEM".to_owned(),
            )
        })?;
        let principal = SigningKey::from_pkcs8_pem(&read(path)?).map_err(|_| {
            SignerError::NoKey(format!(
                "{} holds no Ed25519 private key in PKCS#8 PEM",
                path.display()
            ))
        })?;
        let mut shared = BTreeMap::new();
        for (name, key) in &config.subgraphs {
            let text = match (&key.key, &key.key_file) {
                (Some(secret), _) => secret.reveal().to_owned(),
                (None, Some(path)) => read(path)?,
                (None, None) => String::new(),
            };
            let bytes = STANDARD.decode(text.trim()).map_err(|_| {
                SignerError::NoKey(format!("the shared key of subgraph {name} is not base64"))
            })?;
            shared.insert(name.clone(), SharedKey::new(key.id.clone(), bytes)?);
        }
        Ok(Self::new(principal, shared))
    }

    /// Fresh keys for these subgraphs.
    pub(super) fn random<'a>(
        subgraphs: impl Iterator<Item = &'a str>,
    ) -> Result<Self, SignerError> {
        let mut principal = [0; 32];
        getrandom::fill(&mut principal).map_err(|_| SignerError::NoRandomness)?;
        let shared = subgraphs
            .map(|name| Ok((name.to_owned(), SharedKey::random("run")?)))
            .collect::<Result<_, SignerError>>()?;
        Ok(Self::new(SigningKey::from_bytes(&principal), shared))
    }
}

fn read(path: &Path) -> Result<String, SignerError> {
    std::fs::read_to_string(path).map_err(|error| SignerError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}
