//! The development issuer: an Ed25519 key in the data folder and the tokens it signs.
//!
//! It lets a fresh installation be asked in every role before a real issuer is connected. Its key never
//! leaves the folder; a gateway believes it only where the configuration or the standalone role says so.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use serde_json::{Map, Value, json};

use super::Role;
use super::jws::NamedKey;
use crate::{config, contract};

/// The `iss` of its tokens.
pub const ISSUER: &str = "minzheng-dev";

/// The key's file in the data folder.
const KEY_FILE: &str = "dev-issuer.key.pem";

/// Why there is no development issuer.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// The key's file cannot be read or written.
    #[error("cannot use the key file {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The file holds no Ed25519 key.
    #[error(
        "the key file {0} holds no Ed25519 private key in PKCS#8 PEM; move it away to get a new one"
    )]
    Damaged(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// The development issuer.
pub struct DevIssuer {
    key: NamedKey,
}

/// What a minted token says.
#[derive(Clone, Debug)]
pub struct DevClaims {
    /// The opaque id of the caller.
    pub subject: String,
    /// What the caller acts as.
    pub role: Role,
    /// The two-digit code of the province.
    pub province: String,
    /// The caller's person token.
    pub person: Option<String>,
    /// The six-digit code of the division an officer works for.
    pub division: Option<String>,
    /// The registry an officer works at.
    pub registry: Option<String>,
    /// The purposes the caller may state.
    pub purposes: Vec<String>,
    /// The scopes to narrow the role's to; `None` leaves them all.
    pub scope: Option<Vec<String>>,
    /// How long the token lives.
    pub ttl: Duration,
}

impl DevIssuer {
    /// Opens the key in the folder, or makes one readable by its owner only.
    ///
    /// # Errors
    /// See [`DevError`].
    pub fn open(folder: &Path) -> Result<Self, DevError> {
        Ok(Self {
            key: NamedKey::new(key_in(folder, KEY_FILE)?),
        })
    }

    /// The public key as a JSON Web Key Set.
    pub fn jwks(&self) -> String {
        json!({ "keys": [self.key.jwk()] }).to_string()
    }

    /// What the gateway's verifier is told about this issuer: any role, any person, of this province only.
    pub fn config(&self) -> config::Issuer {
        config::Issuer {
            name: "development".to_owned(),
            issuer: ISSUER.to_owned(),
            audience: contract::CLIENT_AUDIENCE.to_owned(),
            jwks: String::new(),
            algorithms: vec!["EdDSA".to_owned()],
            roles: contract::ROLES[1..]
                .iter()
                .map(|role| (*role).to_owned())
                .collect(),
            scopes: Vec::new(),
            provinces: Vec::new(),
            persons: true,
            max_lifetime: Duration::from_secs(366 * 86_400),
            refresh: Duration::from_secs(86_400),
        }
    }

    /// A bearer token of these claims, issued `now`.
    pub fn mint(&self, claims: &DevClaims, now: SystemTime) -> String {
        let now = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let mut map = Map::new();
        let mut set = |name: &str, value: Value| map.insert(name.to_owned(), value);
        set(contract::claim::ISSUER, json!(ISSUER));
        set(contract::claim::AUDIENCE, json!(contract::CLIENT_AUDIENCE));
        set(contract::claim::SUBJECT, json!(claims.subject));
        set(contract::claim::ISSUED_AT, json!(now));
        set(
            contract::claim::EXPIRES,
            json!(now.saturating_add(claims.ttl.as_secs())),
        );
        set(contract::claim::ID, json!(uuid::Uuid::now_v7().to_string()));
        set(contract::claim::ROLE, json!(claims.role.as_str()));
        set(contract::claim::PROVINCE, json!(claims.province));
        for (name, value) in [
            (contract::claim::PERSON, &claims.person),
            (contract::claim::DIVISION, &claims.division),
            (contract::claim::REGISTRY, &claims.registry),
        ] {
            if let Some(value) = value {
                set(name, json!(value));
            }
        }
        if !claims.purposes.is_empty() {
            set(contract::claim::PURPOSES, json!(claims.purposes));
        }
        if let Some(scope) = &claims.scope {
            set(contract::claim::SCOPE, json!(scope.join(" ")));
        }
        self.key.sign(&Value::Object(map).to_string())
    }
}

/// The Ed25519 key of that name in the folder; made, with mode 0600, when there is none.
///
/// # Errors
/// See [`DevError`].
pub fn key_in(folder: &Path, name: &str) -> Result<SigningKey, DevError> {
    let path = folder.join(name);
    let unusable = |error: std::io::Error| DevError::File {
        path: path.clone(),
        reason: error.to_string(),
    };
    match std::fs::read_to_string(&path) {
        Ok(pem) => {
            return SigningKey::from_pkcs8_pem(&pem).map_err(|_| DevError::Damaged(path.clone()));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(error)),
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| DevError::NoRandomness)?;
    let key = SigningKey::from_bytes(&seed);
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|_| DevError::Damaged(path.clone()))?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(unusable)?;
    file.write_all(pem.as_bytes()).map_err(unusable)?;
    file.sync_all().map_err(unusable)?;
    Ok(key)
}
