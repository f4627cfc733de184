//! `[access_log]`: where it is written who saw whose personal data.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::{Secret, units};

/// `[access_log]`: where it is written who saw whose personal data. With neither folder nor database no
/// personal data is given at all.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessLog {
    /// A folder for its files; for one gateway that keeps its disk.
    pub folder: Option<PathBuf>,
    /// PostgreSQL, `postgres://user:password@host/database`; for any number of gateways. Its last parameter is
    /// `schema=NAME` where its schema is not to be `access_log`.
    pub database: Option<Secret>,
    /// The hash of its chains: `sha256` or `sm3`.
    pub hash: String,
    /// The private key of its seals, Ed25519 or SM2: a PKCS#8 PEM file, the same for all gateways of one log
    /// and for all its time. Without it nothing is sealed, and nothing ever dropped.
    pub seal_key: Option<PathBuf>,
    /// This gateway's name in it: small letters, digits and `-`.
    pub instance: String,
    /// The longest an answer waits for its record; then it goes without its personal data.
    #[serde(deserialize_with = "units::duration")]
    pub patience: Duration,
    /// How often what was written is sealed.
    #[serde(deserialize_with = "units::duration")]
    pub seal_every: Duration,
    /// Days that records are kept; the law says 180 at least (网络安全法 23).
    #[serde(deserialize_with = "units::scalar")]
    pub keep_days: u32,
    /// Days that records of what other provinces were shown are kept; the law says three years at least
    /// (网络数据安全管理条例 12).
    #[serde(deserialize_with = "units::scalar")]
    pub keep_sharing_days: u32,
    /// Days that records of full values are kept; ten years at least.
    #[serde(deserialize_with = "units::scalar")]
    pub keep_reveal_days: u32,
}

/// The least that may be configured, in the order general, sharing, reveal.
pub(crate) const LEAST_DAYS: [u32; 3] = [180, 3 * 366, 10 * 366];

impl AccessLog {
    /// The days of the three classes.
    #[must_use]
    pub fn days(&self) -> [u32; 3] {
        [
            self.keep_days,
            self.keep_sharing_days,
            self.keep_reveal_days,
        ]
    }
}

impl Default for AccessLog {
    fn default() -> Self {
        Self {
            folder: None,
            database: None,
            hash: "sha256".to_owned(),
            seal_key: None,
            instance: "gateway".to_owned(),
            // A hundred times what a group takes on an ordinary disk.
            patience: Duration::from_secs(2),
            seal_every: Duration::from_secs(3_600),
            keep_days: LEAST_DAYS[0],
            keep_sharing_days: LEAST_DAYS[1],
            keep_reveal_days: LEAST_DAYS[2],
        }
    }
}
