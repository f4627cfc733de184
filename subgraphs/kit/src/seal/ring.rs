//! The data keys of one subgraph's database, opened: what services hold and what encrypts.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    cipher::{Cipher, Key, key_id},
    column::{Form, SEALED, SealedColumn},
    master::MasterKey,
};
use crate::{
    error::{Error, Result},
    keys::{Secret, hmac},
    mutation::execute,
};

/// Bytes of the keyed hash that a blind index keeps.
const INDEX_BYTES: usize = 16;

/// What a key is for. Keys of one purpose are never used for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// Encrypts values.
    Data,
    /// Makes blind indexes.
    Index,
}

impl Purpose {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Index => "index",
        }
    }
}

/// A row of `column_key`.
#[derive(Clone, PartialEq)]
pub(super) struct Wrapped {
    pub(super) purpose: Purpose,
    pub(super) id: u32,
    pub(super) cipher: Cipher,
    pub(super) wrapped: Vec<u8>,
}

impl Wrapped {
    /// What its wrapping is bound to.
    pub(super) fn bound(&self) -> String {
        bound(self.purpose, self.id, self.cipher)
    }
}

/// Keys of AES-256-GCM are bound as the first vaults had them.
fn bound(purpose: Purpose, id: u32, cipher: Cipher) -> String {
    match (purpose, cipher) {
        (Purpose::Data, Cipher::Aes256Gcm) => format!("data_key|{id}"),
        _ => format!("{}_key|{id}|{}", purpose.as_str(), cipher.as_str()),
    }
}

#[derive(Clone)]
enum Ready {
    Data(Arc<Key>),
    Index(Hmac<Sha256>),
}

/// Opened keys, as they were when they were read. Cloning is cheap; they never print.
#[derive(Clone, Default)]
pub struct Columns {
    keys: BTreeMap<(Purpose, u32), (Wrapped, Ready)>,
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columns")
            .field("keys", &self.keys.len())
            .finish()
    }
}

impl Columns {
    /// The number of the key that encrypts; 0 when there is none.
    pub fn newest(&self) -> u32 {
        self.newest_of(Purpose::Data)
    }

    pub(super) fn newest_of(&self, purpose: Purpose) -> u32 {
        self.of(purpose).next_back().map_or(0, |(id, _)| id)
    }

    pub(super) fn count_of(&self, purpose: Purpose) -> usize {
        self.of(purpose).count()
    }

    fn of(&self, purpose: Purpose) -> impl DoubleEndedIterator<Item = (u32, &Ready)> {
        self.keys
            .range((purpose, 0)..=(purpose, u32::MAX))
            .map(|((_, id), (_, ready))| (*id, ready))
    }

    /// Encrypts a value with the newest key, for a column of bytes.
    ///
    /// # Errors
    /// When there is no key.
    pub fn encrypt(&self, column: &SealedColumn, row: &str, value: &str) -> Result<Vec<u8>> {
        match self.of(Purpose::Data).next_back() {
            Some((id, Ready::Data(key))) => key.seal(id, &column.bound(row), value.as_bytes()),
            _ => Err(Error::internal("the database has no data key")),
        }
    }

    /// Encrypts a value with the newest key, for a column of text. Nothing stays nothing.
    ///
    /// # Errors
    /// When there is no key.
    pub fn encrypt_text(&self, column: &SealedColumn, row: &str, value: &str) -> Result<String> {
        if value.is_empty() {
            return Ok(String::new());
        }
        let bytes = self.encrypt(column, row, value)?;
        Ok(format!(
            "{SEALED}{}:{}",
            self.newest(),
            BASE64.encode(&bytes)
        ))
    }

    /// Decrypts a value; it is wiped when dropped.
    ///
    /// # Errors
    /// When it was changed, moved from another row or column, or its key is gone.
    pub fn decrypt(
        &self,
        column: &SealedColumn,
        row: &str,
        value: &[u8],
    ) -> Result<Zeroizing<String>> {
        let broken = || Error::internal(format!("a value of {column} cannot be opened"));
        let id = key_id(value).ok_or_else(broken)?;
        let Some((_, Ready::Data(key))) = self.keys.get(&(Purpose::Data, id)) else {
            return Err(broken());
        };
        let plain = key.open(&column.bound(row), value).ok_or_else(broken)?;
        std::str::from_utf8(&plain)
            .map(|text| Zeroizing::new(text.to_owned()))
            .map_err(|_| broken())
    }

    /// Decrypts a value of a column of text. What was written before the column was encrypted is given as it
    /// is.
    ///
    /// # Errors
    /// As [`Columns::decrypt`].
    pub fn decrypt_text(
        &self,
        column: &SealedColumn,
        row: &str,
        value: &str,
    ) -> Result<Zeroizing<String>> {
        match bytes_of(value) {
            Some(bytes) => self.decrypt(column, row, &bytes),
            None => Ok(Zeroizing::new(value.to_owned())),
        }
    }

    /// A value encrypted with the newest key and bound to another row: `None` when it is that already.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn renewed(
        &self,
        column: &SealedColumn,
        from: &str,
        to: &str,
        value: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        if from == to && key_id(value) == Some(self.newest()) {
            return Ok(None);
        }
        let plain = self.decrypt(column, from, value)?;
        self.encrypt(column, to, &plain).map(Some)
    }

    /// The blind index of a value: the number of the key and a keyed hash, so that equal values are found
    /// and nothing else is told.
    ///
    /// # Errors
    /// When there is no key.
    pub fn index(&self, column: &SealedColumn, value: &str) -> Result<Vec<u8>> {
        self.indexes(column, value)
            .pop()
            .ok_or_else(|| Error::internal("the database has no index key"))
    }

    /// The blind indexes that a value may have while the index key changes, the newest last.
    pub fn indexes(&self, column: &SealedColumn, value: &str) -> Vec<Vec<u8>> {
        self.of(Purpose::Index)
            .filter_map(|(id, ready)| match ready {
                Ready::Index(key) => {
                    let mut mac = key.clone();
                    mac.update(column.bound("").as_bytes());
                    mac.update(value.as_bytes());
                    let hash = mac.finalize().into_bytes();
                    let mut index = id.to_be_bytes().to_vec();
                    index.extend(hash.iter().take(INDEX_BYTES));
                    Some(index)
                }
                Ready::Data(_) => None,
            })
            .collect()
    }
}

/// The bytes of a sealed text; `None` for a text that is not sealed.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let (id, base64) = text.strip_prefix(SEALED)?.split_once(':')?;
    id.parse::<u32>().ok()?;
    BASE64.decode(base64.as_bytes()).ok()
}

/// What services hold: the master key, and the data keys it opened. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Keyring(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    master: Arc<dyn MasterKey>,
    cipher: Cipher,
    kept: RwLock<Arc<Columns>>,
    /// Keys that this process opened and a rotation dropped: a value read just before is opened just after.
    dropped: RwLock<Columns>,
}

impl Keyring {
    /// The keys that a master key opens; new ones are of the given cipher.
    pub fn new(master: Arc<dyn MasterKey>, cipher: Cipher) -> Self {
        Self(Arc::new(Inner {
            master,
            cipher,
            kept: RwLock::default(),
            dropped: RwLock::default(),
        }))
    }

    pub(super) fn master(&self) -> &dyn MasterKey {
        self.0.master.as_ref()
    }

    /// The cipher of new keys.
    pub fn cipher(&self) -> Cipher {
        self.0.cipher
    }

    fn kept(&self) -> Arc<Columns> {
        let kept = self.0.kept.read();
        Arc::clone(&kept.unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys as the database has them now: one statement, and the master key only for keys not seen yet.
    ///
    /// Whoever encrypts in a transaction loads them in that transaction: this is what lets a rotation by
    /// another process drop the old key (see [`super::rotation`]).
    ///
    /// # Errors
    /// When a key cannot be opened with the master key, or the database's own.
    pub async fn load(&self, db: &impl ConnectionTrait) -> Result<Arc<Columns>> {
        let rows = read(db).await?;
        let kept = self.kept();
        let unchanged = rows.len() == kept.keys.len()
            && rows
                .iter()
                .zip(kept.keys.values())
                .all(|(row, (known, _))| row == known);
        if unchanged {
            return Ok(kept);
        }
        let mut columns = Columns::default();
        for row in rows {
            let place = (row.purpose, row.id);
            let ready = match kept.keys.get(&place) {
                Some((known, ready)) if *known == row => ready.clone(),
                _ => {
                    let secret = self.0.master.unwrap(&row.bound(), &row.wrapped).await?;
                    ready(&row, &secret)
                }
            };
            columns.keys.insert(place, (row, ready));
        }
        let columns = Arc::new(columns);
        let gone = kept
            .keys
            .iter()
            .filter(|(place, _)| !columns.keys.contains_key(place));
        let mut dropped = self
            .0
            .dropped
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        dropped
            .keys
            .extend(gone.map(|(place, key)| (*place, key.clone())));
        drop(dropped);
        let mut kept = self.0.kept.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Arc::clone(&columns);
        Ok(columns)
    }

    /// The same, for a transaction that may be the first to encrypt: the first keys are made.
    ///
    /// # Errors
    /// As [`Keyring::load`].
    pub async fn for_writing(
        &self,
        tx: &DatabaseTransaction,
        now: DateTime<Utc>,
    ) -> Result<Arc<Columns>> {
        let mut columns = self.load(tx).await?;
        for purpose in [Purpose::Data, Purpose::Index] {
            if columns.newest_of(purpose) == 0 {
                self.add(tx, purpose, self.cipher(), now).await?;
                columns = self.load(tx).await?;
            }
        }
        Ok(columns)
    }

    /// Makes a new key, which is used from now on.
    pub(super) async fn add(
        &self,
        tx: &DatabaseTransaction,
        purpose: Purpose,
        cipher: Cipher,
        now: DateTime<Utc>,
    ) -> Result<u32> {
        let id = self.load(tx).await?.newest_of(purpose) + 1;
        let secret = Secret::random()?;
        let number = i32::try_from(id).map_err(|_| Error::internal("the number of a key"))?;
        let wrapped = self
            .0
            .master
            .wrap(&bound(purpose, id, cipher), &secret)
            .await?;
        execute(
            tx,
            "INSERT INTO column_key (purpose, id, cipher, wrapped, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
            vec![
                purpose.as_str().into(),
                number.into(),
                cipher.as_str().into(),
                wrapped.into(),
                now.into(),
            ],
        )
        .await?;
        Ok(id)
    }

    /// Opens a value outside a transaction, with the keys that are at hand; they are read again when they do
    /// not open it (another process has brought a new one, or dropped the old one since the value was read).
    ///
    /// # Errors
    /// As [`Columns::decrypt`].
    pub async fn open(
        &self,
        db: &impl ConnectionTrait,
        column: &SealedColumn,
        row: &str,
        value: &[u8],
    ) -> Result<Zeroizing<String>> {
        match self.kept().decrypt(column, row, value) {
            Ok(plain) => Ok(plain),
            Err(_) => self
                .load(db)
                .await?
                .decrypt(column, row, value)
                .or_else(|error| {
                    let dropped = self.0.dropped.read();
                    let dropped = dropped.unwrap_or_else(PoisonError::into_inner);
                    dropped.decrypt(column, row, value).map_err(|_| error)
                }),
        }
    }

    /// Encrypts one value for a column of text, in the transaction that writes it.
    ///
    /// # Errors
    /// As [`Keyring::load`].
    pub async fn seal_text(
        &self,
        tx: &DatabaseTransaction,
        now: DateTime<Utc>,
        column: &SealedColumn,
        row: Uuid,
        value: &str,
    ) -> Result<String> {
        let columns = self.for_writing(tx, now).await?;
        columns.encrypt_text(column, &row.to_string(), value)
    }

    /// Opens the texts of many rows in place: each row's id and its text.
    ///
    /// # Errors
    /// As [`Columns::decrypt`].
    pub async fn open_all<'r>(
        &self,
        db: &impl ConnectionTrait,
        column: &SealedColumn,
        rows: impl Iterator<Item = (Uuid, &'r mut String)> + Send,
    ) -> Result<()> {
        for (row, text) in rows {
            let opened = self.open_text(db, column, &row.to_string(), text).await?;
            opened.as_str().clone_into(text);
        }
        Ok(())
    }

    /// The same for one column of text.
    ///
    /// # Errors
    /// As [`Columns::decrypt`].
    pub async fn open_text(
        &self,
        db: &impl ConnectionTrait,
        column: &SealedColumn,
        row: &str,
        value: &str,
    ) -> Result<Zeroizing<String>> {
        debug_assert_eq!(column.form, Form::Text);
        match bytes_of(value) {
            Some(bytes) => self.open(db, column, row, &bytes).await,
            None => Ok(Zeroizing::new(value.to_owned())),
        }
    }
}

fn ready(row: &Wrapped, secret: &Secret) -> Ready {
    match row.purpose {
        Purpose::Data => Ready::Data(Arc::new(Key::new(row.cipher, secret))),
        Purpose::Index => Ready::Index(hmac(secret.expose())),
    }
}

/// All rows, in the order of [`Columns`].
pub(super) async fn read(db: &impl ConnectionTrait) -> Result<Vec<Wrapped>> {
    let rows = db
        .query_all_raw(Statement::from_string(
            db.get_database_backend(),
            "SELECT purpose, id, cipher, wrapped FROM column_key ORDER BY purpose, id",
        ))
        .await?;
    rows.iter()
        .map(|row| {
            let purpose: String = row.try_get("", "purpose")?;
            let id: i32 = row.try_get("", "id")?;
            let cipher: String = row.try_get("", "cipher")?;
            Ok(Wrapped {
                purpose: match purpose.as_str() {
                    "data" => Purpose::Data,
                    "index" => Purpose::Index,
                    _ => return Err(Error::internal("a key of an unknown purpose")),
                },
                id: u32::try_from(id).map_err(|_| Error::internal("the number of a key"))?,
                cipher: Cipher::named(&cipher)?,
                wrapped: row.try_get("", "wrapped")?,
            })
        })
        .collect()
}
