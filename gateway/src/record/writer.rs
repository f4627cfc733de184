//! The one thread that writes: it numbers records, links them and makes a group of them durable at once.
//!
//! While one group is on its way to the disk the next one gathers, so that a thousand requests at once
//! cost a few writes and a single one waits for no other. A chain belongs to one gateway, one start of it
//! and one class. After a failed write nobody knows what the store has kept, so the chains end there: the
//! next group begins new ones.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::line::{self, Place};
use super::seal::day_of;
use super::store::{Group, Kept, Segment, Store, StoreError};
use super::{Class, Draft, Entry, Order, Settings, Unavailable};

/// Records in one group; more wait for the next.
const MOST_RECORDS: usize = 1_000;
/// After a failure the store is left alone for so long; who comes meanwhile is told at once.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Writer {
    store: Box<dyn Store>,
    settings: Settings,
    waiting: Arc<AtomicUsize>,
    chains: HashMap<Class, Chain>,
    latest: DateTime<Utc>,
    paused_until: Option<Instant>,
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
    ) -> Self {
        Self {
            store,
            settings,
            waiting,
            chains: HashMap::new(),
            latest: DateTime::UNIX_EPOCH,
            paused_until: None,
        }
    }

    /// Writes what comes until it is told to stop.
    pub(super) fn run(mut self, queue: &Receiver<Order>) {
        let mut stopping = false;
        while !stopping {
            let Ok(Order::Write(first)) = queue.recv() else {
                break;
            };
            let mut records = first.drafts.len();
            let mut entries = vec![first];
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
            for done in entries.into_iter().filter_map(|entry| entry.done) {
                let _ = done.send(outcome);
            }
        }
    }

    fn write(&mut self, entries: &[Entry]) -> Result<(), Unavailable> {
        if self
            .paused_until
            .is_some_and(|until| Instant::now() < until)
        {
            return Err(Unavailable);
        }
        let drafts = entries.iter().flat_map(|entry| &entry.drafts);
        let written = self
            .group(drafts)
            .and_then(|group| self.store.append(&group));
        match written {
            Ok(()) => {
                if self.paused_until.take().is_some() {
                    tracing::info!("the access log is written again");
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the access log cannot be written; personal data is withheld");
                self.chains.clear();
                self.paused_until = Some(Instant::now() + PAUSE);
                Err(Unavailable)
            }
        }
    }

    fn group<'d>(&mut self, drafts: impl Iterator<Item = &'d Draft>) -> Result<Group, StoreError> {
        // A clock that was set back does not turn the log back.
        self.latest = self.latest.max((self.settings.now)());
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
