//! Signatures behind one type: Ed25519 (the default), ES256, and SM2 with SM3 where 密码法 asks for it.
//!
//! All three give 64 bytes and take any secret of 32 bytes that is a scalar of their curve. A key's id is
//! the hash of its public form (RFC 7638), so that nobody can give two keys one name. The crates are
//! well-tested and none is a certified module (商用密码产品认证): a deployment that needs one puts it here.

use super::{Fault, canonical};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The signer's distinguishing id that SM2 hashes in, as GB/T 35276 gives it where none is agreed.
const SM2_ID: &str = "1234567812345678";

/// Length of every signature, in bytes.
const SIGNATURE_BYTES: usize = 64;

/// How a message is signed; the names are those of JOSE, and a private one for SM2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    #[default]
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256 with SHA-256 (RFC 7518).
    #[serde(rename = "ES256")]
    Es256,
    /// SM2 with SM3 (GB/T 32918.2). JOSE has no name for it.
    #[serde(rename = "SM2SM3")]
    Sm2Sm3,
}

/// A secret key that signs.
#[derive(Clone)]
pub enum SigningKey {
    /// Ed25519.
    EdDsa(Box<ed25519_dalek::SigningKey>),
    /// P-256.
    Es256(Box<p256::ecdsa::SigningKey>),
    /// SM2.
    Sm2Sm3(Box<sm2::dsa::SigningKey>),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

impl SigningKey {
    /// The key of 32 secret bytes; `None` where they are no scalar of the curve (a chance of 2^-32 at most).
    #[must_use]
    pub fn of(algorithm: Algorithm, secret: &[u8; 32]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::EdDsa => {
                Self::EdDsa(Box::new(ed25519_dalek::SigningKey::from_bytes(secret)))
            }
            Algorithm::Es256 => {
                Self::Es256(Box::new(p256::ecdsa::SigningKey::from_slice(secret).ok()?))
            }
            Algorithm::Sm2Sm3 => Self::Sm2Sm3(Box::new(
                sm2::dsa::SigningKey::from_slice(SM2_ID, secret).ok()?,
            )),
        })
    }

    /// How it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Es256(_) => Algorithm::Es256,
            Self::Sm2Sm3(_) => Algorithm::Sm2Sm3,
        }
    }

    /// The public side.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match self {
            Self::EdDsa(key) => PublicKey::ed25519(key.verifying_key().as_bytes()),
            Self::Es256(key) => PublicKey::point("P-256", &key.verifying_key().to_sec1_bytes()),
            Self::Sm2Sm3(key) => PublicKey::point("SM2", &key.verifying_key().to_sec1_bytes()),
        }
    }

    /// Signs. The text is the caller's, byte for byte.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::EdDsa(key) => {
                use ed25519_dalek::Signer as _;
                key.sign(text).to_bytes().to_vec()
            }
            Self::Es256(key) => {
                use p256::ecdsa::signature::Signer as _;
                let signature: p256::ecdsa::Signature = key.sign(text);
                signature.to_bytes().to_vec()
            }
            Self::Sm2Sm3(key) => {
                use sm2::dsa::signature::Signer as _;
                key.sign(text).to_bytes().to_vec()
            }
        }
    }
}

/// A public key as a JSON Web Key holds it (RFC 7517), with its required members only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// The curve: `Ed25519`, `P-256`, `SM2`, or `X25519` for sealing.
    pub crv: String,
    /// `OKP` or `EC`.
    pub kty: String,
    /// The point, or its first coordinate, in base64url.
    pub x: String,
    /// The second coordinate, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}

impl PublicKey {
    /// An Ed25519 key.
    #[must_use]
    pub fn ed25519(bytes: &[u8; 32]) -> Self {
        Self::okp("Ed25519", bytes)
    }

    /// An X25519 key, for sealing.
    #[must_use]
    pub fn x25519(bytes: &[u8; 32]) -> Self {
        Self::okp("X25519", bytes)
    }

    fn okp(curve: &str, bytes: &[u8]) -> Self {
        Self {
            crv: curve.to_owned(),
            kty: "OKP".to_owned(),
            x: BASE64URL_NOPAD.encode(bytes),
            y: None,
        }
    }

    /// A point of a curve, from its uncompressed form (`04`, x, y).
    fn point(curve: &str, sec1: &[u8]) -> Self {
        let half = |from: usize| {
            let part = sec1.get(from..from + 32).unwrap_or_default();
            BASE64URL_NOPAD.encode(part)
        };
        Self {
            crv: curve.to_owned(),
            kty: "EC".to_owned(),
            x: half(1),
            y: Some(half(33)),
        }
    }

    /// The key's id: SHA-256 over its canonical form, in base64url (RFC 7638).
    #[must_use]
    pub fn id(&self) -> String {
        let text = canonical::to_text(self).unwrap_or_default();
        BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
    }

    /// The 32 bytes of the first coordinate.
    #[must_use]
    pub fn x_bytes(&self) -> Option<[u8; 32]> {
        decode(&self.x)
    }

    fn sec1(&self) -> Option<Vec<u8>> {
        let (x, y): ([u8; 32], [u8; 32]) = (decode(&self.x)?, decode(self.y.as_deref()?)?);
        Some([&[4][..], &x, &y].concat())
    }

    /// Judges a signature of this key under an algorithm.
    ///
    /// # Errors
    /// [`Fault::UnknownKey`] when this is no key of the algorithm, [`Fault::BadSignature`] when the
    /// signature does not fit.
    pub fn verify(&self, algorithm: Algorithm, text: &[u8], signature: &[u8]) -> Result<(), Fault> {
        if signature.len() != SIGNATURE_BYTES {
            return Err(Fault::BadSignature);
        }
        let good = match (algorithm, self.crv.as_str()) {
            (Algorithm::EdDsa, "Ed25519") => {
                let bytes = self.x_bytes().ok_or(Fault::UnknownKey)?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes)
                    .map_err(|_| Fault::UnknownKey)?;
                ed25519_dalek::Signature::from_slice(signature)
                    // Strict: no small-order keys, no second form of one signature.
                    .and_then(|signature| key.verify_strict(text, &signature))
                    .is_ok()
            }
            (Algorithm::Es256, "P-256") => {
                use p256::ecdsa::signature::Verifier as _;
                let point = self.sec1().ok_or(Fault::UnknownKey)?;
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
                    .map_err(|_| Fault::UnknownKey)?;
                p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(text, &signature).is_ok())
            }
            (Algorithm::Sm2Sm3, "SM2") => {
                use sm2::dsa::signature::Verifier as _;
                let point = self.sec1().ok_or(Fault::UnknownKey)?;
                let key = sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_ID, &point)
                    .map_err(|_| Fault::UnknownKey)?;
                sm2::dsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(text, &signature).is_ok())
            }
            _ => return Err(Fault::UnknownKey),
        };
        if good {
            Ok(())
        } else {
            Err(Fault::BadSignature)
        }
    }
}

fn decode(text: &str) -> Option<[u8; 32]> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()?
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Sm2Sm3];

    #[test]
    fn each_algorithm_verifies_its_own_signatures_and_no_others() {
        let keys = ALL.map(|algorithm| SigningKey::of(algorithm, &[7; 32]).unwrap());
        for key in &keys {
            let signature = key.sign(b"text");
            let public = key.public();
            public.verify(key.algorithm(), b"text", &signature).unwrap();
            assert_eq!(
                public.verify(key.algorithm(), b"texT", &signature),
                Err(Fault::BadSignature)
            );
            assert_eq!(
                public.verify(key.algorithm(), b"text", &signature[1..]),
                Err(Fault::BadSignature)
            );
            let mut broken = signature.clone();
            broken[5] ^= 1;
            assert_eq!(
                public.verify(key.algorithm(), b"text", &broken),
                Err(Fault::BadSignature)
            );
            for other in ALL.into_iter().filter(|other| *other != key.algorithm()) {
                assert_eq!(
                    public.verify(other, b"text", &signature),
                    Err(Fault::UnknownKey)
                );
            }
        }
    }

    #[test]
    fn a_key_survives_its_json_and_its_id_is_of_its_public_form() {
        for algorithm in ALL {
            let public = SigningKey::of(algorithm, &[9; 32]).unwrap().public();
            let text = canonical::to_text(&public).unwrap();
            let again: PublicKey = canonical::from_text(text.as_bytes()).unwrap();
            assert_eq!((again.id(), &again), (public.id(), &public));
            assert_ne!(
                SigningKey::of(algorithm, &[8; 32]).unwrap().public().id(),
                public.id()
            );
        }
        // The example of RFC 8037, appendix A.3.
        let example = PublicKey {
            crv: "Ed25519".into(),
            kty: "OKP".into(),
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
            y: None,
        };
        assert_eq!(example.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_secret_never_prints() {
        assert_eq!(
            format!("{:?}", SigningKey::of(Algorithm::EdDsa, &[7; 32])),
            "Some(SigningKey(***))"
        );
    }
}
