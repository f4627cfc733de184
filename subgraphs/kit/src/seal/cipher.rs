//! One value, encrypted: the two ciphers behind one interface, and how a value is laid out.
//!
//! A value is `cipher (1) | key id (4) | nonce (12) | ciphertext and tag`. Nonces are drawn by chance: with 96
//! bits a key may encrypt 2^32 values (NIST SP 800-38D, 8.3), far more than a province has persons.

use std::fmt;

use aes_gcm::{
    Aes256Gcm, AesGcm,
    aead::{Aead, KeyInit, Payload, consts::U12},
};
use sm4::Sm4;
use zeroize::Zeroizing;

use crate::{
    error::{Error, Result},
    keys::Secret,
};

const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
/// Bytes of an SM4 key (GB/T 32907): the first half of a secret.
const SM4_KEY_BYTES: usize = 16;

/// How columns are encrypted: by the international cipher or by the Chinese one (国密). Both are authenticated
/// in Galois/Counter mode (RFC 5116, RFC 8998).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cipher {
    /// AES-256-GCM.
    #[default]
    Aes256Gcm,
    /// SM4-GCM.
    Sm4Gcm,
}

impl Cipher {
    /// The name, as configuration and the table of keys have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes-256-gcm",
            Self::Sm4Gcm => "sm4-gcm",
        }
    }

    /// The cipher of a name.
    ///
    /// # Errors
    /// When there is none of that name; the sentence lists those there are.
    pub fn named(name: &str) -> Result<Self> {
        [Self::Aes256Gcm, Self::Sm4Gcm]
            .into_iter()
            .find(|cipher| cipher.as_str() == name)
            .ok_or_else(|| {
                Error::internal("The cipher of columns is one of aes-256-gcm and sm4-gcm.")
            })
    }

    /// The first byte of its values.
    fn mark(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::Sm4Gcm => 2,
        }
    }
}

/// A key that is ready for use. It never prints.
pub(super) enum Key {
    Aes(Box<Aes256Gcm>),
    Sm4(Box<AesGcm<Sm4, U12>>),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Key {
    pub(super) fn new(cipher: Cipher, secret: &Secret) -> Self {
        match cipher {
            Cipher::Aes256Gcm => Self::Aes(Box::new(Aes256Gcm::new(secret.expose().into()))),
            Cipher::Sm4Gcm => {
                let mut half = Zeroizing::new([0; SM4_KEY_BYTES]);
                half.copy_from_slice(&secret.expose()[..SM4_KEY_BYTES]);
                Self::Sm4(Box::new(AesGcm::new((&*half).into())))
            }
        }
    }

    fn cipher(&self) -> Cipher {
        match self {
            Self::Aes(_) => Cipher::Aes256Gcm,
            Self::Sm4(_) => Cipher::Sm4Gcm,
        }
    }

    /// Encrypts; `bound` is authenticated with it and not kept in it.
    pub(super) fn seal(&self, id: u32, bound: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)
            .map_err(|_| Error::internal("The operating system gives no random bytes."))?;
        let payload = Payload {
            msg: plain,
            aad: bound.as_bytes(),
        };
        let text = match self {
            Self::Aes(key) => key.encrypt(&nonce.into(), payload),
            Self::Sm4(key) => key.encrypt(&nonce.into(), payload),
        }
        .map_err(|_| Error::internal("encrypting a column"))?;
        let mut value = Vec::with_capacity(1 + KEY_ID_BYTES + NONCE_BYTES + text.len());
        value.push(self.cipher().mark());
        value.extend_from_slice(&id.to_be_bytes());
        value.extend_from_slice(&nonce);
        value.extend_from_slice(&text);
        Ok(value)
    }

    /// Decrypts; `None` when the value was changed, moved or made with another key or cipher.
    pub(super) fn open(&self, bound: &str, value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (_, nonce, text) = split(self.cipher(), value)?;
        let payload = Payload {
            msg: text,
            aad: bound.as_bytes(),
        };
        match self {
            Self::Aes(key) => key.decrypt(&nonce.into(), payload),
            Self::Sm4(key) => key.decrypt(&nonce.into(), payload),
        }
        .ok()
        .map(Zeroizing::new)
    }
}

/// The id of the key that a value was made with; `None` for what is no value.
pub(super) fn key_id(value: &[u8]) -> Option<u32> {
    let cipher = cipher_of(value)?;
    split(cipher, value).map(|(id, ..)| id)
}

/// The cipher of a value.
pub(super) fn cipher_of(value: &[u8]) -> Option<Cipher> {
    let mark = *value.first()?;
    [Cipher::Aes256Gcm, Cipher::Sm4Gcm]
        .into_iter()
        .find(|cipher| cipher.mark() == mark)
}

/// Key id, nonce and ciphertext of a value of a cipher.
fn split(cipher: Cipher, value: &[u8]) -> Option<(u32, [u8; NONCE_BYTES], &[u8])> {
    let (&mark, rest) = value.split_first()?;
    let (id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>()?;
    let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>()?;
    (mark == cipher.mark()).then_some((u32::from_be_bytes(*id), *nonce, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sm4_in_galois_counter_mode_gives_the_published_example() {
        // RFC 8998, A.1.
        let mut secret = [0; 32];
        hex::decode_to_slice("0123456789abcdeffedcba9876543210", &mut secret[..16]).unwrap();
        let Key::Sm4(key) = Key::new(Cipher::Sm4Gcm, &Secret::new(secret)) else {
            unreachable!()
        };
        let nonce: [u8; 12] = hex::decode("00001234567800000000abcd")
            .unwrap()
            .try_into()
            .unwrap();
        let aad = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        let plain = hex::decode(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd\
             eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
        )
        .unwrap();
        let payload = Payload {
            msg: &plain,
            aad: &aad,
        };
        let text = key.encrypt(&nonce.into(), payload).unwrap();
        assert_eq!(
            hex::encode(text),
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
             d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d\
             83de3541e4c2b58177e065a9bf7b62ec"
        );
    }

    #[test]
    fn a_changed_short_or_moved_value_is_refused_by_both_ciphers() {
        for cipher in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
            let key = Key::new(cipher, &Secret::new([7; 32]));
            let value = key.seal(9, "person.name|t", "陈示例".as_bytes()).unwrap();
            assert_eq!(key_id(&value), Some(9));
            assert!(!value.windows(3).any(|part| part == "陈".as_bytes()));
            let opened = key.open("person.name|t", &value).unwrap();
            assert_eq!(opened.as_slice(), "陈示例".as_bytes());
            assert!(key.open("person.name|u", &value).is_none());
            for place in 0..value.len() {
                let mut changed = value.clone();
                changed[place] ^= 1;
                // The key's id is not authenticated: it chooses the key, and another key opens nothing.
                let in_id = (1..=KEY_ID_BYTES).contains(&place);
                assert_eq!(key.open("person.name|t", &changed).is_some(), in_id);
                assert!(key.open("person.name|t", &value[..place]).is_none());
            }
        }
    }

    #[test]
    fn a_value_of_one_cipher_is_nothing_to_the_other() {
        let secret = Secret::new([7; 32]);
        let one = Key::new(Cipher::Aes256Gcm, &secret);
        let other = Key::new(Cipher::Sm4Gcm, &secret);
        let value = one.seal(1, "b", b"x").unwrap();
        assert!(other.open("b", &value).is_none());
        let mut marked = value;
        marked[0] = Cipher::Sm4Gcm.mark();
        assert!(other.open("b", &marked).is_none() && one.open("b", &marked).is_none());
    }

    #[test]
    fn ciphers_are_chosen_by_name() {
        for cipher in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
            assert_eq!(Cipher::named(cipher.as_str()).unwrap(), cipher);
        }
        assert!(Cipher::named("des").is_err());
    }
}
