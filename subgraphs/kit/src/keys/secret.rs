//! Bytes that are nobody else's business, and keys made of others.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::{Error, Result};

/// Thirty-two secret bytes. They never print and are wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes bytes as a secret.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Fresh random bytes.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::internal("The operating system gives no random bytes."))?;
        Ok(Self(bytes))
    }

    /// The bytes, for the one place that computes with them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// HMAC-SHA-256 with a key of 32 bytes. The key is brought to the hash's block of 64 bytes with
/// zeros, as RFC 2104 does, so that no error is possible.
pub(crate) fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new((&*block).into())
}

/// The key of one subgraph, from the installation's.
pub(super) fn derived(root: &Secret, what: &[u8], subgraph: &str) -> Secret {
    let mut mac = hmac(root.expose());
    Mac::update(&mut mac, what);
    Mac::update(&mut mac, subgraph.as_bytes());
    Secret(mac.finalize().into_bytes().into())
}
