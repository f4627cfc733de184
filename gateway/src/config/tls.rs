//! TLS on both sides: towards clients, and towards subgraphs.

use std::path::PathBuf;

use serde::Deserialize;

use super::units;

/// `[tls]`: how connections are accepted; plain when absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain in PEM, one's own first.
    pub certificate: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
    /// The authorities, in PEM, whose certificates callers must present (mutual TLS); when absent
    /// callers present none.
    pub client_ca: Option<PathBuf>,
    /// Whether a caller may come without a certificate all the same; one that is presented must be good.
    #[serde(default, deserialize_with = "units::scalar")]
    pub client_optional: bool,
}

/// How something is called over TLS: `[outgoing_tls]` for `https:` addresses of subgraphs, `[identity.tls]` for
/// those of key sets and of the list of revoked tokens, `[cache.redis_tls]` for `rediss:`, and
/// `[telemetry.otlp_tls]` for the collector of traces.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutgoingTls {
    /// The authorities to believe, in PEM, and no others; the public ones when absent.
    pub ca: Option<PathBuf>,
    /// The certificate chain to present (mutual TLS), in PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key in PEM.
    pub key: Option<PathBuf>,
}

impl Tls {
    /// The paths in it, to be resolved.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        [&mut self.certificate, &mut self.key]
            .into_iter()
            .chain(self.client_ca.iter_mut())
    }
}

impl OutgoingTls {
    /// The paths in it, to be resolved.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let own = self.certificate.iter_mut().chain(self.key.iter_mut());
        self.ca.iter_mut().chain(own)
    }

    /// What is wrong with it, if anything: a clause.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        if self.certificate.is_some() != self.key.is_some() {
            return Some("give `certificate` and `key` together");
        }
        if self.certificate.is_some() && self.ca.is_none() {
            return Some("name the `ca` whose servers may see the certificate");
        }
        None
    }
}
