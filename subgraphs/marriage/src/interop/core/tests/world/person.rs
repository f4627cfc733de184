//! A person's ledger, and what it says whatever the order of its entries.

use crate::interop::core::event::{Entry, Standing, Subject};
use crate::interop::core::{LedgerWrite, PersonId, RecordId, TxnId, marks};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// A person's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::interop) struct Person {
    /// What was on record before the first entry.
    pub(in crate::interop) base: Standing,
    pub(in crate::interop) entries: Vec<LedgerWrite>,
}

/// A marriage as one ledger tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::interop) struct Marriage {
    pub(in crate::interop) record: RecordId,
    pub(in crate::interop) ended: bool,
}

impl Person {
    /// Whatever the order of the entries: a restore brings them back in another.
    pub(in crate::interop) fn marriages(&self) -> Vec<Marriage> {
        let base = match self.base {
            Standing::Married { record } => Some(record),
            _ => None,
        };
        let of = |wanted: fn(Entry) -> bool| {
            let entries = self.entries.iter().filter(move |w| wanted(w.entry));
            entries.filter_map(|w| w.record)
        };
        let ended: Vec<_> = of(|e| matches!(e, Entry::Divorced | Entry::Ended(_))).collect();
        let made = base.into_iter().chain(of(|e| e == Entry::Married));
        made.map(|record| Marriage {
            record,
            ended: ended.contains(&record),
        })
        .collect()
    }

    pub(in crate::interop) fn disputed(&self) -> bool {
        let count = |entry| self.entries.iter().filter(|w| w.entry == entry).count();
        self.base == Standing::Disputed || count(Entry::Disputed) > count(Entry::Cleared)
    }

    pub(in crate::interop) fn has(&self, entry: Entry) -> bool {
        self.entries.iter().any(|write| write.entry == entry)
    }

    pub(in crate::interop) fn mark(&self) -> Option<RecordId> {
        let mut known: BTreeMap<RecordId, marks::Mark> = BTreeMap::new();
        for write in &self.entries {
            let before = write.application.and_then(|of| known.get(&of).copied());
            if let Some(mark) = marks::noted(before, write.entry, write.application, write.record) {
                known.insert(mark.application, mark);
            }
        }
        let marriages = self.marriages();
        marks::open(known.into_values(), |record| {
            let standing = marriages.iter().filter(|m| !m.ended);
            standing
                .map(|m| m.record)
                .any(|of| record.is_none_or(|wanted| wanted == of))
        })
    }

    pub(in crate::interop) fn holds(&self) -> BTreeSet<TxnId> {
        let mut holds = BTreeSet::new();
        for (write, txn) in self.entries.iter().filter_map(|w| Some((w, w.txn?))) {
            match write.entry {
                Entry::Held => {
                    holds.insert(txn);
                }
                Entry::Released => {
                    holds.remove(&txn);
                }
                _ => {}
            }
        }
        holds
    }

    pub(super) fn standing(&self) -> Standing {
        if self.disputed() {
            return Standing::Disputed;
        }
        let marriages = self.marriages();
        match (marriages.iter().find(|m| !m.ended), self.base) {
            (Some(marriage), _) => Standing::Married {
                record: marriage.record,
            },
            (None, Standing::Married { .. }) => Standing::Free,
            (None, base) => base,
        }
    }

    pub(super) fn standing_records(&self) -> BTreeSet<RecordId> {
        let marriages = self.marriages().into_iter();
        marriages.filter(|m| !m.ended).map(|m| m.record).collect()
    }

    pub(super) fn free_since(&self) -> Option<NaiveDate> {
        let ends = self
            .entries
            .iter()
            .filter(|write| matches!(write.entry, Entry::Divorced | Entry::Ended(_)));
        ends.filter_map(|write| write.effective_on).max()
    }

    pub(super) fn subject(&self, person: &PersonId) -> Subject {
        Subject {
            person: person.clone(),
            seq: self.entries.len() as u64,
            alive: !self.has(Entry::Died),
            standing: self.standing(),
            free_since: self.free_since(),
            holds: self.holds(),
            stands: self.standing_records(),
            mark: self.mark(),
        }
    }
}
