//! Asking a peer: one POST of one fixed document to its GraphQL endpoint, within three seconds.
//!
//! Whatever does not come back as an answer of that document is [`Unknown`]: a refused connection, a
//! timeout, a page of HTML, an error. Unknown decides nothing, and the question is asked again. With
//! `client.pem` and `client.key.pem` in the folder of peers the connection is made with that certificate
//! (mutual TLS), and with `ca.pem` only what these issuers vouch for is believed.

use super::wire::LONGEST;
use super::wire::signature::SigningKey;
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client as Pool, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// The one document that peers send, and the only one that a gateway runs for them.
pub const DOCUMENT: &str = crate::kit::contract::PEER_DOCUMENT;

/// How long an answer is waited for (D.3).
pub const PATIENCE: Duration = Duration::from_secs(3);

/// How long a bearer token of ours is good, in seconds.
const TOKEN_SECONDS: i64 = 300;

/// The issuer of an authority's bearer tokens.
#[must_use]
pub fn issuer(authority: &str) -> String {
    format!("minzheng-peer-{authority}")
}

/// No answer that could be believed. The word is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown(pub &'static str);

/// The way to peers.
pub struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    token_key: SigningKey,
    own: String,
    #[cfg(test)]
    pub(crate) wire: std::sync::OnceLock<Wire>,
}

/// In tests, what stands for the network: an address and a message give an answer, or none.
#[cfg(test)]
pub(crate) type Wire = std::sync::Arc<
    dyn Fn(String, String) -> futures_util::future::BoxFuture<'static, Option<String>>
        + Send
        + Sync,
>;

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the authority `own`, with the certificates of the folder.
    ///
    /// # Errors
    /// A sentence saying which file cannot be used.
    pub fn new(own: &str, token_key: SigningKey, folder: &Path) -> Result<Self, String> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(PATIENCE));
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls(folder)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Ok(Self {
            pool: Pool::builder(TokioExecutor::new()).build(connector),
            token_key,
            own: own.to_owned(),
            #[cfg(test)]
            wire: std::sync::OnceLock::new(),
        })
    }

    /// Asks with a message and gives the answer's text, which nobody has judged yet.
    ///
    /// # Errors
    /// [`Unknown`] for everything else.
    pub async fn ask(&self, endpoint: &str, message: &str, now: i64) -> Result<String, Unknown> {
        #[cfg(test)]
        if let Some(wire) = self.wire.get() {
            return wire(endpoint.to_owned(), message.to_owned())
                .await
                .ok_or(Unknown("no answer in the test"));
        }
        let body = json!({ "query": DOCUMENT, "operationName": "InteropExchange",
            "variables": { "jws": message } });
        let answer = self.post(endpoint, body.to_string().into(), Some(self.token(now)));
        let body = tokio::time::timeout(PATIENCE, answer)
            .await
            .map_err(|_| Unknown("no answer in time"))??;
        #[derive(Deserialize)]
        struct Answer {
            data: Option<Data>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            interop_exchange: Option<String>,
        }
        serde_json::from_slice::<Answer>(&body)
            .ok()
            .and_then(|answer| answer.data)
            .and_then(|data| data.interop_exchange)
            .ok_or(Unknown("an answer without a message"))
    }

    /// Sends a GraphQL request and gives the bytes that come back, whatever they are.
    ///
    /// # Errors
    /// [`Unknown`] when nothing comes back.
    pub async fn post(
        &self,
        endpoint: &str,
        body: Bytes,
        token: Option<String>,
    ) -> Result<Bytes, Unknown> {
        let mut request = hyper::Request::post(endpoint)
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request
            .body(Full::new(body))
            .map_err(|_| Unknown("an address that is none"))?;
        let response = self
            .pool
            .request(request)
            .await
            .map_err(|_| Unknown("no connection"))?;
        let body = Limited::new(response.into_body(), 2 * LONGEST)
            .collect()
            .await
            .map_err(|_| Unknown("an answer cut off or too long"))?;
        Ok(body.to_bytes())
    }

    /// A bearer token of ours, for the other side's gateway.
    #[must_use]
    pub fn token(&self, now: i64) -> String {
        let now = now / 1000;
        let part = |value: serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let header =
            part(json!({ "alg": "EdDSA", "typ": "JWT", "kid": self.token_key.public().id() }));
        let claims = part(json!({
            "iss": issuer(&self.own), "aud": crate::kit::contract::CLIENT_AUDIENCE,
            "sub": self.own, "role": "peer", "province": self.own,
            "iat": now, "exp": now + TOKEN_SECONDS, "jti": uuid::Uuid::new_v4().to_string(),
        }));
        let signed = format!("{header}.{claims}");
        let signature = BASE64URL_NOPAD.encode(&self.token_key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// TLS as the folder has it: its issuers or the public ones, its certificate or none.
fn tls(folder: &Path) -> Result<rustls::ClientConfig, String> {
    let unusable = |name: &str| {
        format!("The file {name} in the folder of peers cannot be used: it must hold PEM.")
    };
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up ({error})."))?;
    let issuers = folder.join("ca.pem");
    let builder = if issuers.exists() {
        let mut roots = rustls::RootCertStore::empty();
        let certificates =
            CertificateDer::pem_file_iter(&issuers).map_err(|_| unusable("ca.pem"))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|_| unusable("ca.pem"))?;
            roots.add(certificate).map_err(|_| unusable("ca.pem"))?;
        }
        builder.with_root_certificates(roots)
    } else {
        hyper_rustls::ConfigBuilderExt::with_webpki_roots(builder)
    };
    let (certificate, key) = (folder.join("client.pem"), folder.join("client.key.pem"));
    if !certificate.exists() {
        return Ok(builder.with_no_client_auth());
    }
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(|chain| chain.collect::<Result<Vec<_>, _>>())
        .map_err(|_| unusable("client.pem"))?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|_| unusable("client.key.pem"))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|_| unusable("client.pem"))
}
