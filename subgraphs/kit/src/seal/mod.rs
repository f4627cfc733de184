//! Columns at rest (个人信息存储加密): phones, addresses, names, numbers of papers and what officers write in their own
//! words are encrypted in the column, with envelope keys.
//!
//! - [`Cipher`]: AES-256-GCM or SM4-GCM; each value names its cipher and its key, and is bound to its table, column
//!   and row, so that it cannot be changed or moved.
//! - [`MasterKey`] wraps the data keys, which lie wrapped in the database (`column_key`): a copy of the database
//!   alone shows nothing. It comes from key files, the environment or a KMS.
//! - [`SealedColumn`] says which columns are encrypted ([`crate::Subsystem::sealed`]), and whether a blind index, made
//!   with a key of its own, finds equal values.
//! - [`Keyring`] is what services hold; [`Columns`] encrypts and decrypts.
//! - [`rotation`] changes keys in use, and encrypts in place what was there before.

mod cipher;
mod column;
mod master;
mod ring;
pub mod rotation;
#[cfg(test)]
mod tests;

pub use cipher::Cipher;
pub use column::{RowKey, SealedColumn};
pub use master::{LocalMaster, MasterKey};
pub use ring::{Columns, Keyring};
