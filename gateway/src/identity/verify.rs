//! From a bearer token to a [`Principal`], or to the one reason why not.
//!
//! The order of the checks is: shape, signed at all, issuer known, algorithm the issuer's, signature,
//! required claims, times, audience, and last what the issuer may grant. Nothing a token says is used
//! before its signature holds, except `iss` and `kid` to find the key, and `iat` to tell whether it may still come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::error::IdentityError;
use super::keys::{Found, Keys, Print, Sought};
use super::policy::Policies;
use super::revocation::Revocations;
use super::source::Source;
use super::{Principal, Role, tells_a_number};
use crate::config;
use crate::contract;
use crate::tls;

/// Longer tokens are refused unread.
const LONGEST_TOKEN: usize = 8 * 1024;
/// Longer claims are refused: they travel in headers and stand in keys.
const LONGEST_CLAIM: usize = 256;

struct Issuer {
    name: String,
    issuer: Arc<str>,
    algorithms: Vec<Algorithm>,
    audience: String,
    roles: Vec<Role>,
    scopes: BTreeSet<String>,
    provinces: Vec<String>,
    persons: bool,
    max_lifetime: Duration,
    refresh: Duration,
    keys: Arc<Keys>,
}

/// What a token was signed with: [`Verifier::still_holds`] asks whether its issuer still has that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The issuer's place.
    issuer: usize,
    key: Print,
}

struct Remembered {
    principal: Arc<Principal>,
    /// The issuer's place and the generation of its keys that the signature was checked with.
    issuer: usize,
    generation: u64,
}

/// Verifies bearer tokens. One for the process; cheap to ask from every worker.
pub struct Verifier {
    issuers: Vec<Issuer>,
    scopes: BTreeMap<Role, BTreeSet<Arc<str>>>,
    policies: Policies,
    revocations: Revocations,
    /// Touched whenever what was believed may be believed no longer: with each reading of the list of revoked
    /// tokens, and with each change of an issuer's keys.
    news: watch::Sender<()>,
    /// How often the list of revoked tokens is read again.
    recall: Duration,
    /// The roles that may ask for the schema itself.
    introspection: BTreeSet<Role>,
    province: String,
    skew: Duration,
    public: Arc<Principal>,
    remembered: moka::sync::Cache<[u8; 32], Arc<Remembered>>,
}

/// The claims of a client's token that we read.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    iat: Option<f64>,
    jti: Option<String>,
    role: String,
    province: Option<String>,
    person: Option<String>,
    division: Option<String>,
    registry: Option<String>,
    #[serde(default)]
    purposes: Vec<String>,
    scope: Option<Scope>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scope {
    Text(String),
    List(Vec<String>),
}

impl Scope {
    fn into_set(self) -> BTreeSet<String> {
        match self {
            Scope::Text(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
            Scope::List(list) => list.into_iter().collect(),
        }
    }
}

impl Verifier {
    /// A verifier of the configured issuers. Their keys are read by [`Verifier::refresh`].
    ///
    /// # Errors
    /// A sentence naming the issuer whose configuration cannot be used.
    pub fn new(config: &config::Identity, province: &str) -> Result<Self, String> {
        let mut scopes: BTreeMap<Role, BTreeSet<Arc<str>>> = BTreeMap::new();
        for role in Role::ALL {
            let default = contract::ROLE_SCOPES
                .iter()
                .find(|(name, _)| *name == role.as_str())
                .map_or(&[][..], |(_, scopes)| scopes);
            let set = match config.roles.get(role.as_str()) {
                Some(list) => list.iter().map(|scope| Arc::from(scope.as_str())).collect(),
                None => default.iter().map(|scope| Arc::from(*scope)).collect(),
            };
            scopes.insert(role, set);
        }
        let introspection: BTreeSet<Role> = config
            .introspection
            .iter()
            .filter_map(|name| Role::parse(name))
            .collect();
        let tls = tls::calling(&config.tls).map_err(|error| format!("identity.tls: {error}"))?;
        let news = watch::Sender::new(());
        let list = config.revocation.list.as_deref();
        let revocations = Revocations::new(list, tls.as_ref(), news.clone())
            .map_err(|problem| format!("identity.revocation.list {problem}"))?;
        let mut verifier = Self {
            issuers: Vec::new(),
            public: Arc::new(Principal {
                scopes: scopes.get(&Role::Public).cloned().unwrap_or_default(),
                introspects: introspection.contains(&Role::Public),
                ..Principal::public(province)
            }),
            scopes,
            policies: Policies::new(&config.policies),
            revocations,
            news: news.clone(),
            recall: config.revocation.refresh,
            introspection,
            province: province.to_owned(),
            skew: config.clock_skew,
            remembered: moka::sync::Cache::new(config.remembered_tokens),
        };
        for issuer in &config.issuers {
            let source = Source::parse(&issuer.jwks, tls.as_ref())
                .map_err(|problem| format!("issuer {}: jwks {problem}", issuer.name))?;
            if source.is_open() {
                tracing::warn!(issuer = %issuer.name, "keys come by plain http: whoever is on the way can make tokens");
            }
            let keys = Keys::new(source, news.clone());
            verifier.add(issuer, keys)?;
        }
        Ok(verifier)
    }

    /// The names among these that no configured policy has: what uses one could be met by nobody.
    #[must_use]
    pub fn unknown_policies(&self, names: impl IntoIterator<Item = Arc<str>>) -> Vec<Arc<str>> {
        let unknown = names.into_iter().filter(|name| !self.policies.knows(name));
        unknown.collect()
    }

    /// Tells whenever the list of revoked tokens was read again or an issuer's keys have changed: then whoever is
    /// served for longer than one request asks [`Verifier::still_holds`].
    #[must_use]
    pub fn recalls(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Whether a principal may go on being served: its token has neither ended nor been taken back, nor has the
    /// issuer withdrawn the key that signed it: whoever stole that key knows subjects that stand on no list. What
    /// lives longer than a request (a connection, a subscription) asks with each operation and each event,
    /// and whenever [`Verifier::recalls`] tells.
    ///
    /// # Errors
    /// Why not.
    pub fn still_holds(&self, principal: &Principal, now: SystemTime) -> Result<(), IdentityError> {
        if principal.is_authenticated() && now >= principal.expires + self.skew {
            return Err(IdentityError::TokenExpired);
        }
        if principal.is_authenticated() {
            self.revocations.check(principal)?;
        }
        if let Some(signed) = &principal.signed {
            let issuer = self.issuers.get(signed.issuer);
            if !issuer.is_some_and(|issuer| issuer.keys.hold(&signed.key)) {
                return Err(IdentityError::BadSignature);
            }
        }
        Ok(())
    }

    /// Adds an issuer whose keys are given here (`jwks`, a JSON Web Key Set) and never read again.
    ///
    /// # Errors
    /// A sentence saying what cannot be used.
    pub fn add_fixed(&mut self, issuer: &config::Issuer, jwks: &str) -> Result<(), String> {
        let keys =
            Keys::fixed(jwks).map_err(|problem| format!("issuer {}: {problem}", issuer.name))?;
        self.add(issuer, keys)
    }

    fn add(&mut self, issuer: &config::Issuer, keys: Keys) -> Result<(), String> {
        let algorithms = issuer
            .algorithms
            .iter()
            .map(|name| match name.as_str() {
                "RS256" => Ok(Algorithm::RS256),
                "ES256" => Ok(Algorithm::ES256),
                "EdDSA" => Ok(Algorithm::EdDSA),
                _ => Err(format!("issuer {}: unknown algorithm", issuer.name)),
            })
            .collect::<Result<_, _>>()?;
        let roles = issuer
            .roles
            .iter()
            .map(|name| {
                Role::parse(name)
                    .filter(|role| *role != Role::Public)
                    .ok_or_else(|| format!("issuer {}: unknown role", issuer.name))
            })
            .collect::<Result<_, _>>()?;
        self.issuers.push(Issuer {
            name: issuer.name.clone(),
            issuer: Arc::from(issuer.issuer.as_str()),
            algorithms,
            audience: issuer.audience.clone(),
            roles,
            scopes: issuer.scopes.iter().cloned().collect(),
            provinces: issuer.provinces.clone(),
            persons: issuer.persons,
            max_lifetime: issuer.max_lifetime,
            refresh: issuer.refresh,
            keys: Arc::new(keys),
        });
        Ok(())
    }

    /// Reads every issuer's keys once. Issuers whose keys cannot be read are named; the others serve,
    /// and theirs are tried again when a token needs them.
    pub async fn refresh(&self) -> Vec<String> {
        let readings = self.issuers.iter().map(|issuer| async move {
            let problem = issuer.keys.refresh().await.err()?;
            Some(format!("keys of issuer {}: {problem}", issuer.name))
        });
        let (keys, list) = futures_util::future::join(
            futures_util::future::join_all(readings),
            self.revocations.refresh(),
        )
        .await;
        let list = list
            .err()
            .map(|problem| format!("list of revoked tokens: {problem}"));
        keys.into_iter().flatten().chain(list).collect()
    }

    /// Reads the keys again and again, each issuer's at its own pace, for as long as it is polled.
    pub async fn keep_fresh(self: Arc<Self>) {
        let loops = self.issuers.iter().map(|issuer| async move {
            loop {
                tokio::time::sleep(issuer.refresh.max(Duration::from_secs(1))).await;
                if let Err(error) = issuer.keys.refresh().await {
                    tracing::warn!(issuer = %issuer.name, %error, "cannot read an issuer's keys; the last good ones stay");
                }
            }
        });
        let recall = async {
            loop {
                tokio::time::sleep(self.recall).await;
                if let Err(error) = self.revocations.refresh().await {
                    tracing::warn!(%error, "cannot read the list of revoked tokens; the last good one stays");
                }
            }
        };
        futures_util::future::join(futures_util::future::join_all(loops), recall).await;
    }

    /// The caller of an `Authorization` header; the public when there is none. It waits for nothing: a token whose
    /// key is not known yet is refused with [`IdentityError::KeysUnavailable`] while the keys are read. Must be
    /// asked inside the runtime, on which that goes on.
    ///
    /// # Errors
    /// Why the token is refused. A bad token is never an anonymous caller.
    pub fn identify(&self, authorization: Option<&str>) -> Result<Arc<Principal>, IdentityError> {
        let Some(header) = authorization else {
            return Ok(Arc::clone(&self.public));
        };
        let token = bearer(header).ok_or(IdentityError::TokenMalformed)?;
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now = SystemTime::now();
        if let Some(known) = self.remembered.get(&digest) {
            let fresh = self.issuers[known.issuer].keys.generation() == known.generation;
            if fresh && now < known.principal.expires + self.skew {
                self.revocations.check(&known.principal)?;
                return Ok(Arc::clone(&known.principal));
            }
            self.remembered.invalidate(&digest);
        }
        let (place, generation, principal) = self.verify(token, now)?;
        let principal = Arc::new(principal);
        self.revocations.check(&principal)?;
        self.remembered.insert(
            digest,
            Arc::new(Remembered {
                principal: Arc::clone(&principal),
                issuer: place,
                generation,
            }),
        );
        Ok(principal)
    }

    fn verify(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<(usize, u64, Principal), IdentityError> {
        let head = Head::read(token)?;
        let (place, issuer) = self
            .issuers
            .iter()
            .enumerate()
            .find(|(_, issuer)| *issuer.issuer == *head.issuer)
            .ok_or(IdentityError::UnknownIssuer)?;
        let algorithm = head
            .algorithm
            .filter(|algorithm| issuer.algorithms.contains(algorithm))
            .ok_or(IdentityError::AlgorithmNotAllowed)?;
        // Taken before the key: a set that changes in between makes the memory stale, never wrong.
        let generation = issuer.keys.generation();
        let sought = Sought {
            id: head.key_id.as_deref(),
            algorithm,
            made: head.issued_at.and_then(|made| made.checked_add(self.skew)),
            now: Instant::now(),
        };
        let (key, print) = match issuer.keys.find_or_read(sought) {
            Found::Key(key, print) => (key, print),
            Found::Nothing => return Err(IdentityError::BadSignature),
            Found::Unreadable => return Err(IdentityError::KeysUnavailable),
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.skew.as_secs();
        validation.validate_nbf = true;
        validation.set_issuer(&[&issuer.issuer]);
        validation.set_audience(&[&issuer.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| reason(error.kind()))?
            .claims;
        let mut principal = self.grant(issuer, claims, now)?;
        principal.signed = Some(Signed {
            issuer: place,
            key: print,
        });
        Ok((place, generation, principal))
    }

    /// Checks what the issuer may grant and builds the principal.
    fn grant(
        &self,
        issuer: &Issuer,
        claims: Claims,
        now: SystemTime,
    ) -> Result<Principal, IdentityError> {
        let now = now
            .duration_since(UNIX_EPOCH)
            .map_err(|_| IdentityError::TokenNotYetValid)?
            .as_secs_f64();
        let issued = claims.iat.unwrap_or(now);
        if issued > now + self.skew.as_secs_f64() {
            return Err(IdentityError::TokenNotYetValid);
        }
        if claims.exp - issued > issuer.max_lifetime.as_secs_f64() {
            return Err(IdentityError::LifetimeNotAllowed);
        }
        let expires = Duration::try_from_secs_f64(claims.exp)
            .ok()
            .and_then(|since| UNIX_EPOCH.checked_add(since))
            .ok_or(IdentityError::TokenMalformed)?;

        let role = Role::parse(&claims.role)
            .filter(|role| issuer.roles.contains(role))
            .ok_or(IdentityError::RoleNotAllowed)?;
        let province = claims.province.unwrap_or_else(|| self.province.clone());
        let allowed = if issuer.provinces.is_empty() {
            province == self.province
        } else {
            issuer.provinces.contains(&province)
        };
        if !allowed {
            return Err(IdentityError::ProvinceNotAllowed);
        }
        // Which person a citizen is opens all that is theirs: only who gives out our persons' tokens may say it.
        if claims.person.is_some() && !issuer.persons {
            return Err(IdentityError::PersonNotAllowed);
        }
        // What an officer may is judged by rows of this province; another's officers ask at home, and what they
        // may know of here their gateway asks for, as a peer.
        if province != self.province && (claims.registry.is_some() || role.holds_office()) {
            return Err(IdentityError::ProvinceNotAllowed);
        }
        let is_elsewhere = |division: &String| !division.starts_with(province.as_str());
        if claims.division.as_ref().is_some_and(is_elsewhere) {
            return Err(IdentityError::ProvinceNotAllowed);
        }
        let mut scopes = self.scopes.get(&role).cloned().unwrap_or_default();
        if !issuer.scopes.is_empty() {
            scopes.retain(|scope| issuer.scopes.contains(&**scope));
        }
        if let Some(asked) = claims.scope {
            let asked = asked.into_set();
            let may = |scope: &String| issuer.scopes.is_empty() || issuer.scopes.contains(scope);
            if !asked.iter().all(may) {
                return Err(IdentityError::ScopeNotAllowed);
            }
            scopes.retain(|scope| asked.contains(&**scope));
        }
        let purposes = claims
            .purposes
            .iter()
            .map(|purpose| plain(purpose))
            .collect::<Result<_, _>>()?;
        let mut principal = Principal {
            issuer: Arc::clone(&issuer.issuer),
            subject: Some(identifier(&claims.sub)?),
            session: optional(claims.jti)?,
            role,
            scopes,
            person: optional(claims.person)?,
            division: optional(claims.division)?,
            registry: optional(claims.registry)?,
            province: plain(&province)?,
            purposes,
            policies: BTreeSet::new(),
            introspects: self.introspection.contains(&role),
            expires,
            signed: None,
        };
        principal.policies = self.policies.held(&principal);
        Ok(principal)
    }
}

/// What is read of a token before its signature is checked: only what finds the key.
struct Head {
    algorithm: Option<Algorithm>,
    key_id: Option<String>,
    issuer: String,
    issued_at: Option<SystemTime>,
}

impl Head {
    fn read(token: &str) -> Result<Self, IdentityError> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            kid: Option<String>,
            /// Extensions that must be understood (RFC 7515, 4.1.11); we understand none.
            crit: Option<serde_json::Value>,
        }
        #[derive(Deserialize)]
        struct Issued {
            iss: String,
            iat: Option<f64>,
        }
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(IdentityError::TokenMalformed);
        };
        let header: Header = part(header)?;
        if header.crit.is_some() {
            return Err(IdentityError::TokenMalformed);
        }
        if header.alg.eq_ignore_ascii_case("none") || signature.is_empty() {
            return Err(IdentityError::TokenUnsigned);
        }
        let issued: Issued = part(claims)?;
        Ok(Self {
            algorithm: match header.alg.as_str() {
                "RS256" => Some(Algorithm::RS256),
                "ES256" => Some(Algorithm::ES256),
                "EdDSA" => Some(Algorithm::EdDSA),
                _ => None,
            },
            key_id: header.kid,
            issuer: issued.iss,
            issued_at: issued
                .iat
                .and_then(|since| Duration::try_from_secs_f64(since).ok())
                .and_then(|since| UNIX_EPOCH.checked_add(since)),
        })
    }
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, IdentityError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| IdentityError::TokenMalformed)?;
    serde_json::from_slice(&bytes).map_err(|_| IdentityError::TokenMalformed)
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= LONGEST_TOKEN)
        .then_some(token)
}

fn reason(kind: &ErrorKind) -> IdentityError {
    match kind {
        ErrorKind::ExpiredSignature => IdentityError::TokenExpired,
        ErrorKind::ImmatureSignature => IdentityError::TokenNotYetValid,
        ErrorKind::InvalidIssuer => IdentityError::UnknownIssuer,
        ErrorKind::InvalidAudience => IdentityError::WrongAudience,
        ErrorKind::InvalidSignature => IdentityError::BadSignature,
        ErrorKind::InvalidAlgorithm => IdentityError::AlgorithmNotAllowed,
        _ => IdentityError::TokenMalformed,
    }
}

/// A claim that may stand in headers and keys: short, without control characters.
fn plain(text: &str) -> Result<Arc<str>, IdentityError> {
    if text.is_empty() || text.len() > LONGEST_CLAIM || text.chars().any(char::is_control) {
        return Err(IdentityError::TokenMalformed);
    }
    Ok(Arc::from(text))
}

/// An identifier, which stands in plain in histories, logs and the access log. Some issuers use the number of the
/// person: such a token is refused, with its own code, rather than its identifiers replaced by a hash, which nobody
/// could find in the issuer's own books, nor in a list of revoked tokens.
fn identifier(text: &str) -> Result<Arc<str>, IdentityError> {
    if tells_a_number(text) && !is_digest(text) {
        return Err(IdentityError::IdentifierTells);
    }
    plain(text)
}

/// A UUID without hyphens, or a digest in hex, in which digits may stand together by chance.
fn is_digest(text: &str) -> bool {
    text.len() >= 32
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn optional(text: Option<String>) -> Result<Option<Arc<str>>, IdentityError> {
    text.as_deref().map(identifier).transpose()
}
