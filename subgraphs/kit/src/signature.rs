//! HTTP message signatures (RFC 9421) between callers and subgraphs: pure functions. What is covered
//! and in which order is the contract's; the gateway has the same functions for signing, and both
//! sides test the same vectors.

use std::sync::LazyLock;

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{contract, contract::header, keys::hmac};

/// What a signature covers, besides method and path, which never change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Covered<'a> {
    pub(crate) digest: &'a str,
    pub(crate) principal: &'a str,
    pub(crate) purpose: &'a str,
    pub(crate) case: &'a str,
}

/// The signature's own parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameters<'a> {
    /// When it was made, in seconds since 1970.
    pub(crate) created: u64,
    pub(crate) nonce: &'a str,
    pub(crate) key_id: &'a str,
}

/// The length of a hash of 32 bytes in base64.
const TAG_TEXT: usize = 44;

/// The `content-digest` header of a body (RFC 9530).
pub(crate) fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(&Sha256::digest(body)))
}

/// Whether a `content-digest` header is that of this body.
pub(crate) fn is_digest_of(given: &str, body: &[u8]) -> bool {
    let mut text = [0; TAG_TEXT];
    BASE64.encode_mut(&Sha256::digest(body), &mut text);
    let given = given.strip_prefix("sha-256=:");
    let given = given.and_then(|rest| rest.strip_suffix(':'));
    given.is_some_and(|given| given.as_bytes() == text)
}

/// A shared key, made ready for tags.
#[derive(Clone)]
pub(crate) struct SharedKey(Hmac<Sha256>);

impl SharedKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(hmac(key))
    }

    /// The tag of what is covered, in base64.
    fn tag(&self, covered: &Covered<'_>, parameters: &str) -> [u8; TAG_TEXT] {
        let mut mac = self.0.clone();
        for (before, value) in &BASE.values {
            mac.update(before.as_bytes());
            mac.update(value(covered).as_bytes());
        }
        mac.update(BASE.end.as_bytes());
        mac.update(parameters.as_bytes());
        let mut text = [0; TAG_TEXT];
        BASE64.encode_mut(&mac.finalize().into_bytes(), &mut text);
        text
    }
}

/// The values of `signature-input` and `signature`.
pub(crate) fn sign(key: &[u8; 32], covered: Covered<'_>, by: Parameters<'_>) -> (String, String) {
    let parameters = parameters_text(by);
    let tag = SharedKey::new(key).tag(&covered, &parameters);
    let (label, tag) = (contract::SIGNATURE_LABEL, String::from_utf8_lossy(&tag));
    (format!("{label}={parameters}"), format!("{label}=:{tag}:"))
}

/// Whether `signature` is right for what is covered and for the `parameters` as they were sent. Takes the same
/// time for every wrong tag.
pub(crate) fn verify(
    key: &SharedKey,
    covered: Covered<'_>,
    parameters: &str,
    signature: &str,
) -> bool {
    let expected = key.tag(&covered, parameters);
    let given = signature
        .strip_prefix(contract::SIGNATURE_LABEL)
        .and_then(|rest| rest.strip_prefix("=:"))
        .and_then(|rest| rest.strip_suffix(':'));
    given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(&expected)))
}

/// Reads `signature-input`: the parameters, and their text, which is signed. Only the form that the contract
/// fixes is accepted: these components in this order, these parameters in this order.
pub(crate) fn parameters(signature_input: &str) -> Option<(Parameters<'_>, &str)> {
    let text = signature_input
        .strip_prefix(contract::SIGNATURE_LABEL)?
        .strip_prefix('=')?;
    let rest = text
        .strip_prefix(BASE.components.as_str())?
        .strip_prefix(";created=")?;
    let (created, rest) = rest.split_once(";nonce=\"")?;
    let (nonce, rest) = rest.split_once("\";keyid=\"")?;
    let (key_id, rest) = rest.split_once("\";alg=\"")?;
    let plain = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    let right = rest.strip_suffix('"') == Some(contract::SIGNATURE_ALGORITHM)
        && created.bytes().all(|byte| byte.is_ascii_digit());
    let parameters = Parameters {
        created: created.parse().ok()?,
        nonce,
        key_id,
    };
    (right && plain(nonce) && plain(key_id)).then_some((parameters, text))
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
    let mut quoted = Vec::new();
    for component in contract::SIGNATURE_COMPONENTS {
        before.push_str(&format!("\"{component}\": "));
        quoted.push(format!("\"{component}\""));
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
    Base {
        values,
        end: before,
        components: format!("({})", quoted.join(" ")),
    }
});

fn parameters_text(by: Parameters<'_>) -> String {
    format!(
        "{};created={};nonce=\"{}\";keyid=\"{}\";alg=\"{}\"",
        BASE.components,
        by.created,
        by.nonce,
        by.key_id,
        contract::SIGNATURE_ALGORITHM
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY: Parameters<'static> = Parameters {
        created: 1_795_348_800,
        nonce: "AAECAwQFBgcICQoLDA0ODw",
        key_id: "gateway-1",
    };

    // The same vectors stand in the gateway, which signs them.
    #[test]
    fn the_signature_of_a_known_request_is_this() {
        let key: [u8; 32] = std::array::from_fn(|i| i as u8);
        let digest = content_digest(br#"{"query":"{ __typename }"}"#);
        assert_eq!(
            digest,
            "sha-256=:kQdqlhasDNntntftKLr+cg9HwM2EBuaLRbbduh/ouJc=:"
        );
        let table = [
            ("", "", "mz=:zG9kwfhC9fky8OtNTe9zcjvktwqnGMCejbCDBjdV3XU=:"),
            (
                "MARRIAGE_REGISTRATION",
                "case-7",
                "mz=:GTX2/rUrV7i7S/Azxg7pDprXvlYxBilbgTdrV8iCAts=:",
            ),
        ];
        for (purpose, case, expected) in table {
            let covered = Covered {
                digest: &digest,
                principal: "header.claims.signature",
                purpose,
                case,
            };
            let (input, signature) = sign(&key, covered, BY);
            assert_eq!(signature, expected);
            let (by, text) = parameters(&input).unwrap();
            assert_eq!(by, BY);
            let (right, wrong) = (SharedKey::new(&key), SharedKey::new(&[0; 32]));
            assert!(verify(&right, covered, text, expected));
            assert!(!verify(&wrong, covered, text, expected));
            let other = Covered {
                purpose: "OTHER",
                ..covered
            };
            assert!(!verify(&right, other, text, expected));
            let later = text.replace("1795348800", "1795348801");
            assert!(!verify(&right, covered, &later, expected));
            for given in ["", "mz=::", "mz=:AAAA:", &expected[..expected.len() - 1]] {
                assert!(!verify(&right, covered, text, given), "{given}");
            }
            assert!(is_digest_of(&digest, br#"{"query":"{ __typename }"}"#));
            for (given, body) in [
                (digest.as_str(), b"" as &[u8]),
                ("", br#"{"query":"{ __typename }"}"#),
                (
                    &digest[..digest.len() - 1],
                    br#"{"query":"{ __typename }"}"#,
                ),
            ] {
                assert!(!is_digest_of(given, body), "{given}");
            }
        }
    }

    #[test]
    fn another_form_of_the_input_is_not_accepted() {
        let input = format!("mz={}", parameters_text(BY));
        for wrong in [
            input.replace("mz=", "sig1="),
            input.replace("\"minzheng-case\"", ""),
            input.replace("hmac-sha256", "none"),
            input.replace("1795348800", "-1"),
            input.replace("1795348800", "+1795348800"),
            input.replace("1795348800", ""),
            input.replace("gateway-1", "a\\\"b"),
            format!("{input};expires=1"),
            String::new(),
        ] {
            assert_eq!(parameters(&wrong), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
            let _ = parameters(&text);
        }
    }
}
