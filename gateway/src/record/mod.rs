//! The access log: who saw whose personal data, when and why, durable before the answer leaves.
//!
//! An answer that holds personal data, or from which fields were refused, makes [`Draft`]s. The
//! [`Recorder`] hands them to one writer thread ([`writer`]), which numbers them, links each to the one
//! before by a hash ([`line`]) and makes a whole group of them durable at once in a [`store`]: files of a
//! standalone province ([`files`]), PostgreSQL of a split one ([`postgres`]). Only then does the answer
//! leave. A second thread (`sealer`) signs what there is ([`seal`]) and drops whole sealed segments whose time is
//! over; [`verify`] finds whatever was removed, altered, reordered or inserted.
//!
//! Invariants: a caller never waits longer than the patience of the settings; when a group cannot be
//! written its chains are given up and new ones begun, so that what a store may have kept of it never
//! stands in the middle of a chain; refusals of that time wait for the store to come back; nothing but opaque ids, codes and names of the schema is recorded.

mod config;
pub mod files;
pub mod line;
pub mod postgres;
pub mod seal;
mod seal_key;
mod sealer;
pub mod store;
pub mod verify;
mod writer;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI64, AtomicUsize};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use crate::identity::{Caller, Role, tells_a_number};
use crate::telemetry::LogMeter;
pub use config::{OpenError, seal_key, store};
pub use line::HashKind;
use seal::SealKey;
use store::Store;

/// Requests that may wait for the writer; more are told that the log is not available.
const QUEUE: usize = 8192;
/// Refusals are let go when so many requests wait, for they must not crowd out disclosures.
const QUEUE_FOR_REFUSALS: usize = QUEUE / 2;
/// Refusals of callers without a token recorded in one second: enough to see an attack, too few for
/// anybody to fill the disk with.
const REFUSALS_OF_NOBODY: u32 = 20;

/// The longest purpose or case that a subgraph may tell.
const LONGEST_STATED: usize = 128;

/// How long a record is kept at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// 网络安全法: six months.
    General,
    /// 网络数据安全管理条例 12: what was given to another handler, three years.
    Sharing,
    /// Full values shown for a stated reason: ten years.
    Reveal,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::General, Self::Sharing, Self::Reveal];

    /// Its name in records and file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Sharing => "sharing",
            Self::Reveal => "reveal",
        }
    }

    /// The class of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }
}

/// What became of a wish to see something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It was shown.
    Disclosed,
    /// It was refused.
    Refused,
}

impl Decision {
    /// Its name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disclosed => "DISCLOSED",
            Self::Refused => "REFUSED",
        }
    }
}

/// What one record will say; the writer adds place, time and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// How long it is kept.
    pub class: Class,
    /// What became of it.
    pub decision: Decision,
    /// The trace of the request.
    pub trace: Option<String>,
    /// The caller's opaque id, and whose it is; none for the public.
    pub actor: Option<Arc<str>>,
    /// The issuer of that id.
    pub issuer: Arc<str>,
    /// The caller's role.
    pub role: Role,
    /// The division an officer works for.
    pub division: Option<Arc<str>>,
    /// The two-digit code of the caller's province.
    pub province: Arc<str>,
    /// The purpose stated.
    pub purpose: Option<String>,
    /// The case stated.
    pub case: Option<String>,
    /// A digest of the document without its literals.
    pub document: Arc<str>,
    /// The operation's name.
    pub operation: Option<Arc<str>>,
    /// The coordinates, `Type.field`.
    pub fields: Vec<Arc<str>>,
    /// The opaque ids of the persons concerned.
    pub persons: Vec<Arc<str>>,
}

impl Draft {
    /// A draft about a request of this caller that says nothing of fields and persons yet.
    #[must_use]
    pub fn of(
        caller: &Caller,
        document: &Arc<str>,
        operation: Option<&Arc<str>>,
        decision: Decision,
    ) -> Self {
        let principal = &caller.principal;
        let class = match (decision, principal.role) {
            (Decision::Disclosed, Role::Peer) => Class::Sharing,
            _ => Class::General,
        };
        let plain = |text: &Option<String>| text.clone().filter(|text| !tells_a_number(text));
        Self {
            class,
            decision,
            trace: crate::telemetry::trace_id(&caller.trace),
            actor: principal.subject.clone(),
            issuer: principal.issuer.clone(),
            role: principal.role,
            division: principal.division.clone(),
            province: principal.province.clone(),
            purpose: plain(&caller.purpose),
            case: plain(&caller.case),
            document: document.clone(),
            operation: operation.filter(|name| !tells_a_number(name)).cloned(),
            fields: Vec::new(),
            persons: Vec::new(),
        }
    }

    /// The same with a purpose and a case that the request did not state in its headers but in what it carried, as a
    /// subgraph has verified it. What is no short plain text is left out.
    #[must_use]
    pub fn stating(mut self, purpose: Option<&str>, case: Option<&str>) -> Self {
        let plain = |text: &&str| {
            (1..=LONGEST_STATED).contains(&text.len())
                && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
                && !tells_a_number(text)
        };
        let or = |known: Option<String>, told: Option<&str>| {
            known.or_else(|| told.filter(plain).map(str::to_owned))
        };
        self.purpose = or(self.purpose, purpose);
        self.case = or(self.case, case);
        self
    }
}

/// How the log is kept.
#[derive(Clone)]
pub struct Settings {
    /// Names this gateway in its chains: small letters, digits and `-`.
    pub instance: String,
    /// The hash of the chains.
    pub hash: HashKind,
    /// The longest a request waits for its record.
    pub patience: Duration,
    /// How often what there is is sealed.
    pub seal_every: Duration,
    /// What seals; without it nothing is sealed, and nothing purged.
    pub seal_key: Option<SealKey>,
    /// How many days each class is kept, in the order of [`Class::ALL`].
    pub keep_days: [u32; 3],
    /// The time.
    pub now: fn() -> DateTime<Utc>,
    /// What `/metrics` shows of the log.
    pub meter: LogMeter,
}

/// The record could not be made durable in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// Records of one request on their way to the writer.
struct Entry {
    drafts: Vec<Draft>,
    /// Told when they are durable; a request that no longer listens needs no record.
    done: Option<oneshot::Sender<Result<(), Unavailable>>>,
}

/// What the writer is told.
enum Order {
    Write(Entry),
    Stop,
}

/// The access log of this process. Stopping or dropping it writes what is waiting and seals.
pub struct Recorder {
    orders: SyncSender<Order>,
    waiting: Arc<AtomicUsize>,
    /// The present second, and how many refusals of nobody in particular were recorded in it.
    refusals: Mutex<(Instant, u32)>,
    patience: Duration,
    meter: LogMeter,
    /// The writer first.
    threads: Mutex<Vec<JoinHandle<()>>>,
    stop_sealing: Mutex<Option<SyncSender<()>>>,
}

impl Recorder {
    /// Starts the writer over one store, and the sealer over another way to the same.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        store: Box<dyn Store>,
        for_seals: Box<dyn Store>,
        settings: Settings,
    ) -> std::io::Result<Self> {
        let (orders, queue) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let patience = settings.patience;
        let meter = settings.meter.clone();
        let under_way = Arc::new(AtomicI64::new(sealer::NONE));
        let mut threads = Vec::new();
        let writer = writer::Writer::new(
            store,
            settings.clone(),
            Arc::clone(&waiting),
            Arc::clone(&under_way),
        );
        threads.push(
            std::thread::Builder::new()
                .name("access-log".to_owned())
                .spawn(move || writer.run(&queue))?,
        );
        let mut stop_sealing = None;
        if let Some(key) = settings.seal_key.clone() {
            let (stop, stopped) = sync_channel(1);
            stop_sealing = Some(stop);
            threads.push(
                std::thread::Builder::new()
                    .name("access-log-seal".to_owned())
                    .spawn(move || {
                        sealer::keep(for_seals, &key, &settings, &under_way, &stopped);
                    })?,
            );
        }
        Ok(Self {
            orders,
            waiting,
            refusals: Mutex::new((Instant::now(), 0)),
            patience,
            meter,
            threads: Mutex::new(threads),
            stop_sealing: Mutex::new(stop_sealing),
        })
    }

    /// Makes records durable, or says that it cannot be done. Never waits beyond the patience of the
    /// settings or the deadline.
    ///
    /// # Errors
    /// [`Unavailable`]: then nothing of what they tell may be shown.
    pub async fn write(&self, drafts: Vec<Draft>, deadline: Instant) -> Result<(), Unavailable> {
        let until = deadline.min(Instant::now() + self.patience);
        let (done, told) = oneshot::channel();
        self.order(drafts, Some(done)).map_err(|_| Unavailable)?;
        match tokio::time::timeout_at(until.into(), told).await {
            Ok(Ok(outcome)) => outcome,
            _ => Err(Unavailable),
        }
    }

    /// Records refusals, which show nothing and so need not be waited for. Under a flood they are let
    /// go, with a line in the log of the program; of callers without a token only so many a second are
    /// kept at all.
    pub fn note(&self, drafts: Vec<Draft>) {
        if drafts.iter().all(|draft| draft.actor.is_none()) && self.is_flooded() {
            return;
        }
        let crowded = self.waiting.load(Relaxed) > QUEUE_FOR_REFUSALS;
        let refusals = drafts.len() as u64;
        if crowded || self.order(drafts, None).is_err() {
            self.meter.lost(refusals);
            tracing::warn!("a refusal was not recorded: the access log has too much to do");
        }
    }

    /// Writes what is waiting, makes the last seal and ends; later writes find the log unavailable.
    /// Blocks until that is done.
    pub fn stop(&self) {
        let threads = {
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *threads)
        };
        if threads.is_empty() {
            return;
        }
        let _ = self.orders.send(Order::Stop);
        let mut threads = threads.into_iter();
        if let Some(writer) = threads.next() {
            let _ = writer.join();
        }
        let mut sealing = self
            .stop_sealing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        drop(sealing.take());
        for sealer in threads {
            let _ = sealer.join();
        }
    }

    /// Whether this second has seen enough refusals of callers without a token.
    fn is_flooded(&self) -> bool {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.0.elapsed() >= Duration::from_secs(1) {
            *refusals = (Instant::now(), 0);
        }
        refusals.1 = refusals.1.saturating_add(1);
        refusals.1 > REFUSALS_OF_NOBODY
    }

    fn order(
        &self,
        drafts: Vec<Draft>,
        done: Option<oneshot::Sender<Result<(), Unavailable>>>,
    ) -> Result<(), TrySendError<()>> {
        self.waiting.fetch_add(1, Relaxed);
        self.orders
            .try_send(Order::Write(Entry { drafts, done }))
            .map_err(|_| {
                self.waiting.fetch_sub(1, Relaxed);
                TrySendError::Full(())
            })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
