//! From the configuration to a running log.

use std::fs;
use std::path::Path;

use chrono::Utc;
use tokio::runtime::Handle;

use super::files::Files;
use super::line::HashKind;
use super::postgres::Postgres;
use super::seal::SealKey;
use super::store::{Store, StoreError};
use super::{Recorder, Settings};
use crate::config::AccessLog;
use crate::telemetry::LogMeter;

/// Why the log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store's own.
    #[error("the access log cannot be opened: {0}")]
    Store(#[from] StoreError),
    /// The key of the seals.
    #[error("access_log.seal_key: {0}")]
    Key(String),
    /// The system gives no thread.
    #[error("the access log cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

impl Recorder {
    /// The log as configured; nothing when none is, and then no personal data is given.
    ///
    /// # Errors
    /// See [`OpenError`]. A database that cannot be reached is none: it may come back.
    pub fn open(
        config: &AccessLog,
        meter: LogMeter,
        runtime: &Handle,
    ) -> Result<Option<Self>, OpenError> {
        let key = match &config.seal_key {
            Some(path) => Some(seal_key(path)?),
            None => None,
        };
        Self::open_with(config, key, meter, runtime)
    }

    /// The same with the key of the seals at hand.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_with(
        config: &AccessLog,
        seal_key: Option<SealKey>,
        meter: LogMeter,
        runtime: &Handle,
    ) -> Result<Option<Self>, OpenError> {
        let (Some(writing), Some(sealing)) = (store(config, runtime)?, store(config, runtime)?)
        else {
            return Ok(None);
        };
        let settings = Settings {
            instance: config.instance.clone(),
            hash: HashKind::parse(&config.hash).unwrap_or(HashKind::Sha256),
            patience: config.patience,
            seal_every: config.seal_every,
            seal_key,
            keep_days: config.days(),
            now: Utc::now,
            meter,
        };
        Ok(Some(Self::start(writing, sealing, settings)?))
    }
}

/// The store that a configuration names.
///
/// # Errors
/// When its folder cannot be made.
pub fn store(config: &AccessLog, runtime: &Handle) -> Result<Option<Box<dyn Store>>, StoreError> {
    Ok(match (&config.folder, &config.database) {
        (Some(folder), _) => Some(Box::new(Files::open(folder)?)),
        (None, Some(url)) => Some(Box::new(Postgres::new(
            url,
            config.patience,
            runtime.clone(),
        ))),
        (None, None) => None,
    })
}

/// Reads the key of the seals.
///
/// # Errors
/// [`OpenError::Key`] when the file holds none.
pub fn seal_key(path: &Path) -> Result<SealKey, OpenError> {
    let text = fs::read_to_string(path)
        .map_err(|error| OpenError::Key(format!("cannot read {}: {error}", path.display())))?;
    SealKey::from_pem(&text).ok_or_else(|| {
        OpenError::Key(format!(
            "{} holds no private key of Ed25519 or SM2 in PKCS#8 PEM",
            path.display()
        ))
    })
}
