//! The server over real connections, with a stand-in for the pipeline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod console;
mod http_rules;
mod life;
mod news;
mod sse;
mod subscriptions;
mod swaps;
mod tls;
mod websocket;
mod whole;
mod withdrawn;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::*;
use crate::error::{ErrorCode, GraphQlError, errors_body};
use crate::identity::Role;
use crate::identity::dev::{DevClaims, DevIssuer};
use crate::pipeline::parts::Parted;
use crate::pipeline::subscription::Told;
use crate::pipeline::{CachePolicy, Outcome};

/// How long a test waits for what must come. Long, for the machine may be busy with others.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers by the text of the query: says who asked, refuses, or makes a large or slow answer, or one that is held
/// until the test lets it go.
struct StandIn(Arc<Gate>);

/// What holds the queries `held`.
struct Gate {
    permits: tokio::sync::Semaphore,
    came: AtomicUsize,
}

impl Answerer for StandIn {
    fn answer<'a>(
        &'a self,
        request: &'a GraphQlRequest,
        caller: &'a Caller,
        means: Means<'a>,
    ) -> LocalBoxFuture<'a, Answer> {
        let query = request.query.as_deref().unwrap_or("");
        let refused = |code| Answer {
            body: errors_body(&[GraphQlError::new(code)]).into(),
            outcome: Outcome::RequestError(code),
            errors: 1,
            cache: CachePolicy::default(),
        };
        let body = |value: Value| Answer {
            body: json!({ "data": value }).to_string().into(),
            outcome: Outcome::Ok,
            errors: 0,
            cache: CachePolicy {
                public: query == "public",
                max_age: 60,
            },
        };
        let answer = match query {
            "broken" => refused(ErrorCode::GraphqlValidationFailed),
            "mutation" if means.queries_only => refused(ErrorCode::MutationOverGet),
            "large" => body(json!("好".repeat(5_000))),
            "vast" => body(json!("x".repeat(100_000))),
            _ => body(json!({
                "role": caller.principal.role.as_str(),
                "purpose": caller.purpose,
                "trace": crate::telemetry::trace_id(&caller.trace),
                "variables": request.variables,
            })),
        };
        let (slow, held) = (query == "slow", query == "held");
        async move {
            if held {
                self.0.came.fetch_add(1, Ordering::SeqCst);
                self.0.permits.acquire().await.unwrap().forget();
            }
            if slow {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            answer
        }
        .boxed_local()
    }

    /// Two parts when the query says so, or one and no end, or large ones without end; else one answer.
    fn answer_in_parts(
        self: Arc<Self>,
        request: GraphQlRequest,
        caller: Caller,
        standing: Standing,
    ) -> LocalBoxFuture<'static, Parted> {
        async move {
            if request.query.as_deref() == Some("parts") {
                let parts = [
                    r#"{"data":{},"hasNext":true}"#,
                    r#"{"incremental":[],"hasNext":false}"#,
                ];
                return Parted::Parts(stream::iter(parts.map(Into::into)).boxed_local());
            }
            if request.query.as_deref() == Some("half") {
                let first = stream::iter([r#"{"data":{},"hasNext":true}"#.into()]);
                return Parted::Parts(first.chain(stream::pending()).boxed_local());
            }
            if request.query.as_deref() == Some("wide parts") {
                let wide = json!({"incremental": "x".repeat(100_000), "hasNext": true}).to_string();
                let parts = stream::repeat_with(move || wide.clone().into());
                return Parted::Parts(parts.boxed_local());
            }
            let means = Means {
                transport: &standing.transport,
                cache: &standing.cache,
                deadline: std::time::Instant::now() + standing.deadline,
                queries_only: standing.queries_only,
            };
            Parted::Answer(self.answer(&request, &caller, means).await)
        }
        .boxed_local()
    }

    /// Tells what the query says: numbers for ever, so many at once, or what one answer would be.
    fn subscribe(
        self: Arc<Self>,
        request: GraphQlRequest,
        caller: Caller,
        standing: Standing,
    ) -> LocalBoxFuture<'static, Subscribed> {
        async move {
            let query = request.query.clone().unwrap_or_default();
            let number = |n: usize| Told::Next(json!({"data": {"n": n}}).to_string().into());
            let mut words = query.split(' ');
            match (words.next(), words.next().and_then(|n| n.parse().ok())) {
                (Some("numbers"), Some(most)) => {
                    Subscribed::Events(stream::iter((0..most).map(number)).boxed_local())
                }
                (Some("ticks"), Some(millis)) => {
                    let ticks = tokio::time::interval(Duration::from_millis(millis as u64));
                    let told = stream::unfold((ticks, 0), move |(mut ticks, n)| async move {
                        ticks.tick().await;
                        Some((number(n), (ticks, n + 1)))
                    });
                    Subscribed::Events(told.boxed_local())
                }
                (Some("wide"), Some(bytes)) => {
                    let wide = json!({"data": "x".repeat(bytes)}).to_string();
                    let told = stream::repeat_with(move || Told::Next(wide.clone().into()));
                    Subscribed::Events(told.boxed_local())
                }
                (Some("lag"), _) => {
                    let end = GraphQlError::new(ErrorCode::SubscriptionLagged);
                    let told = stream::iter([number(0), Told::End(end)]);
                    Subscribed::Events(told.boxed_local())
                }
                (Some("silence"), _) => Subscribed::Events(stream::pending().boxed_local()),
                _ => {
                    let cache = Cache::disabled();
                    let means = Means {
                        transport: &standing.transport,
                        cache: &cache,
                        deadline: Instant::now() + standing.deadline,
                        queries_only: standing.queries_only,
                    };
                    Subscribed::Answer(self.answer(&request, &caller, means).await)
                }
            }
        }
        .boxed_local()
    }
}

struct Running {
    url: String,
    gateway: Arc<Gateway>,
    handle: actix_web::dev::ServerHandle,
    issuer: DevIssuer,
    /// The list of revoked tokens, and its folder.
    revoked: Option<(tempfile::TempDir, std::path::PathBuf)>,
    gate: Arc<Gate>,
    _folder: tempfile::TempDir,
}

const CONFIG: &str = r#"
    [limits]
    body = "4KiB"
    [cors]
    origins = ["https://portal.example.org"]
"#;

impl Running {
    async fn start(config: &str) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
        Self::start_with(config, Signer::new(key, BTreeMap::new())).await
    }

    async fn start_with(config: &str, signer: Signer) -> Self {
        let config = Config::from_text(config, Path::new("test.toml"), []).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let issuer = DevIssuer::open(folder.path()).unwrap();
        let mut verifier = Verifier::new(&config.identity, "51").unwrap();
        verifier
            .add_fixed(&issuer.config(), &issuer.jwks())
            .unwrap();
        let gateway = Gateway::new(Parts {
            config,
            verifier: Arc::new(verifier),
            cache: Arc::new(Cache::disabled()),
            signer: Arc::new(signer),
            metrics: Metrics::new(),
            first_query: None,
        });
        let gate = Arc::new(Gate {
            permits: tokio::sync::Semaphore::new(0),
            came: AtomicUsize::new(0),
        });
        gateway.load(Arc::new(StandIn(Arc::clone(&gate))), Arc::from([]));
        let listener = bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = serve(Arc::clone(&gateway), listener, 1).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            url,
            gateway,
            handle,
            issuer,
            revoked: None,
            gate,
            _folder: folder,
        }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::from(body.to_owned()));
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request.body(body).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        Got {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    async fn post(&self, headers: &[(&str, &str)], body: &str) -> Got {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.ask("POST", "/graphql", &all, body).await
    }

    fn claims(&self, role: Role) -> DevClaims {
        DevClaims {
            subject: "u-1".to_owned(),
            role,
            province: "51".to_owned(),
            person: None,
            division: None,
            registry: None,
            purposes: vec!["P1".to_owned()],
            scope: None,
            ttl: Duration::from_secs(60),
        }
    }

    fn token(&self, role: Role) -> String {
        let claims = self.claims(role);
        format!("Bearer {}", self.issuer.mint(&claims, SystemTime::now()))
    }

    /// One with a list of revoked tokens, which is empty.
    async fn start_with_revocation() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("revoked.json");
        std::fs::write(&list, "{}").unwrap();
        let config = format!("[identity.revocation]\nlist = {:?}", list.to_str().unwrap());
        let mut server = Self::start(&config).await;
        let problems = server.gateway.parts.verifier.refresh().await;
        assert_eq!(problems, Vec::<String>::new());
        server.revoked = Some((folder, list));
        server
    }

    /// Takes back all tokens of the subject that [`Running::token`] is about, as the background does.
    async fn revoke(&self) {
        let (_, list) = self.revoked.as_ref().unwrap();
        let iss = &self.issuer.config().issuer;
        let text = json!({"subjects": [{"iss": iss, "sub": "u-1"}]});
        std::fs::write(list, text.to_string()).unwrap();
        let problems = self.gateway.parts.verifier.refresh().await;
        assert_eq!(problems, Vec::<String>::new());
    }

    /// Lets so many of those that are held, or will be, go.
    fn release(&self, many: usize) {
        self.gate.permits.add_permits(many);
    }

    /// Waits until so many queries are held, or were.
    async fn held(&self, many: usize) {
        eventually(|| self.gate.came.load(Ordering::SeqCst) >= many).await;
    }

    /// Waits until so many subscriptions and answers in parts run.
    async fn running(&self, many: usize) {
        eventually(|| self.gateway.subscriptions.load(Ordering::SeqCst) == many).await;
    }

    async fn stop(self) {
        // As the program does: or subscriptions would hold up the end.
        self.gateway.begin_drain();
        self.handle.stop(true).await;
    }
}

/// Waits until it is so.
async fn eventually(so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("it never came true");
}

struct Got {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn code(&self) -> String {
        let code = &self.json()["errors"][0]["extensions"]["code"];
        code.as_str().unwrap_or("").to_owned()
    }
}
