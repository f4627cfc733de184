//! The text of a request's document: as sent, by its hash, or from the manifest of trusted documents.
//!
//! Two stores, both in memory only. The *manifest* is a file the operator wrote; it is followed, and a
//! damaged one never replaces the one in use. *Registered* documents are what clients sent once together
//! with their hash, bounded in bytes. For the roles that may run trusted documents only, registration does
//! not exist: what counts is whether the text stands in the manifest, however it is asked for.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ahash::{HashMap, HashSet};
use arc_swap::ArcSwap;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::GraphQlRequest;
use crate::config;
use crate::contract;
use crate::error::ErrorCode;
use crate::identity::Role;

/// A SHA-256.
type Hash = [u8; 32];

/// What a registered document costs besides its text, in bytes.
const OVERHEAD: usize = 160;
/// Longer ids are nobody's.
const LONGEST_ID: usize = 256;
/// A manifest of some thousand operations is a few megabytes.
const LARGEST_MANIFEST: u64 = 64 * 1024 * 1024;

/// The text of a document, sent or kept.
#[derive(Debug)]
pub enum Text<'a> {
    /// As the client sent it.
    Sent(&'a str),
    /// As it is kept here.
    Kept(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Sent(text) => text,
            Self::Kept(text) => text,
        }
    }
}

/// Why there is no manifest: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("the manifest of trusted documents {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// It is no manifest.
    #[error(
        "{path} is no manifest of trusted documents: write {{\"operations\": [{{\"id\": …, \"body\": …}}]}} \
         or {{\"id\": \"text\"}}"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

/// Trusted documents by id, and the hashes of their texts.
#[derive(Debug, Default)]
struct Manifest {
    by_id: HashMap<Box<str>, Arc<str>>,
    texts: HashSet<Hash>,
}

/// The documents that are known, and for whom only those run.
#[derive(Debug)]
pub struct Documents {
    file: Option<PathBuf>,
    /// What the file was like before it was read first.
    seen: Option<Stamp>,
    refresh: Duration,
    trusted_only: BTreeSet<Role>,
    manifest: ArcSwap<Manifest>,
    registered: Option<moka::sync::Cache<Hash, Arc<str>, ahash::RandomState>>,
    /// Longer documents are not kept: they would be refused anyway.
    longest: usize,
}

impl Default for Documents {
    /// Every role may send any document, and register it.
    fn default() -> Self {
        let config = config::Documents::default();
        Self::with_manifest(&config, &config::Limits::default(), Manifest::default())
    }
}

impl Documents {
    /// The documents of a configuration, the manifest read.
    ///
    /// # Errors
    /// See [`ManifestError`].
    pub fn open(
        config: &config::Documents,
        limits: &config::Limits,
    ) -> Result<Self, ManifestError> {
        let seen = config.trusted.as_deref().and_then(stamp);
        let manifest = config.trusted.as_deref().map(read).transpose()?;
        let documents = Self::with_manifest(config, limits, manifest.unwrap_or_default());
        Ok(Self { seen, ..documents })
    }

    fn with_manifest(
        config: &config::Documents,
        limits: &config::Limits,
        manifest: Manifest,
    ) -> Self {
        let weight =
            |_: &Hash, text: &Arc<str>| u32::try_from(text.len() + OVERHEAD).unwrap_or(u32::MAX);
        let registered = moka::sync::Cache::builder()
            .max_capacity(config.automatic_memory.0)
            .weigher(weight)
            .build_with_hasher(ahash::RandomState::new());
        Self {
            file: config.trusted.clone(),
            seen: None,
            refresh: config.refresh,
            trusted_only: config
                .trusted_only
                .iter()
                .filter_map(|role| Role::parse(role))
                .collect(),
            manifest: ArcSwap::from_pointee(manifest),
            registered: config.automatic.then_some(registered),
            longest: limits.document.as_usize(),
        }
    }

    /// Follows the manifest for as long as it is polled: a changed file is read again, and one that
    /// cannot be read leaves the last good one in use.
    pub async fn follow(&self) {
        let Some(path) = &self.file else {
            return std::future::pending().await;
        };
        let mut seen = self.seen;
        loop {
            tokio::time::sleep(self.refresh).await;
            let now = stamp(path);
            if now == seen {
                continue;
            }
            seen = now;
            let file = path.clone();
            match tokio::task::spawn_blocking(move || read(&file)).await {
                Ok(Ok(manifest)) => {
                    tracing::info!(
                        documents = manifest.by_id.len(),
                        "read the trusted documents"
                    );
                    self.manifest.store(Arc::new(manifest));
                }
                Ok(Err(error)) => tracing::warn!(%error, "the last good trusted documents stay"),
                Err(_) => tracing::warn!("the trusted documents were not read; the last ones stay"),
            }
        }
    }

    /// The text that a request of this role means.
    ///
    /// # Errors
    /// [`ErrorCode::RequestMalformed`] without any document, [`ErrorCode::PersistedQueryNotFound`] for a
    /// hash that is not known, [`ErrorCode::DocumentHashMismatch`] for one that is not the text's, and
    /// [`ErrorCode::DocumentNotTrusted`] for a text that this role may not run.
    pub fn text<'a>(&self, request: &'a GraphQlRequest, role: Role) -> Result<Text<'a>, ErrorCode> {
        let asked = Asked::of(request)?;
        // A peer is a program with one thing to say, whatever the configuration leaves open to others.
        let peer = role == Role::Peer;
        let trusted_only = peer || self.trusted_only.contains(&role);
        let Some(sent) = request.query.as_deref() else {
            let found = asked.ok_or(ErrorCode::RequestMalformed)?;
            return self
                .known(&found, trusted_only)
                .map(Text::Kept)
                .ok_or(ErrorCode::PersistedQueryNotFound);
        };
        if trusted_only {
            let hash = Sha256::digest(sent.as_bytes()).into();
            let built_in = peer && sent == contract::PEER_DOCUMENT;
            return if built_in || self.manifest.load().texts.contains::<Hash>(&hash) {
                Ok(Text::Sent(sent))
            } else {
                Err(ErrorCode::DocumentNotTrusted)
            };
        }
        if let Some(Asked::Hash(hash)) = asked {
            if Hash::from(Sha256::digest(sent.as_bytes())) != hash {
                return Err(ErrorCode::DocumentHashMismatch);
            }
            if let Some(registered) = self
                .registered
                .as_ref()
                .filter(|_| sent.len() <= self.longest)
            {
                registered.insert(hash, sent.into());
            }
        }
        Ok(Text::Sent(sent))
    }

    /// The texts of the manifest, each once, in no order.
    #[must_use]
    pub fn trusted(&self) -> Vec<Arc<str>> {
        let manifest = self.manifest.load();
        let by_hash = |hash: &Hash| manifest.by_id.get(hex::encode(hash).as_str()).cloned();
        manifest.texts.iter().filter_map(by_hash).collect()
    }

    fn known(&self, asked: &Asked<'_>, trusted_only: bool) -> Option<Arc<str>> {
        let manifest = self.manifest.load();
        match asked {
            Asked::Id(id) => manifest.by_id.get(*id).cloned(),
            Asked::Hash(hash) => {
                let text = manifest.by_id.get(hex::encode(hash).as_str()).cloned();
                let registered = || self.registered.as_ref()?.get(hash);
                text.or_else(|| (!trusted_only).then(registered).flatten())
            }
        }
    }
}

/// How a request names a document without its text.
enum Asked<'a> {
    /// By the SHA-256 of its text.
    Hash(Hash),
    /// By an id of the manifest's own.
    Id(&'a str),
}

impl<'a> Asked<'a> {
    /// Reads `documentId` and `extensions.persistedQuery`, which must agree if both are there.
    fn of(request: &'a GraphQlRequest) -> Result<Option<Self>, ErrorCode> {
        const WRONG: ErrorCode = ErrorCode::RequestMalformed;
        let persisted = request
            .extensions
            .as_ref()
            .and_then(|extensions| extensions.get("persistedQuery"))
            .filter(|persisted| !persisted.is_null());
        let by_extension = match persisted {
            None => None,
            Some(persisted) => {
                let version = persisted.get("version").and_then(Value::as_u64);
                let hash = persisted.get("sha256Hash").and_then(Value::as_str);
                match (version, hash.and_then(hash_of)) {
                    (Some(1), Some(hash)) => Some(hash),
                    _ => return Err(WRONG),
                }
            }
        };
        let by_id = match request.document_id.as_deref() {
            None => None,
            Some(id) if id.is_empty() || id.len() > LONGEST_ID => return Err(WRONG),
            Some(id) => Some(match id.strip_prefix("sha256:") {
                Some(hash) => Self::Hash(hash_of(hash).ok_or(WRONG)?),
                None => hash_of(id).map_or(Self::Id(id), Self::Hash),
            }),
        };
        match (by_extension, by_id) {
            (Some(_), Some(_)) => Err(WRONG),
            (Some(hash), None) => Ok(Some(Self::Hash(hash))),
            (None, by_id) => Ok(by_id),
        }
    }
}

fn hash_of(text: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).ok()?;
    Some(hash)
}

/// What tells whether a file was changed.
type Stamp = (SystemTime, u64);

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Reads a manifest, in the form of Apollo's (`operations` with `id` and `body`) or of Relay's (a map of
/// id and text).
fn read(path: &Path) -> Result<Manifest, ManifestError> {
    let unreadable = |reason: String| ManifestError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if size.len() > LARGEST_MANIFEST {
        return Err(unreadable("it is larger than 64 MiB".to_owned()));
    }
    let text = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let malformed = || ManifestError::Malformed {
        path: path.to_owned(),
    };
    let Ok(Value::Object(whole)) = serde_json::from_slice::<Value>(&text) else {
        return Err(malformed());
    };
    let mut manifest = Manifest::default();
    let mut add = |id: &str, text: &str| {
        let hash: Hash = Sha256::digest(text.as_bytes()).into();
        let text: Arc<str> = text.into();
        manifest.texts.insert(hash);
        manifest.by_id.insert(id.into(), Arc::clone(&text));
        // Whatever its id, a document can be asked for by its hash too.
        manifest.by_id.insert(hex::encode(hash).into(), text);
    };
    match whole.get("operations") {
        Some(Value::Array(operations)) => {
            for operation in operations {
                let part = |name: &str| operation.get(name).and_then(Value::as_str);
                let (Some(id), Some(body)) = (part("id"), part("body")) else {
                    return Err(malformed());
                };
                add(id, body);
            }
        }
        Some(_) => return Err(malformed()),
        None => {
            for (id, text) in &whole {
                add(id, text.as_str().ok_or_else(malformed)?);
            }
        }
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests;
