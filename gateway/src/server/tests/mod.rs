//! The server over real connections, with a stand-in for the pipeline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod http_rules;
mod life;
mod whole;

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
