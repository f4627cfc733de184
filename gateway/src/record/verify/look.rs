//! A chain in which something does not fit, number by number.

use std::collections::HashMap;

use super::super::line::{self, Read, Spoilt};
use super::super::seal::day_of;
use super::super::store::{Segment, Store, StoreError};
use super::{Damage, Finding, Report, Seals, begins};

/// A line and where it stands.
struct Item {
    segment: usize,
    line: usize,
    read: Result<Read, Spoilt>,
}

/// Looks at every number of a chain in which something does not fit.
pub(super) fn thorough(
    store: &mut dyn Store,
    chain: &str,
    segments: &[Segment],
    seals: &Seals<'_>,
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
    look.late();
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
    seals: &'a Seals<'a>,
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
                .get(&read.seq.saturating_add(1))
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
        let most = first
            .saturating_add(self.items.len() as u64)
            .saturating_add(self.seals.last());
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
        self.gap(&mut missing, last.min(most).saturating_add(1));
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
            let told = self.is_inserted(*at);
            let misplaced = self
                .read(*at)
                .is_some_and(|read| day_of(read.at) != self.segments[self.items[*at].segment].day);
            if !told && (!kept[place] || misplaced) {
                self.found(Damage::Reordered, Some((*seq, *seq)), Some(*at), "");
            }
        }
    }

    /// Whether a line was told to be inserted.
    fn is_inserted(&self, at: usize) -> bool {
        let item = &self.items[at];
        self.findings.iter().any(|finding| {
            finding.damage == Damage::Inserted
                && finding.line.as_ref().is_some_and(|(segment, line)| {
                    *segment == self.segments[item.segment] && *line == item.line
                })
        })
    }

    /// Which records are dated well before a seal that does not hold them: told as one for as long as they follow
    /// each other, for a whole chain may have been put in.
    fn late(&mut self) {
        let mut runs: Vec<(usize, u64, u64)> = Vec::new();
        for at in 0..self.items.len() {
            let late = self
                .read(at)
                .filter(|read| read.chain == self.chain && self.seals.is_late(read))
                .map(|read| read.seq);
            let Some(seq) = late.filter(|_| !self.is_inserted(at)) else {
                continue;
            };
            match runs.last_mut() {
                Some((_, _, last)) if last.checked_add(1) == Some(seq) => *last = seq,
                _ => runs.push((at, seq, seq)),
            }
        }
        for (at, first, last) in runs {
            let why = "older than a seal that does not hold it";
            self.found(Damage::Inserted, Some((first, last)), Some(at), why);
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
