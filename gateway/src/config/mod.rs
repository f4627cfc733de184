//! The configuration: one TOML file, with environment variables over it, checked with clear errors.
//!
//! Every key of the file is a field of these structs; its doc comment says what it means, its default
//! stands in `Default`. Unknown keys are refused with the line and the nearest known key. A variable
//! is called as the key is, in capitals, after `MINZHENG_`, sections joined by two underscores:
//! `MINZHENG_LIMITS__BODY=2MiB`, `MINZHENG_SUBGRAPHS__PERSONS=http://persons:4001/graphql`.

mod access;
mod access_log;
mod check;
mod load;
mod tls;
mod units;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

pub use access::{Documents, Policy, Revocation};
pub use access_log::AccessLog;
pub(crate) use access_log::LEAST_DAYS;
pub use load::ConfigError;
pub use tls::{OutgoingTls, Tls};
pub use units::{ByteSize, Secret};

/// The whole configuration of a gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port to serve on.
    pub listen: String,
    /// The two-digit code of the province this installation belongs to.
    pub province: String,
    /// How many request threads; 0 means one for each core.
    #[serde(deserialize_with = "units::scalar")]
    pub workers: usize,
    /// A ready supergraph file; when absent, the gateway composes from the subgraphs' own schemas.
    pub supergraph: Option<PathBuf>,
    /// How often the supergraph file, or the subgraphs' own schemas, are looked at for a change.
    #[serde(deserialize_with = "units::duration")]
    pub watch: Duration,
    /// The subgraphs: name and URL of the GraphQL endpoint; `h2c:` in place of `http:` means HTTP/2 without
    /// TLS.
    pub subgraphs: BTreeMap<String, String>,
    /// Who may ask.
    pub identity: Identity,
    /// Which documents may run.
    pub documents: Documents,
    /// How requests to subgraphs are signed.
    pub signing: Signing,
    /// How connections are accepted; plain when absent.
    pub tls: Option<Tls>,
    /// How `https:` addresses of subgraphs are called.
    pub outgoing_tls: OutgoingTls,
    /// How much one request may use.
    pub limits: Limits,
    /// What is kept of public answers.
    pub cache: Cache,
    /// Where it is written who saw whose personal data.
    pub access_log: AccessLog,
    /// What is told as it happens.
    pub subscriptions: Subscriptions,
    /// Logs, traces and metrics.
    pub telemetry: Telemetry,
    /// Which web pages of other origins may ask.
    pub cors: Cors,
    /// How HTTP is served.
    pub server: Server,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:4000".to_owned(),
            province: "51".to_owned(),
            workers: 0,
            supergraph: None,
            watch: Duration::from_secs(10),
            subgraphs: BTreeMap::new(),
            identity: Identity::default(),
            documents: Documents::default(),
            signing: Signing::default(),
            tls: None,
            outgoing_tls: OutgoingTls::default(),
            limits: Limits::default(),
            cache: Cache::default(),
            access_log: AccessLog::default(),
            subscriptions: Subscriptions::default(),
            telemetry: Telemetry::default(),
            cors: Cors::default(),
            server: Server::default(),
        }
    }
}

/// `[identity]`: who may ask.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// `[[identity.issuers]]`: whose tokens are believed.
    pub issuers: Vec<Issuer>,
    /// `[identity.roles]`: the scopes of each role; a role that is not named keeps its default.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The roles that may ask for the schema itself, which GraphiQL does; all unless said otherwise.
    #[serde(deserialize_with = "units::list")]
    pub introspection: Vec<String>,
    /// `[identity.policies.NAME]`: what `@policy` in a schema asks for by name.
    pub policies: BTreeMap<String, Policy>,
    /// `[identity.revocation]`: tokens that are taken back before they end.
    pub revocation: Revocation,
    /// `[identity.tls]`: how `https:` addresses of key sets and of that list are called.
    pub tls: OutgoingTls,
    /// How far clocks may differ when a token's times are checked.
    #[serde(deserialize_with = "units::duration")]
    pub clock_skew: Duration,
    /// How many verified tokens are remembered.
    #[serde(deserialize_with = "units::scalar")]
    pub remembered_tokens: u64,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            roles: BTreeMap::new(),
            introspection: crate::contract::ROLES
                .iter()
                .map(|role| (*role).to_owned())
                .collect(),
            policies: BTreeMap::new(),
            revocation: Revocation::default(),
            tls: OutgoingTls::default(),
            // Enough for servers kept by NTP; a longer one would keep revoked tokens alive.
            clock_skew: Duration::from_secs(5),
            // About 1 KiB each.
            remembered_tokens: 20_000,
        }
    }
}

/// `[[identity.issuers]]`: one issuer of bearer tokens and what it may grant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// A short name for logs and metrics.
    pub name: String,
    /// The exact `iss` of its tokens.
    pub issuer: String,
    /// The `aud` its tokens must carry.
    #[serde(default = "default_audience")]
    pub audience: String,
    /// Where its public keys are: a path, or an `http:` or `https:` URL of a JWKS.
    pub jwks: String,
    /// The signature algorithms it may use: `RS256`, `ES256`, `EdDSA`.
    #[serde(deserialize_with = "units::list")]
    pub algorithms: Vec<String>,
    /// The roles it may grant.
    #[serde(deserialize_with = "units::list")]
    pub roles: Vec<String>,
    /// The scopes it may grant; empty means whatever the role has.
    #[serde(default, deserialize_with = "units::list")]
    pub scopes: Vec<String>,
    /// The provinces it may name, and so the divisions, whose codes begin with them; empty means this installation's own only.
    #[serde(default, deserialize_with = "units::list")]
    pub provinces: Vec<String>,
    /// Whether it may say which person a caller is (the claim `person`), which opens all that is theirs: for who
    /// gives out this installation's own tokens of persons only.
    #[serde(default, deserialize_with = "units::scalar")]
    pub persons: bool,
    /// The longest life of its tokens.
    #[serde(default = "default_lifetime", deserialize_with = "units::duration")]
    pub max_lifetime: Duration,
    /// How often the JWKS is read again.
    #[serde(default = "default_refresh", deserialize_with = "units::duration")]
    pub refresh: Duration,
}

fn default_audience() -> String {
    crate::contract::CLIENT_AUDIENCE.to_owned()
}

const fn default_lifetime() -> Duration {
    Duration::from_secs(12 * 3_600)
}

const fn default_refresh() -> Duration {
    Duration::from_secs(300)
}

/// `[signing]`: how requests to subgraphs are signed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// The Ed25519 private key of principal tokens: a PKCS#8 PEM file.
    pub principal_key: Option<PathBuf>,
    /// `[signing.subgraphs.NAME]`: the key shared with each subgraph.
    pub subgraphs: BTreeMap<String, SharedKey>,
}

/// `[signing.subgraphs.NAME]`: one HMAC key, given in exactly one of two ways.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedKey {
    /// The key's name, `keyid` in the signature, so that keys can be changed without a pause.
    pub id: String,
    /// The key in base64, at least 32 bytes.
    pub key: Option<Secret>,
    /// A file that holds the key in base64.
    pub key_file: Option<PathBuf>,
}

/// `[limits]`: how much one request may use. Numbers were chosen well above the largest operation the
/// documentation knows and well below what would be felt.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The request body.
    pub body: ByteSize,
    /// The GraphQL document.
    pub document: ByteSize,
    /// Tokens in the document.
    #[serde(deserialize_with = "units::scalar")]
    pub tokens: usize,
    /// Nesting of selection sets, fragments expanded.
    #[serde(deserialize_with = "units::scalar")]
    pub depth: usize,
    /// Aliases, fragments expanded.
    #[serde(deserialize_with = "units::scalar")]
    pub aliases: usize,
    /// Fields, fragments expanded.
    #[serde(deserialize_with = "units::scalar")]
    pub fields: usize,
    /// Fields at the root, fragments expanded.
    #[serde(deserialize_with = "units::scalar")]
    pub root_fields: usize,
    /// Directives in the document.
    #[serde(deserialize_with = "units::scalar")]
    pub directives: usize,
    /// How often one response name may stand in one selection set, fragments expanded.
    #[serde(deserialize_with = "units::scalar")]
    pub same_name: usize,
    /// Operations in one batch (a list of requests in one POST); 0 refuses batches, which hide from
    /// whoever counts requests how much is asked.
    #[serde(deserialize_with = "units::scalar")]
    pub batch: usize,
    /// The time one request may take in all.
    #[serde(deserialize_with = "units::duration")]
    pub deadline: Duration,
    /// The time to connect to a subgraph.
    #[serde(deserialize_with = "units::duration")]
    pub connect: Duration,
    /// One answer of a subgraph.
    pub subgraph_answer: ByteSize,
    /// Requests at work in one gateway; more are told to come again.
    #[serde(deserialize_with = "units::scalar")]
    pub concurrency: usize,
    /// Documents kept parsed.
    #[serde(deserialize_with = "units::scalar")]
    pub kept_documents: u64,
    /// Plans kept.
    #[serde(deserialize_with = "units::scalar")]
    pub kept_plans: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: ByteSize::mib(1),
            document: ByteSize::kib(128),
            tokens: 15_000,
            depth: 30,
            aliases: 200,
            fields: 10_000,
            root_fields: 64,
            directives: 200,
            same_name: 32,
            batch: 0,
            deadline: Duration::from_secs(30),
            connect: Duration::from_secs(2),
            subgraph_answer: ByteSize::mib(32),
            concurrency: 2_000,
            kept_documents: 2_000,
            kept_plans: 2_000,
        }
    }
}

/// `[cache]`: what is kept of public answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cache {
    /// Whether anything is kept at all.
    #[serde(deserialize_with = "units::scalar")]
    pub enabled: bool,
    /// The memory tier's share of memory.
    pub memory: ByteSize,
    /// The largest answer kept.
    pub largest: ByteSize,
    /// Redis behind the memory, `redis://[:password@]host:port/db`, or `rediss:` for TLS; without it only
    /// memory is used.
    pub redis_url: Option<Secret>,
    /// `[cache.redis_tls]`: how a `rediss:` address is called.
    pub redis_tls: OutgoingTls,
    /// How long one look into Redis may take before the breaker opens.
    #[serde(deserialize_with = "units::duration")]
    pub redis_timeout: Duration,
    /// How often the state of the tags in Redis is read, which bounds how long another gateway's
    /// invalidation can go unseen.
    #[serde(deserialize_with = "units::duration")]
    pub redis_poll: Duration,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            enabled: true,
            memory: ByteSize::mib(64),
            largest: ByteSize::mib(1),
            redis_url: None,
            redis_tls: OutgoingTls::default(),
            redis_timeout: Duration::from_millis(50),
            redis_poll: Duration::from_millis(300),
        }
    }
}

/// `[subscriptions]`: what is told as it happens, over WebSocket and server-sent events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subscriptions {
    /// The most subscriptions of one gateway process, and answers that are being told in parts; 0 refuses
    /// them all.
    #[serde(deserialize_with = "units::scalar")]
    pub per_process: usize,
    /// The most subscriptions of one WebSocket connection.
    #[serde(deserialize_with = "units::scalar")]
    pub per_connection: usize,
    /// How many events may wait for a slow client. From a subgraph in the same process more are simply not
    /// asked for; one behind a connection cannot be held up, and when the buffer is full the subscription
    /// is ended.
    #[serde(deserialize_with = "units::scalar")]
    pub buffer: usize,
    /// How often a silent connection is pinged; one that is silent for two and a half times as long is
    /// closed.
    #[serde(deserialize_with = "units::duration")]
    pub ping: Duration,
    /// How long a new WebSocket connection may take to say who it is.
    #[serde(deserialize_with = "units::duration")]
    pub init: Duration,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self {
            // At less than 20 KiB each: under 400 MiB.
            per_process: 20_000,
            per_connection: 200,
            // A place costs nothing until it is taken.
            buffer: 512,
            // Below the minute after which balancers drop silent connections.
            ping: Duration::from_secs(20),
            init: Duration::from_secs(10),
        }
    }
}

/// `[telemetry]`: logs, traces and metrics.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// How logs are written.
    pub log_format: LogFormat,
    /// Which logs: a filter such as `info` or `info,minzheng_gateway=debug`.
    pub log_filter: String,
    /// Where traces are sent by OTLP over HTTP, e.g. `http://collector:4318/v1/traces`; none when absent.
    pub otlp_endpoint: Option<String>,
    /// `[telemetry.otlp_tls]`: how an `https:` address of the collector is called.
    pub otlp_tls: OutgoingTls,
    /// The share of traces sampled when the caller did not decide, from 0 to 1.
    #[serde(deserialize_with = "units::scalar")]
    pub sample_ratio: f64,
    /// The `service.name` of traces.
    pub service_name: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Text,
            log_filter: "info".to_owned(),
            otlp_endpoint: None,
            otlp_tls: OutgoingTls::default(),
            sample_ratio: 1.0,
            service_name: "minzheng-gateway".to_owned(),
        }
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[cors]`: which web pages of other origins may ask.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cors {
    /// Exact origins, e.g. `https://portal.example.gov.cn`; empty means none. `*` is refused.
    #[serde(deserialize_with = "units::list")]
    pub origins: Vec<String>,
    /// How long a browser may remember the permission.
    #[serde(deserialize_with = "units::duration")]
    pub max_age: Duration,
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            max_age: Duration::from_secs(3_600),
        }
    }
}

/// `[server]`: how HTTP is served.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// How long requests at work may take to finish when the program is told to stop.
    #[serde(deserialize_with = "units::duration")]
    pub drain: Duration,
    /// How long a client may take nothing of what is being sent before the connection is cut (on Linux). What it has not
    /// taken is held for it.
    #[serde(deserialize_with = "units::duration")]
    pub stalled: Duration,
    /// Answers of at least this size are compressed when the client can read it.
    pub compress_above: ByteSize,
    /// The roles that are given the console (GraphiQL). With `public` among them whoever opens its address has it; without,
    /// a token of one of these roles is asked for; with none at all there is no console.
    #[serde(deserialize_with = "units::list")]
    pub console: Vec<String>,
    /// Address and port on which `/metrics` is served, without TLS, and then nowhere else: figures are for who runs the
    /// machines. When absent they are served beside `/graphql`, to everybody.
    pub metrics_listen: Option<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            drain: Duration::from_secs(30),
            stalled: Duration::from_secs(30),
            compress_above: ByteSize::kib(1),
            console: vec![crate::contract::role::PUBLIC.to_owned()],
            metrics_listen: None,
        }
    }
}

#[cfg(test)]
mod tests;
