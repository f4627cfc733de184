//! HTTP message signatures (RFC 9421) of requests to subgraphs: pure functions of their inputs. The gateway, and a
//! subgraph that asks another, sign; a subgraph verifies.

use std::{fmt::Write, sync::LazyLock};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{SIGNATURE_ALGORITHM, SIGNATURE_COMPONENTS, SIGNATURE_LABEL, SUBGRAPH_PATH, header};

/// What a signature covers, besides method and path, which never change.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters<'a> {
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// A value used once only.
    pub nonce: &'a str,
    /// The name of the shared key.
    pub key_id: &'a str,
}

/// The length of a hash of 32 bytes in base64.
const TAG_TEXT: usize = 44;

/// The `content-digest` header of a body (RFC 9530).
pub fn content_digest(body: &[u8]) -> String {
    let mut text = String::with_capacity(TAG_TEXT + 10);
    text.push_str("sha-256=:");
    BASE64.encode_append(&Sha256::digest(body), &mut text);
    text.push(':');
    text
}

/// Whether a `content-digest` header is that of this body.
pub fn is_digest_of(given: &str, body: &[u8]) -> bool {
    let mut text = [0; TAG_TEXT];
    BASE64.encode_mut(&Sha256::digest(body), &mut text);
    let given = given.strip_prefix("sha-256=:");
    let given = given.and_then(|rest| rest.strip_suffix(':'));
    given.is_some_and(|given| given.as_bytes() == text)
}

/// A key that caller and subgraph share, made ready for signing.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// Takes a key of any length. It is brought to the hash's block with zeros, a longer one by its hash
    /// (RFC 2104, section 2), so that no error is possible.
    pub fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0_u8; 64]);
        match block.get_mut(..key.len()) {
            Some(place) => place.copy_from_slice(key),
            None => block[..32].copy_from_slice(&Sha256::digest(key)),
        }
        Self(<Hmac<Sha256> as KeyInit>::new((&*block).into()))
    }

    /// The tag of what is covered and of the parameters as they are sent.
    fn tag(&self, covered: &Covered<'_>, parameters: &str) -> [u8; 32] {
        let mut mac = self.0.clone();
        for (before, value) in &BASE.values {
            mac.update(before.as_bytes());
            mac.update(value(covered).as_bytes());
        }
        mac.update(BASE.end.as_bytes());
        mac.update(parameters.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// The values of the headers `signature-input` and `signature`.
pub fn sign(key: &Key, covered: Covered<'_>, by: Parameters<'_>) -> (String, String) {
    let mut input = String::with_capacity(320);
    input.push_str(SIGNATURE_LABEL);
    input.push('=');
    let begins = input.len();
    write_parameters(&mut input, by);
    let mut signature = String::with_capacity(SIGNATURE_LABEL.len() + TAG_TEXT + 3);
    signature.push_str(SIGNATURE_LABEL);
    signature.push_str("=:");
    BASE64.encode_append(&key.tag(&covered, &input[begins..]), &mut signature);
    signature.push(':');
    (input, signature)
}

/// Whether `signature` is right for what is covered and for the `parameters` as they were sent. Takes the same
/// time for every wrong tag.
pub fn verify(key: &Key, covered: Covered<'_>, parameters: &str, signature: &str) -> bool {
    let mut expected = [0; TAG_TEXT];
    BASE64.encode_mut(&key.tag(&covered, parameters), &mut expected);
    let given = signature
        .strip_prefix(SIGNATURE_LABEL)
        .and_then(|rest| rest.strip_prefix("=:"))
        .and_then(|rest| rest.strip_suffix(':'));
    given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(&expected)))
}

/// Reads `signature-input`: the parameters, and their text, which is signed. Only the form that the contract
/// fixes is accepted: these components in this order, these parameters in this order.
pub fn parameters(signature_input: &str) -> Option<(Parameters<'_>, &str)> {
    let text = signature_input
        .strip_prefix(SIGNATURE_LABEL)?
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
    let right = rest.strip_suffix('"') == Some(SIGNATURE_ALGORITHM)
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
    for component in SIGNATURE_COMPONENTS {
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
            (None, "@path") => before.push_str(SUBGRAPH_PATH),
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

/// Writes the components' names and the parameters, in the order that [`parameters`] reads.
fn write_parameters(text: &mut String, by: Parameters<'_>) {
    text.push_str(&BASE.components);
    text.push_str(";created=");
    // Writing to a string cannot fail.
    let _ = write!(text, "{}", by.created);
    for part in [
        ";nonce=\"",
        by.nonce,
        "\";keyid=\"",
        by.key_id,
        "\";alg=\"",
        SIGNATURE_ALGORITHM,
        "\"",
    ] {
        text.push_str(part);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const BY: Parameters<'static> = Parameters {
        created: 1_795_348_800,
        nonce: "AAECAwQFBgcICQoLDA0ODw",
        key_id: "gateway-1",
    };

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
            let (input, signature) = sign(&Key::new(&key), covered, BY);
            assert_eq!(
                input,
                "mz=(\"@method\" \"@path\" \"content-digest\" \"minzheng-principal\" \
                 \"minzheng-purpose\" \"minzheng-case\");created=1795348800;\
                 nonce=\"AAECAwQFBgcICQoLDA0ODw\";keyid=\"gateway-1\";alg=\"hmac-sha256\""
            );
            assert_eq!(signature, expected);
            let (by, text) = parameters(&input).unwrap();
            assert_eq!(by, BY);
            let (right, wrong) = (Key::new(&key), Key::new(&[0; 32]));
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
    fn a_key_of_any_length_makes_the_tag_that_hmac_says() {
        let keys: [&[u8]; 5] = [b"", b"Jefe", &[0xaa; 64], &[0xaa; 65], &[0xaa; 131]];
        for key in keys {
            let mut stock = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
            let mut ours = Key::new(key).0;
            stock.update(b"what is signed");
            ours.update(b"what is signed");
            let (stock, ours) = (stock.finalize(), ours.finalize());
            assert_eq!(stock.into_bytes(), ours.into_bytes(), "{}", key.len());
        }
    }

    #[test]
    fn another_form_of_the_input_is_not_accepted() {
        let mut input = "mz=".to_owned();
        write_parameters(&mut input, BY);
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
