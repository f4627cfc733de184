//! This province towards the others: its code, its keys, whom it trusts and the way to them. Made once
//! for each running program and shared by the endpoint that answers and the task that asks.

use super::book::{Book, KeyFile, KeyUse, OWN_FILE, PeerKey};
use super::client::Client;
use super::core::names::AuthorityId;
use super::wire::jwe::{Opener, Place};
use super::wire::signature::{Algorithm, PublicKey, SigningKey};
use super::wire::{Fault, jwe};
use crate::kit::peers::Peers;
use crate::kit::{Error, Result, Services};
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Notify;
use uuid::Uuid;

/// A process that does not get to lead within this joins a province that another process leads.
const JOINS_AFTER: Duration = Duration::from_secs(30);

/// How often the folder of peers is looked at for changes.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The node.
pub struct Node {
    /// Our own code as text.
    pub own: String,
    /// Our own code.
    pub id: AuthorityId,
    /// Signs messages and statements.
    pub signing: SigningKey,
    /// Opens what is sealed for us.
    pub opener: Opener,
    /// The way to peers.
    pub client: Client,
    /// Wakes the task that asks.
    pub wake: Notify,
    folder: PathBuf,
    own_file: KeyFile,
    book: Mutex<Shelf>,
    life: Life,
}

/// Whether what the station's row says is said of this life of the program: the row that a restart or a restore
/// finds is of an earlier one, and must not be believed.
struct Life {
    opened: Instant,
    /// This process asks the peers, no other.
    leads: AtomicBool,
    /// A life was begun since this process opened.
    begun: AtomicBool,
    found: Mutex<Option<Uuid>>,
    /// The database was put back under this process: a new life is to begin.
    again: AtomicBool,
    /// The number of the last text that this process has sent to each peer.
    spoken: Mutex<HashMap<String, i64>>,
}

struct Shelf {
    book: Arc<Book>,
    looked: Instant,
    stamp: Vec<(PathBuf, Option<SystemTime>)>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

/// The node of these services; `None` where the installation speaks with nobody.
///
/// # Errors
/// When its keys or certificates cannot be used.
pub fn of(services: &Services) -> Result<Option<Arc<Node>>> {
    let Some(peers) = &services.peers else {
        return Ok(None);
    };
    let own = services.province.as_str();
    let built =
        peers.built(|peers| Node::open(peers, own).map_err(|why| Error::internal(why.to_string())));
    match built.as_deref() {
        Some(Ok(node)) => Ok(Some(Arc::clone(node))),
        Some(Err(error)) => Err(error.clone()),
        None => Err(Error::internal(
            "the folder of peers was opened as something else",
        )),
    }
}

impl Node {
    /// Opens the folder.
    ///
    /// # Errors
    /// A sentence saying which key or file cannot be used.
    pub fn open(peers: &Peers, own: &str) -> std::result::Result<Arc<Self>, String> {
        let keys = OwnKeys::of(peers, own)?;
        let own_file = keys.file;
        let (book, problems) = Book::load(peers.folder(), own_file.clone());
        for problem in problems {
            tracing::warn!(%problem, "a file in the folder of peers was left out");
        }
        Ok(Arc::new(Self {
            id: own
                .parse()
                .map_err(|_| "The province is no authority.".to_owned())?,
            own: own.to_owned(),
            client: Client::new(own, keys.token, peers.folder())?,
            signing: keys.signing,
            opener: Opener::new(&opening(peers)),
            wake: Notify::new(),
            folder: peers.folder().to_owned(),
            book: Mutex::new(Shelf {
                book: Arc::new(book),
                looked: Instant::now(),
                stamp: stamp(peers.folder()),
            }),
            own_file,
            life: Life {
                opened: Instant::now(),
                leads: AtomicBool::new(false),
                begun: AtomicBool::new(false),
                found: Mutex::new(None),
                again: AtomicBool::new(false),
                spoken: Mutex::new(HashMap::new()),
            },
        }))
    }

    /// This process is the one that begins the province's life.
    pub(super) fn leads(&self) {
        self.life.leads.store(true, Ordering::SeqCst);
    }

    /// It has: the station's row is of this life.
    pub(super) fn has_begun(&self) {
        self.life.begun.store(true, Ordering::SeqCst);
    }

    /// Whether a row of this start is of a life that was begun since this process opened, by itself or by the
    /// process that leads.
    #[must_use]
    pub fn lives(&self, boot: Uuid) -> bool {
        if self.life.begun.load(Ordering::SeqCst) {
            return true;
        }
        let mut found = self
            .life
            .found
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *found.get_or_insert(boot) != boot {
            self.has_begun();
            return true;
        }
        !self.life.leads.load(Ordering::SeqCst) && self.life.opened.elapsed() > JOINS_AFTER
    }

    /// A text with this number is on file.
    pub(super) fn has_spoken(&self, peer: &str, seq: i64) {
        let mut spoken = self
            .life
            .spoken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let last = spoken.entry(peer.to_owned()).or_default();
        *last = seq.max(*last);
    }

    /// The number of the last text to a peer that this process has put on file. To be asked **before** the first
    /// statement of the transaction whose log it is compared with: a snapshot shows what was committed before it,
    /// and not what another task commits meanwhile.
    pub(super) fn spoken(&self, peer: &str) -> i64 {
        let spoken = self
            .life
            .spoken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        spoken.get(peer).copied().unwrap_or(0)
    }

    /// Whether the log to a peer ends (`seq`) before what this process had put on file when the transaction began
    /// ([`Self::spoken`]): its database was replaced by an older copy while it ran. Nothing of it is believed from
    /// then on, until a new life has begun.
    pub(super) fn went_back(&self, peer: &str, spoken: i64, seq: i64) -> bool {
        if seq >= spoken {
            return false;
        }
        let first = {
            let mut all = self
                .life
                .spoken
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let known = all.get(peer).is_some_and(|last| seq < *last);
            if known {
                all.clear();
            }
            known
        };
        // Another task that was on its way has noticed it already: one new life is enough.
        if first {
            tracing::error!(
                "the database was put back while this process ran: it begins a new life"
            );
            self.forget();
        }
        true
    }

    /// What the station's row says is not of this life.
    pub(super) fn forget(&self) {
        *self
            .life
            .found
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
        self.life.begun.store(false, Ordering::SeqCst);
        self.life.again.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// Asked once for each time that a new life is to begin, by the process that leads.
    pub(super) fn is_to_begin_again(&self) -> bool {
        self.life.again.swap(false, Ordering::SeqCst)
    }

    /// Everybody who is trusted now. Files that have changed are read again.
    #[must_use]
    pub fn book(&self) -> Arc<Book> {
        let mut shelf = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.looked.elapsed() > LOOK_AGAIN {
            shelf.looked = Instant::now();
            let now = stamp(&self.folder);
            if now != shelf.stamp {
                let (book, problems) = Book::load(&self.folder, self.own_file.clone());
                for problem in problems {
                    tracing::warn!(%problem, "a file in the folder of peers was left out");
                }
                shelf.book = Arc::new(book);
                shelf.stamp = now;
            }
        }
        Arc::clone(&shelf.book)
    }

    /// The authorities that this one speaks with.
    #[must_use]
    pub fn peers(&self) -> Vec<AuthorityId> {
        let book = self.book();
        book.files
            .keys()
            .filter(|code| **code != self.own)
            .filter_map(|code| code.parse().ok())
            .collect()
    }

    /// Whether an authority can be asked: ourselves, or a peer with a key file.
    #[must_use]
    pub fn knows(&self, authority: &str) -> bool {
        authority == self.own || self.book().peer(authority).is_some()
    }

    /// Seals something for an authority, in its place.
    ///
    /// # Errors
    /// [`Fault::UnknownPeer`] or [`Fault::UnknownKey`] where it has no key for now.
    pub fn seal(
        &self,
        what: &impl Serialize,
        place: Place<'_>,
        to: &str,
        now: DateTime<Utc>,
    ) -> std::result::Result<String, Fault> {
        let book = self.book();
        let file = book.peer(to).ok_or(Fault::UnknownPeer)?;
        jwe::seal(what, place, file.sealing(now).ok_or(Fault::UnknownKey)?)
    }

    /// Opens what was sealed for us.
    ///
    /// # Errors
    /// [`Fault::Unsealable`].
    pub fn open_sealed<T: DeserializeOwned>(
        &self,
        text: &str,
        place: Place<'_>,
    ) -> std::result::Result<T, Fault> {
        self.opener.open(text, place)
    }
}

/// The keys that open what others sealed for us: the present one and those before it.
fn opening(peers: &Peers) -> Vec<[u8; 32]> {
    let secrets = peers.secrets();
    std::iter::once(&secrets.sealing)
        .chain(&secrets.earlier_sealing)
        .map(|secret| *secret.expose())
        .collect()
}

/// When each file of the folder was changed.
fn stamp(folder: &std::path::Path) -> Vec<(PathBuf, Option<SystemTime>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            (
                entry.path(),
                entry.metadata().and_then(|meta| meta.modified()).ok(),
            )
        })
        .collect();
    all.sort();
    all
}

/// Our own keys with the file that tells others of them.
#[derive(Clone, Debug)]
pub struct OwnKeys {
    /// Signs messages and statements.
    pub signing: SigningKey,
    /// Signs bearer tokens.
    pub token: SigningKey,
    /// What others are given.
    pub file: KeyFile,
}

impl OwnKeys {
    /// Our keys; the file `self.json` of the folder says by which algorithm we sign and where we are
    /// reached, without it Ed25519 and nowhere.
    ///
    /// # Errors
    /// A sentence saying what cannot be used.
    pub fn of(peers: &Peers, own: &str) -> std::result::Result<Self, String> {
        let path = peers.folder().join(OWN_FILE);
        let kept = match std::fs::read_to_string(&path) {
            Ok(text) => Some(KeyFile::read(&text).map_err(|why| {
                format!("Our own key file {} cannot be used: {why}.", path.display())
            })?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{} cannot be read ({error}).", path.display())),
        };
        let algorithm = kept
            .iter()
            .flat_map(|file| &file.keys)
            .filter(|key| key.usage == KeyUse::Signing && key.valid_to.is_none())
            .find_map(|key| key.alg)
            .unwrap_or_default();
        let endpoint = kept.as_ref().map(|file| file.endpoint.clone());
        Self::made(peers, own, algorithm, &endpoint.unwrap_or_default(), kept)
    }

    /// Our keys under an algorithm and an address; earlier keys of `kept` stay in the file.
    ///
    /// # Errors
    /// A sentence saying what cannot be used.
    pub fn made(
        peers: &Peers,
        own: &str,
        algorithm: Algorithm,
        endpoint: &str,
        kept: Option<KeyFile>,
    ) -> std::result::Result<Self, String> {
        let secrets = peers.secrets();
        let unfit =
            || "A key of this province is no key of the algorithm; make another.".to_owned();
        let signing = SigningKey::of(algorithm, secrets.signing.expose()).ok_or_else(unfit)?;
        let token = SigningKey::of(Algorithm::EdDsa, secrets.token.expose()).ok_or_else(unfit)?;
        let sealing = PublicKey::x25519(
            x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(
                *secrets.sealing.expose(),
            ))
            .as_bytes(),
        );
        let mut keys = kept.map(|file| file.keys).unwrap_or_default();
        let wanted = [
            (KeyUse::Signing, Some(algorithm), signing.public()),
            (KeyUse::Sealing, None, sealing),
            (KeyUse::Token, Some(Algorithm::EdDsa), token.public()),
        ];
        for (usage, alg, jwk) in wanted {
            if !keys.iter().any(|key| key.usage == usage && key.jwk == jwk) {
                // Since when does not matter to the first key; a later one is added by its file.
                keys.push(PeerKey {
                    usage,
                    alg,
                    jwk,
                    valid_from: DateTime::UNIX_EPOCH,
                    valid_to: None,
                    revoked_at: None,
                });
            }
        }
        let file = KeyFile {
            authority: own.to_owned(),
            endpoint: endpoint.to_owned(),
            keys,
        };
        Ok(Self {
            signing,
            token,
            file,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::keys::Secret;
    use crate::kit::peers::PeerSecrets;

    fn node() -> Arc<Node> {
        let folder = std::env::temp_dir().join(format!("minzheng-node-{}", Uuid::new_v4()));
        let secrets = PeerSecrets {
            signing: Secret::new([1; 32]),
            sealing: Secret::new([2; 32]),
            earlier_sealing: Vec::new(),
            token: Secret::new([3; 32]),
        };
        Node::open(&Peers::new(secrets, &folder), "51").unwrap()
    }

    #[test]
    fn what_another_task_commits_meanwhile_is_no_database_put_back() {
        let node = node();
        node.has_spoken("32", 7);
        // A transaction begins, and its snapshot ends at 7; another task puts 8 and 9 on file meanwhile.
        let spoken = node.spoken("32");
        node.has_spoken("32", 9);
        assert!(!node.went_back("32", spoken, 7));
        assert!(!node.is_to_begin_again());
        // The next one sees 8 only, though 9 was on file before it began: the database was put back, once.
        let both = [node.spoken("32"), node.spoken("32")];
        for spoken in both {
            assert!(node.went_back("32", spoken, 8));
        }
        assert!(node.is_to_begin_again());
        assert!(!node.is_to_begin_again());
        assert!(!node.went_back("32", node.spoken("32"), 8));
    }
}
