//! HTTP message signatures (RFC 9421) between callers and subgraphs: pure functions. What is covered
//! and in which order is the contract's; the gateway has the same functions for signing, and both
//! sides test the same vectors.

use std::fmt::Write;
use std::sync::LazyLock;

use data_encoding::BASE64;
use hmac::Mac;
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

/// The `content-digest` header of a body (RFC 9530).
pub(crate) fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(&Sha256::digest(body)))
}

/// The values of `signature-input` and `signature`.
pub(crate) fn sign(key: &[u8; 32], covered: Covered<'_>, by: Parameters<'_>) -> (String, String) {
    let parameters = parameters_text(by);
    let tag = BASE64.encode(&tag(key, covered, &parameters));
    let label = contract::SIGNATURE_LABEL;
    (format!("{label}={parameters}"), format!("{label}=:{tag}:"))
}

/// Whether `signature` is right for what is covered. Takes the same time for every wrong tag.
pub(crate) fn verify(
    key: &[u8; 32],
    covered: Covered<'_>,
    by: Parameters<'_>,
    signature: &str,
) -> bool {
    let expected = tag(key, covered, &parameters_text(by));
    let given = signature
        .strip_prefix(contract::SIGNATURE_LABEL)
        .and_then(|rest| rest.strip_prefix("=:"))
        .and_then(|rest| rest.strip_suffix(':'))
        .and_then(|text| BASE64.decode(text.as_bytes()).ok());
    given.is_some_and(|given| bool::from(given.ct_eq(&expected)))
}

/// Reads `signature-input`. Only the form that the contract fixes is accepted: these components in
/// this order, these parameters in this order; so the text can be rebuilt and need not be trusted.
pub(crate) fn parameters(signature_input: &str) -> Option<Parameters<'_>> {
    let rest = signature_input
        .strip_prefix(contract::SIGNATURE_LABEL)?
        .strip_prefix('=')?
        .strip_prefix(COMPONENTS.as_str())?
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
    let right = rest.strip_suffix('"') == Some(contract::SIGNATURE_ALGORITHM);
    (right && plain(nonce) && plain(key_id)).then_some(Parameters {
        created: created.parse().ok()?,
        nonce,
        key_id,
    })
}

fn tag(key: &[u8; 32], covered: Covered<'_>, parameters: &str) -> Vec<u8> {
    let mut base = String::with_capacity(covered.principal.len() + 512);
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
        // Writing to a string cannot fail.
        let _ = writeln!(base, "\"{component}\": {value}");
    }
    let _ = write!(base, "\"@signature-params\": {parameters}");
    let mut mac = hmac(key);
    Mac::update(&mut mac, base.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The components as `signature-input` lists them, made once: every fetch is judged by it.
static COMPONENTS: LazyLock<String> = LazyLock::new(|| {
    let quoted: Vec<String> = contract::SIGNATURE_COMPONENTS
        .iter()
        .map(|component| format!("\"{component}\""))
        .collect();
    format!("({})", quoted.join(" "))
});

fn parameters_text(by: Parameters<'_>) -> String {
    format!(
        "{};created={};nonce=\"{}\";keyid=\"{}\";alg=\"{}\"",
        *COMPONENTS,
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
            assert_eq!(parameters(&input), Some(BY));
            assert!(verify(&key, covered, BY, expected));
            assert!(!verify(&[0; 32], covered, BY, expected));
            assert!(!verify(
                &key,
                Covered {
                    purpose: "OTHER",
                    ..covered
                },
                BY,
                expected
            ));
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
