//! `minzheng peer …`: key files brought to and from other provinces, a peer examined, the message log read.
//!
//! An address is not trust: `peer add URL` fetches a peer's key file and shows its fingerprint, and only
//! `peer trust FILE`, by somebody who has compared that fingerprint with the other side, lets it in. The
//! gateway learns a new peer's token keys at its next start.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use minzheng_gateway::config::Issuer;
use minzheng_kit::database;
use minzheng_kit::keys::Keys;
use minzheng_kit::peers::Peers;
use minzheng_marriage::interop::book::{Book, KeyFile, OWN_FILE};
use minzheng_marriage::interop::client::{Client, issuer};
use minzheng_marriage::interop::node::{Node, OwnKeys};
use minzheng_marriage::interop::wire::signature::Algorithm;
use minzheng_marriage::interop::{conformance, log};
use serde::Deserialize;

use crate::cli::{PeerAlgorithm, PeerCommand};
use crate::data_folder::{keys_of, note_province, province_of};
use crate::failure::Failure;

/// Where the files of peers are in a data folder.
pub(crate) fn folder_of(root: &Path) -> PathBuf {
    root.join("peers")
}

/// What a bearer token of a peer is judged by at the gateway.
pub(crate) fn issuer_of(file: &KeyFile) -> (Issuer, String) {
    let config = Issuer {
        name: format!("peer-{}", file.authority),
        issuer: issuer(&file.authority),
        audience: minzheng_kit::contract::CLIENT_AUDIENCE.to_owned(),
        jwks: String::new(),
        algorithms: vec!["EdDSA".to_owned()],
        roles: vec![minzheng_kit::contract::role::PEER.to_owned()],
        scopes: Vec::new(),
        provinces: vec![file.authority.clone()],
        persons: false,
        max_lifetime: Duration::from_secs(600),
        refresh: Duration::from_secs(300),
    };
    (config, file.token_keys())
}

/// The trusted peers of a folder, without ourselves; what cannot be used is said.
pub(crate) fn trusted(folder: &Path, keys: &Keys, province: &str) -> Result<Vec<KeyFile>, Failure> {
    let own = own_keys(folder, keys, province)?;
    let (book, problems) = Book::load(folder, own.file);
    for problem in problems {
        eprintln!("minzheng: {problem}");
    }
    Ok(book
        .files
        .into_values()
        .filter(|file| file.authority != province)
        .collect())
}

fn own_keys(folder: &Path, keys: &Keys, province: &str) -> Result<OwnKeys, Failure> {
    let peers = Peers::open(keys, folder)?;
    OwnKeys::of(&peers, province).map_err(Failure::new)
}

/// A province's folder as the commands need it.
struct Place {
    root: PathBuf,
    folder: PathBuf,
    keys: Keys,
    province: String,
}

impl Place {
    fn open(root: &Path) -> Result<Self, Failure> {
        let province = province_of(root)?.ok_or_else(|| {
            Failure::new(format!(
                "There is no province in {}. Start minzheng with this --data once, or name the folder that `minzheng keys init` made.",
                root.display()
            ))
        })?;
        let standalone = keys_of(root);
        let keys = if standalone.exists() {
            standalone
        } else {
            root.join("root")
        };
        let folder = folder_of(root);
        fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
        Ok(Self {
            root: root.to_owned(),
            folder,
            keys: Keys::load_or_create(&keys)?,
            province,
        })
    }

    fn client(&self) -> Result<Client, Failure> {
        let own = own_keys(&self.folder, &self.keys, &self.province)?;
        Client::new(&self.province, own.token, &self.folder).map_err(Failure::new)
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written ({error}).", path.display()))
}

/// `minzheng peer …`
pub(crate) async fn run(command: &PeerCommand) -> Result<(), Failure> {
    match command {
        PeerCommand::Key {
            data,
            province,
            endpoint,
            algorithm,
        } => {
            if let (Some(code), None) = (province, province_of(data)?) {
                begin(data, code)?;
            }
            key(data, endpoint.as_deref(), *algorithm)
        }
        PeerCommand::Add { url, data } => add(url, data).await,
        PeerCommand::Trust { file, data } => trust(file, data),
        PeerCommand::Check { url, data } => check(url, data).await,
        PeerCommand::Log { data } => show_log(data).await,
    }
}

/// A new folder of a province, with keys and nothing else yet.
pub(crate) fn begin(data: &Path, province: &str) -> Result<(), Failure> {
    let keys = keys_of(data);
    fs::create_dir_all(&keys).map_err(|error| unwritable(&keys, &error))?;
    note_province(data, province)?;
    Keys::load_or_create(&keys)
        .map(|_| ())
        .map_err(Failure::from)
}

/// Writes our own key file and prints it.
fn key(
    data: &Path,
    endpoint: Option<&str>,
    algorithm: Option<PeerAlgorithm>,
) -> Result<(), Failure> {
    let place = Place::open(data)?;
    let file = write_own(
        &place.folder,
        &place.keys,
        &place.province,
        endpoint,
        algorithm.map(PeerAlgorithm::of),
    )?;
    println!("{}", text_of(&file)?);
    eprintln!(
        "Fingerprint of province {}: {}",
        place.province,
        file.fingerprint()
    );
    Ok(())
}

/// Our key file with an address and an algorithm; what is not named stays as it was.
pub(crate) fn write_own(
    folder: &Path,
    keys: &Keys,
    province: &str,
    endpoint: Option<&str>,
    algorithm: Option<Algorithm>,
) -> Result<KeyFile, Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let peers = Peers::open(keys, folder)?;
    let before = OwnKeys::of(&peers, province).map_err(Failure::new)?;
    let endpoint = endpoint.unwrap_or(&before.file.endpoint).to_owned();
    if endpoint.is_empty() {
        return Err(Failure::new(
            "Name the address at which others reach this province with --endpoint URL.",
        ));
    }
    let algorithm = algorithm.unwrap_or_else(|| before.signing.algorithm());
    // Before the first file there is nothing that an earlier signature could need.
    let kept = folder.join(OWN_FILE).exists().then_some(before.file);
    let made = OwnKeys::made(&peers, province, algorithm, &endpoint, kept).map_err(Failure::new)?;
    put(&folder.join(OWN_FILE), &text_of(&made.file)?)?;
    Ok(made.file)
}

fn text_of(file: &KeyFile) -> Result<String, Failure> {
    serde_json::to_string_pretty(file).map_err(|_| Failure::new("A key file cannot be written."))
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let beside = path.with_extension("new");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|error| unwritable(path, &error))
}

/// Lets a peer in: its key file, and its token keys for a gateway that runs alone.
pub(crate) fn let_in(folder: &Path, file: &KeyFile) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    put(
        &folder.join(format!("{}.json", file.authority)),
        &text_of(file)?,
    )?;
    put(
        &folder.join(format!("{}.jwks", file.authority)),
        &file.token_keys(),
    )
}

async fn offered(client: &Client, url: &str) -> Result<KeyFile, Failure> {
    #[derive(Deserialize)]
    struct Answer {
        data: Data,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Data {
        interop_key_file: Option<String>,
    }
    let silent = || {
        Failure::new(
            "There is no peer at this address that shows its key file; name its GraphQL endpoint.",
        )
    };
    let body = r#"{"query":"{ interopKeyFile }"}"#;
    let answer = tokio::time::timeout(Duration::from_secs(10), client.post(url, body.into(), None));
    let answer = answer.await.map_err(|_| silent())?.map_err(|_| silent())?;
    let answer: Answer = serde_json::from_slice(&answer).map_err(|_| silent())?;
    let text = answer.data.interop_key_file.ok_or_else(silent)?;
    KeyFile::read(&text)
        .map_err(|why| Failure::new(format!("The peer's key file cannot be used: {why}.")))
}

async fn add(url: &str, data: &Path) -> Result<(), Failure> {
    let place = Place::open(data)?;
    let file = offered(&place.client()?, url).await?;
    let path = place
        .folder
        .join(format!("{}.offered.json", file.authority));
    put(&path, &text_of(&file)?)?;
    println!(
        "Authority {} offers its keys; they are not trusted yet.\n\n  fingerprint  {}\n\nCompare it with the other side by another way, then:\n\n  minzheng peer trust {} --data {}",
        file.authority,
        file.fingerprint(),
        path.display(),
        data.display()
    );
    Ok(())
}

fn trust(path: &Path, data: &Path) -> Result<(), Failure> {
    let place = Place::open(data)?;
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{} cannot be read ({error}).", path.display())))?;
    let file = KeyFile::read(&text)
        .map_err(|why| Failure::new(format!("{} cannot be used: {why}.", path.display())))?;
    if file.authority == place.province {
        return Err(Failure::new(
            "This is the key file of this province itself.",
        ));
    }
    let_in(&place.folder, &file)?;
    println!(
        "Authority {} is trusted here.\n\n  fingerprint  {}\n  endpoint     {}\n\nIts messages are believed from now on; its tokens from the gateway's next start.",
        file.authority,
        file.fingerprint(),
        file.endpoint
    );
    Ok(())
}

async fn check(url: &str, data: &Path) -> Result<(), Failure> {
    let place = Place::open(data)?;
    let file = offered(&place.client()?, url).await?;
    let peers = Peers::open(&place.keys, &place.folder)?;
    let node = Node::open(&peers, &place.province).map_err(Failure::new)?;
    let found = conformance::check(&node, &file.authority)
        .await
        .map_err(Failure::new)?;
    let mut wrong = 0;
    for finding in &found {
        match &finding.instead {
            None => println!("  right  {}", finding.rule),
            Some(instead) => {
                wrong += 1;
                println!("  WRONG  {}: {instead}", finding.rule);
            }
        }
    }
    println!("{} of {} right.", found.len() - wrong, found.len());
    if wrong > 0 {
        return Err(Failure::new("The peer does not follow the protocol."));
    }
    Ok(())
}

/// Prints the log of every peer and walks its chains.
async fn show_log(data: &Path) -> Result<(), Failure> {
    let place = Place::open(data)?;
    let path = place.root.join("databases").join("marriage.db");
    if !path.exists() {
        return Err(Failure::new(
            "There is no SQLite database of marriage in this folder; a split province's log is in its PostgreSQL.",
        ));
    }
    let db = database::open(&format!("sqlite://{}?mode=rw", path.display())).await?;
    let mut broken = false;
    for file in trusted(&place.folder, &place.keys, &place.province)? {
        for direction in [log::OUT, log::IN] {
            let walked = log::verify(db.read(), &file.authority, direction).await?;
            let end = match walked.broken_at {
                None => "whole".to_owned(),
                Some(seq) => {
                    broken = true;
                    format!("BROKEN at {seq}")
                }
            };
            println!(
                "# {} {direction}: {} messages, chain {end}",
                file.authority, walked.good
            );
        }
    }
    for line in log::lines(db.read(), 10_000).await? {
        println!("{line}");
    }
    db.close().await?;
    if broken {
        return Err(Failure::new("A chain of the message log is broken."));
    }
    Ok(())
}
