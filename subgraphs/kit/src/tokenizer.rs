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

use crate::{
    citizen_id::CitizenId,
    demo::DemoPerson,
    error::{Error, Result},
    identity::{NumberKind, PersonNumber},
    keys::hmac,
};

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

/// The token that a number makes. It is the person's only as long as no merge and no change of the key has given
/// the person another: nothing is kept or looked for under it. [`crate::merged::named_by`] tells whom the number
/// names. It serves to compare a repeated request with itself, and as the vault's key, which has one row for each
/// number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct NumberToken(String);

impl NumberToken {
    /// The token as the number makes it: for the vault alone.
    pub fn as_made(&self) -> &str {
        &self.0
    }

    /// The same as the key of the vault's row.
    pub fn into_made(self) -> String {
        self.0
    }
}

impl From<PersonToken> for NumberToken {
    fn from(token: PersonToken) -> Self {
        Self(token.0)
    }
}

/// The key version of tokens that come from no number: a placeholder's person has one by chance.
const NO_KEY: u8 = 0;

impl PersonToken {
    /// A token made by chance, for somebody whom no number names. A change of the key leaves it alone.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn by_chance() -> Result<Self> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::internal("The operating system gives no random bytes."))?;
        Ok(Self::of_bytes(NO_KEY, &bytes))
    }

    fn of_bytes(version: u8, hash: &[u8]) -> Self {
        let mut bytes = vec![version];
        bytes.extend(hash.iter().take(TOKEN_BYTES));
        Self(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }

    /// The version of the key that a text was made with; `None` for a text that is no token.
    pub fn version_of(text: &str) -> Option<u8> {
        let own_case = text.bytes().all(|b| !b.is_ascii_uppercase());
        let bytes = BASE32_NOPAD
            .decode(text.to_ascii_uppercase().as_bytes())
            .ok()?;
        (own_case && bytes.len() == TOKEN_BYTES + 1)
            .then(|| bytes.first().copied())
            .flatten()
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

/// Makes tokens with the present key, and knows those of earlier keys while a change of keys lasts.
/// Cloning is cheap; the keys never print.
#[derive(Clone)]
pub struct Tokenizer {
    keyed: Hmac<Sha256>,
    version: u8,
    earlier: Vec<(u8, Hmac<Sha256>)>,
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
        Self {
            keyed: keyed(key, version),
            version,
            earlier: Vec::new(),
        }
    }

    /// The same that also recognises the tokens of an earlier key.
    #[must_use]
    pub fn knowing(mut self, key: [u8; 32], version: u8) -> Self {
        self.earlier.push((version, keyed(key, version)));
        self
    }

    /// The version of the present key.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The token that a citizen's number makes, see [`NumberToken`].
    pub fn token(&self, id: &CitizenId) -> NumberToken {
        self.of_number(id.expose()).into()
    }

    /// The token of a demonstration person.
    pub fn demo(&self, person: &DemoPerson) -> PersonToken {
        self.of_number(&person.id_number)
    }

    /// The token that a number of any kind makes, see [`NumberToken`]; `None` for a placeholder, which names nobody.
    pub fn token_of(&self, number: &PersonNumber) -> Option<NumberToken> {
        (number.kind() != NumberKind::Placeholder).then(|| self.of_number(number.expose()).into())
    }

    /// The tokens that a number made with earlier keys, the oldest first.
    pub(crate) fn earlier_of(&self, number: &PersonNumber) -> Vec<NumberToken> {
        if number.kind() == NumberKind::Placeholder {
            return Vec::new();
        }
        self.earlier
            .iter()
            .map(|(version, key)| hashed(key, *version, number.expose()).into())
            .collect()
    }

    /// The token that a number had under an earlier key, if it is this one.
    pub fn was(&self, number: &PersonNumber, token: &str) -> bool {
        number.kind() != NumberKind::Placeholder
            && self
                .earlier
                .iter()
                .any(|(version, key)| hashed(key, *version, number.expose()).0 == token)
    }

    /// Keyed hashes by which a text of any kind is known again: by the present key, then by earlier ones. No
    /// token is made so, for what is hashed begins with a mark that no number has.
    pub(crate) fn fingerprints(&self, text: &[u8]) -> Vec<String> {
        let earlier = self.earlier.iter().map(|(_, key)| key);
        std::iter::once(&self.keyed)
            .chain(earlier)
            .map(|key| {
                let mut mac = key.clone();
                mac.update(b"\0body\0");
                mac.update(text);
                format!("keyed:{}", hex::encode(mac.finalize().into_bytes()))
            })
            .collect()
    }

    /// A keyed digest of a text that is to be kept nowhere, for comparing it with itself: the body of a
    /// repeated request. No token of a number is ever one of these.
    pub fn digest(&self, text: &str) -> String {
        let mut mac = self.keyed.clone();
        Mac::update(&mut mac, b"text\0");
        Mac::update(&mut mac, text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    fn of_number(&self, number: &str) -> PersonToken {
        hashed(&self.keyed, self.version, number)
    }
}

fn keyed(key: [u8; 32], version: u8) -> Hmac<Sha256> {
    let key = Zeroizing::new(key);
    let mut keyed = hmac(&key);
    // The version is part of what is hashed.
    Mac::update(&mut keyed, &[version]);
    keyed
}

fn hashed(keyed: &Hmac<Sha256>, version: u8, number: &str) -> PersonToken {
    let mut mac = keyed.clone();
    Mac::update(&mut mac, number.as_bytes());
    PersonToken::of_bytes(version, &mac.finalize().into_bytes())
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
    fn a_fingerprint_is_known_after_the_key_was_changed_and_is_no_token() {
        let old = Tokenizer::new([1; 32], 1);
        let new = Tokenizer::new([2; 32], 2).knowing([1; 32], 1);
        let (before, after) = (old.fingerprints(b"text"), new.fingerprints(b"text"));
        assert_eq!((before.len(), after.len()), (1, 2));
        assert_ne!(after[0], before[0]);
        assert_eq!(after[1], before[0]);
        let number = id("519901199003030032");
        let token = old.token(&number).into_made();
        let print = &old.fingerprints(number.expose().as_bytes())[0];
        assert!(!print.contains(&token) && *print != hex::encode(token));
    }

    #[test]
    fn every_kind_has_a_token_but_a_placeholder() {
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let read = |text| crate::identity::read(text, today).unwrap();
        let one = Tokenizer::new([1; 32], 1);
        let own = one.token_of(&read("519901199003030032")).unwrap();
        assert_eq!(own, one.token(&id("519901199003030032")));
        let passport = one.token_of(&read("CHN:E12345678")).unwrap();
        assert_eq!(PersonToken::version_of(passport.as_made()), Some(1));
        assert_eq!(one.token_of(&read("000000194912310000")), None);
        let chance = PersonToken::by_chance().unwrap();
        assert_eq!(PersonToken::version_of(chance.as_str()), Some(0));
        assert_ne!(chance, PersonToken::by_chance().unwrap());
        for text in [
            "",
            "sometoken",
            "519901199003030032",
            &own.as_made().to_ascii_uppercase(),
        ] {
            assert_eq!(PersonToken::version_of(text), None, "{text}");
        }
    }

    #[test]
    fn while_keys_change_earlier_tokens_are_recognised_and_new_ones_made() {
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let number = crate::identity::read("519901199003030032", today).unwrap();
        let old = Tokenizer::new([1; 32], 1).token_of(&number).unwrap();
        let both = Tokenizer::new([2; 32], 2).knowing([1; 32], 1);
        let new = both.token_of(&number).unwrap();
        assert!(both.was(&number, old.as_made()) && !both.was(&number, new.as_made()));
        assert_eq!(new, Tokenizer::new([2; 32], 2).token_of(&number).unwrap());
    }

    #[test]
    fn a_digest_is_keyed_and_no_token() {
        let one = Tokenizer::new([1; 32], 1);
        assert_eq!(one.digest("a"), one.digest("a"));
        assert_ne!(one.digest("a"), one.digest("b"));
        assert_ne!(one.digest("a"), Tokenizer::new([2; 32], 1).digest("a"));
        assert_eq!(
            PersonToken::version_of(&one.digest("519901199003030032")),
            None
        );
    }

    #[test]
    fn a_token_shows_nothing_of_the_number() {
        let token = Tokenizer::new([1; 32], 1).token(&id("519901199003030032"));
        assert_eq!(token.as_made().len(), 34);
        assert!(token.as_made().bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
