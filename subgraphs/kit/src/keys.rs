//! Keys: where they come from and how they are kept from sight.
//!
//! Each key is a file of 64 hexadecimal digits in a folder apart from the data (mode 0600), or an
//! environment variable `MINZHENG_KEY_…` that goes before the file. A role of a split deployment is
//! given only the keys it needs; asking for another one is an error that names it.

use std::{
    fmt, fs,
    io::Write,
    path::{Path, PathBuf},
};

use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    error::{Error, Result},
    peers::PeerSecrets,
    tokenizer::Tokenizer,
    vault::{VaultOpen, VaultSeal},
};

/// The version of the first token key (`token.key`); later ones are files of their own (`token-2.key`).
const FIRST_TOKEN_KEY: u8 = 1;

/// The subgraph whose columns have the vault's own master key.
const VAULT: &str = "persons";

/// What the name of a key's successor ends with, while it is being changed.
const NEXT: &str = "-next";

/// How many versions of the token key are looked for.
const MOST_TOKEN_KEYS: u8 = 100;

/// The name of the first signature key of each subgraph; a rotation brings the next.
pub const SIGNATURE_KEY_ID: &str = "k1";

/// Thirty-two secret bytes. They never print and are wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes bytes as a secret.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Fresh random bytes.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::internal("The operating system gives no random bytes."))?;
        Ok(Self(bytes))
    }

    /// The bytes, for the one place that computes with them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

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

    /// The master keys of a subgraph's columns, the newest first: while one is being changed there are two.
    ///
    /// `persons` has `vault-master.key`. The others have `columns-master-NAME.key`, or one derived from the
    /// installation's `columns-master.key`.
    ///
    /// # Errors
    /// When there is none, or it is broken.
    pub fn column_masters(&self, subgraph: &str) -> Result<Vec<Secret>> {
        let mut held = Vec::new();
        for next in [true, false] {
            let key = if subgraph == VAULT {
                self.find(&next_name(name::VAULT_MASTER, next))?
            } else {
                let own = format!("{}-{subgraph}", name::COLUMNS_MASTER);
                match self.find(&next_name(&own, next))? {
                    Some(key) => Some(key),
                    None => self
                        .find(&next_name(name::COLUMNS_MASTER, next))?
                        .map(|root| derived(&root, b"minzheng columns master ", subgraph)),
                }
            };
            held.extend(key);
        }
        if held.is_empty() {
            let missing = if subgraph == VAULT {
                name::VAULT_MASTER.to_owned()
            } else {
                format!("{}-{subgraph}", name::COLUMNS_MASTER)
            };
            return Err(self.missing(&missing));
        }
        Ok(held)
    }

    /// Makes the next master keys of everything this folder has a master key for, or finds those that an
    /// earlier try left. The data keys are wrapped with them, and then [`Keys::adopt_masters`] ends the change.
    ///
    /// # Errors
    /// When a file cannot be written, or a key comes from a variable whose successor is not set.
    pub fn create_next_masters(&self) -> Result<()> {
        for name in self.masters()? {
            let next = next_name(&name, true);
            if self.find(&next)?.is_some() {
                continue;
            }
            if std::env::var(variable(&name)).is_ok() {
                return Err(Error::internal(format!(
                    "The key {name} comes from the variable {}: put its successor into {} and run this again.",
                    variable(&name),
                    variable(&next)
                )));
            }
            self.create(&next, Secret::random()?.expose())?;
        }
        Ok(())
    }

    /// Puts the next master keys in the place of the present ones, each in one step of the file system.
    /// Answers the variables that the operator has to change by hand, where keys come from variables.
    ///
    /// # Errors
    /// When the files cannot be renamed.
    pub fn adopt_masters(&self) -> Result<Vec<String>> {
        let mut by_hand = Vec::new();
        for name in self.masters()? {
            let (from, to) = (self.file(&next_name(&name, true)), self.file(&name));
            if from.exists() {
                fs::rename(&from, &to).map_err(|error| unwritable(&to, &error))?;
            } else if std::env::var(variable(&next_name(&name, true))).is_ok() {
                by_hand.push(variable(&name));
            }
        }
        Ok(by_hand)
    }

    /// The names of the master keys that this folder or the environment holds.
    fn masters(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for name in [name::VAULT_MASTER, name::COLUMNS_MASTER] {
            if self.find(name)?.is_some() {
                names.push(name.to_owned());
            }
        }
        let own = format!("{}-", name::COLUMNS_MASTER);
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for file in files {
            let file = file.file_name();
            let Some(name) = file.to_str().and_then(|name| name.strip_suffix(".key")) else {
                continue;
            };
            if name.starts_with(&own) && !name.ends_with(NEXT) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
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

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    fn need(&self, name: &str) -> Result<Secret> {
        self.find(name)?.ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> Error {
        Error::internal(format!(
            "The key {name} is missing: neither {} nor the file {} is there.",
            variable(name),
            self.file(name).display()
        ))
    }

    fn find(&self, name: &str) -> Result<Option<Secret>> {
        let broken = |place: String| {
            Error::internal(format!("The key in {place} is not 64 hexadecimal digits."))
        };
        if let Ok(text) = std::env::var(variable(name)) {
            return Secret::from_hex(&text)
                .map(Some)
                .ok_or_else(|| broken(variable(name)));
        }
        let path = self.file(name);
        match fs::read_to_string(&path) {
            Ok(text) => Secret::from_hex(&text)
                .map(Some)
                .ok_or_else(|| broken(path.display().to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::internal(format!(
                "The key file {} cannot be read: {error}.",
                path.display()
            ))),
        }
    }

    fn publish(&self, name: &str, bytes: &[u8; 32]) -> Result<()> {
        if self.find(name)?.is_none() {
            self.create(name, bytes)?;
        }
        Ok(())
    }

    /// Writes a key file that did not exist, readable by the owner only from its first moment.
    fn create(&self, name: &str, bytes: &[u8; 32]) -> Result<()> {
        let path = self.file(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&path).and_then(|mut file| {
            writeln!(file, "{}", hex::encode(bytes))?;
            file.sync_all()
        });
        written.map_err(|error| unwritable(&path, &error))
    }
}

/// HMAC-SHA-256 with a key of 32 bytes. The key is brought to the hash's block of 64 bytes with
/// zeros, as RFC 2104 does, so that no error is possible.
pub(crate) fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new((&*block).into())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::internal(format!(
        "The key file {} cannot be written: {error}.",
        path.display()
    ))
}

/// The key of one subgraph, from the installation's.
fn derived(root: &Secret, what: &[u8], subgraph: &str) -> Secret {
    let mut mac = hmac(root.expose());
    Mac::update(&mut mac, what);
    Mac::update(&mut mac, subgraph.as_bytes());
    Secret(mac.finalize().into_bytes().into())
}

/// The name of a key, or of the one that is taking its place.
fn next_name(name: &str, next: bool) -> String {
    if next {
        format!("{name}{NEXT}")
    } else {
        name.to_owned()
    }
}

fn token_key(version: u8) -> String {
    format!("{}-{version}", name::TOKEN)
}

fn variable(name: &str) -> String {
    format!(
        "MINZHENG_KEY_{}",
        name.replace('-', "_").to_ascii_uppercase()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        std::env::temp_dir().join(format!("minzheng-keys-{}", uuid::Uuid::new_v4()))
    }

    #[test]
    fn keys_are_made_once_and_found_again() {
        let folder = folder();
        let first = Keys::load_or_create(&folder).unwrap();
        let second = Keys::load_or_create(&folder).unwrap();
        let pair = |keys: &Keys| {
            (
                *keys.signature_key("marriage").unwrap().expose(),
                keys.principal_public_key().unwrap(),
            )
        };
        assert_eq!(pair(&first), pair(&second));
        assert_ne!(
            first.signature_key("marriage").unwrap().expose(),
            first.signature_key("funeral").unwrap().expose()
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn keys_are_changed_without_losing_what_the_old_ones_made() {
        let folder = folder();
        let keys = Keys::load_or_create(&folder).unwrap();
        let today = "2026-11-22".parse().unwrap();
        let number = crate::identity::read("519901199003030032", today).unwrap();
        let old = keys.tokenizer().unwrap().token_of(&number).unwrap();
        assert_eq!(keys.create_token_key().unwrap(), 2);
        let tokenizer = keys.tokenizer().unwrap();
        assert_eq!(tokenizer.version(), 2);
        assert!(tokenizer.was(&number, old.as_made()));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn master_keys_are_changed_in_two_steps_that_may_be_repeated() {
        let folder = folder();
        let keys = Keys::load_or_create(&folder).unwrap();
        let held = |name| -> Vec<[u8; 32]> {
            let keys = keys.column_masters(name).unwrap();
            keys.iter().map(|key| *key.expose()).collect()
        };
        for name in ["persons", "funeral"] {
            assert_eq!(held(name).len(), 1);
        }
        assert_ne!(held("funeral"), held("marriage"));
        let before = held("funeral");
        keys.create_next_masters().unwrap();
        let during = held("funeral");
        keys.create_next_masters().unwrap();
        assert_eq!(held("funeral"), during);
        assert_eq!(during.get(1..), Some(before.as_slice()));
        assert_eq!(keys.adopt_masters().unwrap(), Vec::<String>::new());
        assert_eq!(Some(held("funeral").as_slice()), during.get(..1));
        keys.adopt_masters().unwrap();
        assert_eq!(held("persons").len(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn key_files_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        Keys::load_or_create(&folder).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_broken_or_missing_key_is_named_and_not_shown() {
        let folder = folder();
        fs::create_dir_all(&folder).unwrap();
        let keys = Keys::load(&folder);
        let Err(Error::Internal(text)) = keys.column_masters("persons") else {
            panic!("a missing key must be an error")
        };
        assert!(text.contains("vault-master"));
        fs::write(folder.join("vault-master.key"), "not a key").unwrap();
        let Err(Error::Internal(text)) = keys.column_masters("persons") else {
            panic!("a broken key must be an error")
        };
        assert!(!text.contains("not a key"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new([7; 32])), "Secret(***)");
    }
}
