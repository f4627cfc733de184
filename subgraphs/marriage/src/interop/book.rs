//! Who is trusted: one key file for each authority, and our own.
//!
//! A [`KeyFile`] says where an authority is reached and with which keys it signs, opens and identifies
//! itself, each with the time for which it counts; a signature is judged with the key valid when it was
//! made, so that old decisions stay proofs after a key was changed. The same file, made by
//! `minzheng peer key`, is brought to the other side by a safe way and taken in by `minzheng peer trust`.
//! Files are read again when they change; a file that cannot be used is left out and named in the log,
//! the others count.

use super::routing::{Routing, RoutingFile, is_authority};
use super::wire::Fault;
use super::wire::jws::KeyBook;
use super::wire::signature::{Algorithm, PublicKey};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Our own key file.
pub const OWN_FILE: &str = "self.json";
/// The table of routes, where it is not the one made from the divisions.
pub const ROUTING_FILE: &str = "routing.json";

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyUse {
    /// Signs messages and statements.
    #[serde(rename = "sig")]
    Signing,
    /// Identities are sealed to it.
    #[serde(rename = "enc")]
    Sealing,
    /// Signs bearer tokens.
    #[serde(rename = "token")]
    Token,
}

/// One public key of an authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerKey {
    /// What it is for.
    #[serde(rename = "use")]
    pub usage: KeyUse,
    /// How it signs; none for sealing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<Algorithm>,
    /// The key.
    pub jwk: PublicKey,
    /// From when on it counts.
    pub valid_from: DateTime<Utc>,
    /// Until when; none while it is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
    /// Since when it is not to be believed; none for a good key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}

impl PeerKey {
    /// Whether it counts for what was signed at this time (milliseconds since 1970).
    #[must_use]
    pub fn counts_at(&self, at: i64) -> bool {
        let end = [self.valid_to, self.revoked_at].into_iter().flatten().min();
        at >= self.valid_from.timestamp_millis()
            && end.is_none_or(|end| at < end.timestamp_millis())
    }
}

/// The key file of one authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyFile {
    /// The authority's code.
    pub authority: String,
    /// The address of its GraphQL endpoint.
    pub endpoint: String,
    /// Its keys, earlier ones too.
    pub keys: Vec<PeerKey>,
}

impl KeyFile {
    /// Reads a key file's text.
    ///
    /// # Errors
    /// A sentence saying what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: Self =
            serde_json::from_str(text).map_err(|error| format!("it is no key file ({error})"))?;
        if !is_authority(&file.authority) {
            return Err("it names no authority: a province's two digits or NAT".to_owned());
        }
        if file.endpoint.parse::<hyper::Uri>().is_err() {
            return Err("its endpoint is no address".to_owned());
        }
        for wanted in [KeyUse::Signing, KeyUse::Sealing, KeyUse::Token] {
            if !file.keys.iter().any(|key| key.usage == wanted) {
                return Err("it lacks a key to sign, to seal or for tokens".to_owned());
            }
        }
        Ok(file)
    }

    /// The key to seal with now.
    #[must_use]
    pub fn sealing(&self, now: DateTime<Utc>) -> Option<&PublicKey> {
        self.keys
            .iter()
            .filter(|key| key.usage == KeyUse::Sealing && key.counts_at(now.timestamp_millis()))
            .max_by_key(|key| key.valid_from)
            .map(|key| &key.jwk)
    }

    /// The keys of its bearer tokens as a JSON Web Key Set, for the gateway.
    #[must_use]
    pub fn token_keys(&self) -> String {
        let keys: Vec<serde_json::Value> = self
            .keys
            .iter()
            .filter(|key| key.usage == KeyUse::Token && key.revoked_at.is_none())
            .map(|key| {
                serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                    "kid": key.jwk.id(), "x": key.jwk.x })
            })
            .collect();
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// Groups of four characters that two people can compare on the telephone: the hash of the file.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let text = super::wire::canonical::to_text(self).unwrap_or_default();
        let hash = <sha2::Sha256 as sha2::Digest>::digest(text.as_bytes());
        let text = data_encoding::BASE32_NOPAD.encode(hash.get(..20).unwrap_or_default());
        text.as_bytes()
            .chunks(4)
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Everybody who is trusted, and the table of routes.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// By authority, our own among them.
    pub files: BTreeMap<String, KeyFile>,
    /// The table.
    pub routing: Routing,
}

impl Book {
    /// Reads a folder. What cannot be used is left out and told as sentences; `own` is ours.
    #[must_use]
    pub fn load(folder: &Path, own: KeyFile) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut book = Self::default();
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let Some(code) = name.strip_suffix(".json").filter(|code| is_authority(code)) else {
                continue;
            };
            let read = std::fs::read_to_string(&path)
                .map_err(|error| error.to_string())
                .and_then(|text| KeyFile::read(&text));
            match read {
                Ok(file) if file.authority == code => {
                    book.files.insert(file.authority.clone(), file);
                }
                Ok(_) => problems.push(format!("The key file {name} is of another authority.")),
                Err(why) => problems.push(format!("The key file {name} cannot be used: {why}.")),
            }
        }
        let routing = folder.join(ROUTING_FILE);
        if routing.exists() {
            let read = std::fs::read_to_string(&routing)
                .map_err(|error| error.to_string())
                .and_then(|text| {
                    serde_json::from_str::<RoutingFile>(&text).map_err(|error| error.to_string())
                })
                .and_then(Routing::with);
            match read {
                Ok(table) => book.routing = table,
                Err(why) => problems.push(format!("The routing table cannot be used: {why}")),
            }
        }
        book.files.insert(own.authority.clone(), own);
        (book, problems)
    }

    /// Another authority's file.
    #[must_use]
    pub fn peer(&self, authority: &str) -> Option<&KeyFile> {
        self.files.get(authority)
    }
}

impl KeyBook for Book {
    fn key(&self, authority: &str, key_id: &str, at: i64) -> Result<(Algorithm, PublicKey), Fault> {
        let file = self.files.get(authority).ok_or(Fault::UnknownPeer)?;
        file.keys
            .iter()
            .filter(|key| key.usage == KeyUse::Signing && key.counts_at(at))
            .find(|key| key.jwk.id() == key_id)
            .and_then(|key| Some((key.alg?, key.jwk.clone())))
            .ok_or(Fault::UnknownKey)
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::signature::SigningKey;
    use super::*;

    fn file(authority: &str, seed: u8) -> KeyFile {
        let signing = SigningKey::of(Algorithm::EdDsa, &[seed; 32])
            .unwrap()
            .public();
        let key = |usage, alg, jwk| PeerKey {
            usage,
            alg,
            jwk,
            valid_from: "2026-01-01T00:00:00Z".parse().unwrap(),
            valid_to: None,
            revoked_at: None,
        };
        KeyFile {
            authority: authority.into(),
            endpoint: "https://peer.example/graphql".into(),
            keys: vec![
                key(KeyUse::Signing, Some(Algorithm::EdDsa), signing.clone()),
                key(KeyUse::Sealing, None, PublicKey::x25519(&[seed; 32])),
                key(KeyUse::Token, Some(Algorithm::EdDsa), signing),
            ],
        }
    }

    #[test]
    fn a_signature_is_judged_with_the_key_of_its_time() {
        let mut of = file("32", 1);
        let instant = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
        of.keys[0].valid_to = instant("2026-06-01T00:00:00Z");
        let id = of.keys[0].jwk.id();
        let book = Book {
            files: [("32".to_owned(), of.clone())].into(),
            ..Book::default()
        };
        let at = |text: &str| instant(text).unwrap().timestamp_millis();
        assert!(book.key("32", &id, at("2026-03-01T00:00:00Z")).is_ok());
        for (authority, id, at, fault) in [
            (
                "32",
                id.as_str(),
                at("2026-06-01T00:00:00Z"),
                Fault::UnknownKey,
            ),
            (
                "32",
                id.as_str(),
                at("2025-12-31T00:00:00Z"),
                Fault::UnknownKey,
            ),
            ("32", "other", at("2026-03-01T00:00:00Z"), Fault::UnknownKey),
            (
                "35",
                id.as_str(),
                at("2026-03-01T00:00:00Z"),
                Fault::UnknownPeer,
            ),
        ] {
            assert_eq!(book.key(authority, id, at), Err(fault));
        }
        of.keys[0].revoked_at = instant("2026-02-01T00:00:00Z");
        let book = Book {
            files: [("32".to_owned(), of)].into(),
            ..Book::default()
        };
        assert!(book.key("32", &id, at("2026-03-01T00:00:00Z")).is_err());
        assert!(book.key("32", &id, at("2026-01-15T00:00:00Z")).is_ok());
    }

    #[test]
    fn a_bad_file_is_left_out_and_named_and_the_others_count() {
        let folder = std::env::temp_dir().join(format!("minzheng-book-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        write("32.json", &serde_json::to_string(&file("32", 1)).unwrap());
        write("35.json", "{}");
        write("36.json", &serde_json::to_string(&file("32", 1)).unwrap());
        write("notes.json", "no matter");
        write(ROUTING_FILE, r#"{"epoch":0}"#);
        let (book, problems) = Book::load(&folder, file("51", 2));
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(book.files.keys().collect::<Vec<_>>(), ["32", "51"]);
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert_eq!(book.routing, Routing::default());
    }

    #[test]
    fn a_fingerprint_is_of_the_whole_file() {
        let one = file("32", 1);
        let mut other = one.clone();
        other.endpoint = "https://elsewhere.example/graphql".into();
        assert_eq!(one.fingerprint(), file("32", 1).fingerprint());
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_eq!(one.fingerprint().len(), 39);
    }
}
