//! The server over real connections, with a stand-in for the pipeline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::*;
use crate::error::{ErrorCode, GraphQlError, errors_body};
use crate::identity::Role;
use crate::identity::dev::{DevClaims, DevIssuer};
use crate::pipeline::{CachePolicy, Outcome};

/// Answers by the text of the query: says who asked, refuses, or makes a large or slow answer.
struct StandIn;

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
            _ => body(json!({
                "role": caller.principal.role.as_str(),
                "purpose": caller.purpose,
                "trace": crate::telemetry::trace_id(&caller.trace),
                "variables": request.variables,
            })),
        };
        let slow = query == "slow";
        async move {
            if slow {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            answer
        }
        .boxed_local()
    }
}

struct Running {
    url: String,
    gateway: Arc<Gateway>,
    handle: actix_web::dev::ServerHandle,
    issuer: DevIssuer,
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
        let config = Config::from_text(config, Path::new("test.toml"), []).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let issuer = DevIssuer::open(folder.path()).unwrap();
        let mut verifier = Verifier::new(&config.identity, "51").unwrap();
        verifier
            .add_fixed(&issuer.config(), &issuer.jwks())
            .unwrap();
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
        let gateway = Gateway::new(Parts {
            config,
            verifier: Arc::new(verifier),
            cache: Arc::new(Cache::disabled()),
            signer: Arc::new(Signer::new(key, BTreeMap::new())),
            metrics: Metrics::new(),
            first_query: None,
        });
        gateway.load(Arc::new(StandIn), Arc::from([]));
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

    fn token(&self, role: Role) -> String {
        let claims = DevClaims {
            subject: "u-1".to_owned(),
            role,
            province: "51".to_owned(),
            person: None,
            division: None,
            registry: None,
            purposes: vec!["P1".to_owned()],
            scope: None,
            ttl: Duration::from_secs(60),
        };
        format!("Bearer {}", self.issuer.mint(&claims, SystemTime::now()))
    }

    async fn stop(self) {
        self.handle.stop(true).await;
    }
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

const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

#[actix_web::test]
async fn a_post_is_answered_or_refused_as_the_draft_says() {
    let server = Running::start(CONFIG).await;
    let big = format!(r#"{{"query":"{}"}}"#, "x".repeat(5_000));
    let json = ("accept", "application/json");
    for (headers, body, status, media, code) in [
        (vec![], r#"{"query":"q"}"#, 200, GRAPHQL, ""),
        (
            vec![("accept", "*/*")],
            r#"{"query":"q"}"#,
            200,
            GRAPHQL,
            "",
        ),
        (vec![json], r#"{"query":"q"}"#, 200, JSON, ""),
        (
            vec![("accept", "text/html")],
            r#"{"query":"q"}"#,
            406,
            GRAPHQL,
            "NOT_ACCEPTABLE",
        ),
        (vec![], "{", 400, GRAPHQL, "REQUEST_MALFORMED"),
        (vec![json], "{", 400, JSON, "REQUEST_MALFORMED"),
        (vec![], "", 400, GRAPHQL, "REQUEST_MALFORMED"),
        (
            vec![],
            r#"{"qeury":"q"}"#,
            400,
            GRAPHQL,
            "REQUEST_MALFORMED",
        ),
        (
            vec![],
            r#"{"query":"q","variables":[7]}"#,
            400,
            GRAPHQL,
            "REQUEST_MALFORMED",
        ),
        (
            vec![],
            r#"[{"query":"q"}]"#,
            400,
            GRAPHQL,
            "BATCHING_DISABLED",
        ),
        (
            vec![],
            r#"{"query":"broken"}"#,
            400,
            GRAPHQL,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            vec![json],
            r#"{"query":"broken"}"#,
            200,
            JSON,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (vec![], big.as_str(), 413, GRAPHQL, "REQUEST_TOO_LARGE"),
        (
            vec![("content-encoding", "gzip")],
            "x",
            415,
            GRAPHQL,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            vec![("authorization", "Bearer x")],
            r#"{"query":"q"}"#,
            401,
            GRAPHQL,
            "TOKEN_MALFORMED",
        ),
        (
            vec![("authorization", "Basic x")],
            r#"{"query":"q"}"#,
            401,
            GRAPHQL,
            "TOKEN_MALFORMED",
        ),
        (
            vec![("minzheng-purpose", "P1")],
            r#"{"query":"q"}"#,
            403,
            GRAPHQL,
            "PURPOSE_NOT_ALLOWED",
        ),
    ] {
        let got = server.post(&headers, body).await;
        let told = (got.status, got.header("content-type"), got.code());
        assert_eq!(
            told,
            (status, media, code.to_owned()),
            "{headers:?} {body:.40}"
        );
        assert_eq!(got.json().get("data").is_some(), code.is_empty());
        assert_eq!(got.header("cache-control"), "no-store");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("www-authenticate").is_empty(), status != 401);
    }
    let plain = [("content-type", "text/plain")];
    let got = server.ask("POST", "/graphql", &plain, "{}").await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (415, "UNSUPPORTED_MEDIA_TYPE")
    );
    server.stop().await;
}

#[actix_web::test]
async fn a_get_may_query_and_nothing_else() {
    let server = Running::start(CONFIG).await;
    let navigate = ("sec-fetch-mode", "navigate");
    let html = ("accept", "text/html,*/*;q=0.8");
    let graphql = ("accept", "application/graphql-response+json");
    for (headers, path, status, code) in [
        (vec![], "/graphql?query=q", 200, ""),
        (
            vec![graphql],
            "/graphql?query=q&variables=%7B%22a%22%3A1%7D",
            200,
            "",
        ),
        (
            vec![graphql],
            "/graphql?query=mutation",
            405,
            "MUTATION_OVER_GET",
        ),
        (
            vec![("accept", "application/json")],
            "/graphql?query=mutation",
            405,
            "MUTATION_OVER_GET",
        ),
        (vec![], "/graphql", 400, "REQUEST_MALFORMED"),
        (
            vec![],
            "/graphql?query=q&variables=7",
            400,
            "REQUEST_MALFORMED",
        ),
        (
            vec![navigate, html],
            "/graphql?query=q",
            403,
            "PREFLIGHT_REQUIRED",
        ),
        (
            vec![("sec-fetch-mode", "no-cors")],
            "/graphql?query=q",
            403,
            "PREFLIGHT_REQUIRED",
        ),
        (
            vec![navigate, html, ("minzheng-preflight", "1")],
            "/graphql?query=q",
            200,
            "",
        ),
        (vec![navigate, graphql], "/graphql?query=q", 200, ""),
    ] {
        let got = server.ask("GET", path, &headers, "").await;
        assert_eq!(
            (got.status, got.code()),
            (status, code.to_owned()),
            "{headers:?} {path}"
        );
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let got = server.ask(method, "/graphql", &[], "").await;
        assert_eq!(
            (got.status, got.code().as_str()),
            (405, "METHOD_NOT_ALLOWED")
        );
        assert_eq!(got.header("allow"), "GET, POST, OPTIONS");
    }
    server.stop().await;
}

#[actix_web::test]
async fn the_caller_comes_from_the_token_and_the_headers() {
    let server = Running::start(CONFIG).await;
    let token = server.token(Role::Registrar);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [
        ("authorization", token.as_str()),
        ("minzheng-purpose", "P1"),
        ("traceparent", trace),
    ];
    let body = r#"{"query":"q","variables":{"a":[1]}}"#;
    assert_eq!(
        server.post(&headers, body).await.json()["data"],
        json!({
            "role": "registrar", "purpose": "P1", "variables": {"a": [1]},
            "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
        })
    );
    let refused = [headers[0], headers[2], ("minzheng-purpose", "P2")];
    let got = server.post(&refused, body).await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (403, "PURPOSE_NOT_ALLOWED")
    );
    assert_eq!(
        got.json()["errors"][0]["extensions"]["reference"],
        "4bf92f3577b34da6a3ce929d0e0e4736"
    );
    server.stop().await;
}

#[actix_web::test]
async fn large_answers_are_compressed_and_small_ones_are_not() {
    let server = Running::start(CONFIG).await;
    for (accept, encoding) in [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("", "")] {
        let got = server
            .post(&[("accept-encoding", accept)], r#"{"query":"large"}"#)
            .await;
        assert_eq!(
            (got.status, got.header("content-encoding")),
            (200, encoding)
        );
        assert_eq!(got.body.len() < 5_000, !encoding.is_empty());
        assert!(got.header("vary").contains("accept-encoding"));
    }
    let got = server
        .post(&[("accept-encoding", "gzip, br")], r#"{"query":"q"}"#)
        .await;
    assert_eq!(got.header("content-encoding"), "");
    server.stop().await;
}

#[actix_web::test]
async fn public_answers_to_get_may_be_kept_and_are_not_sent_twice() {
    let server = Running::start(CONFIG).await;
    let first = server.ask("GET", "/graphql?query=public", &[], "").await;
    assert_eq!(first.header("cache-control"), "public, max-age=60");
    let known = [("if-none-match", first.header("etag"))];
    let again = server.ask("GET", "/graphql?query=public", &known, "").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let token = server.token(Role::Citizen);
    let signed_in = [("authorization", token.as_str())];
    let own = server
        .ask("GET", "/graphql?query=public", &signed_in, "")
        .await;
    assert_eq!(own.header("cache-control"), "private, max-age=60");
    let posted = server.post(&[], r#"{"query":"public"}"#).await;
    assert_eq!(posted.header("cache-control"), "no-store");
    server.stop().await;
}

#[actix_web::test]
async fn only_listed_origins_may_ask_from_a_page() {
    let server = Running::start(CONFIG).await;
    for (origin, allowed) in [
        ("https://portal.example.org", true),
        ("https://portal.example.org.evil.example", false),
        ("null", false),
    ] {
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
        ];
        let got = server.ask("OPTIONS", "/graphql", &preflight, "").await;
        let expected = if allowed { origin } else { "" };
        assert_eq!(got.status, 204);
        assert_eq!(got.header("access-control-allow-origin"), expected);
        assert_eq!(
            got.header("access-control-allow-headers")
                .contains("authorization"),
            allowed
        );
        let got = server.post(&[("origin", origin)], r#"{"query":"q"}"#).await;
        assert_eq!(got.header("access-control-allow-origin"), expected);
        assert!(got.header("vary").contains("origin"));
    }
    server.stop().await;
}

#[actix_web::test]
async fn the_machinery_around_can_see_how_the_gateway_is() {
    let server = Running::start(CONFIG).await;
    let get = |path: &'static str| server.ask("GET", path, &[], "");
    assert_eq!(get("/health").await.status, 200);
    assert_eq!(get("/ready").await.json(), json!({"ready": true}));
    server.post(&[], r#"{"query":"q"}"#).await;
    let metrics = String::from_utf8(get("/metrics").await.body.to_vec()).unwrap();
    assert!(metrics.contains(
        "minzheng_gateway_requests_total{method=\"POST\",status=\"200\",role=\"public\"} 1"
    ));
    let nothing = get("/nothing").await;
    assert_eq!(
        (nothing.status, nothing.code().as_str()),
        (404, "NOT_FOUND")
    );
    server.gateway.begin_drain();
    let draining = get("/ready").await;
    assert_eq!(
        (draining.status, draining.json()),
        (503, json!({"ready": false}))
    );
    assert_eq!(get("/health").await.status, 200);
    server.stop().await;
}

#[actix_web::test]
async fn without_a_schema_the_gateway_says_so() {
    let server = Running::start(CONFIG).await;
    server.gateway.loaded.store(None);
    let got = server.post(&[], r#"{"query":"q"}"#).await;
    assert_eq!((got.status, got.code().as_str()), (503, "NOT_READY"));
    assert_eq!(got.header("retry-after"), "1");
    assert_eq!(server.ask("GET", "/ready", &[], "").await.status, 503);
    server.stop().await;
}

#[actix_web::test]
async fn load_beyond_the_limit_is_shed_at_once() {
    let server = Running::start("limits.concurrency = 2").await;
    let ask = || server.post(&[], r#"{"query":"slow"}"#);
    let all = futures_util::future::join_all((0..5).map(|_| ask())).await;
    let shed: Vec<&Got> = all.iter().filter(|got| got.status == 503).collect();
    assert_eq!(shed.len(), 3);
    assert_eq!(
        (shed[0].code().as_str(), shed[0].header("retry-after")),
        ("OVERLOADED", "1")
    );
    assert_eq!(ask().await.status, 200);
    server.stop().await;
}

#[actix_web::test]
async fn a_stop_waits_for_requests_under_way() {
    let server = Running::start(CONFIG).await;
    let under_way = server.post(&[], r#"{"query":"slow"}"#);
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.handle.stop(true).await;
    };
    let (got, ()) = futures_util::future::join(under_way, stop).await;
    assert_eq!(got.status, 200);
}

#[actix_web::test]
async fn an_address_in_use_is_one_sentence() {
    let taken = bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = bind(&address).err().unwrap().to_string();
    assert!(
        error.contains(&address) && error.contains("already in use"),
        "{error}"
    );
}

#[actix_web::test]
async fn the_console_is_complete_and_loads_nothing_from_outside() {
    let server = Running::start(CONFIG).await;
    let home = server.ask("GET", "/", &[], "").await;
    assert_eq!((home.status, home.header("location")), (303, "/console"));
    let page = server.ask("GET", "/console", &[], "").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    let mut linked = 0;
    for reference in text.split("src=\"").chain(text.split("href=\"")).skip(1) {
        let Some(path) = reference
            .split('"')
            .next()
            .filter(|path| path.starts_with('/'))
        else {
            continue;
        };
        linked += 1;
        let plain = server.ask("GET", path, &[], "").await;
        assert_eq!(
            (plain.status, plain.header("content-encoding")),
            (200, ""),
            "{path}"
        );
        let packed = server
            .ask("GET", path, &[("accept-encoding", "gzip")], "")
            .await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        assert!(packed.body.len() < plain.body.len(), "{path}");
    }
    assert_eq!(linked, 5);
    let first = server
        .ask("GET", "/console/first-query.graphql", &[], "")
        .await;
    assert!(first.body.starts_with(b"# "));
    assert_eq!(
        server
            .ask("GET", "/console/../Cargo.toml", &[], "")
            .await
            .status,
        404
    );
    server.stop().await;

    let server = Running::start("server.console = false").await;
    assert_eq!(server.ask("GET", "/console", &[], "").await.status, 404);
    server.stop().await;
}
