//! Compact JWS with EdDSA, for tokens that we sign ourselves: to subgraphs, and by the development
//! issuer. Reading tokens of others is `verify`'s business.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest, Sha256};

/// A signing key with its name.
pub struct NamedKey {
    key: SigningKey,
    id: String,
    /// The encoded protected header, which never changes.
    header: String,
}

impl NamedKey {
    /// Names the key by the beginning of its public half's SHA-256, so that both sides agree on the name
    /// without being told.
    pub fn new(key: SigningKey) -> Self {
        let digest = Sha256::digest(key.verifying_key().as_bytes());
        let id = hex::encode(&digest[..8]);
        let header =
            URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{id}"}}"#));
        Self { key, id, header }
    }

    /// The key's name, `kid`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half, 32 bytes.
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// The public half as one JSON Web Key.
    pub fn jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(self.public()),
        })
    }

    /// The token of these claims (a JSON object's text).
    pub fn sign(&self, claims: &str) -> String {
        let mut token = String::with_capacity(self.header.len() + claims.len() * 4 / 3 + 100);
        token.push_str(&self.header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.key.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
        token
    }
}
