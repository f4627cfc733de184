//! The HTTP side: which client calls a URL. `http:` goes over connections of our own ([`http1`]),
//! `h2c:` over HTTP/2 without TLS, `https:` over TLS with whichever of both the subgraph chooses.
//!
//! [`http1`]: super::http1

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use super::TransportError;
use super::http1::Http1;

/// Idle connections are closed before the usual 60 to 75 s of servers and balancers.
const IDLE: Duration = Duration::from_secs(50);

/// How a call over HTTP failed, and whether the request surely never reached the subgraph's program.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: TransportError,
    pub(super) never_sent: bool,
}

impl Failure {
    const fn of(error: TransportError) -> Self {
        Self {
            error,
            never_sent: false,
        }
    }
}

/// What a call is like.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    /// It must not be sent over a connection that the other side may be about to close.
    pub(super) once: bool,
    /// The length of its answer, if it is known.
    pub(super) expected: usize,
}

/// A worker's connections to all subgraphs.
pub(super) struct HttpClient {
    plain: Http1,
    /// HTTP/2 by prior knowledge.
    h2c: Client<HttpConnector, Full<Bytes>>,
    /// Absent only if the crypto provider, which is fixed, offered no cipher at all.
    tls: Option<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>,
    largest: usize,
}

impl HttpClient {
    /// Closes what is idle to addresses that are none of these.
    pub(super) fn keep_only<'u>(&self, urls: impl Iterator<Item = &'u Uri>) {
        let asked: Vec<_> = urls.filter_map(Uri::authority).collect();
        self.plain.keep_only(|authority| asked.contains(&authority));
    }

    /// Calls with this TLS, or believes the public authorities.
    pub(super) fn new(connect: Duration, largest: usize, tls: Option<&Arc<ClientConfig>>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(connect));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new());
        let connector = hyper_rustls::HttpsConnectorBuilder::new();
        let roots = match tls {
            Some(tls) => Some(connector.with_tls_config((**tls).clone())),
            None => connector
                .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())
                .ok(),
        };
        let https = roots.map(|roots| {
            let connector = roots.https_or_http().enable_all_versions();
            connector.wrap_connector(tcp.clone())
        });
        Self {
            plain: Http1::new(connect, IDLE, largest),
            tls: https.map(|https| builder.build(https)),
            h2c: builder.http2_only(true).build(tcp),
            largest,
        }
    }

    /// Sends one request and reads its whole answer: status and body.
    pub(super) async fn call(
        &self,
        url: &Uri,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
        how: How,
    ) -> Result<(u16, Bytes), Failure> {
        match url.scheme_str() {
            Some("http") => self.plain.call(url, &headers, body, how).await,
            Some("h2c") => {
                let request = request(&as_http(url)?, headers, body)?;
                Box::pin(self.general(&self.h2c, request)).await
            }
            _ => {
                let client = self.tls.as_ref();
                let client = client.ok_or(Failure::of(TransportError::Unavailable))?;
                Box::pin(self.general(client, request(url, headers, body)?)).await
            }
        }
    }

    async fn general<C: Connect + Clone + Send + Sync + 'static>(
        &self,
        client: &Client<C, Full<Bytes>>,
        request: Request<Full<Bytes>>,
    ) -> Result<(u16, Bytes), Failure> {
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
                Failure::of(if error.is::<LengthLimitError>() {
                    TransportError::Malformed
                } else {
                    TransportError::Unavailable
                })
            })?;
        Ok((status, body.to_bytes()))
    }
}

fn request(
    url: &Uri,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Failure> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.clone();
    let map = request.headers_mut();
    let json = HeaderValue::from_static("application/json");
    map.insert(http::header::CONTENT_TYPE, json.clone());
    map.insert(http::header::ACCEPT, json);
    for (name, value) in headers {
        let value =
            HeaderValue::try_from(value).map_err(|_| Failure::of(TransportError::Malformed))?;
        map.insert(HeaderName::from_static(name), value);
    }
    Ok(request)
}

/// `h2c:` is our configuration's word; on the wire the scheme is `http`.
fn as_http(url: &Uri) -> Result<Uri, Failure> {
    let mut parts = url.clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    Uri::from_parts(parts).map_err(|_| Failure::of(TransportError::Unavailable))
}
