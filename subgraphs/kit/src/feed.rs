//! Reading another subgraph's events through its endpoint, in the same process or over HTTP: the
//! same signed request either way.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{
    client::legacy::{Client, ResponseFuture, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Notify;

use crate::{
    clock::Clock,
    contract::{
        PRINCIPAL_TOKEN_SECONDS, SUBGRAPH_PATH, header, role, scope,
        signature::{self, Covered, Key, Parameters},
    },
    database::Database,
    error::{Error, Result},
    events::{FeedEvent, FeedSource, HOLD, POLL},
    keys::{Keys, SIGNATURE_KEY_ID, Secret},
    server::{Endpoint, MAX_BODY_BYTES, SERVICE_ISSUER},
};

/// What a subgraph answers to whom it does not believe.
const UNAUTHORIZED: u16 = 401;

const QUERY: &str = "query Events($after: Int!, $first: Int!) { \
     _events(after: $after, first: $first) { seq kind key at body } }";

/// What one request is signed with: the key of the caller's tokens and the key shared with the target.
#[derive(Clone)]
struct Hand {
    token_key: SigningKey,
    shared: Secret,
}

impl Hand {
    fn is(&self, other: &Self) -> bool {
        self.token_key.to_bytes() == other.token_key.to_bytes()
            && self.shared.expose() == other.shared.expose()
    }
}

/// Signs the requests by which one subgraph reads another one's events.
///
/// Keys are changed while requests go on: who is refused reads the key files again and tries what stands there, for
/// the other side may believe the next keys only, or still the present ones.
#[derive(Clone)]
pub struct ServiceCaller {
    caller: &'static str,
    target: &'static str,
    province: String,
    keys: Keys,
    /// What was believed last.
    held: Arc<Mutex<Hand>>,
    clock: Clock,
}

impl fmt::Debug for ServiceCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceCaller")
            .field("caller", &self.caller)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl ServiceCaller {
    /// The subgraph `caller` asking the subgraph `target`.
    ///
    /// # Errors
    /// When a key is missing or broken.
    pub fn new(
        caller: &'static str,
        target: &'static str,
        province: &str,
        keys: &Keys,
        clock: Clock,
    ) -> Result<Self> {
        let held = Hand {
            token_key: keys.service_signing_key()?,
            shared: keys.signature_key(target)?,
        };
        Ok(Self {
            caller,
            target,
            province: province.to_owned(),
            keys: keys.clone(),
            held: Arc::new(Mutex::new(held)),
            clock,
        })
    }

    fn held(&self) -> Hand {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.clone()
    }

    fn keep(&self, hand: Hand) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = hand;
    }

    /// What else there is to sign with, now that `refused` was not believed: each shared key with each token key, the
    /// present ones first.
    fn others(&self, refused: &Hand) -> Result<Vec<Hand>> {
        let shared = [
            Some(self.keys.signature_key(self.target)?),
            self.keys.next_signature_key(self.target)?,
        ];
        let token_keys = [
            Some(self.keys.service_signing_key()?),
            self.keys.next_service_signing_key()?,
        ];
        let mut hands = Vec::new();
        for shared in shared.iter().flatten() {
            for token_key in token_keys.iter().flatten() {
                let hand = Hand {
                    token_key: token_key.clone(),
                    shared: shared.clone(),
                };
                if !hand.is(refused) {
                    hands.push(hand);
                }
            }
        }
        Ok(hands)
    }

    /// All headers of the contract for one request with this body, signed with what was believed last.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn headers(&self, body: &[u8]) -> Result<Vec<(&'static str, String)>> {
        self.signed(&self.held(), body)
    }

    fn signed(&self, hand: &Hand, body: &[u8]) -> Result<Vec<(&'static str, String)>> {
        let now = u64::try_from(self.clock.now().timestamp()).unwrap_or_default();
        let token = self.token(hand, now);
        let digest = signature::content_digest(body);
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)
            .map_err(|_| Error::internal("The operating system gives no random bytes."))?;
        let covered = Covered {
            digest: &digest,
            principal: &token,
            purpose: "",
            case: "",
        };
        let parameters = Parameters {
            created: now,
            nonce: &BASE64URL_NOPAD.encode(&nonce),
            key_id: SIGNATURE_KEY_ID,
        };
        let (input, signature) =
            signature::sign(&Key::new(hand.shared.expose()), covered, parameters);
        Ok(vec![
            (header::PRINCIPAL, token),
            (header::PURPOSE, String::new()),
            (header::CASE, String::new()),
            (header::CONTENT_DIGEST, digest),
            (header::SIGNATURE_INPUT, input),
            (header::SIGNATURE, signature),
        ])
    }

    fn token(&self, hand: &Hand, now: u64) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "JWT" }).to_string();
        let claims = json!({
            "iss": SERVICE_ISSUER,
            "aud": self.target,
            "sub": format!("subgraph:{}", self.caller),
            "iat": now,
            "exp": now + PRINCIPAL_TOKEN_SECONDS,
            "role": role::SERVICE,
            "scopes": [scope::EVENTS_READ],
            "province": self.province,
        })
        .to_string();
        let signed = format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(header.as_bytes()),
            BASE64URL_NOPAD.encode(claims.as_bytes())
        );
        let signature = hand.token_key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    fn body(after: i64, first: i32) -> Bytes {
        json!({ "query": QUERY, "variables": { "after": after, "first": first } })
            .to_string()
            .into()
    }
}

/// The hands one request is tried with, until one is believed.
enum Tries<'c> {
    /// What was believed last comes first.
    Held(&'c ServiceCaller),
    /// It was refused: what the key files say now is read.
    Refused(&'c ServiceCaller, Box<Hand>),
    /// What is left of it.
    Rest(std::vec::IntoIter<Hand>),
}

impl<'c> Tries<'c> {
    fn of(caller: &'c ServiceCaller) -> Self {
        Self::Held(caller)
    }

    /// The next hand; `None` when each was refused.
    ///
    /// # Errors
    /// When a key file cannot be read.
    fn next(&mut self) -> Result<Option<Hand>> {
        match self {
            Self::Held(caller) => {
                let hand = caller.held();
                *self = Self::Refused(caller, Box::new(hand.clone()));
                Ok(Some(hand))
            }
            Self::Refused(caller, hand) => {
                let mut rest = caller.others(hand)?.into_iter();
                let next = rest.next();
                *self = Self::Rest(rest);
                Ok(next)
            }
            Self::Rest(rest) => Ok(rest.next()),
        }
    }
}

/// A feed of a subgraph in the same process.
#[derive(Debug)]
pub struct InProcessFeed {
    endpoint: Arc<Endpoint>,
    caller: ServiceCaller,
    db: Database,
    /// The commits of `db` when events were asked for last.
    seen: AtomicU64,
}

impl InProcessFeed {
    /// The feed of the subgraph behind `endpoint`; `db` is its database, whose commits wake the reader.
    pub fn new(endpoint: Arc<Endpoint>, caller: ServiceCaller, db: Database) -> Self {
        Self {
            endpoint,
            caller,
            db,
            seen: AtomicU64::new(0),
        }
    }
}

#[async_trait]
impl FeedSource for InProcessFeed {
    async fn fetch(&self, after: i64, first: i32) -> Result<Vec<FeedEvent>> {
        self.seen.store(self.db.commits(), Ordering::SeqCst);
        let body = ServiceCaller::body(after, first);
        let mut tries = Tries::of(&self.caller);
        while let Some(hand) = tries.next()? {
            let headers = self.caller.signed(&hand, &body)?;
            let (status, answer) = self
                .endpoint
                .handle(&headers, SUBGRAPH_PATH, body.clone())
                .await;
            if status != UNAUTHORIZED {
                self.caller.keep(hand);
                return read(&answer);
            }
        }
        Err(Error::Forbidden)
    }

    async fn wait(&self) {
        // Listening starts before looking, so that no commit falls between the last fetch and here.
        let committed = self.db.committed().notified();
        tokio::pin!(committed);
        committed.as_mut().enable();
        if self.db.commits() != self.seen.load(Ordering::SeqCst) {
            return;
        }
        tokio::select! {
            () = committed => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// The client of a feed, without TLS or with it.
enum Http {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Secured(Client<hyper_rustls::HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Http {
    fn request(&self, request: hyper::Request<Full<Bytes>>) -> ResponseFuture {
        match self {
            Self::Plain(client) => client.request(request),
            Self::Secured(client) => client.request(request),
        }
    }
}

/// A feed of a subgraph over HTTP.
pub struct HttpFeed {
    url: String,
    caller: ServiceCaller,
    client: Http,
    /// The place behind which was asked last.
    after: AtomicI64,
    /// Told by another way (Redis) that there is something new.
    woken: Arc<Notify>,
}

impl fmt::Debug for HttpFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFeed")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl HttpFeed {
    /// The feed of the subgraph at `url`, with or without the path `/graphql`.
    pub fn new(url: &str, caller: ServiceCaller) -> Self {
        let base = url.trim_end_matches('/').trim_end_matches(SUBGRAPH_PATH);
        Self {
            url: format!("{base}{SUBGRAPH_PATH}"),
            caller,
            client: Http::Plain(Client::builder(TokioExecutor::new()).build_http()),
            after: AtomicI64::new(0),
            woken: Arc::new(Notify::new()),
        }
    }

    /// The same, calling an `https:` address with this TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: rustls::ClientConfig) -> Self {
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        self.client = Http::Secured(Client::builder(TokioExecutor::new()).build(https));
        self
    }

    /// The same that also listens to a wake-up ([`crate::wake`]): where the source runs in several
    /// processes, the one that is asked does not hear of the others' commits.
    #[must_use]
    pub fn woken_by(mut self, woken: Arc<Notify>) -> Self {
        self.woken = woken;
        self
    }

    async fn ask(&self, after: i64, first: i32) -> Result<Vec<FeedEvent>> {
        const PATIENCE: Duration = Duration::from_secs(10);
        let body = ServiceCaller::body(after, first);
        let exchange = async {
            let mut tries = Tries::of(&self.caller);
            while let Some(hand) = tries.next()? {
                let (status, answer) = self.send(&hand, &body, PATIENCE).await?;
                if status != UNAUTHORIZED {
                    self.caller.keep(hand);
                    return read(&answer);
                }
            }
            Err(Error::Forbidden)
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .unwrap_or(Err(Error::Unavailable))
    }

    async fn send(&self, hand: &Hand, body: &Bytes, patience: Duration) -> Result<(u16, Bytes)> {
        let mut request = hyper::Request::post(&self.url)
            .header("content-type", "application/json")
            .header(header::DEADLINE, patience.as_millis().to_string());
        for (name, value) in self.caller.signed(hand, body)? {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(body.clone()))
            .map_err(|_| Error::internal("the address of an event feed is not valid"))?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|_| Error::Unavailable)?;
        let status = response.status().as_u16();
        let answer = Limited::new(response.into_body(), MAX_BODY_BYTES)
            .collect()
            .await
            .map_err(|_| Error::Unavailable)?;
        Ok((status, answer.to_bytes()))
    }
}

#[async_trait]
impl FeedSource for HttpFeed {
    async fn fetch(&self, after: i64, first: i32) -> Result<Vec<FeedEvent>> {
        self.after.store(after, Ordering::Relaxed);
        self.ask(after, first).await
    }

    /// Asks the source to answer when there is something (`first` below zero). A source that answers at
    /// once with nothing is of an older program, and one that does not answer is away: then the timer.
    async fn wait(&self) {
        let listening = async {
            let began = tokio::time::Instant::now();
            let told = self.ask(self.after.load(Ordering::Relaxed), -1).await;
            let news = told.as_ref().is_ok_and(|events| !events.is_empty());
            if !news && began.elapsed() < HOLD / 2 {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::select! {
            () = listening => {}
            () = self.woken.notified() => {}
        }
    }
}

fn read(body: &[u8]) -> Result<Vec<FeedEvent>> {
    #[derive(Deserialize)]
    struct Answer {
        data: Option<Data>,
    }
    #[derive(Deserialize)]
    struct Data {
        #[serde(rename = "_events")]
        events: Vec<FeedEvent>,
    }
    let answer: Option<Answer> = serde_json::from_slice(body).ok();
    answer
        .and_then(|answer| answer.data)
        .map(|data| data.events)
        .ok_or(Error::Unavailable)
}
