//! The one thread that writes: it numbers records, links them and makes a group of them durable at once.
//!
//! While one group is on its way to the disk the next one gathers, so that a thousand requests at once
//! cost a few writes and a single one waits for no other. A chain belongs to one gateway, one start of it
//! and one class. After a failed write nobody knows what the store has kept, so the chains end there: the
//! next group begins new ones. Who waits is told; refusals, for which nobody waits, are kept for the next
//! group, up to [`MOST_KEPT`]. One of them may so stand in the log twice, never not at all.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::line::{self, Place};
use super::seal::day_of;
use super::sealer;
use super::store::{Group, Kept, Segment, Store, StoreError};
use super::{Class, Draft, Entry, Order, Settings, Unavailable};

/// Records in one group; more wait for the next.
const MOST_RECORDS: usize = 1_000;
/// After a failure the store is left alone for so long; who comes meanwhile is told at once.
const PAUSE: Duration = Duration::from_millis(500);
/// Refusals kept while the store is away; more are let go, and counted.
pub(super) const MOST_KEPT: usize = 10_000;
/// So often it is tried to write them when nothing else comes.
const KEPT: Duration = Duration::from_secs(2);

pub(super) struct Writer {
    store: Box<dyn Store>,
    settings: Settings,
    waiting: Arc<AtomicUsize>,
    chains: HashMap<Class, Chain>,
    latest: DateTime<Utc>,
    /// The time in the records of the group that is being written, for the sealer.
    under_way: Arc<AtomicI64>,
    paused_until: Option<Instant>,
    /// Refusals that could not be written yet.
    kept: Vec<Draft>,
    /// Refusals let go since the store is away.
    lost: u64,
}

/// The end of a chain.
struct Chain {
    name: String,
    seq: u64,
    head: String,
}

impl Writer {
    pub(super) fn new(
        store: Box<dyn Store>,
        settings: Settings,
        waiting: Arc<AtomicUsize>,
        under_way: Arc<AtomicI64>,
    ) -> Self {
        Self {
            store,
            settings,
            waiting,
            chains: HashMap::new(),
            latest: DateTime::UNIX_EPOCH,
            under_way,
            paused_until: None,
            kept: Vec::new(),
            lost: 0,
        }
    }

    /// Writes what comes until it is told to stop.
    pub(super) fn run(mut self, queue: &Receiver<Order>) {
        let mut stopping = false;
        while !stopping {
            let first = if self.kept.is_empty() {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                queue.recv_timeout(KEPT)
            };
            let mut entries = match first {
                Ok(Order::Write(first)) => vec![first],
                Err(RecvTimeoutError::Timeout) => {
                    while !self.kept.is_empty() && self.write(&[]).is_ok() {}
                    continue;
                }
                _ => break,
            };
            let mut records = self.kept.len() + entries[0].drafts.len();
            while records < MOST_RECORDS {
                match queue.try_recv() {
                    Ok(Order::Write(entry)) => {
                        records += entry.drafts.len();
                        entries.push(entry);
                    }
                    Ok(Order::Stop) => {
                        stopping = true;
                        break;
                    }
                    Err(_) => break,
                }
            }
            self.waiting.fetch_sub(entries.len(), Ordering::Relaxed);
            // Whoever has given up shows nothing, and so needs no record.
            entries.retain(|entry| entry.done.as_ref().is_none_or(|done| !done.is_closed()));
            if entries.is_empty() {
                continue;
            }
            let outcome = self.write(&entries);
            for entry in entries {
                match (entry.done, outcome) {
                    (Some(done), _) => drop(done.send(outcome)),
                    (None, Err(Unavailable)) => self.keep(entry.drafts),
                    (None, Ok(())) => {}
                }
            }
        }
        // The last try, whether or not the store was left alone a moment ago.
        self.paused_until = None;
        while !self.kept.is_empty() {
            if self.write(&[]).is_err() {
                let lost = self.lost + self.kept.len() as u64;
                self.settings.meter.lost(self.kept.len() as u64);
                tracing::error!(lost, "refusals were not recorded: the access log was away");
                break;
            }
        }
    }

    /// Keeps refusals for the next group.
    fn keep(&mut self, mut drafts: Vec<Draft>) {
        let room = MOST_KEPT.saturating_sub(self.kept.len());
        let lost = drafts.len().saturating_sub(room) as u64;
        drafts.truncate(room);
        self.kept.append(&mut drafts);
        if lost > 0 {
            if self.lost == 0 {
                tracing::warn!(
                    "refusals are not recorded: the access log has been away for too long"
                );
            }
            self.lost += lost;
            self.settings.meter.lost(lost);
        }
    }

    /// Writes one group: of what was kept, as much as fits, and these.
    fn write(&mut self, entries: &[Entry]) -> Result<(), Unavailable> {
        if self
            .paused_until
            .is_some_and(|until| Instant::now() < until)
        {
            return Err(Unavailable);
        }
        let kept: Vec<Draft> = {
            let most = self.kept.len().min(MOST_RECORDS);
            self.kept.drain(..most).collect()
        };
        let drafts = kept
            .iter()
            .chain(entries.iter().flat_map(|entry| &entry.drafts));
        let written = self
            .group(drafts)
            .and_then(|group| self.store.append(&group));
        self.under_way.store(sealer::NONE, Ordering::Relaxed);
        match written {
            Ok(()) => {
                if self.paused_until.take().is_some() {
                    let lost = std::mem::take(&mut self.lost);
                    tracing::info!(refusals_lost = lost, "the access log is written again");
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the access log cannot be written; personal data is withheld");
                self.kept.splice(..0, kept);
                self.chains.clear();
                self.paused_until = Some(Instant::now() + PAUSE);
                Err(Unavailable)
            }
        }
    }

    fn group<'d>(&mut self, drafts: impl Iterator<Item = &'d Draft>) -> Result<Group, StoreError> {
        // A clock that was set back does not turn the log back.
        self.latest = self.latest.max((self.settings.now)());
        self.under_way
            .store(self.latest.timestamp_micros(), Ordering::Relaxed);
        let (at, day, hash) = (self.latest, day_of(self.latest), self.settings.hash);
        let mut group = Group::default();
        let mut segments: HashMap<Class, usize> = HashMap::new();
        for draft in drafts {
            let class = draft.class;
            let instance = &self.settings.instance;
            let chain = self.chains.entry(class).or_insert_with(|| {
                let start = Uuid::now_v7().simple();
                let name = format!("{}-{instance}-{start}", class.as_str());
                let head = hash.genesis(&name);
                Chain { name, seq: 0, head }
            });
            let segment = *segments.entry(class).or_insert_with(|| {
                group.segments.push(Segment {
                    class,
                    day,
                    chain: chain.name.clone(),
                });
                group.segments.len() - 1
            });
            let place = Place {
                chain: &chain.name,
                seq: chain.seq + 1,
                at,
                prev_hash: &chain.head,
                hash,
            };
            let (line, head) = line::write(draft, place).map_err(StoreError::new)?;
            chain.seq += 1;
            chain.head = head;
            group.records.push(Kept {
                segment,
                seq: chain.seq,
                line,
            });
        }
        Ok(group)
    }
}
