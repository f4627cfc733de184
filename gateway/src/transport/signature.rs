//! HTTP message signatures (RFC 9421) of requests to subgraphs: pure functions of their inputs.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::contract::{self, header};

/// What a signature covers, besides the components that never change (method and path).
#[derive(Clone, Copy, Debug)]
pub struct Covered<'a> {
    /// The `content-digest` header.
    pub digest: &'a str,
    /// The `minzheng-principal` header.
    pub principal: &'a str,
    /// The `minzheng-purpose` header; empty when none is stated.
    pub purpose: &'a str,
    /// The `minzheng-case` header; empty when none is stated.
    pub case: &'a str,
}

/// The signature's own parameters.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// A value used once only.
    pub nonce: &'a str,
    /// The name of the shared key.
    pub key_id: &'a str,
}

/// The `content-digest` header of a body (RFC 9530).
pub fn content_digest(body: &[u8]) -> String {
    let mut text = String::with_capacity(56);
    text.push_str("sha-256=:");
    STANDARD.encode_string(Sha256::digest(body), &mut text);
    text.push(':');
    text
}

/// A shared key, made ready for signing.
#[derive(Clone)]
pub struct Mac(Option<Hmac<Sha256>>);

impl Mac {
    /// HMAC takes keys of any length, so this cannot fail; without one an empty tag would be made, which
    /// is refused everywhere.
    pub fn new(key: &[u8]) -> Self {
        Self(Hmac::<Sha256>::new_from_slice(key).ok())
    }

    fn tag(&self, text: &str) -> String {
        match self.0.clone() {
            Some(mut mac) => {
                mac.update(text.as_bytes());
                STANDARD.encode(mac.finalize().into_bytes())
            }
            None => String::new(),
        }
    }
}

/// The values of the headers `signature-input` and `signature`.
pub fn sign(key: &Mac, covered: Covered<'_>, parameters: Parameters<'_>) -> (String, String) {
    let mut input = String::with_capacity(320);
    input.push_str(contract::SIGNATURE_LABEL);
    input.push('=');
    let begins = input.len();
    signature_params(&mut input, parameters);
    let tag = key.tag(&signature_base(covered, &input[begins..]));
    let signature = [contract::SIGNATURE_LABEL, "=:", &tag, ":"].concat();
    (input, signature)
}

/// The text that is signed (RFC 9421, section 2.5).
fn signature_base(covered: Covered<'_>, input: &str) -> String {
    let mut base = String::with_capacity(covered.principal.len() + input.len() + 384);
    for component in contract::SIGNATURE_COMPONENTS {
        let value = match component {
            "@method" => "POST",
            "@path" => contract::SUBGRAPH_PATH,
            header::CONTENT_DIGEST => covered.digest,
            header::PRINCIPAL => covered.principal,
            header::PURPOSE => covered.purpose,
            header::CASE => covered.case,
            _ => "",
        };
        for part in ["\"", component, "\": ", value, "\n"] {
            base.push_str(part);
        }
    }
    base.push_str("\"@signature-params\": ");
    base.push_str(input);
    base
}

/// The components' names and the parameters, in the order the contract says.
fn signature_params(text: &mut String, parameters: Parameters<'_>) {
    text.push('(');
    for (i, component) in contract::SIGNATURE_COMPONENTS.iter().enumerate() {
        if i > 0 {
            text.push(' ');
        }
        text.push('"');
        text.push_str(component);
        text.push('"');
    }
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        ");created={};nonce=\"{}\";keyid=\"{}\";alg=\"{}\"",
        parameters.created,
        parameters.nonce,
        parameters.key_id,
        contract::SIGNATURE_ALGORITHM
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    // The same vectors stand in the subgraphs' kit, which verifies them.
    #[test]
    fn the_signature_of_a_known_request_is_this() {
        let key: Vec<u8> = (0..32).collect();
        let digest = content_digest(br#"{"query":"{ __typename }"}"#);
        for (purpose, case, expected) in [
            ("", "", VECTOR_PLAIN),
            ("MARRIAGE_REGISTRATION", "case-7", VECTOR_PURPOSE),
        ] {
            let (input, signature) = sign(
                &Mac::new(&key),
                Covered {
                    digest: &digest,
                    principal: "header.claims.signature",
                    purpose,
                    case,
                },
                Parameters {
                    created: 1_795_348_800,
                    nonce: "AAECAwQFBgcICQoLDA0ODw",
                    key_id: "gateway-1",
                },
            );
            assert_eq!(
                input,
                "mz=(\"@method\" \"@path\" \"content-digest\" \"minzheng-principal\" \
                 \"minzheng-purpose\" \"minzheng-case\");created=1795348800;\
                 nonce=\"AAECAwQFBgcICQoLDA0ODw\";keyid=\"gateway-1\";alg=\"hmac-sha256\""
            );
            assert_eq!(signature, expected);
        }
    }

    const VECTOR_PLAIN: &str = "mz=:zG9kwfhC9fky8OtNTe9zcjvktwqnGMCejbCDBjdV3XU=:";
    const VECTOR_PURPOSE: &str = "mz=:GTX2/rUrV7i7S/Azxg7pDprXvlYxBilbgTdrV8iCAts=:";
}
