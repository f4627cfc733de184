//! From an identity number to the person's opaque token (domain.md B.0.1 and E.3).
//!
//! Numbers are few enough (about 10^11) to be tried one by one, so an unkeyed hash would protect
//! nothing: the token is a keyed one, and it carries the version of its key, so that keys can be
//! changed by re-tokenising.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{citizen_id::CitizenId, demo::DemoPerson, keys::hmac};

/// Bytes of the keyed hash that a token keeps: 160 bits, far beyond any collision among people.
const TOKEN_BYTES: usize = 20;

/// A person's opaque token, the key of the entity `Person`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonToken(pub String);

impl PersonToken {
    /// The token's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PersonToken> for String {
    fn from(token: PersonToken) -> Self {
        token.0
    }
}

/// Makes tokens with one key. Cloning is cheap; the key never prints.
#[derive(Clone)]
pub struct Tokenizer {
    keyed: Hmac<Sha256>,
    version: u8,
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// A tokenizer with a key and the key's version.
    pub fn new(key: [u8; 32], version: u8) -> Self {
        let key = Zeroizing::new(key);
        let mut keyed = hmac(&key);
        // The version is part of what is hashed.
        Mac::update(&mut keyed, &[version]);
        Self { keyed, version }
    }

    /// The token of a person.
    pub fn token(&self, id: &CitizenId) -> PersonToken {
        self.of_number(id.expose())
    }

    /// The token of a demonstration person.
    pub fn demo(&self, person: &DemoPerson) -> PersonToken {
        self.of_number(&person.id_number)
    }

    fn of_number(&self, number: &str) -> PersonToken {
        let mut mac = self.keyed.clone();
        Mac::update(&mut mac, number.as_bytes());
        let hash = mac.finalize().into_bytes();
        let mut bytes = vec![self.version];
        bytes.extend(hash.iter().take(TOKEN_BYTES));
        PersonToken(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: &str) -> CitizenId {
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        crate::citizen_id::parse(number, today).unwrap()
    }

    #[test]
    fn a_token_depends_on_number_key_and_version_only() {
        let a = id("519901199003030032");
        let b = id("51990119900303069x");
        let one = Tokenizer::new([1; 32], 1);
        assert_eq!(one.token(&a), Tokenizer::new([1; 32], 1).token(&a));
        assert_ne!(one.token(&a), one.token(&b));
        assert_ne!(one.token(&a), Tokenizer::new([2; 32], 1).token(&a));
        assert_ne!(one.token(&a), Tokenizer::new([1; 32], 2).token(&a));
        assert_eq!(one.token(&b), one.token(&id("51990119900303069X")));
    }

    #[test]
    fn a_token_shows_nothing_of_the_number() {
        let token = Tokenizer::new([1; 32], 1).token(&id("519901199003030032"));
        assert_eq!(token.as_str().len(), 34);
        assert!(token.as_str().bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
