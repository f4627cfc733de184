//! What no type can say: values that must fit one another.

use super::access::POLICY_CLAIMS;
use super::{Config, ConfigError, LEAST_DAYS};
use crate::contract;

/// The algorithms an issuer may pin. Never `none`, never a shared-secret one.
pub(crate) const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

/// The provincial-level divisions of GB/T 2260.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71",
    "81", "82",
];

/// The longest time between two readings of the list of revoked tokens: with the five seconds that a
/// reading may take, less than the minute that is promised.
const LONGEST_REFRESH: std::time::Duration = std::time::Duration::from_secs(50);

impl Config {
    /// Checks what the types alone do not.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.listen
            .parse::<std::net::SocketAddr>()
            .map_err(|_| wrong("listen", "write address and port, as in 0.0.0.0:4000"))?;
        if let Some(own) = &self.server.metrics_listen {
            own.parse::<std::net::SocketAddr>().map_err(|_| {
                wrong(
                    "server.metrics_listen",
                    "write address and port, as in 127.0.0.1:4001",
                )
            })?;
        }
        if !PROVINCES.contains(&self.province.as_str()) {
            return Err(wrong(
                "province",
                "write the province's two-digit code, as in \"51\"",
            ));
        }
        for (name, url) in &self.subgraphs {
            if !is_url(url, &["http", "https", "h2c"]) {
                return Err(wrong(
                    format!("subgraphs.{name}"),
                    "write an http: or https: URL, or h2c: for HTTP/2 without TLS",
                ));
            }
        }
        self.check_identity()?;
        self.check_policies()?;
        self.check_documents()?;
        for (section, tls) in [
            ("outgoing_tls", &self.outgoing_tls),
            ("identity.tls", &self.identity.tls),
            ("cache.redis_tls", &self.cache.redis_tls),
            ("telemetry.otlp_tls", &self.telemetry.otlp_tls),
        ] {
            if let Some(problem) = tls.problem() {
                return Err(wrong(section, problem));
            }
        }
        self.check_signing()?;
        self.check_access_log()?;
        self.check_numbers()?;
        for origin in &self.cors.origins {
            if !is_http_url(origin) || origin.matches('/').count() != 2 {
                return Err(wrong(
                    "cors.origins",
                    "write exact origins such as https://portal.example.org, without a path; * is refused",
                ));
            }
        }
        Ok(())
    }

    fn check_identity(&self) -> Result<(), ConfigError> {
        for role in self.identity.roles.keys() {
            if !contract::ROLES.contains(&role.as_str()) {
                return Err(wrong(format!("identity.roles.{role}"), known_roles()));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        for issuer in &self.identity.issuers {
            let key = |key: &str| format!("identity.issuers.{}.{key}", issuer.name);
            if issuer.issuer.is_empty() || !seen.insert(&issuer.issuer) {
                return Err(wrong(
                    key("issuer"),
                    "each issuer has its own, non-empty `iss`",
                ));
            }
            if issuer.algorithms.is_empty() {
                return Err(wrong(key("algorithms"), "name at least one algorithm"));
            }
            for algorithm in &issuer.algorithms {
                if !ALGORITHMS.contains(&algorithm.as_str()) {
                    return Err(wrong(
                        key("algorithms"),
                        "allowed are RS256, ES256 and EdDSA",
                    ));
                }
            }
            for role in &issuer.roles {
                if role == contract::role::PUBLIC || !contract::ROLES.contains(&role.as_str()) {
                    return Err(wrong(key("roles"), known_roles()));
                }
            }
            if issuer.roles.is_empty() {
                return Err(wrong(key("roles"), "name at least one role"));
            }
        }
        Ok(())
    }

    fn check_policies(&self) -> Result<(), ConfigError> {
        for (name, policy) in &self.identity.policies {
            let key = |key: &str| format!("identity.policies.{name}{key}");
            if policy.is_empty() {
                return Err(wrong(
                    key(""),
                    "a policy has at least one of roles, scopes, purposes, present, equals and begins",
                ));
            }
            for role in &policy.roles {
                if role == contract::role::PUBLIC || !contract::ROLES.contains(&role.as_str()) {
                    return Err(wrong(key(".roles"), known_roles()));
                }
            }
            let claims = policy
                .present
                .iter()
                .chain(policy.equals.keys())
                .chain(policy.begins.keys());
            for claim in claims {
                if !POLICY_CLAIMS.contains(&claim.as_str()) {
                    let known = POLICY_CLAIMS.join(", ");
                    return Err(wrong(key(""), format!("the claims to ask for are {known}")));
                }
            }
            let values = policy.equals.values().chain(policy.begins.values());
            for values in values {
                if values.is_empty() || values.iter().any(String::is_empty) {
                    return Err(wrong(
                        key(""),
                        "name at least one value, none of them empty",
                    ));
                }
            }
        }
        let revocation = &self.identity.revocation;
        if revocation.refresh.is_zero() || revocation.refresh > LONGEST_REFRESH {
            return Err(wrong(
                "identity.revocation.refresh",
                "must be greater than zero and at most 50s: with the time that reading takes, what is \
                 revoked is refused within 60s",
            ));
        }
        Ok(())
    }

    fn check_documents(&self) -> Result<(), ConfigError> {
        let documents = &self.documents;
        for (key, roles) in [
            ("documents.trusted_only", &documents.trusted_only),
            ("identity.introspection", &self.identity.introspection),
            ("server.console", &self.server.console),
        ] {
            if roles
                .iter()
                .any(|role| !contract::ROLES.contains(&role.as_str()))
            {
                return Err(wrong(
                    key,
                    format!("the roles are {}", contract::ROLES.join(", ")),
                ));
            }
        }
        if !documents.trusted_only.is_empty() && documents.trusted.is_none() {
            return Err(wrong(
                "documents.trusted",
                "name the manifest of trusted documents, or no role could ask anything",
            ));
        }
        if documents.refresh.is_zero() {
            return Err(wrong("documents.refresh", "must be greater than zero"));
        }
        Ok(())
    }

    fn check_signing(&self) -> Result<(), ConfigError> {
        for (name, key) in &self.signing.subgraphs {
            if key.key.is_some() == key.key_file.is_some() {
                return Err(wrong(
                    format!("signing.subgraphs.{name}"),
                    "give either `key` or `key_file`",
                ));
            }
        }
        Ok(())
    }

    fn check_access_log(&self) -> Result<(), ConfigError> {
        let log = &self.access_log;
        if log.folder.is_some() && log.database.is_some() {
            return Err(wrong("access_log", "name a folder or a database, not both"));
        }
        if let Some(url) = &log.database
            && !url.reveal().starts_with("postgres")
        {
            return Err(wrong(
                "access_log.database",
                "write postgres://user:password@host/database",
            ));
        }
        if crate::record::HashKind::parse(&log.hash).is_none() {
            return Err(wrong("access_log.hash", "write sha256 or sm3"));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if log.instance.is_empty() || log.instance.len() > 64 || !log.instance.bytes().all(plain) {
            return Err(wrong(
                "access_log.instance",
                "write up to 64 small letters, digits and hyphens",
            ));
        }
        if log.patience.is_zero() || log.seal_every.is_zero() {
            return Err(wrong(
                "access_log",
                "patience and seal_every must be greater than zero",
            ));
        }
        for ((key, days), least) in ["keep_days", "keep_sharing_days", "keep_reveal_days"]
            .into_iter()
            .zip(log.days())
            .zip(LEAST_DAYS)
        {
            if days < least {
                return Err(wrong(
                    format!("access_log.{key}"),
                    format!("must be {least} days at least"),
                ));
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), ConfigError> {
        let limits = &self.limits;
        for (key, value) in [
            ("limits.tokens", limits.tokens),
            ("limits.depth", limits.depth),
            ("limits.fields", limits.fields),
            ("limits.root_fields", limits.root_fields),
            ("limits.same_name", limits.same_name),
            ("limits.concurrency", limits.concurrency),
            ("limits.body", limits.body.as_usize()),
            ("limits.document", limits.document.as_usize()),
            ("limits.subgraph_answer", limits.subgraph_answer.as_usize()),
        ] {
            if value == 0 {
                return Err(wrong(key, "must be greater than zero"));
            }
        }
        if limits.deadline.is_zero() {
            return Err(wrong("limits.deadline", "must be greater than zero"));
        }
        if self.subscriptions.buffer == 0 {
            return Err(wrong("subscriptions.buffer", "must be greater than zero"));
        }
        for (key, value) in [
            ("subscriptions.ping", self.subscriptions.ping),
            ("subscriptions.init", self.subscriptions.init),
        ] {
            if value.is_zero() {
                return Err(wrong(key, "must be greater than zero"));
            }
        }
        if !(0.0..=1.0).contains(&self.telemetry.sample_ratio) {
            return Err(wrong("telemetry.sample_ratio", "must lie from 0 to 1"));
        }
        if self.cache.redis_poll.is_zero() {
            return Err(wrong("cache.redis_poll", "must be greater than zero"));
        }
        Ok(())
    }
}

fn wrong(key: impl Into<String>, problem: impl Into<String>) -> ConfigError {
    ConfigError::Key {
        key: key.into(),
        problem: problem.into(),
    }
}

fn known_roles() -> String {
    format!("the roles are {}", contract::ROLES[1..].join(", "))
}

fn is_http_url(text: &str) -> bool {
    is_url(text, &["http", "https"])
}

fn is_url(text: &str, schemes: &[&str]) -> bool {
    text.parse::<http::Uri>().is_ok_and(|uri| {
        uri.scheme_str()
            .is_some_and(|scheme| schemes.contains(&scheme))
            && uri.authority().is_some()
    })
}
