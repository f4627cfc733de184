//! The HTTP side: one hyper client per worker, keep-alive connections, bodies as `Bytes`.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::TransportError;

/// Idle connections are closed before the usual 60 to 75 s of servers and balancers.
const IDLE: Duration = Duration::from_secs(50);

/// How a call over HTTP failed, and whether the request surely never reached the subgraph's program.
pub(super) struct Failure {
    pub(super) error: TransportError,
    pub(super) never_sent: bool,
}

pub(super) struct HttpClient {
    /// Absent only if the crypto provider, which is fixed, offered no cipher at all.
    client: Option<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>,
    largest: usize,
}

impl HttpClient {
    pub(super) fn new(connect: Duration, largest: usize) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(connect));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())
            .ok()
            .map(|roots| roots.https_or_http().enable_http1().wrap_connector(tcp));
        Self {
            client: https.map(|https| {
                Client::builder(TokioExecutor::new())
                    .pool_idle_timeout(IDLE)
                    .pool_timer(TokioTimer::new())
                    .build(https)
            }),
            largest,
        }
    }

    /// Sends one request and reads its whole answer: status and body.
    pub(super) async fn call(
        &self,
        url: &Uri,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
    ) -> Result<(u16, Bytes), Failure> {
        let failed = |error| Failure {
            error,
            never_sent: false,
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.clone();
        let map = request.headers_mut();
        let json = HeaderValue::from_static("application/json");
        map.insert(http::header::CONTENT_TYPE, json.clone());
        map.insert(http::header::ACCEPT, json);
        for (name, value) in headers {
            let value =
                HeaderValue::try_from(value).map_err(|_| failed(TransportError::Malformed))?;
            map.insert(HeaderName::from_static(name), value);
        }
        let client = self
            .client
            .as_ref()
            .ok_or_else(|| failed(TransportError::Unavailable))?;
        let answer = client.request(request).await.map_err(|error| {
            tracing::debug!(%error, "a subgraph cannot be reached");
            Failure {
                error: TransportError::Unavailable,
                never_sent: error.is_connect(),
            }
        })?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), self.largest)
            .collect()
            .await
            .map_err(|error| {
                failed(if error.is::<LengthLimitError>() {
                    TransportError::Malformed
                } else {
                    TransportError::Unavailable
                })
            })?;
        Ok((status, body.to_bytes()))
    }
}
