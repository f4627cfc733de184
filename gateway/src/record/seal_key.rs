//! The key of the seals: it belongs to the log alone, and is the same for all its time.

use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, Verifier as _};

/// The signer's distinguishing id that SM2 hashes in, as GB/T 35276 gives it where none is agreed.
const SM2_ID: &str = "1234567812345678";

/// The key that seals: Ed25519, or SM2 with SM3 (GB/T 32918.2) where 密码法 asks for it.
#[derive(Clone)]
pub struct SealKey(Secret);

#[derive(Clone)]
enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sm2(Box<sm2::dsa::SigningKey>),
}

impl SealKey {
    /// An Ed25519 key from the 32 bytes of the secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(secret);
        Self(Secret::Ed25519(Box::new(key)))
    }

    /// The key of either kind in a PKCS#8 PEM text; none when it holds neither.
    #[must_use]
    pub fn from_pem(text: &str) -> Option<Self> {
        if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_pem(text) {
            return Some(Self(Secret::Ed25519(Box::new(key))));
        }
        let key = sm2::SecretKey::from_pkcs8_pem(text).ok()?;
        let key = sm2::dsa::SigningKey::new(SM2_ID, &key).ok()?;
        Some(Self(Secret::Sm2(Box::new(key))))
    }

    /// What verifies its seals.
    #[must_use]
    pub fn public(&self) -> SealPublic {
        match &self.0 {
            Secret::Ed25519(key) => SealPublic::Ed25519(key.verifying_key()),
            Secret::Sm2(key) => SealPublic::Sm2(Box::new(key.verifying_key().clone())),
        }
    }

    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        match &self.0 {
            Secret::Ed25519(key) => key.sign(text).to_bytes().to_vec(),
            Secret::Sm2(key) => {
                use sm2::dsa::signature::Signer as _;
                key.sign(text).to_bytes().to_vec()
            }
        }
    }
}

/// What verifies seals. The key says how they are signed, never the seal.
#[derive(Clone, Debug)]
pub enum SealPublic {
    /// Ed25519.
    Ed25519(ed25519_dalek::VerifyingKey),
    /// SM2 with SM3.
    Sm2(Box<sm2::dsa::VerifyingKey>),
}

impl SealPublic {
    pub(super) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(text, &signature).is_ok()),
            Self::Sm2(key) => {
                use sm2::dsa::signature::Verifier as _;
                sm2::dsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(text, &signature).is_ok())
            }
        }
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(***)")
    }
}
