//! HTTP message signatures (RFC 9421) of requests to subgraphs: pure functions of their inputs.

use std::fmt::Write as _;
use std::sync::LazyLock;

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

    /// Writes the tag of what is covered behind `text`.
    fn tag(&self, covered: &Covered<'_>, input: &str, text: &mut String) {
        let Some(mut mac) = self.0.clone() else {
            return;
        };
        for (before, value) in &BASE.values {
            mac.update(before.as_bytes());
            mac.update(value(covered).as_bytes());
        }
        mac.update(BASE.end.as_bytes());
        mac.update(input.as_bytes());
        STANDARD.encode_string(mac.finalize().into_bytes(), text);
    }
}

/// The values of the headers `signature-input` and `signature`.
pub fn sign(key: &Mac, covered: Covered<'_>, parameters: Parameters<'_>) -> (String, String) {
    let mut input = String::with_capacity(320);
    input.push_str(contract::SIGNATURE_LABEL);
    input.push('=');
    let begins = input.len();
    signature_params(&mut input, parameters);
    let mut signature = String::with_capacity(contract::SIGNATURE_LABEL.len() + 47);
    signature.push_str(contract::SIGNATURE_LABEL);
    signature.push_str("=:");
    key.tag(&covered, &input[begins..], &mut signature);
    signature.push(':');
    (input, signature)
}

/// How a covered value is found.
type ValueOf = for<'a, 'b> fn(&'b Covered<'a>) -> &'a str;

/// The text that is signed (RFC 9421, section 2.5) as far as it never changes, made once: it is hashed piece by
/// piece with each fetch and stands nowhere as a whole.
struct Base {
    /// Each value that changes, with all that stands before it.
    values: Vec<(String, ValueOf)>,
    /// What stands behind the last value.
    end: String,
    /// The components' names as `signature-input` lists them.
    components: String,
}

static BASE: LazyLock<Base> = LazyLock::new(|| {
    let (mut values, mut before) = (Vec::<(String, ValueOf)>::new(), String::new());
    let mut components = String::from("(");
    for (at, component) in contract::SIGNATURE_COMPONENTS.into_iter().enumerate() {
        before.push_str(&format!("\"{component}\": "));
        components.push_str(if at > 0 { " \"" } else { "\"" });
        components.push_str(component);
        components.push('"');
        let changes: Option<ValueOf> = match component {
            header::CONTENT_DIGEST => Some(|covered| covered.digest),
            header::PRINCIPAL => Some(|covered| covered.principal),
            header::PURPOSE => Some(|covered| covered.purpose),
            header::CASE => Some(|covered| covered.case),
            _ => None,
        };
        match (changes, component) {
            (Some(value), _) => values.push((std::mem::take(&mut before), value)),
            (None, "@method") => before.push_str("POST"),
            (None, "@path") => before.push_str(contract::SUBGRAPH_PATH),
            (None, _) => {}
        }
        before.push('\n');
    }
    before.push_str("\"@signature-params\": ");
    components.push(')');
    Base {
        values,
        end: before,
        components,
    }
});

/// The components' names and the parameters, in the order the contract says.
fn signature_params(text: &mut String, parameters: Parameters<'_>) {
    text.push_str(&BASE.components);
    text.push_str(";created=");
    // Writing to a string cannot fail.
    let _ = write!(text, "{}", parameters.created);
    for part in [
        ";nonce=\"",
        parameters.nonce,
        "\";keyid=\"",
        parameters.key_id,
        "\";alg=\"",
        contract::SIGNATURE_ALGORITHM,
        "\"",
    ] {
        text.push_str(part);
    }
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
