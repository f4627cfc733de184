//! Finding what was done to the log: records removed, altered, reordered or inserted, and seals broken.
//!
//! Each chain is read once from end to end. As long as every record is whole and follows the one before,
//! nothing is remembered but the head. Where something does not fit, the chain is read again and every
//! number looked at: which record is there, which is missing, which stands elsewhere, which does not
//! belong. A record whose own hash is right was altered all the same when its successor, or a seal, knows
//! another hash of it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use chrono::{DateTime, Utc};

use super::line::{self, HashKind, Read, Spoilt};
use super::seal::{self, Seal, SealPublic, Sealed, day_of, is_due};
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
    /// Chains whose last line was cut off, as a crash leaves it; it was never told to anybody.
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
    let mut report = Report::default();
    let sealed = read_seals(store, key, &mut report)?;
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
            thorough(store, chain, segments, &seals, &mut report)?;
        }
    }
    for (segment, entries) in &sealed {
        let gone = !chains
            .get(&segment.chain)
            .is_some_and(|there| there.contains(segment));
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
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

/// Everything the seals say, by segment, in order.
type AllSealed = BTreeMap<Segment, Vec<Sealed>>;

fn read_seals(
    store: &mut dyn Store,
    key: Option<&SealPublic>,
    report: &mut Report,
) -> Result<AllSealed, StoreError> {
    let mut all = AllSealed::new();
    let Some(key) = key else { return Ok(all) };
    let lines = store.seals()?;
    let mut before: Option<&[u8]> = None;
    for (line, number) in lines.iter().zip(1..) {
        report.seals += 1;
        match seal::read(line, number, before, key) {
            Ok(Seal { entries, .. }) => {
                for entry in entries {
                    if let Some(segment) = entry.segment() {
                        all.entry(segment).or_default().push(entry);
                    }
                }
            }
            Err(why) => report.findings.push(Finding {
                damage: Damage::SealBroken,
                chain: String::new(),
                records: Some((number, number)),
                line: None,
                why,
            }),
        }
        before = Some(line);
    }
    Ok(all)
}

/// What the seals know of one chain.
struct Seals {
    /// Heads by number.
    heads: BTreeMap<u64, String>,
}

impl Seals {
    fn of(chain: &str, sealed: &AllSealed) -> Self {
        let entries = sealed.iter().filter(|(segment, _)| segment.chain == chain);
        Self {
            heads: entries
                .flat_map(|(_, entries)| entries)
                .map(|entry| (entry.last, entry.head.clone()))
                .collect(),
        }
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
    seals: &Seals,
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
                Some((seq, hash)) => read.seq == seq + 1 && read.prev_hash == *hash,
                None => begins(&read, seals),
            };
            fine = follows && is_in_place(&read, segment) && seals.agrees(read.seq, &read.hash);
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
fn begins(read: &Read, seals: &Seals) -> bool {
    if read.seq == 1 {
        return HashKind::of(&read.hash)
            .is_some_and(|hash| hash.genesis(&read.chain) == read.prev_hash);
    }
    read.seq > 1 && seals.knows(read.seq - 1, &read.prev_hash)
}

/// A line and where it stands.
struct Item {
    segment: usize,
    line: usize,
    read: Result<Read, Spoilt>,
}

/// Looks at every number of a chain in which something does not fit.
fn thorough(
    store: &mut dyn Store,
    chain: &str,
    segments: &[Segment],
    seals: &Seals,
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut items = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let mut number = 0;
        store.lines(segment, &mut |line| {
            number += 1;
            let read = line::read(line);
            items.push(Item {
                segment: at,
                line: number,
                read,
            });
        })?;
    }
    // A crash cuts off the end of the last line; that record was told to nobody.
    if let Some(last) = items.last()
        && last.read == Err(Spoilt::NotARecord)
    {
        items.pop();
        report.cut_off += 1;
    }
    let mut look = Look {
        chain,
        segments,
        seals,
        items: &items,
        good: HashMap::new(),
        altered: HashMap::new(),
        findings: Vec::new(),
    };
    look.sort_out();
    look.numbers();
    look.order();
    report.records += items.len() as u64;
    report.unsealed += items
        .iter()
        .filter(|item| matches!(&item.read, Ok(read) if read.seq > seals.last()))
        .count() as u64;
    report.findings.append(&mut look.findings);
    Ok(())
}

struct Look<'a> {
    chain: &'a str,
    segments: &'a [Segment],
    seals: &'a Seals,
    items: &'a [Item],
    /// Items whose own hash is right, by number.
    good: HashMap<u64, Vec<usize>>,
    /// Items whose own hash is wrong, by the number they tell.
    altered: HashMap<u64, Vec<usize>>,
    findings: Vec<Finding>,
}

impl Look<'_> {
    fn found(
        &mut self,
        damage: Damage,
        records: Option<(u64, u64)>,
        item: Option<usize>,
        why: &'static str,
    ) {
        let line = item.map(|at| {
            let item = &self.items[at];
            (self.segments[item.segment].clone(), item.line)
        });
        self.findings.push(Finding {
            damage,
            chain: self.chain.to_owned(),
            records,
            line,
            why,
        });
    }

    fn sort_out(&mut self) {
        for (at, item) in self.items.iter().enumerate() {
            match &item.read {
                Ok(read) if read.chain != self.chain => {
                    self.found(
                        Damage::Inserted,
                        Some((read.seq, read.seq)),
                        Some(at),
                        "of another chain",
                    );
                }
                Ok(read) => self.good.entry(read.seq).or_default().push(at),
                Err(Spoilt::Altered(Some(seq))) => self.altered.entry(*seq).or_default().push(at),
                Err(_) => self.found(Damage::Inserted, None, Some(at), "the line is no record"),
            }
        }
    }

    fn read(&self, at: usize) -> Option<&Read> {
        self.items[at].read.as_ref().ok()
    }

    /// Whether something outside a record knows its hash: the record behind it, or a seal.
    fn is_known(&self, at: usize) -> bool {
        let Some(read) = self.read(at) else {
            return false;
        };
        self.seals.knows(read.seq, &read.hash)
            || self
                .good
                .get(&(read.seq + 1))
                .into_iter()
                .flatten()
                .any(|next| {
                    self.read(*next)
                        .is_some_and(|next| next.prev_hash == read.hash)
                })
    }

    /// Every number from the first to the last that was ever sealed or stands here.
    fn numbers(&mut self) {
        let there = || self.good.keys().chain(self.altered.keys()).copied();
        let last = there().max().unwrap_or(0).max(self.seals.last());
        let first_here = there().min().unwrap_or(1);
        // What was purged before the first is known by its seal.
        let purged = self
            .good
            .get(&first_here)
            .into_iter()
            .flatten()
            .any(|at| self.read(*at).is_some_and(|read| begins(read, self.seals)));
        let first = if purged { first_here } else { 1 };
        // An absurd number was never written; it must not make us count to it.
        let most = first + self.items.len() as u64 + self.seals.last();
        let mut missing: Option<u64> = None;
        let mut before: Option<(usize, bool)> = None;
        let mut proven = first.saturating_sub(1);
        for seq in first..=last.min(most) {
            let altered = self.altered.get(&seq).cloned().unwrap_or_default();
            let mut good = self.good.get(&seq).cloned().unwrap_or_default();
            if good.len() > 1 {
                // The one that others know is the one that was written.
                good.sort_by_key(|at| !self.is_known(*at));
                for at in good.split_off(1) {
                    self.found(
                        Damage::Inserted,
                        Some((seq, seq)),
                        Some(at),
                        "there is another of this number",
                    );
                }
            }
            let Some(&at) = good.first() else {
                before = None;
                if let Some(&at) = altered.first() {
                    self.found(Damage::Altered, Some((seq, seq)), Some(at), "");
                    for &extra in &altered[1..] {
                        self.found(
                            Damage::Inserted,
                            Some((seq, seq)),
                            Some(extra),
                            "there is another of this number",
                        );
                    }
                    self.gap(&mut missing, seq);
                } else {
                    missing.get_or_insert(seq);
                }
                continue;
            };
            for &extra in &altered {
                self.found(
                    Damage::Inserted,
                    Some((seq, seq)),
                    Some(extra),
                    "there is another of this number",
                );
            }
            self.gap(&mut missing, seq);
            let known = self.is_known(at);
            self.link(seq, at, known, before);
            if let Some(read) = self.read(at) {
                if self.seals.knows(seq, &read.hash) {
                    proven = seq;
                } else if !self.seals.agrees(seq, &read.hash) {
                    self.found(
                        Damage::Rewritten,
                        Some((proven + 1, seq)),
                        None,
                        "the seal knows another head",
                    );
                    proven = seq;
                }
            }
            let sealed = self
                .read(at)
                .is_some_and(|read| self.seals.knows(seq, &read.hash));
            before = Some((at, sealed));
        }
        self.gap(&mut missing, last.min(most) + 1);
        for (seq, all) in self.good.clone().into_iter().chain(self.altered.clone()) {
            if seq > most || seq < first {
                for at in all {
                    self.found(
                        Damage::Inserted,
                        Some((seq, seq)),
                        Some(at),
                        "no record has this number",
                    );
                }
            }
        }
    }

    /// Tells of the numbers missing before this one.
    fn gap(&mut self, missing: &mut Option<u64>, seq: u64) {
        if let Some(from) = missing.take() {
            self.found(Damage::Removed, Some((from, seq - 1)), None, "");
        }
    }

    /// A record that does not follow the one before: one of the two was changed and given a new hash.
    fn link(&mut self, seq: u64, at: usize, known: bool, before: Option<(usize, bool)>) {
        let Some(read) = self.read(at) else { return };
        match before {
            None if seq == 1 && !begins(read, self.seals) => self.found(
                Damage::Altered,
                Some((1, 1)),
                Some(at),
                "it is not the first",
            ),
            None => {}
            Some((earlier, sealed)) => {
                let follows = self
                    .read(earlier)
                    .is_some_and(|earlier| earlier.hash == read.prev_hash);
                if follows {
                    return;
                }
                // Whichever of the two others know is the one that was written.
                let (records, item) = match (sealed, known) {
                    (false, true) => ((seq - 1, seq - 1), earlier),
                    (true, false) => ((seq, seq), at),
                    _ => ((seq - 1, seq), at),
                };
                let why = "these two do not follow each other";
                self.found(Damage::Altered, Some(records), Some(item), why);
            }
        }
    }

    /// Which records stand elsewhere: those outside the longest run that is in order, and those of
    /// another day than their segment's.
    fn order(&mut self) {
        let stands: Vec<(usize, u64)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| {
                let seq = match &item.read {
                    Ok(read) if read.chain == self.chain => read.seq,
                    Err(Spoilt::Altered(Some(seq))) => *seq,
                    _ => return None,
                };
                Some((at, seq))
            })
            .collect();
        let kept = longest_run(&stands.iter().map(|(_, seq)| *seq).collect::<Vec<_>>());
        for (place, (at, seq)) in stands.iter().enumerate() {
            let told = self.findings.iter().any(|finding| {
                finding.damage == Damage::Inserted
                    && finding.line.as_ref().is_some_and(|(segment, line)| {
                        let item = &self.items[*at];
                        *segment == self.segments[item.segment] && *line == item.line
                    })
            });
            let misplaced = self
                .read(*at)
                .is_some_and(|read| day_of(read.at) != self.segments[self.items[*at].segment].day);
            if !told && (!kept[place] || misplaced) {
                self.found(Damage::Reordered, Some((*seq, *seq)), Some(*at), "");
            }
        }
    }
}

/// Which members belong to a longest strictly increasing run.
fn longest_run(numbers: &[u64]) -> Vec<bool> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; numbers.len()];
    for (at, number) in numbers.iter().enumerate() {
        let place = ends.partition_point(|end| numbers[*end] < *number);
        before[at] = place.checked_sub(1).map(|place| ends[place]);
        if place == ends.len() {
            ends.push(at);
        } else {
            ends[place] = at;
        }
    }
    let mut kept = vec![false; numbers.len()];
    let mut at = ends.last().copied();
    while let Some(position) = at {
        kept[position] = true;
        at = before[position];
    }
    kept
}
