//! Encryption of columns: AES-256-GCM with envelope keys.
//!
//! A value is `version (1) | data key id (4) | nonce (12) | ciphertext and tag`. The data keys lie in
//! the database wrapped by the master key, which comes from the key folder; a copy of the database
//! alone shows nothing, and rotating the master key means wrapping a few data keys anew. A value is
//! bound to its column and its person, so that it cannot be moved to another row.

use std::{collections::BTreeMap, fmt};

use aes_gcm::{
    Aes256Gcm,
    aead::{Aead, KeyInit, Payload},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait};
use zeroize::Zeroizing;

use crate::{
    kit::{Error, Result, Services, keys::Secret},
    model::data_key,
};

/// The layout of an encrypted value.
const VERSION: u8 = 1;

const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;

/// Which column a value belongs to; part of what is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The identity number.
    IdNumber,
    /// The name.
    Name,
    /// Why an officer proposed or read something; bound to the row's own id.
    Reason,
}

impl Column {
    fn as_str(self) -> &'static str {
        match self {
            Self::IdNumber => "person.id_number",
            Self::Name => "person.name",
            Self::Reason => "reason",
        }
    }
}

/// The opened data keys.
pub struct Columns {
    keys: BTreeMap<u32, Aes256Gcm>,
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columns")
            .field("keys", &self.keys.len())
            .finish()
    }
}

impl Columns {
    /// The data keys of the database, opened with the vault's master key.
    ///
    /// # Errors
    /// When this process has no master key, or it is not the one that wrapped them.
    pub async fn load(db: &impl ConnectionTrait, services: &Services) -> Result<Self> {
        let held = masters(services)?;
        let rows = data_key::Entity::find().all(db).await?;
        let mut keys = BTreeMap::new();
        for row in rows {
            let id = number(row.id)?;
            let plain = unwrap_key(&held, id, &row.wrapped)?;
            keys.insert(id, cipher(plain.expose()));
        }
        Ok(Self { keys })
    }

    /// The data keys, the first one made if there is none.
    pub async fn load_or_create(tx: &DatabaseTransaction, services: &Services) -> Result<Self> {
        let mut columns = Self::load(tx, services).await?;
        if columns.keys.is_empty() {
            columns.add_key(tx, services).await?;
        }
        Ok(columns)
    }

    /// Makes a new data key, which encrypts from now on.
    ///
    /// # Errors
    /// When this process has no master key, or the database's own.
    pub async fn add_key(&mut self, tx: &DatabaseTransaction, services: &Services) -> Result<()> {
        let id = self.newest() + 1;
        let key = Secret::random()?;
        let row = data_key::ActiveModel {
            id: Set(i32::try_from(id).map_err(|_| Error::internal("a data key's number"))?),
            wrapped: Set(wrap_key(first(&masters(services)?)?, id, &key)?),
            created_at: Set(services.clock.now()),
        };
        data_key::Entity::insert(row)
            .exec_without_returning(tx)
            .await?;
        self.keys.insert(id, cipher(key.expose()));
        Ok(())
    }

    /// The number of the key that encrypts; 0 when there is none.
    pub fn newest(&self) -> u32 {
        self.keys.last_key_value().map_or(0, |(id, _)| *id)
    }

    /// Whether a value was encrypted with a key that is known here.
    pub fn knows(&self, value: &[u8]) -> bool {
        split(value).is_some_and(|(id, ..)| self.keys.contains_key(&id))
    }

    /// A value encrypted with the newest key and bound to a token: `None` when it is that already.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn renewed(
        &self,
        column: Column,
        from: &str,
        to: &str,
        value: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        if from == to && split(value).is_some_and(|(id, ..)| id == self.newest()) {
            return Ok(None);
        }
        let plain = self.decrypt(column, from, value)?;
        self.encrypt(column, to, &plain).map(Some)
    }

    /// Encrypts a value with the newest key.
    pub fn encrypt(&self, column: Column, token: &str, value: &str) -> Result<Vec<u8>> {
        let (id, key) = self
            .keys
            .last_key_value()
            .ok_or_else(|| Error::internal("the vault has no data key"))?;
        seal(key, *id, aad(column, token).as_bytes(), value.as_bytes())
    }

    /// Decrypts a value; it is wiped when dropped.
    ///
    /// # Errors
    /// When it was changed, moved from another row or column, or its key is gone.
    pub fn decrypt(&self, column: Column, token: &str, value: &[u8]) -> Result<Zeroizing<String>> {
        let broken = || Error::internal("an encrypted column cannot be opened");
        let (id, nonce, text) = split(value).ok_or_else(broken)?;
        let key = self.keys.get(&id).ok_or_else(broken)?;
        let plain = open(key, nonce, aad(column, token).as_bytes(), text).ok_or_else(broken)?;
        String::from_utf8(plain)
            .map(Zeroizing::new)
            .map_err(|_| broken())
    }
}

/// The master keys that this process holds, the present one first.
fn masters(services: &Services) -> Result<Vec<&Secret>> {
    let keys = services
        .vault_keys
        .as_ref()
        .ok_or_else(|| Error::internal("this process does not hold the vault's master key"))?;
    Ok(std::iter::once(&keys.master)
        .chain(&keys.next_master)
        .collect())
}

fn first<'k>(held: &[&'k Secret]) -> Result<&'k Secret> {
    held.first()
        .copied()
        .ok_or_else(|| Error::internal("this process does not hold the vault's master key"))
}

pub(super) fn number(id: i32) -> Result<u32> {
    u32::try_from(id).map_err(|_| Error::internal("a data key's number"))
}

/// A data key wrapped by a master key.
pub(super) fn wrap_key(master: &Secret, id: u32, key: &Secret) -> Result<Vec<u8>> {
    seal(
        &cipher(master.expose()),
        0,
        key_aad(id).as_bytes(),
        key.expose(),
    )
}

/// A data key, opened by whichever master key wrapped it.
pub(super) fn unwrap_key(held: &[&Secret], id: u32, wrapped: &[u8]) -> Result<Secret> {
    let opened = held.iter().find_map(|master| {
        let (_, nonce, text) = split(wrapped)?;
        let key = open(
            &cipher(master.expose()),
            nonce,
            key_aad(id).as_bytes(),
            text,
        )?;
        let key = Zeroizing::new(key);
        key.as_slice().try_into().ok().map(Secret::new)
    });
    opened.ok_or_else(|| {
        Error::internal(
            "The vault's data keys cannot be opened: the master key is not the one they were wrapped with.",
        )
    })
}

fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(key.into())
}

fn aad(column: Column, token: &str) -> String {
    format!("{}|{token}", column.as_str())
}

fn key_aad(id: u32) -> String {
    format!("data_key|{id}")
}

fn seal(key: &Aes256Gcm, id: u32, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce)
        .map_err(|_| Error::internal("The operating system gives no random bytes."))?;
    let text = key
        .encrypt(&nonce.into(), Payload { msg: plain, aad })
        .map_err(|_| Error::internal("encrypting a column"))?;
    let mut value = Vec::with_capacity(1 + KEY_ID_BYTES + NONCE_BYTES + text.len());
    value.push(VERSION);
    value.extend_from_slice(&id.to_be_bytes());
    value.extend_from_slice(&nonce);
    value.extend_from_slice(&text);
    Ok(value)
}

fn open(key: &Aes256Gcm, nonce: [u8; NONCE_BYTES], aad: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    key.decrypt(&nonce.into(), Payload { msg: text, aad }).ok()
}

/// Key id, nonce and ciphertext of a value.
fn split(value: &[u8]) -> Option<(u32, [u8; NONCE_BYTES], &[u8])> {
    let (&version, rest) = value.split_first()?;
    let (id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>()?;
    let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>()?;
    (version == VERSION).then_some((u32::from_be_bytes(*id), *nonce, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        Columns {
            keys: BTreeMap::from([(1, cipher(&[1; 32])), (2, cipher(&[2; 32]))]),
        }
    }

    #[test]
    fn a_value_comes_back_and_is_bound_to_its_row_and_column() {
        let columns = columns();
        let value = columns.encrypt(Column::Name, "t1", "陈示例").unwrap();
        assert_eq!(
            *columns.decrypt(Column::Name, "t1", &value).unwrap(),
            "陈示例"
        );
        assert!(columns.decrypt(Column::Name, "t2", &value).is_err());
        assert!(columns.decrypt(Column::IdNumber, "t1", &value).is_err());
        assert!(!value.windows(3).any(|w| w == "陈".as_bytes()));
    }

    #[test]
    fn the_newest_key_encrypts_and_older_ones_still_open() {
        let columns = columns();
        let old = Columns {
            keys: BTreeMap::from([(1, cipher(&[1; 32]))]),
        };
        let value = old.encrypt(Column::Name, "t", "a").unwrap();
        assert_eq!(*columns.decrypt(Column::Name, "t", &value).unwrap(), "a");
        let new = columns.encrypt(Column::Name, "t", "a").unwrap();
        assert_eq!(new.get(1..5), Some(&[0, 0, 0, 2][..]));
        assert!(old.decrypt(Column::Name, "t", &new).is_err());
    }

    #[test]
    fn a_changed_or_short_value_is_refused() {
        let columns = columns();
        let value = columns.encrypt(Column::Name, "t", "abc").unwrap();
        for place in 0..value.len() {
            let mut changed = value.clone();
            changed[place] ^= 1;
            assert!(
                columns.decrypt(Column::Name, "t", &changed).is_err(),
                "{place}"
            );
            assert!(columns.decrypt(Column::Name, "t", &value[..place]).is_err());
        }
    }
}
