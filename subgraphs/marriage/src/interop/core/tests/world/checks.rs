//! The invariants, as the rows of all provinces show them: at any moment, and at rest.

use super::{Marriage, Province, token};
use crate::interop::core::event::{Entry, Log, Phase, Row};
use crate::interop::core::message::{Act, Commitment};
use crate::interop::core::{AuthorityId, RecordId, TxnId};
use std::collections::{BTreeMap, BTreeSet};

/// What is so in the world, and on no disk.
#[derive(Debug, Default)]
pub(in crate::interop) struct Outside {
    /// Marriages that a death or a court has ended: they are not valid, even while a restored
    /// ledger waits for its feed to bring the paper again.
    pub(in crate::interop) over: BTreeSet<RecordId>,
    /// Provinces whose disk was replaced by an older copy and that have not started from it yet:
    /// that disk says "serving", but nobody does.
    pub(in crate::interop) asleep: BTreeSet<AuthorityId>,
}

/// What the rows of these provinces say together, at any moment. `None` when all is well.
///
/// A province that is catching up is not looked at for what it lacks: it says nothing to anybody.
pub(in crate::interop) fn violation<'a>(
    all: impl Iterator<Item = &'a Province> + Clone,
    outside: &Outside,
) -> Option<&'static str> {
    let mut marks: BTreeMap<RecordId, RecordId> = BTreeMap::new();
    let mut ends: BTreeMap<TxnId, bool> = BTreeMap::new();
    for province in all.clone() {
        if let Some(fault) = province.fault {
            return Some(fault);
        }
        let serving = province.station.serving() && !outside.asleep.contains(&province.station.id);
        for person in province.persons.values() {
            let marriages = person.marriages();
            let valid = |m: &&Marriage| !m.ended && !outside.over.contains(&m.record);
            let open = marriages.iter().filter(valid).count();
            if open > 1 && !person.disputed() && serving {
                return Some("I-1 two valid marriages");
            }
            // Nor does a mark of a province that is catching up count: its withdrawal may be on the
            // next page, and meanwhile nobody is answered by it.
            if serving
                && !person.disputed()
                && let (Some(mark), Some(marriage)) =
                    (person.mark(), marriages.iter().find(|m| !m.ended))
                && *marks.entry(marriage.record).or_insert(mark) != mark
            {
                return Some("I-12 two open divorce applications");
            }
        }
        let told = province.rows.iter().filter_map(|(txn, row)| match row {
            Row::Decided { decision, .. } => Some((*txn, decision.commitment().is_some())),
            Row::Confirmed { .. } => Some((*txn, true)),
            Row::Released { .. } => Some((*txn, false)),
            _ => None,
        });
        let logged = province
            .logs
            .iter()
            .filter_map(|(txn, log)| log.decision().map(|d| (*txn, d.commitment().is_some())));
        for (txn, committed) in told.chain(logged) {
            if *ends.entry(txn).or_insert(committed) != committed {
                return Some("I-3 two decisions");
            }
        }
        for txn in province.registered.keys() {
            let log = province.logs.get(txn).and_then(Log::decision);
            if log.is_none_or(|d| d.commitment().is_none()) {
                return Some("I-4 a certificate without COMMITTED");
            }
        }
    }
    let by_id: BTreeMap<_, _> = all.map(|p| (p.station.id, p)).collect();
    by_id
        .values()
        .find_map(|province| half(province, &by_id, &outside.asleep))
}

/// I-2 as far as it can be seen at any moment: what DA has committed, HA can still follow.
fn half(
    da: &Province,
    all: &BTreeMap<AuthorityId, &Province>,
    asleep: &BTreeSet<AuthorityId>,
) -> Option<&'static str> {
    da.rows.iter().find_map(|(txn, row)| {
        let Row::Decided { decision, .. } = row else {
            return None;
        };
        let commitment = decision.commitment()?;
        let ha = all.get(&commitment.plan.ha?)?;
        if !ha.station.serving() || asleep.contains(&ha.station.id) {
            return None;
        }
        let grant = commitment.grant.as_ref()?;
        match ha.rows.get(txn) {
            Some(Row::Held { hold }) if hold.fence == grant.body.fence => None,
            Some(Row::Held { .. }) => Some("I-7 a promise under another fence was used"),
            Some(Row::Confirmed { .. } | Row::Forced { .. }) => None,
            _ => Some("I-2 committed, and the holder cannot follow"),
        }
    })
}

/// What must hold when nothing more can happen.
pub(in crate::interop) fn unrest<'a>(
    all: impl Iterator<Item = &'a Province> + Clone,
) -> Option<&'static str> {
    let by_id: BTreeMap<_, _> = all.clone().map(|p| (p.station.id, p)).collect();
    for province in all {
        for (txn, row) in &province.rows {
            match row {
                Row::Held { .. } => return Some("I-6 a hold for ever"),
                Row::Forced { verdict: None, .. } => return Some("I-6 a forced abort untold"),
                Row::Decided { alone: true, .. } => {
                    return Some("I-6 freed, and not free for ever");
                }
                Row::Confirmed { hold, .. } => {
                    let da = by_id.get(&hold.plan.da).and_then(|da| da.rows.get(txn));
                    if !matches!(da, Some(Row::Decided { decision, .. })
                        if decision.commitment().is_some())
                    {
                        return Some("I-2 confirmed, and the decider does not have it");
                    }
                }
                Row::Decided { decision, .. } => {
                    let Some(done) = decision.commitment() else {
                        continue;
                    };
                    let ha = done.plan.ha.and_then(|ha| by_id.get(&ha));
                    let followed = ha.is_none_or(|ha| {
                        matches!(
                            ha.rows.get(txn),
                            Some(Row::Confirmed { .. } | Row::Forced { .. })
                        )
                    });
                    if !followed {
                        return Some("I-2 committed, and the holder did not follow");
                    }
                    let home = by_id.get(&done.plan.coordinator);
                    if home.is_some_and(|home| !home.registered.contains_key(txn)) {
                        return Some("I-5 committed, and no record");
                    }
                    let apart = |home: &&&Province| {
                        let id = home.station.id;
                        id != done.plan.da && Some(id) != done.plan.ha
                    };
                    if has_ended(province, done)
                        && home
                            .filter(apart)
                            .is_some_and(|home| !home.over.contains(txn))
                    {
                        return Some("I-2 ended, and the record of who accepted it stands");
                    }
                }
                _ => {}
            }
        }
        for log in province.logs.values() {
            if log.phase != Phase::HaSettled && !log.stuck {
                return Some("I-5 a transaction without an end");
            }
        }
        if province.persons.values().any(|p| !p.holds().is_empty()) {
            return Some("I-6 a held person");
        }
        if !province.untold().is_empty() {
            return Some("I-5 a notice untold");
        }
    }
    None
}

/// Whether the decider's ledger says that a death or a court has ended the marriage.
fn has_ended(da: &Province, done: &Commitment) -> bool {
    let record = Some(done.plan.act.record());
    let ledgers = done
        .parties
        .iter()
        .filter_map(|party| da.persons.get(&token(&party.identity)));
    matches!(done.plan.act, Act::Marry { .. })
        && ledgers
            .flat_map(|ledger| &ledger.entries)
            .any(|write| matches!(write.entry, Entry::Ended(_)) && write.record == record)
}
