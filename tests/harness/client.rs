//! A plain blocking HTTP client that can also send what a good client never would.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};

/// An HTTP answer with its body read.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with values.
    pub headers: Vec<(String, String)>,
    /// The body as received.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// The client. Cheap to make, keeps connections alive.
pub struct Client {
    runtime: tokio::runtime::Runtime,
    http: HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client with a runtime of its own, for plain HTTP.
    #[expect(
        clippy::expect_used,
        reason = "the one crypto provider knows the versions of TLS"
    )]
    pub fn new() -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let nobody = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Self::over_tls(nobody)
    }

    /// A client that speaks to `https:` addresses so.
    #[expect(
        clippy::expect_used,
        reason = "a test machine that cannot start a runtime cannot test"
    )]
    pub fn over_tls(tls: ClientConfig) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls);
        let connector = connector.https_or_http().enable_http1().build();
        let http = HyperClient::builder(TokioExecutor::new()).build(connector);
        Self { runtime, http }
    }

    /// Sends one request, with a minute's patience.
    pub fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        let exchange = async {
            let response = self
                .http
                .request(request)
                .await
                .map_err(|error| error.to_string())?;
            let status = response.status().as_u16();
            let headers = response
                .headers()
                .iter()
                .map(|(name, value)| {
                    (
                        name.to_string(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect();
            let body = response
                .into_body()
                .collect()
                .await
                .map_err(|error| error.to_string())?
                .to_bytes();
            Ok(Answer {
                status,
                headers,
                body,
            })
        };
        self.runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(60), exchange).await })
            .map_err(|_| "no answer within a minute".to_owned())?
    }

    /// GET with headers.
    pub fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        self.send(build("GET", url, headers, Bytes::new())?)
    }

    /// DELETE.
    pub fn delete(&self, url: &str) -> Result<Answer, String> {
        self.send(build("DELETE", url, &[], Bytes::new())?)
    }

    /// POST of any body with headers.
    pub fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, String> {
        self.send(build("POST", url, headers, body.into())?)
    }

    /// A GraphQL operation, as a well-behaved client sends it.
    pub fn graphql(
        &self,
        url: &str,
        token: Option<&str>,
        query: &str,
        variables: &Value,
    ) -> Result<Value, String> {
        self.graphql_for(url, token, None, query, variables)
    }

    /// The same, stating a purpose and the case it belongs to.
    pub fn graphql_for(
        &self,
        url: &str,
        token: Option<&str>,
        stated: Option<(&str, &str)>,
        query: &str,
        variables: &Value,
    ) -> Result<Value, String> {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![
            ("content-type", "application/json"),
            ("accept", "application/graphql-response+json"),
        ];
        if let Some(bearer) = &bearer {
            headers.push(("authorization", bearer));
        }
        if let Some((purpose, case)) = stated {
            headers.push(("minzheng-purpose", purpose));
            headers.push(("minzheng-case", case));
        }
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = self.post(url, &headers, body)?;
        serde_json::from_slice(&answer.body).map_err(|error| {
            format!(
                "status {} with a body that is not JSON ({error}): {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            )
        })
    }
}

fn build(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .body(Full::new(body))
        .map_err(|error| error.to_string())
}
