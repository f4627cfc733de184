//! The master key, which wraps data keys and never lies beside what they encrypt.

use std::fmt;

use async_trait::async_trait;

use super::cipher::{Cipher, Key, cipher_of};
use crate::{
    error::{Error, Result},
    keys::{Keys, Secret},
};

/// What wraps and unwraps data keys: key files here, a key management service (KMS 密钥管理服务) or a hardware
/// module where there is one. It is asked a few times in a process's life, never per value.
#[async_trait]
pub trait MasterKey: fmt::Debug + Send + Sync + 'static {
    /// Wraps a data key with the newest master key; `bound` is authenticated with it.
    ///
    /// # Errors
    /// When the master key cannot be had.
    async fn wrap(&self, bound: &str, key: &Secret) -> Result<Vec<u8>>;

    /// Opens a wrapped data key with whichever master key wrapped it.
    ///
    /// # Errors
    /// When none that is held did, or it was changed or moved.
    async fn unwrap(&self, bound: &str, wrapped: &[u8]) -> Result<Secret>;
}

/// A master key from key files or the environment. The files are read each time, so that a running program
/// sees a change of the master key.
#[derive(Clone)]
pub struct LocalMaster {
    source: Source,
    cipher: Cipher,
}

#[derive(Clone)]
enum Source {
    Folder { keys: Keys, subgraph: &'static str },
    Given(Vec<Secret>),
}

impl fmt::Debug for LocalMaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalMaster(***)")
    }
}

impl LocalMaster {
    /// The master key of a subgraph's columns, from a key folder.
    pub fn new(keys: &Keys, subgraph: &'static str, cipher: Cipher) -> Self {
        Self {
            source: Source::Folder {
                keys: keys.clone(),
                subgraph,
            },
            cipher,
        }
    }

    /// Given keys, the newest first.
    pub fn given(keys: Vec<Secret>, cipher: Cipher) -> Self {
        Self {
            source: Source::Given(keys),
            cipher,
        }
    }

    /// The master keys that are held, the newest first.
    fn held(&self) -> Result<Vec<Secret>> {
        match &self.source {
            Source::Folder { keys, subgraph } => keys.column_masters(subgraph),
            Source::Given(keys) => Ok(keys.clone()),
        }
    }
}

#[async_trait]
impl MasterKey for LocalMaster {
    async fn wrap(&self, bound: &str, key: &Secret) -> Result<Vec<u8>> {
        let held = self.held()?;
        let newest = held
            .first()
            .ok_or_else(|| Error::internal("this process holds no master key"))?;
        Key::new(self.cipher, newest).seal(0, bound, key.expose())
    }

    async fn unwrap(&self, bound: &str, wrapped: &[u8]) -> Result<Secret> {
        let held = self.held()?;
        let opened = cipher_of(wrapped).and_then(|cipher| {
            held.iter().find_map(|master| {
                let key = Key::new(cipher, master).open(bound, wrapped)?;
                key.as_slice().try_into().ok().map(Secret::new)
            })
        });
        opened.ok_or_else(|| {
            Error::internal(
                "A data key cannot be opened: the master key is not the one it was wrapped with.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_data_key_opens_with_the_master_key_that_wrapped_it_and_in_its_own_place() {
        for cipher in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
            let (old, new) = (Secret::new([1; 32]), Secret::new([2; 32]));
            let before = LocalMaster::given(vec![old.clone()], cipher);
            let during = LocalMaster::given(vec![new.clone(), old], cipher);
            let after = LocalMaster::given(vec![new], cipher);
            let key = Secret::new([3; 32]);
            let wrapped = before.wrap("data_key|1", &key).await.unwrap();
            let opened = during.unwrap("data_key|1", &wrapped).await.unwrap();
            assert_eq!(opened.expose(), key.expose());
            assert!(after.unwrap("data_key|1", &wrapped).await.is_err());
            assert!(before.unwrap("data_key|2", &wrapped).await.is_err());
            let again = during.wrap("data_key|1", &key).await.unwrap();
            assert!(after.unwrap("data_key|1", &again).await.is_ok());
            assert!(before.unwrap("data_key|1", &again).await.is_err());
        }
    }
}
