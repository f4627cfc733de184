//! Where keys and lists come from: a file, a URL, or nowhere because they were given from the start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use rustls::ClientConfig;

use crate::tls;

/// How long a reading may take.
const READING: Duration = Duration::from_secs(5);
/// A key set is a few kilobytes, a long list of revoked tokens a few megabytes; more is a mistake or an
/// attack.
const LARGEST: usize = 16 * 1024 * 1024;

/// A place to read from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Given from the start.
    Memory,
    /// A file.
    File(PathBuf),
    /// A URL, `http:` or `https:`, and whom to believe there; the public authorities when nobody is named.
    Url(http::Uri, Option<Arc<ClientConfig>>),
}

impl Source {
    /// The place that a configuration names.
    ///
    /// # Errors
    /// A clause that says what is wrong with the text.
    pub(super) fn parse(text: &str, tls: Option<&Arc<ClientConfig>>) -> Result<Self, String> {
        if text.starts_with("http:") || text.starts_with("https:") {
            text.parse()
                .map(|url| Self::Url(url, tls.cloned()))
                .map_err(|_| "is not a URL".to_owned())
        } else {
            Ok(Self::File(PathBuf::from(text)))
        }
    }

    /// Whether whoever is on the way can put in what they like: a plain `http:` address on another machine.
    pub(super) fn is_open(&self) -> bool {
        let Self::Url(url, _) = self else {
            return false;
        };
        let host = url.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_near = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        url.scheme() != Some(&http::uri::Scheme::HTTPS) && !is_near
    }

    /// What stands there now; `None` when there is nothing to read.
    ///
    /// # Errors
    /// The system's or the server's reason.
    pub(super) async fn read(&self) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::Memory => Ok(None),
            Self::File(path) => tokio::fs::read(path)
                .await
                .map(Some)
                .map_err(|error| error.to_string()),
            Self::Url(url, tls) => tokio::time::timeout(READING, download(url, tls.as_ref()))
                .await
                .map_err(|_| "no answer in time".to_owned())?
                .map(Some),
        }
    }
}

async fn download(url: &http::Uri, tls: Option<&Arc<ClientConfig>>) -> Result<Vec<u8>, String> {
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    // No pool: keys are read rarely, by whichever runtime happens to need them.
    let connector = tls::connector(tls).map_err(|error| error.to_string())?;
    let client: Client<_, Empty<bytes::Bytes>> = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build(connector);
    let answer = client
        .get(url.clone())
        .await
        .map_err(|error| error.to_string())?;
    if answer.status() != http::StatusCode::OK {
        return Err(format!("status {}", answer.status().as_u16()));
    }
    let body = Limited::new(answer.into_body(), LARGEST)
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    Ok(body.to_bytes().to_vec())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_to_another_machine_is_open_to_who_is_on_the_way() {
        for (place, open) in [
            ("jwks.json", false),
            ("https://id.example.gov.cn/jwks", false),
            ("http://127.0.0.1:8080/jwks", false),
            ("http://[::1]:8080/jwks", false),
            ("http://localhost/jwks", false),
            ("http://id.example.gov.cn/jwks", true),
            ("http://localhost.example/jwks", true),
            ("http://10.0.0.8/jwks", true),
        ] {
            assert_eq!(
                Source::parse(place, None).unwrap().is_open(),
                open,
                "{place}"
            );
        }
    }
}
