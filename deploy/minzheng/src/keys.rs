//! The keys of an installation: one folder for a standalone province, one folder for each role of a
//! split one.
//!
//! `minzheng keys init` makes the whole set once in `root/`, which then belongs in a safe, and deals
//! it out so that each role's folder holds what that role needs and nothing else: only `persons` can
//! open an identity, only the gateway can speak for a caller.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use minzheng_gateway::identity::dev::DevIssuer;
use minzheng_gateway::record::{self, seal::SealKey};
use minzheng_gateway::transport::{SharedKey, Signer};
use minzheng_kit::keys::{Keys, SIGNATURE_KEY_ID, Secret};

use crate::data_folder;
use crate::failure::Failure;
use crate::subsystems;

/// The file of the key that seals the access log.
const SEAL_KEY: &str = "access-log.pem";

/// The key that seals the access log of a standalone province.
pub(crate) fn seal_key(folder: &Path) -> Result<SealKey, Failure> {
    record::seal_key(&folder.join(SEAL_KEY)).map_err(|error| Failure::new(error.to_string()))
}

fn make_seal_key(folder: &Path) -> Result<(), Failure> {
    if folder.join(SEAL_KEY).exists() {
        return Ok(());
    }
    let key = SigningKey::from_bytes(Secret::random()?.expose())
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| unusable(folder, &error.to_string()))?;
    put(folder, SEAL_KEY, key.as_bytes())
}

/// Opens a standalone province's keys. Those of a new one are made; of one that has data those without which the data is
/// lost must be there, for a new key in place of a lost one opens nothing and would close what comes.
pub(crate) fn open(folder: &Path, is_new: bool) -> Result<Keys, Failure> {
    if is_new {
        let keys = Keys::load_or_create(folder)?;
        make_seal_key(folder)?;
        return Ok(keys);
    }
    holds_what_data_needs(folder).map_err(|missing| {
        Failure::new(format!(
            "{missing} What is kept in this province needs it: put it back from a backup; nothing was changed."
        ))
    })?;
    Ok(Keys::load_or_create(folder)?)
}

fn holds_what_data_needs(folder: &Path) -> Result<(), Failure> {
    let keys = Keys::load(folder);
    keys.tokenizer()?;
    keys.vault_open()?;
    for subsystem in subsystems::all() {
        keys.column_masters(subsystem.name())?;
    }
    seal_key(folder).map(drop)
}

/// The gateway's signer over the same keys that the in-process subgraphs verify with.
pub(crate) fn signer(keys: &Keys) -> Result<Arc<Signer>, Failure> {
    let principal = keys.principal_signing_key()?;
    let mut shared = BTreeMap::new();
    for subsystem in subsystems::all() {
        let key = keys.signature_key(subsystem.name())?;
        let key = SharedKey::new(SIGNATURE_KEY_ID, key.expose().to_vec())
            .map_err(|error| Failure::new(error.to_string()))?;
        shared.insert(subsystem.name().to_owned(), key);
    }
    Ok(Arc::new(Signer::new(principal, shared)))
}

/// `minzheng keys init`: makes the set and deals it out to the roles.
pub(crate) fn init(dir: &Path, province: &str) -> Result<(), Failure> {
    let root = dir.join("root");
    let keys = Keys::load_or_create(&root)?;
    let issuer_folder = dir.join("issuer");
    fs::create_dir_all(&issuer_folder)
        .map_err(|error| unusable(&issuer_folder, &error.to_string()))?;
    let issuer =
        DevIssuer::open(&issuer_folder).map_err(|error| Failure::new(error.to_string()))?;

    let gateway = dir.join("gateway");
    let pem = keys
        .principal_signing_key()?
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| unusable(&root, &error.to_string()))?;
    put(&gateway, "principal.pem", pem.as_bytes())?;
    put(&gateway, "jwks.json", issuer.jwks().as_bytes())?;
    make_seal_key(&gateway)?;
    for subsystem in subsystems::all() {
        let name = subsystem.name();
        let key = keys.signature_key(name)?;
        put(
            &gateway,
            &format!("signature-{name}.b64"),
            STANDARD.encode(key.expose()).as_bytes(),
        )?;

        let role = dir.join(name);
        let mut dealt = vec![
            "token",
            "vault-public",
            "principal-public",
            "service-public",
            "service",
        ];
        if name == "persons" {
            dealt.extend(["vault-secret", "vault-master"]);
        } else {
            // The master key of its columns, derived from the installation's.
            let masters = keys.column_masters(name)?;
            if let Some(master) = masters.last() {
                let file = format!("columns-master-{name}.key");
                put(&role, &file, hex_of(master.expose()).as_bytes())?;
            }
        }
        if subsystem.speaks_with_peers() {
            dealt.extend(["peer-signing", "peer-sealing", "peer-token"]);
        }
        for key in dealt {
            let file = format!("{key}.key");
            let bytes =
                fs::read(root.join(&file)).map_err(|error| unusable(&root, &error.to_string()))?;
            put(&role, &file, &bytes)?;
        }
        // What it is asked with, and what it asks the feeds of others with.
        for other in std::iter::once(name).chain(
            subsystem
                .consumers()
                .iter()
                .map(|consumer| consumer.source()),
        ) {
            let key = keys.signature_key(other)?;
            let digits = hex_of(key.expose());
            put(&role, &format!("signature-{other}.key"), digits.as_bytes())?;
        }
    }
    data_folder::note_province(dir, province)
}

/// Bytes as a key file has them.
fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a key file readable by its owner only; one that is there already stays.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = folder.join(name);
    let failed = |error: std::io::Error| {
        Failure::new(format!(
            "The key file {} cannot be written ({error}).",
            path.display()
        ))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(mut file) => file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn unusable(folder: &Path, why: &str) -> Failure {
    Failure::new(format!(
        "The keys in {} cannot be used: {why}",
        folder.display()
    ))
}
