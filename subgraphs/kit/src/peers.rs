//! What a subgraph is given to speak with other provinces' Minzheng: three secrets and a folder.
//!
//! The folder holds one public key file for each authority that is trusted (`32.json`), our own
//! (`self.json`), and the certificates of mutual TLS. What stands in these files, and every message, is the
//! subsystem's own affair; kit hands over the place and the secrets, to nobody who does not ask for them
//! ([`crate::Subsystem::speaks_with_peers`]).

use std::{
    any::Any,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use crate::{
    error::Result,
    keys::{Keys, Secret},
};

/// The means to speak with peers. Cloning is cheap and shares what was built over it.
#[derive(Clone)]
pub struct Peers(Arc<Inner>);

struct Inner {
    secrets: PeerSecrets,
    folder: PathBuf,
    built: OnceLock<Arc<dyn Any + Send + Sync>>,
}

/// The secrets of a province towards others.
#[derive(Clone, Debug)]
pub struct PeerSecrets {
    /// Signs messages and statements.
    pub signing: Secret,
    /// Opens identities that others sealed for us.
    pub sealing: Secret,
    /// Those before it: what was sealed for them may be opened weeks later.
    pub earlier_sealing: Vec<Secret>,
    /// Signs the bearer tokens by which the other gateway lets us in (Ed25519).
    pub token: Secret,
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peers").finish_non_exhaustive()
    }
}

impl Peers {
    /// Over these secrets and this folder.
    pub fn new(secrets: PeerSecrets, folder: &Path) -> Self {
        Self(Arc::new(Inner {
            secrets,
            folder: folder.to_owned(),
            built: OnceLock::new(),
        }))
    }

    /// Over the keys of an installation.
    ///
    /// # Errors
    /// When one of the keys is missing or broken.
    pub fn open(keys: &Keys, folder: &Path) -> Result<Self> {
        Ok(Self::new(keys.peer_secrets()?, folder))
    }

    /// The secrets.
    pub fn secrets(&self) -> &PeerSecrets {
        &self.0.secrets
    }

    /// Where the files of peers are.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// What the subsystem builds over it, made once and shared by all clones; `None` when it was built as
    /// another type.
    pub fn built<T: Any + Send + Sync>(&self, make: impl FnOnce(&Self) -> T) -> Option<Arc<T>> {
        let built = self.0.built.get_or_init(|| Arc::new(make(self)));
        Arc::downcast(Arc::clone(built)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_built_once_and_shared() {
        let secret = || Secret::new([1; 32]);
        let secrets = PeerSecrets {
            signing: secret(),
            sealing: secret(),
            earlier_sealing: Vec::new(),
            token: secret(),
        };
        let peers = Peers::new(secrets, Path::new("peers"));
        assert_eq!(peers.built(|_| 1_u32).as_deref(), Some(&1));
        assert_eq!(peers.clone().built(|_| 2_u32).as_deref(), Some(&1));
        assert_eq!(peers.built(|_| "another type"), None);
        assert_eq!(format!("{peers:?}"), "Peers { .. }");
    }
}
