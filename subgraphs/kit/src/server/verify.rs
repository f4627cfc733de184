//! Who is calling: request signature, freshness, replay, principal token.
//!
//! The signature proves that the request comes from somebody who shares a key with this subgraph
//! and was not changed; the token says on whose behalf. The gateway may speak for anybody but a
//! subgraph; subgraphs may speak only for themselves.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

use super::{
    Headers,
    nonces::{Nonce, Nonces},
};
use crate::{
    clock::Clock,
    contract::{
        PRINCIPAL_ISSUER, PRINCIPAL_TOKEN_SECONDS, SIGNATURE_WINDOW_SECONDS, header,
        signature::{self, Covered, Key},
    },
    divisions::Divisions,
    error::{Error, Result as KitResult},
    keys::{Keys, SIGNATURE_KEY_ID},
    principal::{Principal, Role},
};

/// Who issues the tokens by which subgraphs read one another's events.
pub const SERVICE_ISSUER: &str = "minzheng-subgraph";

/// How far the clocks of two machines may differ when a token's times are read, in seconds.
const CLOCK_SKEW_SECONDS: u64 = 5;

/// Verified tokens that are remembered until they expire.
const REMEMBERED_TOKENS: usize = 8192;

/// Why a request is not let in. For the log only; the caller learns nothing but 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A header of the contract is missing or malformed.
    Header,
    /// The body does not fit its digest.
    Digest,
    /// The key is unknown or the signature is wrong.
    Signature,
    /// The signature was made too long ago or in the future.
    Stale,
    /// The nonce was used before.
    Replay,
    /// So many requests came of late that no more nonces can be remembered.
    Full,
    /// The token is malformed, not signed by whom it says, or not for this subgraph.
    Token,
    /// The token has expired or lives too long.
    Expired,
    /// The issuer may not speak for this role.
    Role,
}

impl Refusal {
    /// The reason in one word, for the log.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Digest => "digest",
            Self::Signature => "signature",
            Self::Stale => "stale",
            Self::Replay => "replay",
            Self::Full => "full",
            Self::Token => "token",
            Self::Expired => "expired",
            Self::Role => "role",
        }
    }
}

/// Whom a subgraph believes.
#[derive(Default)]
struct Trust {
    /// Public keys by issuer; several while a key is being rotated.
    issuers: Vec<(&'static str, DecodingKey)>,
    /// Shared keys by id; several, also of one id, while a key is being rotated.
    shared: Vec<(String, Key)>,
    /// What the keys are, to tell whether they changed.
    fingerprint: [u8; 32],
}

/// Verifies requests to one subgraph.
pub struct Verifier {
    subgraph: &'static str,
    trust: RwLock<Arc<Trust>>,
    clock: Clock,
    tokens: Mutex<HashMap<[u8; 32], Arc<Claims>>>,
    nonces: Mutex<Nonces>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("subgraph", &self.subgraph)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Option<String>,
    iat: u64,
    exp: u64,
    role: String,
    #[serde(default, deserialize_with = "shared_by_all")]
    scopes: Arc<[String]>,
    person: Option<String>,
    division: Option<String>,
    registry: Option<String>,
    province: String,
}

/// A caller holds the same scopes with each request until the token ends.
fn shared_by_all<'d, D: Deserializer<'d>>(claim: D) -> Result<Arc<[String]>, D::Error> {
    Vec::deserialize(claim).map(Arc::from)
}

impl Verifier {
    /// The verifier of an installation's keys: the gateway, the other subgraphs, and the key that this
    /// subgraph shares with its callers. While a key is being rotated the next one stands beside it and
    /// is believed too.
    ///
    /// # Errors
    /// When a key is missing or broken.
    pub fn from_keys(subgraph: &'static str, keys: &Keys, clock: Clock) -> KitResult<Self> {
        Ok(Self {
            subgraph,
            trust: RwLock::new(Arc::new(Trust::of(subgraph, keys)?)),
            clock,
            tokens: Mutex::default(),
            nonces: Mutex::default(),
        })
    }

    /// Reads the keys again; says whether they changed. Requests under way are not disturbed.
    ///
    /// # Errors
    /// When a key is missing or broken; then the keys before it stay.
    pub fn reload(&self, keys: &Keys) -> KitResult<bool> {
        let fresh = Trust::of(self.subgraph, keys)?;
        if fresh.fingerprint == self.trust().fingerprint {
            return Ok(false);
        }
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        // What was believed by a key that is gone is believed no more.
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.clear();
        Ok(true)
    }

    /// The subgraph's name.
    pub fn subgraph(&self) -> &'static str {
        self.subgraph
    }

    fn trust(&self) -> Arc<Trust> {
        Arc::clone(&self.trust.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// Why the request is not let in.
    pub fn verify<H: Headers + ?Sized>(
        &self,
        headers: &H,
        body: &[u8],
    ) -> Result<Principal, Refusal> {
        let required = |name| headers.header(name).ok_or(Refusal::Header);
        let covered = Covered {
            digest: required(header::CONTENT_DIGEST)?,
            principal: required(header::PRINCIPAL)?,
            purpose: required(header::PURPOSE)?,
            case: required(header::CASE)?,
        };
        let input = required(header::SIGNATURE_INPUT)?;
        let (parameters, text) = signature::parameters(input).ok_or(Refusal::Header)?;
        let now = u64::try_from(self.clock.now().timestamp()).unwrap_or_default();
        if now.abs_diff(parameters.created) > SIGNATURE_WINDOW_SECONDS {
            return Err(Refusal::Stale);
        }
        let (trust, given) = (self.trust(), required(header::SIGNATURE)?);
        let signed = trust.shared.iter().any(|(id, key)| {
            id == parameters.key_id && signature::verify(key, covered, text, given)
        });
        if !signed {
            return Err(Refusal::Signature);
        }
        if !signature::is_digest_of(covered.digest, body) {
            return Err(Refusal::Digest);
        }
        let claims = self.claims(&trust, covered.principal, now)?;
        let principal = principal(&claims, covered)?;
        // Last, so that a request that was refused has not used up its nonce.
        self.nonces
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(&Nonce {
                key_id: parameters.key_id,
                text: parameters.nonce,
                created: parameters.created,
                is_public: principal.subject.is_none(),
                now,
            })?;
        Ok(principal)
    }

    /// The claims of a token that is right now; remembered until it expires.
    fn claims(&self, trust: &Trust, token: &str, now: u64) -> Result<Arc<Claims>, Refusal> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = {
            let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.get(&hash).cloned()
        };
        let (claims, is_new) = match known {
            Some(claims) => (claims, false),
            None => (Arc::new(self.read(trust, token)?), true),
        };
        let lived_in_time = claims.exp.saturating_sub(claims.iat) <= PRINCIPAL_TOKEN_SECONDS
            && claims.iat <= now + CLOCK_SKEW_SECONDS
            && now < claims.exp + CLOCK_SKEW_SECONDS;
        if !lived_in_time {
            return Err(Refusal::Expired);
        }
        if !is_new {
            return Ok(claims);
        }
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= REMEMBERED_TOKENS {
            tokens.retain(|_, claims| now < claims.exp);
        }
        if tokens.len() < REMEMBERED_TOKENS {
            tokens.insert(hash, Arc::clone(&claims));
        }
        Ok(claims)
    }

    fn read(&self, trust: &Trust, token: &str) -> Result<Claims, Refusal> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Times are judged by the clock that was passed in, above.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        validation.set_audience(&[self.subgraph]);
        for (issuer, key) in &trust.issuers {
            validation.set_issuer(&[issuer]);
            if let Ok(token) = jsonwebtoken::decode::<Claims>(token, key, &validation)
                && token.claims.aud == self.subgraph
            {
                return Ok(token.claims);
            }
        }
        Err(Refusal::Token)
    }
}

impl Trust {
    fn of(subgraph: &'static str, keys: &Keys) -> KitResult<Self> {
        let mut trust = Self::default();
        let mut digest = Sha256::new();
        let gateway = [
            Some(keys.principal_public_key()?),
            keys.next_principal_public_key()?,
        ];
        let service = [
            Some(keys.service_public_key()?),
            keys.next_service_public_key()?,
        ];
        for (issuer, public) in [(PRINCIPAL_ISSUER, gateway), (SERVICE_ISSUER, service)] {
            for public in public.into_iter().flatten() {
                ed25519_dalek::VerifyingKey::from_bytes(&public).map_err(|_| {
                    Error::internal("A public key of principal tokens is not valid.")
                })?;
                digest.update(public);
                trust
                    .issuers
                    .push((issuer, DecodingKey::from_ed_der(&public)));
            }
            digest.update([0]);
        }
        let shared = [
            Some(keys.signature_key(subgraph)?),
            keys.next_signature_key(subgraph)?,
        ];
        for key in shared.into_iter().flatten() {
            digest.update(key.expose());
            let ready = Key::new(key.expose());
            trust.shared.push((SIGNATURE_KEY_ID.to_owned(), ready));
        }
        trust.fingerprint = digest.finalize().into();
        Ok(trust)
    }
}

fn principal(claims: &Claims, covered: Covered<'_>) -> Result<Principal, Refusal> {
    let role = Role::parse(&claims.role).ok_or(Refusal::Role)?;
    // The gateway speaks for people, subgraphs for themselves, and neither for the other.
    if (role == Role::Service) != (claims.iss == SERVICE_ISSUER) {
        return Err(Refusal::Role);
    }
    let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if role == Role::Service {
        return service(claims);
    }
    Ok(Principal {
        role,
        subject: claims.sub.clone(),
        person: claims.person.clone(),
        scopes: Arc::clone(&claims.scopes),
        division: claims.division.clone(),
        registry: claims.registry.clone(),
        province: claims.province.clone(),
        purpose: stated(covered.purpose),
        case: stated(covered.case),
        // This clock is the machine's; the endpoint sets the province's.
        at: None,
        // The graph sets the divisions of now.
        divisions: Divisions::default(),
    })
}

/// A subgraph that reads events, whatever else its token claims: every subgraph holds the key of these tokens,
/// and none may speak as a citizen or an officer by it.
fn service(claims: &Claims) -> Result<Principal, Refusal> {
    let name = claims
        .sub
        .as_deref()
        .and_then(|sub| sub.strip_prefix("subgraph:"));
    let name = name.filter(|name| !name.is_empty()).ok_or(Refusal::Role)?;
    Ok(Principal::service(&claims.province, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subgraph_speaks_for_itself_whatever_its_token_claims() {
        let covered = Covered {
            digest: "",
            principal: "",
            purpose: "",
            case: "",
        };
        let claims = |sub: &str| -> Claims {
            serde_json::from_value(serde_json::json!({
                "iss": SERVICE_ISSUER, "aud": "marriage", "sub": sub, "iat": 0, "exp": 60,
                "role": "service", "scopes": ["self", "marriage.case"], "person": "somebody",
                "division": "510000", "registry": "r", "province": "51",
            }))
            .unwrap()
        };
        let caller = principal(&claims("subgraph:funeral"), covered).unwrap();
        let own = Principal::service("51", "funeral");
        assert_eq!(caller.scopes, own.scopes);
        assert_eq!(caller.subject, own.subject);
        assert_eq!(
            (caller.person, caller.division, caller.registry),
            (None, None, None)
        );
        for other in ["citizen-1", "subgraph:"] {
            assert_eq!(
                principal(&claims(other), covered).unwrap_err(),
                Refusal::Role,
                "{other}"
            );
        }
    }
}
