//! TLS from files: what a server accepts with, what a client calls with. TLS 1.2 and 1.3 with the one
//! crypto provider of the program; nothing here is negotiable by configuration but whom to believe.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::config;

/// Why TLS cannot be set up: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds not what it should.
    #[error("the file {path} cannot be used for TLS: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The pieces do not fit one another.
    #[error("TLS cannot be set up: {0}")]
    Unfit(String),
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Unfit(error.to_string())
    }
}

/// How connections are accepted.
///
/// # Errors
/// See [`TlsError`].
pub fn accepting(config: &config::Tls) -> Result<ServerConfig, TlsError> {
    let builder =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match &config.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let roots = Arc::new(roots(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
            let verifier = match config.client_optional {
                true => verifier.allow_unauthenticated(),
                false => verifier,
            };
            let verifier = verifier
                .build()
                .map_err(|error| TlsError::Unfit(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    Ok(builder.with_single_cert(chain(&config.certificate)?, key(&config.key)?)?)
}

/// How others are called; `None` when the public authorities are believed and nothing is presented.
///
/// # Errors
/// See [`TlsError`].
pub fn calling(config: &config::OutgoingTls) -> Result<Option<Arc<ClientConfig>>, TlsError> {
    let Some(ca) = &config.ca else {
        return Ok(None);
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(ca)?);
    let config = match (&config.certificate, &config.key) {
        (Some(certificate), Some(path)) => {
            builder.with_client_auth_cert(chain(certificate)?, key(path)?)?
        }
        _ => builder.with_no_client_auth(),
    };
    Ok(Some(Arc::new(config)))
}

/// A connector of clients over HTTP/1.1 for `http:` and `https:` addresses, with this TLS or with the public
/// authorities.
///
/// # Errors
/// When the crypto provider, which is fixed, offers no cipher at all.
pub fn connector(
    tls: Option<&Arc<ClientConfig>>,
) -> Result<HttpsConnector<HttpConnector>, TlsError> {
    let builder = HttpsConnectorBuilder::new();
    let builder = match tls {
        Some(tls) => builder.with_tls_config((**tls).clone()),
        None => builder.with_provider_and_webpki_roots(aws_lc_rs::default_provider())?,
    };
    Ok(builder.https_or_http().enable_http1().build())
}

/// The PEM texts for a client that sets its TLS up itself, as that of Redis does.
///
/// # Errors
/// [`TlsError::File`] when one cannot be read.
pub fn pem(config: &config::OutgoingTls) -> Result<Option<Pem>, TlsError> {
    let Some(ca) = &config.ca else {
        return Ok(None);
    };
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| TlsError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    };
    let own = match (&config.certificate, &config.key) {
        (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
        _ => None,
    };
    Ok(Some(Pem { ca: read(ca)?, own }))
}

/// Whom to believe and what to present, in PEM.
#[derive(Clone)]
pub struct Pem {
    /// The authorities.
    pub ca: Vec<u8>,
    /// One's own certificate chain and its private key.
    pub own: Option<(Vec<u8>, Vec<u8>)>,
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |reason: String| TlsError::File {
        path: path.to_owned(),
        reason,
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(|error| failed(error.to_string()))?
        .collect();
    let chain = chain.map_err(|error| failed(error.to_string()))?;
    if chain.is_empty() {
        return Err(failed("it holds no certificate in PEM".to_owned()));
    }
    Ok(chain)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    // The reason may quote nothing of the key: the parser's errors name its form only.
    PrivateKeyDer::from_pem_file(path).map_err(|error| TlsError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in chain(path)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}
