//! What may be entered in a ledger, and the entries themselves with their audit records.

use super::effect::{Audit, Effect, LedgerWrite};
use super::event::{Entry, Standing, Subject};
use super::message::{Act, Class, OnRecord, Plan, RecordCore};
use super::names::{AuthorityId, TxnId};
use chrono::NaiveDate;

/// Whether the ledger allows the act to this person: the predicate, and the class when it does not.
///
/// # Errors
/// The class of the refusal.
pub fn allows(subject: &Subject, act: Act) -> Result<OnRecord, Class> {
    if !subject.holds.is_empty() {
        return Err(Class::HeldByOther);
    }
    still_allows(subject, act)
}

/// As [`allows`], holds left aside: what the holder asks once more when the decision has come.
///
/// # Errors
/// The class of the refusal.
pub(super) fn still_allows(subject: &Subject, act: Act) -> Result<OnRecord, Class> {
    if !subject.alive {
        return Err(Class::Dead);
    }
    match (act, subject.standing) {
        (_, Standing::Disputed) => return Err(Class::Disputed),
        (_, Standing::LegacyUnresolved) => return Err(Class::LegacyUnresolved),
        (Act::Marry { .. }, Standing::Free) => return Ok(OnRecord::Good),
        (Act::Marry { .. }, Standing::NoRecord { coverage_from }) => {
            return Ok(OnRecord::NoRecord { coverage_from });
        }
        (Act::Marry { .. }, Standing::Married { .. }) => return Err(Class::NotFree),
        (_, Standing::Married { record }) if record == act.record() => {}
        _ => return Err(Class::NotMarried),
    }
    match act {
        Act::ApplyDivorce { .. } if subject.mark.is_some() => Err(Class::AlreadyMarked),
        Act::WithdrawDivorce { application, .. } | Act::Divorce { application, .. }
            if subject.mark != Some(application) =>
        {
            Err(Class::NotMarked)
        }
        _ => Ok(OnRecord::Good),
    }
}

/// M-13, I-1: whether a marriage that is to have effect from an earlier day lies over none that has ended since.
///
/// # Errors
/// The class of the refusal.
pub(super) fn clear_behind(subject: &Subject, plan: &Plan) -> Result<(), Class> {
    let marries = matches!(plan.act, Act::Marry { .. });
    match (plan.effective_from, subject.free_since) {
        (Some(from), Some(free)) if marries && from < free => Err(Class::NotFree),
        _ => Ok(()),
    }
}

/// The entries of one step for one person, each under the next sequence.
pub(super) struct Ledger<'a> {
    subject: &'a Subject,
    txn: Option<TxnId>,
    /// The sequence of the last entry.
    pub(super) seq: u64,
    writes: Vec<Effect>,
}

impl<'a> Ledger<'a> {
    pub(super) const fn of(subject: &'a Subject, txn: Option<TxnId>) -> Self {
        Self {
            subject,
            txn,
            seq: subject.seq,
            writes: Vec::new(),
        }
    }

    /// An entry about an act, or about nothing but the person.
    pub(super) fn enter(
        &mut self,
        entry: Entry,
        act: Option<Act>,
        effective_on: Option<NaiveDate>,
    ) {
        self.seq += 1;
        let application = match act {
            Some(
                Act::ApplyDivorce { application, .. }
                | Act::WithdrawDivorce { application, .. }
                | Act::Divorce { application, .. },
            ) => Some(application),
            _ => None,
        };
        self.writes.push(Effect::Ledger(LedgerWrite {
            person: self.subject.person.clone(),
            seq: self.seq,
            entry,
            record: act.map(Act::record),
            application,
            effective_on,
            txn: self.txn,
        }));
    }

    /// The act itself.
    pub(super) fn commit(&mut self, act: Act, core: &RecordCore) {
        self.enter(Entry::of(act), Some(act), Some(core.effective_from));
    }

    /// The entries, and the one audit record of them.
    pub(super) fn done(self, plan: &Plan) -> Vec<Effect> {
        let audit = audit(self.subject, true, plan);
        self.done_with(audit)
    }

    /// The entries of something that no transaction asked for, and its audit record.
    pub(super) fn done_by(self, by: AuthorityId, purpose: &str) -> Vec<Effect> {
        let audit = Effect::Audit(Audit {
            person: self.subject.person.clone(),
            wrote: true,
            txn: self.txn,
            by,
            officer: String::new(),
            purpose: purpose.to_owned(),
        });
        self.done_with(audit)
    }

    fn done_with(mut self, audit: Effect) -> Vec<Effect> {
        self.writes.push(audit);
        self.writes
    }
}

/// A ledger was looked at for this transaction.
pub(super) fn audit(subject: &Subject, wrote: bool, plan: &Plan) -> Effect {
    Effect::Audit(Audit {
        person: subject.person.clone(),
        wrote,
        txn: Some(plan.txn),
        by: plan.coordinator,
        officer: plan.officer.clone(),
        purpose: plan.purpose.clone(),
    })
}
