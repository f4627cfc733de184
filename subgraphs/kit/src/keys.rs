//! Keys: where they come from and how they are kept from sight.
//!
//! Each key is a file of 64 hexadecimal digits in a folder apart from the data (mode 0600), or an
//! environment variable `MINZHENG_KEY_…` that goes before the file. A role of a split deployment is
//! given only the keys it needs; asking for another one is an error that names it.

mod files;
mod masters;
mod secret;
#[cfg(test)]
mod tests;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use ed25519_dalek::SigningKey;

use self::{
    files::{next_name, unwritable},
    secret::derived,
};
use crate::{
    error::{Error, Result},
    peers::PeerSecrets,
    tokenizer::Tokenizer,
    vault::{VaultOpen, VaultSeal},
};

pub use secret::Secret;
pub(crate) use secret::hmac;

/// The version of the first token key (`token.key`); later ones are files of their own (`token-2.key`).
const FIRST_TOKEN_KEY: u8 = 1;

/// How many versions of the token key are looked for.
const MOST_TOKEN_KEYS: u8 = 100;

/// The name of the first signature key of each subgraph; a rotation brings the next.
pub const SIGNATURE_KEY_ID: &str = "k1";

/// The names of keys, as files (`NAME.key`) and, in capitals, as variables.
mod name {
    pub(super) const TOKEN: &str = "token";
    pub(super) const VAULT_SECRET: &str = "vault-secret";
    pub(super) const VAULT_PUBLIC: &str = "vault-public";
    pub(super) const VAULT_MASTER: &str = "vault-master";
    pub(super) const COLUMNS_MASTER: &str = "columns-master";
    pub(super) const PRINCIPAL: &str = "principal";
    pub(super) const PRINCIPAL_PUBLIC: &str = "principal-public";
    pub(super) const SERVICE: &str = "service";
    pub(super) const SERVICE_PUBLIC: &str = "service-public";
    pub(super) const SIGNATURE: &str = "signature";
    pub(super) const PEER_SIGNING: &str = "peer-signing";
    pub(super) const PEER_SEALING: &str = "peer-sealing";
    pub(super) const PEER_TOKEN: &str = "peer-token";
}

/// How many earlier keys of one name are looked for.
const EARLIER: u8 = 9;

/// The keys of an installation, or of one role of it.
#[derive(Clone)]
pub struct Keys {
    folder: PathBuf,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// The keys of a folder, as they are.
    pub fn load(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The keys of a folder; what is missing is made, readable by the owner only.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read or written.
    pub fn load_or_create(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        let keys = Self::load(folder);
        for name in [
            name::TOKEN,
            name::VAULT_SECRET,
            name::VAULT_MASTER,
            name::COLUMNS_MASTER,
            name::PRINCIPAL,
            name::SERVICE,
            name::SIGNATURE,
            name::PEER_SIGNING,
            name::PEER_SEALING,
            name::PEER_TOKEN,
        ] {
            if keys.find(name)?.is_none() {
                keys.create(name, Secret::random()?.expose())?;
            }
        }
        keys.publish(name::VAULT_PUBLIC, &keys.vault_open()?.public_key())?;
        let principal = keys.principal_signing_key()?.verifying_key();
        keys.publish(name::PRINCIPAL_PUBLIC, principal.as_bytes())?;
        let service = keys.service_signing_key()?.verifying_key();
        keys.publish(name::SERVICE_PUBLIC, service.as_bytes())?;
        Ok(keys)
    }

    /// What turns identity numbers into tokens; every subgraph that takes numbers needs it. The newest key
    /// there is makes tokens; those of earlier ones are recognised.
    pub fn tokenizer(&self) -> Result<Tokenizer> {
        let mut versions = vec![(FIRST_TOKEN_KEY, self.need(name::TOKEN)?)];
        for version in FIRST_TOKEN_KEY + 1..MOST_TOKEN_KEYS {
            let Some(key) = self.find(&token_key(version))? else {
                break;
            };
            versions.push((version, key));
        }
        let (version, key) = versions
            .pop()
            .ok_or_else(|| Error::internal("there is no token key"))?;
        let present = Tokenizer::new(*key.expose(), version);
        Ok(versions
            .into_iter()
            .fold(present, |tokenizer, (version, key)| {
                tokenizer.knowing(*key.expose(), version)
            }))
    }

    /// Makes the next token key; answers its version. From the next start on it makes tokens, and `persons`
    /// has to give everybody a new one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create_token_key(&self) -> Result<u8> {
        let version = self.tokenizer()?.version() + 1;
        self.create(&token_key(version), Secret::random()?.expose())?;
        Ok(version)
    }

    /// What seals identities for `persons`; every subgraph that takes numbers needs it.
    pub fn vault_seal(&self) -> Result<VaultSeal> {
        match self.find(name::VAULT_PUBLIC)? {
            Some(public) => VaultSeal::new(public.expose()),
            None => VaultSeal::new(&self.vault_open()?.public_key()),
        }
    }

    /// What opens sealed identities; only `persons` needs it.
    pub fn vault_open(&self) -> Result<VaultOpen> {
        VaultOpen::new(self.need(name::VAULT_SECRET)?.expose())
    }

    /// What signs principal tokens; only the gateway needs it.
    pub fn principal_signing_key(&self) -> Result<SigningKey> {
        Ok(SigningKey::from_bytes(self.need(name::PRINCIPAL)?.expose()))
    }

    /// What verifies principal tokens, as 32 bytes; every subgraph needs it.
    pub fn principal_public_key(&self) -> Result<[u8; 32]> {
        match self.find(name::PRINCIPAL_PUBLIC)? {
            Some(public) => Ok(*public.expose()),
            None => Ok(self.principal_signing_key()?.verifying_key().to_bytes()),
        }
    }

    /// The key that will verify principal tokens once the gateway signs with it: the file
    /// `principal-public-next.key`, there only while the key is being rotated.
    pub fn next_principal_public_key(&self) -> Result<Option<[u8; 32]>> {
        let next = self.find(&next_name(name::PRINCIPAL_PUBLIC, true))?;
        Ok(next.map(|key| *key.expose()))
    }

    /// The key that callers of a subgraph will sign with: the file `signature-NAME-next.key`, there only
    /// while the key is being rotated.
    pub fn next_signature_key(&self, subgraph: &str) -> Result<Option<Secret>> {
        self.find(&format!("{}-{subgraph}-next", name::SIGNATURE))
    }

    /// What signs the tokens by which subgraphs read one another's events; subgraphs with consumers
    /// need it.
    pub fn service_signing_key(&self) -> Result<SigningKey> {
        Ok(SigningKey::from_bytes(self.need(name::SERVICE)?.expose()))
    }

    /// What will sign them: the file `service-next.key`, there only while the key is being changed.
    pub fn next_service_signing_key(&self) -> Result<Option<SigningKey>> {
        let next = self.find(&next_name(name::SERVICE, true))?;
        Ok(next.map(|key| SigningKey::from_bytes(key.expose())))
    }

    /// What verifies those tokens, as 32 bytes; every subgraph needs it.
    pub fn service_public_key(&self) -> Result<[u8; 32]> {
        match self.find(name::SERVICE_PUBLIC)? {
            Some(public) => Ok(*public.expose()),
            None => Ok(self.service_signing_key()?.verifying_key().to_bytes()),
        }
    }

    /// The key that will verify them: the file `service-public-next.key`, there only while the key is being changed.
    pub fn next_service_public_key(&self) -> Result<Option<[u8; 32]>> {
        let next = self.find(&next_name(name::SERVICE_PUBLIC, true))?;
        Ok(next.map(|key| *key.expose()))
    }

    /// What a province speaks with other provinces by; only the subgraph that does so needs it.
    pub fn peer_secrets(&self) -> Result<PeerSecrets> {
        Ok(PeerSecrets {
            signing: self.need(name::PEER_SIGNING)?,
            sealing: self.need(name::PEER_SEALING)?,
            earlier_sealing: self.earlier(name::PEER_SEALING)?,
            token: self.need(name::PEER_TOKEN)?,
        })
    }

    /// The keys that one had before, `NAME-1.key` and so on, up to [`EARLIER`]: what was sealed for them is still to be
    /// opened.
    fn earlier(&self, name: &str) -> Result<Vec<Secret>> {
        let found = (1..=EARLIER).map(|n| self.find(&format!("{name}-{n}")));
        found.filter_map(Result::transpose).collect()
    }

    /// The key of request signatures between callers and one subgraph: the file
    /// `signature-NAME.key` if there is one, otherwise derived from the installation's `signature.key`.
    pub fn signature_key(&self, subgraph: &str) -> Result<Secret> {
        let own = format!("{}-{subgraph}", name::SIGNATURE);
        if let Some(key) = self.find(&own)? {
            return Ok(key);
        }
        let root = self.need(name::SIGNATURE)?;
        Ok(derived(&root, b"minzheng request signature ", subgraph))
    }
}

fn token_key(version: u8) -> String {
    format!("{}-{version}", name::TOKEN)
}
