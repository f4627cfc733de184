//! Says to a subgraph who asks, and proves that the gateway said it: principal tokens and request
//! signatures. One for the process, shared by all workers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use serde_json::{Map, Value, json};

use super::signature::{self, Covered, Parameters};
use crate::config;
use crate::contract::{self, claim, header};
use crate::identity::jws::NamedKey;
use crate::identity::{Caller, Principal};

/// A principal token is used for this long, so that it still lives a while on arrival.
const REUSE_SECONDS: u64 = contract::PRINCIPAL_TOKEN_SECONDS - 10;
/// Tokens kept; about a kilobyte each.
const KEPT_TOKENS: u64 = 20_000;
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
        Ok(Self { id, key })
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

    /// The key itself, for the in-process subgraph that shares it.
    pub fn reveal(&self) -> &[u8] {
        &self.key
    }
}

struct Kept {
    token: Arc<str>,
    issued: u64,
}

/// Signs requests to subgraphs.
pub struct Signer {
    principal: NamedKey,
    shared: BTreeMap<String, SharedKey>,
    tokens: moka::sync::Cache<(Arc<str>, String), Arc<Kept>>,
}

impl Signer {
    /// A signer with the Ed25519 key of principal tokens and a shared key for each subgraph.
    pub fn new(principal: SigningKey, shared: BTreeMap<String, SharedKey>) -> Self {
        Self {
            principal: NamedKey::new(principal),
            shared,
            tokens: moka::sync::Cache::new(KEPT_TOKENS),
        }
    }

    /// The signer of the configuration, its keys read from their files.
    ///
    /// # Errors
    /// See [`SignerError`].
    pub fn from_config(config: &config::Signing) -> Result<Self, SignerError> {
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

    /// A signer with fresh keys for these subgraphs, which nobody else knows.
    ///
    /// # Errors
    /// [`SignerError::NoRandomness`].
    pub fn for_this_run<'a>(subgraphs: impl Iterator<Item = &'a str>) -> Result<Self, SignerError> {
        let mut principal = [0; 32];
        getrandom::fill(&mut principal).map_err(|_| SignerError::NoRandomness)?;
        let shared = subgraphs
            .map(|name| Ok((name.to_owned(), SharedKey::random("run")?)))
            .collect::<Result<_, SignerError>>()?;
        Ok(Self::new(SigningKey::from_bytes(&principal), shared))
    }

    /// The public half of the principal tokens' key and its name (`kid`).
    pub fn public_key(&self) -> ([u8; 32], &str) {
        (self.principal.public(), self.principal.id())
    }

    /// Whether requests to this subgraph can be signed.
    pub fn has_key_for(&self, subgraph: &str) -> bool {
        self.shared.contains_key(subgraph)
    }

    /// All headers of the contract for one call, signed; `None` when no key is shared with the subgraph
    /// or there is no randomness.
    pub(super) fn headers(
        &self,
        subgraph: &Arc<str>,
        asking: &Asking,
        body: &Bytes,
        now: SystemTime,
    ) -> Option<Vec<(&'static str, String)>> {
        let shared = self.shared.get(&**subgraph)?;
        let now = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let token = self.token(subgraph, &asking.claims, now);
        let digest = signature::content_digest(body);
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).ok()?;
        let (input, signature) = signature::sign(
            &shared.key,
            Covered {
                digest: &digest,
                principal: &token,
                purpose: &asking.purpose,
                case: &asking.case,
            },
            Parameters {
                created: now,
                nonce: &URL_SAFE_NO_PAD.encode(nonce),
                key_id: &shared.id,
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
    fn token(&self, subgraph: &Arc<str>, claims: &str, now: u64) -> Arc<str> {
        let key = (Arc::clone(subgraph), claims.to_owned());
        if let Some(kept) = self.tokens.get(&key)
            && (kept.issued..kept.issued + REUSE_SECONDS).contains(&now)
        {
            return Arc::clone(&kept.token);
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
        let token: Arc<str> = self.principal.sign(&whole).into();
        self.tokens.insert(
            key,
            Arc::new(Kept {
                token: Arc::clone(&token),
                issued: now,
            }),
        );
        token
    }
}

/// What a call says about who asks, without the parts that depend on subgraph and time.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    /// The caller's claims, as the text of a JSON object.
    claims: String,
    purpose: String,
    case: String,
}

impl Asking {
    /// The caller as the subgraph shall see them: nobody in particular for a public fetch, so that what
    /// comes back cannot depend on them.
    pub(super) fn new(caller: &Caller, public: bool) -> Self {
        let principal = &caller.principal;
        if public {
            return Self {
                claims: claims(&Principal::public(Arc::clone(&principal.province))),
                purpose: String::new(),
                case: String::new(),
            };
        }
        Self {
            claims: claims(principal),
            purpose: caller.purpose.clone().unwrap_or_default(),
            case: caller.case.clone().unwrap_or_default(),
        }
    }
}

fn claims(principal: &Principal) -> String {
    let mut map = Map::new();
    let mut set = |name: &str, value: Value| map.insert(name.to_owned(), value);
    set(claim::ROLE, json!(principal.role.as_str()));
    let scopes: Vec<&str> = principal.scopes.iter().map(|scope| &**scope).collect();
    set(claim::SCOPES, json!(scopes));
    set(claim::PROVINCE, json!(&*principal.province));
    // Two issuers may give the same id to different people.
    if let Some(subject) = &principal.subject {
        set(
            claim::SUBJECT,
            json!(format!("{}|{subject}", principal.issuer)),
        );
    }
    for (name, value) in [
        (claim::PERSON, &principal.person),
        (claim::DIVISION, &principal.division),
        (claim::REGISTRY, &principal.registry),
    ] {
        if let Some(value) = value {
            set(name, json!(&**value));
        }
    }
    Value::Object(map).to_string()
}

fn read(path: &Path) -> Result<String, SignerError> {
    std::fs::read_to_string(path).map_err(|error| SignerError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn signer() -> Signer {
        let shared = SharedKey::new("k1", vec![7; 32]).unwrap();
        Signer::new(
            SigningKey::from_bytes(&[9; 32]),
            BTreeMap::from([("persons".to_owned(), shared)]),
        )
    }

    fn caller() -> Caller {
        let mut principal = Principal::public("51");
        principal.issuer = "minzheng-dev".into();
        principal.subject = Some("u-1".into());
        principal.role = crate::identity::Role::Citizen;
        principal.scopes.insert("self".into());
        principal.person = Some("p-token".into());
        Caller {
            principal: Arc::new(principal),
            purpose: Some("P".to_owned()),
            case: None,
            trace: opentelemetry::Context::new(),
        }
    }

    fn payload(headers: &[(&'static str, String)]) -> Value {
        let token = &headers[0].1;
        let claims = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
    }

    #[test]
    fn a_principal_token_says_who_asks_and_a_public_one_does_not() {
        let (signer, name) = (signer(), Arc::from("persons"));
        let now = UNIX_EPOCH + Duration::from_secs(1_795_348_800);
        let body = Bytes::from_static(b"{}");
        let own = signer
            .headers(&name, &Asking::new(&caller(), false), &body, now)
            .unwrap();
        assert_eq!(
            payload(&own),
            json!({
                "iss": "minzheng-gateway", "aud": "persons",
                "iat": 1_795_348_800_u64, "exp": 1_795_348_860_u64,
                "role": "citizen", "scopes": ["self"], "province": "51",
                "sub": "minzheng-dev|u-1", "person": "p-token",
            })
        );
        let public = signer
            .headers(&name, &Asking::new(&caller(), true), &body, now)
            .unwrap();
        assert_eq!(
            payload(&public),
            json!({
                "iss": "minzheng-gateway", "aud": "persons",
                "iat": 1_795_348_800_u64, "exp": 1_795_348_860_u64,
                "role": "public", "scopes": [], "province": "51",
            })
        );
        assert_eq!(public[1], (header::PURPOSE, String::new()));
    }

    #[test]
    fn a_token_is_reused_for_fifty_seconds_and_a_nonce_never() {
        let (signer, name) = (signer(), Arc::from("persons"));
        let start = UNIX_EPOCH + Duration::from_secs(1_795_348_800);
        let body = Bytes::from_static(b"{}");
        let asking = Asking::new(&caller(), false);
        let at = |seconds| {
            signer
                .headers(&name, &asking, &body, start + Duration::from_secs(seconds))
                .unwrap()
        };
        let (first, second, third) = (at(0), at(49), at(50));
        assert_eq!(first[0], second[0]);
        assert_ne!(first[0], third[0]);
        assert_ne!(at(49)[4], second[4]);
    }

    #[test]
    fn nothing_is_signed_for_a_subgraph_that_shares_no_key() {
        let body = Bytes::from_static(b"{}");
        let asking = Asking::new(&caller(), true);
        assert!(
            signer()
                .headers(&Arc::from("strangers"), &asking, &body, SystemTime::now())
                .is_none()
        );
    }
}
