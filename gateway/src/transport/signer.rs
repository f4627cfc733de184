//! Says to a subgraph who asks, and proves that the gateway said it: principal tokens and request
//! signatures. One for the process, shared by all workers.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rustls::ClientConfig;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::signature::{self, Covered, Mac, Parameters};
use crate::config;
use crate::contract::{self, claim, header};
use crate::identity::jws::NamedKey;
use crate::identity::{Caller, Principal};

/// A principal token is used for this long, so that it still lives a while on arrival.
const REUSE_SECONDS: u64 = contract::PRINCIPAL_TOKEN_SECONDS - 10;
/// Tokens kept; about a kilobyte each.
const KEPT_TOKENS: u64 = 20_000;
/// Tokens one worker knows without looking them up.
const MOST_KNOWN: usize = 2_000;
/// Nonces made with one question to the system.
const NONCES: usize = 64;
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
    mac: Mac,
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
        let mac = Mac::new(&key);
        Ok(Self { id, key, mac })
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

#[derive(Clone)]
struct Kept {
    token: Arc<str>,
    issued: u64,
}

impl Kept {
    fn is_good(&self, now: u64) -> bool {
        (self.issued..self.issued + REUSE_SECONDS).contains(&now)
    }
}

/// A token's subgraph, its principal's place in memory, and whether it says nobody in particular.
type TokenOf = (Arc<str>, usize, bool);

/// A worker's own memory of tokens, found without putting claims into words. A principal is known by its
/// place in memory, which the entry holds so that no other can take it.
#[derive(Default)]
pub(super) struct Tokens {
    /// Of which keys they are.
    of: [u8; 32],
    known: HashMap<TokenOf, (Arc<Principal>, Kept), ahash::RandomState>,
    /// Random bytes from the system for the next nonces.
    random: Vec<u8>,
}

impl Tokens {
    /// A value that was never used before.
    fn nonce(&mut self) -> Option<[u8; 16]> {
        if self.random.len() < 16 {
            self.random.resize(NONCES * 16, 0);
            getrandom::fill(&mut self.random).ok().or_else(|| {
                self.random.clear();
                None
            })?;
        }
        let left = self.random.len() - 16;
        let nonce = self.random.get(left..)?.try_into().ok();
        self.random.truncate(left);
        nonce
    }

    fn get(
        &mut self,
        signer: &Signer,
        keys: &SignerKeys,
        subgraph: &Arc<str>,
        asking: &Asking,
        now: u64,
    ) -> Arc<str> {
        // A token of the key before must not outlive its rotation here.
        if self.of != keys.fingerprint {
            self.known.clear();
            self.of = keys.fingerprint;
        }
        let place = Arc::as_ptr(&asking.principal) as usize;
        let key = (Arc::clone(subgraph), place, asking.public);
        if let Some((_, kept)) = self.known.get(&key)
            && kept.is_good(now)
        {
            return Arc::clone(&kept.token);
        }
        let kept = signer.token(&keys.principal, subgraph, &asking.claims(), now);
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        let token = Arc::clone(&kept.token);
        self.known
            .insert(key, (Arc::clone(&asking.principal), (*kept).clone()));
        token
    }
}

/// The keys of one time.
struct SignerKeys {
    principal: NamedKey,
    shared: BTreeMap<String, SharedKey>,
    /// What the keys are, to tell whether they changed.
    fingerprint: [u8; 32],
    /// Made of the principal key, for the names of entries in Redis.
    names: [u8; 32],
}

impl SignerKeys {
    fn new(principal: SigningKey, shared: BTreeMap<String, SharedKey>) -> Self {
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
}

/// Signs requests to subgraphs.
pub struct Signer {
    /// What `https:` subgraphs are called with; the public authorities when absent.
    tls: Option<Arc<ClientConfig>>,
    keys: ArcSwap<SignerKeys>,
    tokens: moka::sync::Cache<(Arc<str>, String), Arc<Kept>>,
}

impl Signer {
    /// A signer with the Ed25519 key of principal tokens and a shared key for each subgraph.
    pub fn new(principal: SigningKey, shared: BTreeMap<String, SharedKey>) -> Self {
        Self {
            tls: None,
            keys: ArcSwap::from_pointee(SignerKeys::new(principal, shared)),
            tokens: moka::sync::Cache::new(KEPT_TOKENS),
        }
    }

    /// The same, calling `https:` subgraphs with this TLS: whom to believe, and what to present.
    #[must_use]
    pub fn with_tls(mut self, tls: Option<Arc<ClientConfig>>) -> Self {
        self.tls = tls;
        self
    }

    pub(super) fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.tls.as_ref()
    }

    /// Reads the keys of the configuration again and signs with them from now on; says whether they
    /// changed. Subgraphs must believe the new ones before they are put here.
    ///
    /// # Errors
    /// See [`SignerError`]; then the keys before stay.
    pub fn reload(&self, config: &config::Signing) -> Result<bool, SignerError> {
        let fresh = Self::from_config(config)?.keys.into_inner();
        if fresh.fingerprint == self.keys.load().fingerprint {
            return Ok(false);
        }
        self.keys.store(fresh);
        self.tokens.invalidate_all();
        Ok(true)
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
    pub fn public_key(&self) -> ([u8; 32], String) {
        let keys = self.keys.load();
        (keys.principal.public(), keys.principal.id().to_owned())
    }

    /// A secret that every gateway with the same principal key has, and nobody else, for the names of entries in
    /// Redis. After a change of the key entries have other names, and the old ones end by their time.
    pub fn names_key(&self) -> [u8; 32] {
        self.keys.load().names
    }

    /// Whether requests to this subgraph can be signed.
    pub fn has_key_for(&self, subgraph: &str) -> bool {
        self.keys.load().shared.contains_key(subgraph)
    }

    /// All headers of the contract for one call, signed; `None` when no key is shared with the subgraph
    /// or there is no randomness.
    pub(super) fn headers(
        &self,
        subgraph: &Arc<str>,
        asking: &Asking,
        tokens: &mut Tokens,
        body: &Bytes,
        now: SystemTime,
    ) -> Option<Vec<(&'static str, String)>> {
        let keys = self.keys.load();
        let shared = keys.shared.get(&**subgraph)?;
        let now = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let token = tokens.get(self, &keys, subgraph, asking, now);
        let digest = signature::content_digest(body);
        let nonce = tokens.nonce()?;
        let mut in_text = [0; 22];
        let length = URL_SAFE_NO_PAD.encode_slice(nonce, &mut in_text).ok()?;
        let nonce = std::str::from_utf8(in_text.get(..length)?).ok()?;
        let (input, signature) = signature::sign(
            &shared.mac,
            Covered {
                digest: &digest,
                principal: &token,
                purpose: &asking.purpose,
                case: &asking.case,
            },
            Parameters {
                created: now,
                nonce,
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
    fn token(
        &self,
        principal: &NamedKey,
        subgraph: &Arc<str>,
        claims: &str,
        now: u64,
    ) -> Arc<Kept> {
        // By the signing key too: a token of the key before must not outlive its rotation here.
        let named = format!("{} {claims}", principal.id());
        let key = (Arc::clone(subgraph), named);
        if let Some(kept) = self.tokens.get(&key)
            && kept.is_good(now)
        {
            return kept;
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
        let kept = Arc::new(Kept {
            token: principal.sign(&whole).into(),
            issued: now,
        });
        self.tokens.insert(key, Arc::clone(&kept));
        kept
    }
}

/// What a call says about who asks, without the parts that depend on subgraph and time.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    principal: Arc<Principal>,
    /// Nobody in particular asks.
    public: bool,
    purpose: String,
    case: String,
}

impl Asking {
    /// The caller as the subgraph shall see them: nobody in particular for a public fetch, so that what
    /// comes back cannot depend on them.
    pub(super) fn new(caller: &Caller, public: bool) -> Self {
        let stated = |text: &Option<String>| match text {
            Some(text) if !public => text.clone(),
            _ => String::new(),
        };
        Self {
            principal: Arc::clone(&caller.principal),
            public,
            purpose: stated(&caller.purpose),
            case: stated(&caller.case),
        }
    }

    /// The claims a token says of who asks.
    fn claims(&self) -> String {
        if self.public {
            claims(&Principal::public(Arc::clone(&self.principal.province)))
        } else {
            claims(&self.principal)
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
    fn gateways_with_one_principal_key_name_entries_alike_and_nobody_else_does() {
        let of = |seed| Signer::new(SigningKey::from_bytes(&[seed; 32]), BTreeMap::new());
        assert_eq!(of(1).names_key(), of(1).names_key());
        assert_ne!(of(1).names_key(), of(2).names_key());
        let secret = SigningKey::from_bytes(&[1; 32]);
        assert_ne!(of(1).names_key(), secret.to_bytes());
        assert_ne!(of(1).names_key(), of(1).public_key().0);
    }

    #[test]
    fn a_principal_token_says_who_asks_and_a_public_one_does_not() {
        let (signer, name) = (signer(), Arc::from("persons"));
        let now = UNIX_EPOCH + Duration::from_secs(1_795_348_800);
        let body = Bytes::from_static(b"{}");
        let own = signer
            .headers(
                &name,
                &Asking::new(&caller(), false),
                &mut Tokens::default(),
                &body,
                now,
            )
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
            .headers(
                &name,
                &Asking::new(&caller(), true),
                &mut Tokens::default(),
                &body,
                now,
            )
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
        let tokens = std::cell::RefCell::new(Tokens::default());
        let at = |seconds| {
            let now = start + Duration::from_secs(seconds);
            signer
                .headers(&name, &asking, &mut tokens.borrow_mut(), &body, now)
                .unwrap()
        };
        let (first, second, third) = (at(0), at(49), at(50));
        assert_eq!(first[0], second[0]);
        assert_ne!(first[0], third[0]);
        assert_ne!(at(49)[4], second[4]);
    }

    /// Run with `RC_OPT=1`, or any optimised build: `cargo test --release -- --ignored costs`.
    #[test]
    #[ignore = "measures"]
    fn signing_a_fetch_costs_less_than_ten_microseconds() {
        const ROUNDS: u32 = 100_000;
        let (signer, name) = (signer(), Arc::from("persons"));
        let mut tokens = Tokens::default();
        let (asking, now) = (Asking::new(&caller(), false), SystemTime::now());
        for size in [200, 2_000] {
            let body = Bytes::from(vec![b'x'; size]);
            let began = std::time::Instant::now();
            for _ in 0..ROUNDS {
                std::hint::black_box(signer.headers(&name, &asking, &mut tokens, &body, now));
            }
            let each = began.elapsed() / ROUNDS;
            println!("signing a fetch of {size} bytes: {each:?}");
            assert!(each < Duration::from_micros(10), "{each:?}");
        }
    }

    #[test]
    fn a_worker_never_takes_one_callers_token_for_anothers() {
        let (signer, name) = (signer(), Arc::from("persons"));
        let now = UNIX_EPOCH + Duration::from_secs(1_795_348_800);
        let body = Bytes::from_static(b"{}");
        let mut tokens = Tokens::default();
        // Callers that come and go, so that their memory is used again.
        for number in 0..3 * MOST_KNOWN {
            let mut principal = (*caller().principal).clone();
            principal.subject = Some(number.to_string().into());
            let caller = Caller {
                principal: Arc::new(principal),
                ..caller()
            };
            for public in [false, true] {
                let asking = Asking::new(&caller, public);
                let headers = signer.headers(&name, &asking, &mut tokens, &body, now);
                let expected = (!public).then(|| format!("minzheng-dev|{number}"));
                assert_eq!(
                    payload(&headers.unwrap())["sub"].as_str(),
                    expected.as_deref()
                );
            }
        }
        assert!(tokens.known.len() <= MOST_KNOWN);
    }

    #[test]
    fn nothing_is_signed_for_a_subgraph_that_shares_no_key() {
        let body = Bytes::from_static(b"{}");
        let asking = Asking::new(&caller(), true);
        assert!(
            signer()
                .headers(
                    &Arc::from("strangers"),
                    &asking,
                    &mut Tokens::default(),
                    &body,
                    SystemTime::now()
                )
                .is_none()
        );
    }
}
