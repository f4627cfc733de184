//! Sealing an identity for the one authority that may read it: JWE compact (RFC 7516), key agreement
//! ECDH-ES on X25519 (RFC 7518 section 4.6, RFC 8037), content A256GCM.
//!
//! JWE and not the HPKE of kit's vault, because the other side may be a program of another maker in
//! another language, and every JOSE library has ECDH-ES. The protected header names the transaction and
//! the party, so that a sealed identity cannot be moved to another transaction, nor passed off as the
//! other party's.

use super::{Fault, canonical, signature::PublicKey};
use aes_gcm::{
    Aes256Gcm,
    aead::{Aead, KeyInit, Payload},
};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const ALG: &str = "ECDH-ES";
const ENC: &str = "A256GCM";
/// Longest sealed identity, in bytes; ours take about 700.
const LONGEST: usize = 4_096;
/// Length of the nonce of AES-GCM, in bytes.
const IV_BYTES: usize = 12;
/// Length of its tag, in bytes.
const TAG_BYTES: usize = 16;

/// Who a person is, as one authority tells another. It never prints and is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// The citizen identity number, normalised.
    pub id_number: String,
    /// The name; empty where it is not known.
    pub name: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(***)")
    }
}

/// What a sealed identity belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The transaction.
    pub txn: &'a str,
    /// The party in it, a random reference.
    pub party: &'a str,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
    alg: String,
    enc: String,
    epk: PublicKey,
    kid: String,
    party_ref: String,
    txn_id: String,
}

/// Seals an identity, or what belongs to one, for the owner of a public key.
///
/// # Errors
/// [`Fault::UnknownKey`] when the key is none of X25519, or the system gives no random bytes.
pub fn seal(content: &impl Serialize, place: Place<'_>, to: &PublicKey) -> Result<String, Fault> {
    let public = agree_with(to)?;
    let mut random = Zeroizing::new([0_u8; 32 + IV_BYTES]);
    getrandom::fill(random.as_mut_slice()).map_err(|_| Fault::UnknownKey)?;
    let (ephemeral, iv) = random.split_at(32);
    let ephemeral: [u8; 32] = ephemeral.try_into().map_err(|_| Fault::UnknownKey)?;
    let ephemeral = StaticSecret::from(ephemeral);
    let header = Header {
        alg: ALG.to_owned(),
        enc: ENC.to_owned(),
        epk: PublicKey::x25519(x25519_dalek::PublicKey::from(&ephemeral).as_bytes()),
        kid: to.id(),
        party_ref: place.party.to_owned(),
        txn_id: place.txn.to_owned(),
    };
    let header = BASE64URL_NOPAD.encode(canonical::to_text(&header)?.as_bytes());
    let shared = ephemeral.diffie_hellman(&public);
    // A key of small order would give everybody the same secret.
    if !shared.was_contributory() {
        return Err(Fault::UnknownKey);
    }
    let key = derive(shared.as_bytes());
    let text = Zeroizing::new(canonical::to_text(content)?);
    let sealed = cipher(&key)?
        .encrypt(
            &nonce(iv)?.into(),
            Payload {
                msg: text.as_bytes(),
                aad: header.as_bytes(),
            },
        )
        .map_err(|_| Fault::Unsealable)?;
    let (content, tag) = sealed.split_at(sealed.len().saturating_sub(TAG_BYTES));
    Ok(format!(
        "{header}..{}.{}.{}",
        BASE64URL_NOPAD.encode(iv),
        BASE64URL_NOPAD.encode(content),
        BASE64URL_NOPAD.encode(tag)
    ))
}

/// Secret keys that open what is sealed for us: the present one and earlier ones.
#[derive(Clone, Default)]
pub struct Opener(Vec<(String, StaticSecret)>);

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opener(***)")
    }
}

impl Opener {
    /// Of these secrets, the present one first.
    #[must_use]
    pub fn new(secrets: &[[u8; 32]]) -> Self {
        Self(
            secrets
                .iter()
                .map(|secret| {
                    let secret = StaticSecret::from(*secret);
                    let public = x25519_dalek::PublicKey::from(&secret);
                    (PublicKey::x25519(public.as_bytes()).id(), secret)
                })
                .collect(),
        )
    }

    /// Opens what was sealed for us, which must belong to this place.
    ///
    /// # Errors
    /// [`Fault::Unsealable`] in every case: which step failed is nobody's business.
    pub fn open<T: DeserializeOwned>(&self, text: &str, place: Place<'_>) -> Result<T, Fault> {
        self.try_open(text, place).ok_or(Fault::Unsealable)
    }

    fn try_open<T: DeserializeOwned>(&self, text: &str, place: Place<'_>) -> Option<T> {
        let parts: Vec<&str> = (text.len() <= LONGEST).then(|| text.split('.').collect())?;
        let [header_text, "", iv, content, tag] = parts.as_slice() else {
            return None;
        };
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
        let header: Header = canonical::from_text(&decode(header_text)?).ok()?;
        let fits = header.alg == ALG
            && header.enc == ENC
            && header.txn_id == place.txn
            && header.party_ref == place.party;
        let (_, secret) = self.0.iter().find(|(id, _)| fits && *id == header.kid)?;
        let shared = secret.diffie_hellman(&agree_with(&header.epk).ok()?);
        if !shared.was_contributory() {
            return None;
        }
        let key = derive(shared.as_bytes());
        let sealed = [
            decode(content)?,
            decode(tag).filter(|tag| tag.len() == TAG_BYTES)?,
        ]
        .concat();
        let payload = Payload {
            msg: &sealed,
            aad: header_text.as_bytes(),
        };
        let text = cipher(&key)
            .ok()?
            .decrypt(&nonce(&decode(iv)?).ok()?.into(), payload)
            .ok()?;
        canonical::from_text(&Zeroizing::new(text)).ok()
    }
}

fn agree_with(key: &PublicKey) -> Result<x25519_dalek::PublicKey, Fault> {
    key.x_bytes()
        .filter(|_| key.crv == "X25519")
        .map(x25519_dalek::PublicKey::from)
        .ok_or(Fault::UnknownKey)
}

fn cipher(key: &[u8; 32]) -> Result<Aes256Gcm, Fault> {
    Aes256Gcm::new_from_slice(key).map_err(|_| Fault::Unsealable)
}

fn nonce(iv: &[u8]) -> Result<[u8; IV_BYTES], Fault> {
    iv.try_into().map_err(|_| Fault::Unsealable)
}

/// The Concat KDF of RFC 7518, section 4.6.2, for one block of 256 bits without party info.
fn derive(shared: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha256::new();
    hash.update(1_u32.to_be_bytes());
    hash.update(shared);
    hash.update((ENC.len() as u32).to_be_bytes());
    hash.update(ENC.as_bytes());
    hash.update(0_u32.to_be_bytes());
    hash.update(0_u32.to_be_bytes());
    hash.update(256_u32.to_be_bytes());
    Zeroizing::new(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            id_number: "329901199003030032".into(),
            name: "陈示例".into(),
        }
    }

    fn public(secret: [u8; 32]) -> PublicKey {
        PublicKey::x25519(x25519_dalek::PublicKey::from(&StaticSecret::from(secret)).as_bytes())
    }

    const HERE: Place<'_> = Place {
        txn: "t1",
        party: "p1",
    };

    #[test]
    fn only_the_authority_opens_it_and_only_in_its_place() {
        let sealed = seal(&identity(), HERE, &public([4; 32])).unwrap();
        let opener = Opener::new(&[[9; 32], [4; 32]]);
        assert_eq!(opener.open::<Identity>(&sealed, HERE).unwrap(), identity());
        assert!(
            Opener::new(&[[5; 32]])
                .open::<Identity>(&sealed, HERE)
                .is_err()
        );
        for place in [
            Place { txn: "t2", ..HERE },
            Place {
                party: "p2",
                ..HERE
            },
        ] {
            assert_eq!(
                opener.open::<Identity>(&sealed, place),
                Err(Fault::Unsealable)
            );
        }
        assert!(!sealed.contains("3299") && !format!("{:?}", identity()).contains("3299"));
        assert_ne!(
            seal(&identity(), HERE, &public([4; 32])).unwrap(),
            sealed,
            "two seals differ"
        );
    }

    #[test]
    fn every_change_of_a_byte_is_seen() {
        let sealed = seal(&identity(), HERE, &public([4; 32])).unwrap();
        let opener = Opener::new(&[[4; 32]]);
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(
                opener.open::<Identity>(&changed, HERE).is_err(),
                "byte {at}"
            );
        }
        for text in ["", "....", "a..b.c.d", &"a".repeat(LONGEST + 1)] {
            assert!(opener.open::<Identity>(text, HERE).is_err());
        }
    }

    #[test]
    fn a_key_of_small_order_or_another_curve_is_refused() {
        assert!(seal(&identity(), HERE, &PublicKey::x25519(&[0; 32])).is_err());
        assert!(seal(&identity(), HERE, &PublicKey::ed25519(&[4; 32])).is_err());
    }

    #[test]
    fn the_key_is_derived_as_the_standard_says() {
        // SHA-256 over 00000001, Z, 00000007 "A256GCM", 00000000, 00000000, 00000100.
        let mut text = vec![0, 0, 0, 1];
        text.extend([1; 32]);
        text.extend([0, 0, 0, 7]);
        text.extend(b"A256GCM");
        text.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(
            derive(&[1; 32]).as_slice(),
            Sha256::digest(&text).as_slice()
        );
    }
}
