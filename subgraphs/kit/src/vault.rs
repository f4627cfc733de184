//! Sealing an identity for `persons` (HPKE, RFC 9180: X25519, HKDF-SHA256, AES-256-GCM).
//!
//! A subgraph that takes an identity number turns it into the token at once and hands the identity on
//! sealed, so that no other subgraph, no event feed and no backup but that of `persons` can open it.

use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
};

use data_encoding::BASE64;
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::AesGcm256, kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    citizen_id::CitizenId,
    error::{Error, Result},
    events::{Event, emit_at},
    identity::PersonNumber,
    merged::{self, Named},
    subsystem::Services,
    tokenizer::PersonToken,
};

type Suite = X25519HkdfSha256;

/// Binds sealed texts to their use and version.
const INFO: &[u8] = b"minzheng identity v1";

/// Length of the encapsulated key in front of the sealed text, in bytes (X25519).
const ENCAPSULATED_BYTES: usize = 32;

/// The kind of the event that carries a sealed identity.
pub const IDENTITY_SEALED: &str = "IdentitySealed";

/// In its body, where it is not the event's key: the token under which the teller keeps the person.
pub const UNDER: &str = "under";

/// A person's number and name. It never prints and is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Identity {
    /// The citizen identity number, normalised.
    pub id_number: String,
    /// The name; empty when it is not known.
    pub name: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(***)")
    }
}

impl Identity {
    /// The identity of a checked number and a name.
    pub fn new(id: &CitizenId, name: &str) -> Self {
        Self {
            id_number: id.expose().to_owned(),
            name: name.trim().to_owned(),
        }
    }

    /// The identity of a number of any kind and a name.
    pub fn of(number: &PersonNumber, name: &str) -> Self {
        Self {
            id_number: number.expose().to_owned(),
            name: name.trim().to_owned(),
        }
    }
}

/// An identity that only `persons` can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl Sealed {
    /// As text, for an event.
    pub fn to_text(&self) -> String {
        BASE64.encode(&self.0)
    }

    /// From the text of an event.
    pub fn from_text(text: &str) -> Option<Self> {
        BASE64.decode(text.as_bytes()).ok().map(Self)
    }
}

/// The public side of the vault.
#[derive(Clone)]
pub struct VaultSeal(<Suite as Kem>::PublicKey);

impl fmt::Debug for VaultSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultSeal")
    }
}

impl VaultSeal {
    /// From the vault's public key.
    ///
    /// # Errors
    /// When the bytes are no key.
    pub fn new(public: &[u8; 32]) -> Result<Self> {
        <Suite as Kem>::PublicKey::from_bytes(public)
            .map(Self)
            .map_err(|_| Error::internal("The vault's public key is not valid."))
    }

    /// Seals an identity.
    ///
    /// # Errors
    /// Only when the vault's key is unusable.
    pub fn seal(&self, identity: &Identity) -> Result<Sealed> {
        let mut text =
            serde_json::to_vec(identity).map_err(|_| Error::internal("sealing an identity"))?;
        let sealed = hpke::single_shot_seal::<AesGcm256, HkdfSha256, Suite>(
            &OpModeS::Base,
            &self.0,
            INFO,
            &text,
            b"",
        );
        text.zeroize();
        let (key, ciphertext) = sealed.map_err(|_| Error::internal("sealing an identity"))?;
        let mut bytes = key.to_bytes().to_vec();
        bytes.extend_from_slice(&ciphertext);
        Ok(Sealed(bytes))
    }
}

/// The secret side of the vault; only `persons` has it.
#[derive(Clone)]
pub struct VaultOpen(<Suite as Kem>::PrivateKey);

impl fmt::Debug for VaultOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultOpen(***)")
    }
}

impl VaultOpen {
    /// From the vault's secret key.
    ///
    /// # Errors
    /// When the bytes are no key.
    pub fn new(secret: &[u8; 32]) -> Result<Self> {
        <Suite as Kem>::PrivateKey::from_bytes(secret)
            .map(Self)
            .map_err(|_| Error::internal("The vault's secret key is not valid."))
    }

    /// The public key that belongs to it.
    pub fn public_key(&self) -> [u8; 32] {
        <Suite as Kem>::sk_to_pk(&self.0).to_bytes().into()
    }

    /// Opens a sealed identity.
    ///
    /// # Errors
    /// When it was not sealed for this vault or was changed on the way.
    pub fn open(&self, sealed: &Sealed) -> Result<Identity> {
        let broken = || Error::internal("a sealed identity cannot be opened");
        let (key, ciphertext) = sealed
            .0
            .split_at_checked(ENCAPSULATED_BYTES)
            .ok_or_else(broken)?;
        let key = <Suite as Kem>::EncappedKey::from_bytes(key).map_err(|_| broken())?;
        let mut text = hpke::single_shot_open::<AesGcm256, HkdfSha256, Suite>(
            &OpModeR::Base,
            &self.0,
            &key,
            INFO,
            ciphertext,
            b"",
        )
        .map_err(|_| broken())?;
        let identity = serde_json::from_slice(&text).map_err(|_| broken());
        text.zeroize();
        identity
    }
}

/// Turns a number that came in into the token of the person it names, and tells `persons` who it is, sealed, in
/// the transaction of the change that needed it. What is kept of the person is kept under this token and no
/// other.
///
/// # Errors
/// The database's own.
pub async fn announce(
    tx: &DatabaseTransaction,
    services: &Services,
    id: &CitizenId,
    name: &str,
) -> Result<PersonToken> {
    announce_number(tx, services, &PersonNumber::from(id), name).await
}

/// The same for a number of any kind. A placeholder's person gets a token by chance.
///
/// # Errors
/// The database's own.
pub async fn announce_number(
    tx: &DatabaseTransaction,
    services: &Services,
    number: &PersonNumber,
    name: &str,
) -> Result<PersonToken> {
    let named = match merged::named_by(tx, &services.tokenizer, number).await? {
        Some(named) => named,
        None => {
            let person = PersonToken::by_chance()?;
            let number = person.clone().into();
            Named { number, person }
        }
    };
    let sealed = services.vault.seal(&Identity::of(number, name))?;
    let mut body = serde_json::json!({ "version": 1, "sealed": sealed.to_text() });
    let key = named.number.into_made();
    // Whoever is told under another name can be parted from it later only if `persons` knows of it.
    if let (true, Some(body)) = (key != named.person.0, body.as_object_mut()) {
        body.insert(UNDER.to_owned(), named.person.0.clone().into());
    }
    let event = Event {
        kind: IDENTITY_SEALED.to_owned(),
        key,
        at: services.clock.now(),
        body,
    };
    let place = emit_at(tx, &event).await?;
    // Outside an operation (an import, a test of a service) nobody waits.
    let _ = SEALED.try_with(|sealed| sealed.fetch_max(place, Ordering::Relaxed));
    Ok(named.person)
}

/// The token of the person whom a number names, without telling anybody: for looking, and for what is settled
/// before it is told. `None` for a placeholder, which names nobody.
///
/// # Errors
/// The database's own.
pub async fn person_of(
    db: &impl ConnectionTrait,
    services: &Services,
    number: &PersonNumber,
) -> Result<Option<PersonToken>> {
    let named = merged::named_by(db, &services.tokenizer, number).await?;
    Ok(named.map(|named| named.person))
}

/// The same of a citizen's number, which always names somebody.
///
/// # Errors
/// The database's own.
pub async fn citizen_of(
    db: &impl ConnectionTrait,
    services: &Services,
    id: &CitizenId,
) -> Result<PersonToken> {
    person_of(db, services, &PersonNumber::from(id))
        .await?
        .ok_or_else(|| Error::internal("a citizen's number names nobody"))
}

tokio::task_local! {
    /// The last place in the outbox at which the present operation sealed an identity.
    static SEALED: AtomicI64;
}

/// Runs an operation and tells the last place in the outbox at which it sealed an identity. A place whose
/// transaction was undone in the end only costs a moment.
pub(crate) async fn watching<T>(operation: impl Future<Output = T>) -> (T, Option<i64>) {
    let operation = async {
        let answer = operation.await;
        let place = SEALED.with(|sealed| sealed.load(Ordering::Relaxed));
        (answer, (place > 0).then_some(place))
    };
    SEALED.scope(AtomicI64::new(0), operation).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            id_number: "519901199003030032".into(),
            name: "陈示例".into(),
        }
    }

    #[test]
    fn only_the_vault_opens_what_is_sealed() {
        let vault = VaultOpen::new(&[3; 32]).unwrap();
        let other = VaultOpen::new(&[4; 32]).unwrap();
        let seal = VaultSeal::new(&vault.public_key()).unwrap();
        let sealed = seal.seal(&identity()).unwrap();
        assert_eq!(vault.open(&sealed).unwrap(), identity());
        assert!(other.open(&sealed).is_err());
        let again = Sealed::from_text(&sealed.to_text()).unwrap();
        assert_eq!(again, sealed);
    }

    #[test]
    fn a_changed_or_short_text_is_refused() {
        let vault = VaultOpen::new(&[3; 32]).unwrap();
        let seal = VaultSeal::new(&vault.public_key()).unwrap();
        let mut sealed = seal.seal(&identity()).unwrap();
        if let Some(last) = sealed.0.last_mut() {
            *last ^= 1;
        }
        assert!(vault.open(&sealed).is_err());
        assert!(vault.open(&Sealed(vec![1; 8])).is_err());
    }

    #[test]
    fn two_seals_of_one_identity_look_different() {
        let vault = VaultOpen::new(&[3; 32]).unwrap();
        let seal = VaultSeal::new(&vault.public_key()).unwrap();
        assert_ne!(
            seal.seal(&identity()).unwrap(),
            seal.seal(&identity()).unwrap()
        );
    }

    #[test]
    fn an_identity_does_not_print() {
        assert_eq!(format!("{:?}", identity()), "Identity(***)");
    }
}
