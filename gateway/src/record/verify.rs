//! Finding what was done to the log: records removed, altered, reordered or inserted, and seals broken.
//!
//! Each chain is read once from end to end. As long as every record is whole and follows the one before,
//! nothing is remembered but the head. Where something does not fit, the chain is read again and every
//! number looked at: which record is there, which is missing, which stands elsewhere, which does not
//! belong. A record whose own hash is right was altered all the same when its successor, or
//! a seal, knows another hash of it; and it was inserted when it is dated well before a seal that does not hold it.

mod look;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::line::{self, HashKind, Read};
use super::seal::{self, Seal, SealPublic, Sealed, Times, day_of, is_due};
use super::store::{Segment, Store, StoreError};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// The records of these numbers are missing.
    Removed,
    /// The record is not what was written.
    Altered,
    /// The record does not stand where it was written.
    Reordered,
    /// The record, or the line, was never written.
    Inserted,
    /// Some of these records are not what was sealed; all of them were linked anew.
    Rewritten,
    /// The seal is not what was signed, or is missing.
    SealBroken,
}

impl Damage {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Altered => "altered",
            Self::Reordered => "reordered",
            Self::Inserted => "inserted",
            Self::Rewritten => "rewritten",
            Self::SealBroken => "seal broken",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was done.
    pub damage: Damage,
    /// To which chain; empty for a seal.
    pub chain: String,
    /// To which numbers, first and last; none where a line tells no number.
    pub records: Option<(u64, u64)>,
    /// In which line of which segment, counted from 1, where that is known.
    pub line: Option<(Segment, usize)>,
    /// Why, where it needs words.
    pub why: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.damage.as_str())?;
        match self.records {
            Some((first, last)) if first == last => write!(f, ": number {first}")?,
            Some((first, last)) => write!(f, ": numbers {first} to {last}")?,
            None => f.write_str(":")?,
        }
        if !self.chain.is_empty() {
            write!(f, " of {}", self.chain)?;
        }
        if let Some((segment, line)) = &self.line {
            write!(f, ", {} line {line}", segment.day)?;
        }
        if !self.why.is_empty() {
            write!(f, " ({})", self.why)?;
        }
        Ok(())
    }
}

/// What was looked at and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Chains read.
    pub chains: usize,
    /// Records read.
    pub records: u64,
    /// Records of them that no seal holds yet.
    pub unsealed: u64,
    /// Seals read.
    pub seals: usize,
    /// The roots of those that are whole, by their numbers.
    pub roots: BTreeMap<u64, String>,
    /// Chains whose last line was cut off, as a crash leaves it, and a last seal of which that is so; neither was ever
    /// told to anybody.
    pub cut_off: usize,
    /// What is wrong; empty when nothing is.
    pub findings: Vec<Finding>,
}

/// Looks at the whole log. Without a key the seals' signatures cannot be checked, and seals count as
/// nothing.
///
/// # Errors
/// When the store cannot be read.
pub fn verify(
    store: &mut dyn Store,
    key: Option<&SealPublic>,
    keep_days: [u32; 3],
    now: DateTime<Utc>,
) -> Result<Report, StoreError> {
    let mut report = Report {
        cut_off: usize::from(store.has_cut_off_seal()?),
        ..Report::default()
    };
    let sealed = read_seals(store, key, now, &mut report)?;
    let mut chains: BTreeMap<String, Vec<Segment>> = BTreeMap::new();
    for segment in store.segments()? {
        chains
            .entry(segment.chain.clone())
            .or_default()
            .push(segment);
    }
    for (chain, segments) in &mut chains {
        segments.sort_by_key(|segment| segment.day);
        report.chains += 1;
        let seals = Seals::of(chain, &sealed);
        if !quick(store, segments, &seals, &mut report)? {
            look::thorough(store, chain, segments, &seals, &mut report)?;
        }
    }
    for (segment, entries) in &sealed.segments {
        let gone = !chains
            .get(&segment.chain)
            .is_some_and(|there| there.contains(segment));
        let (Some((_, first)), Some((_, last))) = (entries.first(), entries.last()) else {
            continue;
        };
        if gone && !is_due(segment, keep_days, now) {
            let finding = Finding {
                damage: Damage::Removed,
                chain: segment.chain.clone(),
                records: Some((first.first, last.last)),
                line: None,
                why: "the whole segment",
            };
            // Where the rest of the chain is there its own look has told already.
            let told = report.findings.iter().any(|known| {
                known.damage == Damage::Removed
                    && known.chain == finding.chain
                    && known
                        .records
                        .is_some_and(|(from, to)| from <= first.first && last.last <= to)
            });
            if !told {
                report.findings.push(finding);
            }
        }
    }
    report
        .findings
        .sort_by(|a, b| (&a.chain, a.records, a.damage).cmp(&(&b.chain, b.records, b.damage)));
    Ok(report)
}

/// Everything the seals say.
#[derive(Default)]
struct AllSealed {
    /// By segment, in order; each with how many seals there were before.
    segments: BTreeMap<Segment, Vec<(usize, Sealed)>>,
    times: Times,
    /// So many seals are whole from the first on. What a broken one held is not known, so only these show that a
    /// record was not there.
    whole: usize,
}

fn read_seals(
    store: &mut dyn Store,
    key: Option<&SealPublic>,
    now: DateTime<Utc>,
    report: &mut Report,
) -> Result<AllSealed, StoreError> {
    let mut all = AllSealed::default();
    let Some(key) = key else { return Ok(all) };
    let lines = store.seals()?;
    let mut before: Option<&[u8]> = None;
    let mut times = Vec::with_capacity(lines.len());
    for (line, number) in lines.iter().zip(1..) {
        report.seals += 1;
        match seal::read(line, number, before, key) {
            Ok(Seal {
                at, entries, root, ..
            }) => {
                for entry in entries {
                    if let Some(segment) = entry.segment() {
                        let sealed = all.segments.entry(segment).or_default();
                        sealed.push((times.len(), entry));
                    }
                }
                if all.whole == times.len() {
                    all.whole += 1;
                }
                times.push(at);
                report.roots.insert(number, root);
            }
            Err(why) => {
                report.findings.push(Finding {
                    damage: Damage::SealBroken,
                    chain: String::new(),
                    records: Some((number, number)),
                    line: None,
                    why,
                });
                times.push(now);
            }
        }
        before = Some(line);
    }
    all.times = Times::of(times.into_iter(), now);
    Ok(all)
}

/// What the seals know of one chain.
struct Seals<'a> {
    /// Heads by number.
    heads: BTreeMap<u64, String>,
    /// How many seals there were before the first that holds the records up to a number.
    held: BTreeMap<u64, usize>,
    all: &'a AllSealed,
}

impl<'a> Seals<'a> {
    fn of(chain: &str, all: &'a AllSealed) -> Self {
        let (mut heads, mut held) = (BTreeMap::new(), BTreeMap::new());
        let segments = all.segments.iter();
        let entries = segments
            .filter(|(segment, _)| segment.chain == chain)
            .flat_map(|(_, entries)| entries);
        for (before, entry) in entries {
            // What was sealed first is what was written.
            heads
                .entry(entry.last)
                .or_insert_with(|| entry.head.clone());
            let first = held.entry(entry.last).or_insert(*before);
            *first = (*first).min(*before);
        }
        Self { heads, held, all }
    }

    /// Whether a record is dated well before a seal that does not hold it.
    fn is_late(&self, read: &Read) -> bool {
        let holder = self.held.range(read.seq..).next();
        let before = holder.map_or(self.all.whole, |(_, before)| *before);
        self.all.times.is_late(read.at, before.min(self.all.whole))
    }

    fn last(&self) -> u64 {
        self.heads.last_key_value().map_or(0, |(last, _)| *last)
    }

    fn agrees(&self, seq: u64, hash: &str) -> bool {
        self.heads.get(&seq).is_none_or(|head| head == hash)
    }

    fn knows(&self, seq: u64, hash: &str) -> bool {
        self.heads.get(&seq).is_some_and(|head| head == hash)
    }
}

fn is_in_place(read: &Read, segment: &Segment) -> bool {
    read.chain == segment.chain && day_of(read.at) == segment.day
}

/// One pass that remembers only the head; false when something does not fit.
fn quick(
    store: &mut dyn Store,
    segments: &[Segment],
    seals: &Seals<'_>,
    report: &mut Report,
) -> Result<bool, StoreError> {
    let mut head: Option<(u64, String)> = None;
    let (mut fine, mut records, mut unsealed) = (true, 0, 0);
    for segment in segments {
        store.lines(segment, &mut |line| {
            if !fine {
                return;
            }
            let Ok(read) = line::read(line) else {
                fine = false;
                return;
            };
            let follows = match &head {
                Some((seq, hash)) => {
                    Some(read.seq) == seq.checked_add(1) && read.prev_hash == *hash
                }
                None => begins(&read, seals),
            };
            fine = follows
                && is_in_place(&read, segment)
                && seals.agrees(read.seq, &read.hash)
                && !seals.is_late(&read);
            records += 1;
            unsealed += u64::from(read.seq > seals.last());
            head = Some((read.seq, read.hash));
        })?;
    }
    let fine = fine && head.is_some_and(|(seq, _)| seq >= seals.last());
    if fine {
        report.records += records;
        report.unsealed += unsealed;
    }
    Ok(fine)
}

/// Whether a record can be the first there is: of its chain, or behind what was purged.
fn begins(read: &Read, seals: &Seals<'_>) -> bool {
    if read.seq == 1 {
        return HashKind::of(&read.hash)
            .is_some_and(|hash| hash.genesis(&read.chain) == read.prev_hash);
    }
    read.seq > 1 && seals.knows(read.seq - 1, &read.prev_hash)
}
