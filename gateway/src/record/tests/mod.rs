//! The log under every kind of failure, and under every kind of hand laid on it.

mod cost;
mod cut_off;
mod damage;
mod inserted;
mod seals;
mod writing;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::line::Place;
use super::seal::SealKey;
use super::store::{Group, Segment, Store, StoreError};
use super::*;
use crate::identity::Principal;

/// A store in memory that can be told to fail, and to take its time.
#[derive(Clone, Default)]
pub(super) struct Memory {
    pub(super) segments: Arc<Mutex<BTreeMap<Segment, Vec<Vec<u8>>>>>,
    pub(super) seals: Arc<Mutex<Vec<Vec<u8>>>>,
    /// Appending fails after it has written this: what a full disk does.
    pub(super) full: Arc<AtomicBool>,
    pub(super) slow: Option<Duration>,
    /// Appending waits while this is so: a store that hangs.
    pub(super) hangs: Arc<AtomicBool>,
    /// Whether a group has come to wait so.
    pub(super) hanging: Arc<AtomicBool>,
    pub(super) groups: Arc<AtomicUsize>,
    /// Groups that failed. Each has left its first record behind.
    pub(super) failed: Arc<AtomicUsize>,
}

impl Memory {
    pub(super) fn lines(&self) -> Vec<Vec<u8>> {
        self.segments
            .lock()
            .unwrap()
            .values()
            .flatten()
            .cloned()
            .collect()
    }
}

impl Store for Memory {
    fn append(&mut self, group: &Group) -> Result<(), StoreError> {
        if let Some(slow) = self.slow {
            std::thread::sleep(slow);
        }
        while self.hangs.load(Ordering::SeqCst) {
            self.hanging.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut segments = self.segments.lock().unwrap();
        for record in &group.records {
            let segment = group.segments[record.segment].clone();
            segments
                .entry(segment)
                .or_default()
                .push(record.line.clone());
            if self.full.load(Ordering::SeqCst) {
                self.failed.fetch_add(1, Ordering::SeqCst);
                return Err(StoreError::new("no space left"));
            }
        }
        self.groups.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn segments(&mut self) -> Result<Vec<Segment>, StoreError> {
        Ok(self.segments.lock().unwrap().keys().cloned().collect())
    }

    fn lines(&mut self, segment: &Segment, each: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
        let segments = self.segments.lock().unwrap();
        segments
            .get(segment)
            .into_iter()
            .flatten()
            .for_each(|line| each(line));
        Ok(())
    }

    fn seals(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(self.seals.lock().unwrap().clone())
    }

    fn add_seal(&mut self, number: u64, line: &[u8]) -> Result<bool, StoreError> {
        let mut seals = self.seals.lock().unwrap();
        let next = seals.len() as u64 + 1 == number;
        if next {
            seals.push(line.to_vec());
        }
        Ok(next)
    }

    fn drop_segment(&mut self, segment: &Segment) -> Result<(), StoreError> {
        self.segments.lock().unwrap().remove(segment);
        Ok(())
    }
}

pub(super) const KEEP: [u32; 3] = [180, 1098, 3660];

pub(super) fn key() -> SealKey {
    SealKey::new(&[7; 32])
}

/// 2026-11-22, a little before midnight in Beijing.
pub(super) fn evening() -> DateTime<Utc> {
    "2026-11-22T15:59:50Z".parse().unwrap()
}

pub(super) fn draft(person: &str) -> Draft {
    let caller = Caller {
        principal: Arc::new(Principal {
            subject: Some("registrar-1".into()),
            role: Role::Registrar,
            division: Some("510104".into()),
            ..Principal::public("51")
        }),
        purpose: Some("MARRIAGE_REGISTRATION".into()),
        case: Some("c-1".into()),
        trace: opentelemetry::Context::new(),
    };
    Draft {
        fields: vec!["Person.maskedName".into()],
        persons: vec![person.into()],
        ..Draft::of(&caller, &"sha256:00".into(), None, Decision::Disclosed)
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        instance: "test".to_owned(),
        hash: HashKind::Sha256,
        patience: Duration::from_secs(120),
        seal_every: Duration::from_secs(3600),
        seal_key: None,
        keep_days: KEEP,
        now: Utc::now,
        meter: LogMeter::default(),
    }
}

/// A chain of so many records, half of them of the next day, as its two segments' lines.
pub(super) fn chain(name: &str, records: u64, hash: HashKind) -> Vec<(Segment, Vec<Vec<u8>>)> {
    let mut head = hash.genesis(name);
    let mut days: Vec<(Segment, Vec<Vec<u8>>)> = Vec::new();
    for seq in 1..=records {
        let at = evening() + TimeDelta::seconds(if seq * 2 > records { 20 } else { 0 });
        let place = Place {
            chain: name,
            seq,
            at,
            prev_hash: &head,
            hash,
        };
        let (line, next) = line::write(&draft(&format!("person-{seq}")), place).unwrap();
        head = next;
        let segment = Segment {
            class: Class::General,
            day: seal::day_of(at),
            chain: name.to_owned(),
        };
        match days.last_mut() {
            Some((known, lines)) if *known == segment => lines.push(line),
            _ => days.push((segment, vec![line])),
        }
    }
    days
}

pub(super) fn memory(segments: Vec<(Segment, Vec<Vec<u8>>)>) -> Memory {
    let memory = Memory::default();
    memory.segments.lock().unwrap().extend(segments);
    memory
}
