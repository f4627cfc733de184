//! A person's marital ledger 婚姻状况台账: an append-only chain of events, and the status that
//! follows from replaying it.
//!
//! Invariants: `seq` counts from 1 without gaps for each person; every entry's hash covers the one
//! before; the hash **never** covers the person's token, so that re-tokenisation leaves chains
//! whole. The status is never stored as a fact of its own: a late judgment (M-21) takes effect at
//! its own date wherever it stands in the chain, and a void marriage (M-22) counts for nothing.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

/// What happened to a person's marital status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LedgerEvent {
    /// 声明未婚: signed declaration before a registrar.
    DeclaredNeverMarried,
    /// 结婚登记.
    Married,
    /// 离婚登记.
    Divorced,
    /// 判决离婚.
    DivorcedByCourt,
    /// 配偶死亡.
    SpouseDied,
    /// 本人死亡.
    Died,
    /// 婚姻无效.
    Voided,
    /// 婚姻撤销.
    Annulled,
    /// 登记撤销 (冒名顶替).
    RevokedFraud,
    /// 跨省登记占用.
    Held,
    /// 解除占用.
    Released,
    /// 历史记录待核.
    LegacyFound,
    /// 存疑立案.
    Disputed,
    /// 存疑结案.
    Cleared,
    /// 更正: the end of the record's marriage that stands before this entry was wrong.
    Corrected,
    /// 死亡宣告撤销后未恢复: the marriage ended with a declaration of death that was taken back too late.
    EndedByDeclaration,
    /// 人员拆分: the record belongs to another person, with whom this one had been taken for one.
    Parted,
    /// 离婚申请受理 (跨省): an application for divorce is open somewhere.
    DivorceApplied,
    /// 离婚申请终结 (跨省): that application is closed without a divorce.
    DivorceApplicationClosed,
}

impl LedgerEvent {
    /// Every event, in the order of the list above.
    pub const ALL: [Self; 19] = [
        Self::DeclaredNeverMarried,
        Self::Married,
        Self::Divorced,
        Self::DivorcedByCourt,
        Self::SpouseDied,
        Self::Died,
        Self::Voided,
        Self::Annulled,
        Self::RevokedFraud,
        Self::Held,
        Self::Released,
        Self::LegacyFound,
        Self::Disputed,
        Self::Cleared,
        Self::Corrected,
        Self::EndedByDeclaration,
        Self::Parted,
        Self::DivorceApplied,
        Self::DivorceApplicationClosed,
    ];

    /// The text kept in the database and covered by the hash.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeclaredNeverMarried => "DECLARED_NEVER_MARRIED",
            Self::Married => "MARRIED",
            Self::Divorced => "DIVORCED",
            Self::DivorcedByCourt => "DIVORCED_BY_COURT",
            Self::SpouseDied => "SPOUSE_DIED",
            Self::Died => "DIED",
            Self::Voided => "VOIDED",
            Self::Annulled => "ANNULLED",
            Self::RevokedFraud => "REVOKED_FRAUD",
            Self::Held => "HELD",
            Self::Released => "RELEASED",
            Self::LegacyFound => "LEGACY_FOUND",
            Self::Disputed => "DISPUTED",
            Self::Cleared => "CLEARED",
            Self::Corrected => "CORRECTED",
            Self::EndedByDeclaration => "ENDED_BY_DECLARATION",
            Self::Parted => "PARTED",
            Self::DivorceApplied => "DIVORCE_APPLIED",
            Self::DivorceApplicationClosed => "DIVORCE_APPLICATION_CLOSED",
        }
    }

    /// The event of a stored text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == text)
    }
}

/// One entry, without the person it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Position in the person's chain, from 1; also the fencing token between provinces.
    pub seq: i64,
    /// What happened.
    pub event: LedgerEvent,
    /// The day from which it has effect.
    pub effective_on: NaiveDate,
    /// When it was entered.
    pub at: DateTime<Utc>,
    /// The marriage record it concerns.
    pub record: Option<Uuid>,
}

/// The status that follows from a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// No entry at all: *not* the same as unmarried (M-25).
    NoRecord,
    /// Declared never to have been married.
    NeverMarriedDeclared,
    /// A valid marriage.
    Married,
    /// The last marriage was dissolved.
    Divorced,
    /// The last marriage ended by the spouse's death.
    Widowed,
    /// A registration in progress holds the person.
    Held,
    /// It has held the person for longer than it may take: whether it came about only its decider can say.
    InDoubt,
    /// The records contradict each other; a case must clear it.
    Disputed,
    /// A historic record waits to be matched.
    LegacyUnresolved,
}

/// One marriage as the ledger tells it.
#[derive(Clone, Copy)]
struct Span {
    record: Option<Uuid>,
    from: NaiveDate,
    until: Option<(NaiveDate, Status)>,
    never_was: bool,
}

/// What a ledger tells once all entries are replayed.
#[derive(Default)]
struct Replayed {
    /// Marriages that were, by their first day.
    spans: Vec<Span>,
    /// What the person is held for: more than one thing, where two turned out to be one person.
    held: Vec<Option<Uuid>>,
    /// Historic records that wait to be matched.
    legacy: Vec<Option<Uuid>>,
    declared: bool,
    disputes: u32,
}

/// What ends a marriage that a ledger may hold only after it, for a restore brings entries back in the order in
/// which others had kept them.
fn comes_early<'e>(spans: &[Span], early: &mut Vec<&'e Entry>, entry: &'e Entry) {
    let known = spans.iter().any(|span| span.record == entry.record);
    if entry.record.is_some() && !known {
        early.push(entry);
    }
}

fn replayed(entries: &[Entry]) -> Replayed {
    let mut all = Replayed::default();
    let mut early: Vec<&Entry> = Vec::new();
    for entry in entries {
        // The act that a person was held for ends the hold; nothing else but its release does.
        let same = |held: &Option<Uuid>| held.is_none() || *held == entry.record;
        if matches!(
            entry.event,
            LedgerEvent::Married
                | LedgerEvent::Divorced
                | LedgerEvent::DivorceApplied
                | LedgerEvent::DivorceApplicationClosed
        ) {
            all.held.retain(|held| !same(held));
        }
        match entry.event {
            LedgerEvent::DeclaredNeverMarried => all.declared = true,
            LedgerEvent::Married => {
                // The historic record has been matched.
                all.legacy.retain(|found| *found != entry.record);
                all.spans.push(Span {
                    record: entry.record,
                    from: entry.effective_on,
                    until: None,
                    never_was: false,
                });
                early.retain(|known| {
                    if known.record == entry.record {
                        apply_end(&mut all.spans, known);
                    }
                    known.record != entry.record
                });
            }
            LedgerEvent::Divorced
            | LedgerEvent::DivorcedByCourt
            | LedgerEvent::EndedByDeclaration
            | LedgerEvent::SpouseDied => {
                comes_early(&all.spans, &mut early, entry);
                apply_end(&mut all.spans, entry);
            }
            LedgerEvent::Died
            | LedgerEvent::DivorceApplied
            | LedgerEvent::DivorceApplicationClosed => {}
            LedgerEvent::Voided
            | LedgerEvent::Annulled
            | LedgerEvent::RevokedFraud
            | LedgerEvent::Parted => {
                all.legacy.retain(|found| *found != entry.record);
                comes_early(&all.spans, &mut early, entry);
                apply_end(&mut all.spans, entry);
            }
            LedgerEvent::Held => all.held.push(entry.record),
            LedgerEvent::Released => {
                if let Some(ended) = all.held.iter().position(same) {
                    all.held.remove(ended);
                }
            }
            LedgerEvent::LegacyFound => all.legacy.push(entry.record),
            LedgerEvent::Disputed => all.disputes += 1,
            LedgerEvent::Cleared if all.disputes > 0 => all.disputes -= 1,
            LedgerEvent::Cleared => all.legacy.retain(|found| *found != entry.record),
            LedgerEvent::Corrected => {
                early.retain(|known| known.record != entry.record);
                if let Some(span) = all.spans.iter_mut().find(|s| s.record == entry.record) {
                    span.until = None;
                    span.never_was = false;
                }
            }
        }
    }
    all.spans.retain(|span| !span.never_was);
    all.spans.sort_by_key(|span| span.from);
    all
}

/// What an entry that ends a marriage makes of it, if the ledger has it.
fn apply_end(spans: &mut [Span], entry: &Entry) {
    match entry.event {
        LedgerEvent::SpouseDied => end(spans, entry, Status::Widowed),
        LedgerEvent::Voided
        | LedgerEvent::Annulled
        | LedgerEvent::RevokedFraud
        | LedgerEvent::Parted => {
            if let Some(span) = spans.iter_mut().find(|s| s.record == entry.record) {
                span.never_was = true;
            }
        }
        _ => end(spans, entry, Status::Divorced),
    }
}

/// I-1, 民法典 1042: the records of the marriages that nothing has ended, by their first day.
#[must_use]
pub fn standing(entries: &[Entry]) -> Vec<Option<Uuid>> {
    replayed(entries)
        .spans
        .iter()
        .filter(|span| span.until.is_none())
        .map(|span| span.record)
        .collect()
}

/// M-13, 司法解释(一) 6: the day on which the last of the marriages that are over ended; those that never were in law
/// count for nothing.
#[must_use]
pub fn last_end(entries: &[Entry]) -> Option<NaiveDate> {
    let all = replayed(entries);
    all.spans
        .iter()
        .filter_map(|span| span.until.map(|(day, _)| day))
        .max()
}

/// Whether of two marriages, the earlier one first, the other had begun before it ended.
fn lies_over(first: &Span, second: &Span) -> bool {
    first.until.is_none_or(|(until, _)| second.from < until)
}

/// Whether two marriages that were valid lie over each other.
fn overlap(spans: &[Span]) -> bool {
    spans.windows(2).any(|pair| match pair {
        [first, second] => lies_over(first, second),
        _ => false,
    })
}

/// I-1, 民法典 1042: whether the ledger holds two valid marriages at one time.
#[must_use]
pub fn married_twice(entries: &[Entry]) -> bool {
    overlap(&replayed(entries).spans)
}

/// I-1, 民法典 1042: the records of the marriages that lie over another one of this person, by their first day.
#[must_use]
pub fn over_each_other(entries: &[Entry]) -> Vec<Uuid> {
    let spans = replayed(entries).spans;
    let meets = |at: usize, of: &Span| {
        let before = spans.iter().take(at).any(|first| lies_over(first, of));
        before || spans.iter().skip(at + 1).any(|next| lies_over(of, next))
    };
    spans
        .iter()
        .enumerate()
        .filter(|(at, span)| meets(*at, span))
        .filter_map(|(_, span)| span.record)
        .collect()
}

/// How long a hold stands before whoever gave it asks for the decision (D.2, point 2).
pub const IN_DOUBT_AFTER: TimeDelta = TimeDelta::minutes(10);

/// B.1.6, domain.md D.2: the status of a person at a moment. A hold that stands for longer than a registration between provinces
/// may take leaves the person in doubt: the promise is given, and what became of it is not known here.
#[must_use]
pub fn status_at(entries: &[Entry], now: DateTime<Utc>) -> Status {
    let status = replay(entries);
    let held = entries
        .iter()
        .rfind(|entry| entry.event == LedgerEvent::Held);
    match (status, held) {
        (Status::Held, Some(held)) if now >= held.at + IN_DOUBT_AFTER => Status::InDoubt,
        _ => status,
    }
}

/// M-5, M-21, M-22, I-1, 民法典 1042, 1054: the status of a person by replay of all entries, each at its own
/// effective day. Two valid marriages that overlap make the person `Disputed`; a historic record that waits
/// to be matched goes before every status that would leave the person free (M-25).
#[must_use]
pub fn replay(entries: &[Entry]) -> Status {
    let all = replayed(entries);
    if overlap(&all.spans) || all.disputes > 0 {
        return Status::Disputed;
    }
    if !all.held.is_empty() {
        return Status::Held;
    }
    match all.spans.last() {
        Some(Span { until: None, .. }) => Status::Married,
        _ if !all.legacy.is_empty() => Status::LegacyUnresolved,
        Some(Span {
            until: Some((_, status)),
            ..
        }) => *status,
        None if all.declared => Status::NeverMarriedDeclared,
        None => Status::NoRecord,
    }
}

/// M-13, I-1, 司法解释(一) 6, 民法典 1042: whether a marriage that has effect from a day lies over no other of
/// this person: every other one ended on that day at the latest, or never was.
#[must_use]
pub fn conditions_met_on(entries: &[Entry], day: NaiveDate) -> bool {
    replayed(entries)
        .spans
        .iter()
        .all(|span| span.until.is_some_and(|(until, _)| until <= day))
}

/// M-21, 民法典 1080: the earliest end counts: a judgment of last year is not undone by a death of this year.
fn end(spans: &mut [Span], entry: &Entry, status: Status) {
    if let Some(span) = spans.iter_mut().find(|span| span.record == entry.record)
        && span
            .until
            .is_none_or(|(until, _)| entry.effective_on < until)
    {
        span.until = Some((entry.effective_on, status));
    }
}

/// M-23, 民法典 13, 51: the day of death that a ledger holds and nothing has taken back; with a record, only the
/// death that ended this one. What was another person's does not make this one dead.
#[must_use]
pub fn death_in(entries: &[Entry], record: Option<Uuid>) -> Option<NaiveDate> {
    let mut deaths: Vec<&Entry> = Vec::new();
    for entry in entries {
        match entry.event {
            LedgerEvent::Died => {
                deaths.retain(|death| death.record != entry.record);
                deaths.push(entry);
            }
            LedgerEvent::Corrected | LedgerEvent::EndedByDeclaration | LedgerEvent::Parted => {
                deaths.retain(|death| death.record != entry.record);
            }
            _ => {}
        }
    }
    deaths
        .into_iter()
        .rev()
        .find(|death| record.is_none() || death.record == record)
        .map(|death| death.effective_on)
}

/// B.1.5a, GB/T 2261.2-2003: marital status for export; what has no code there is 90 未说明.
#[must_use]
pub const fn gb_t_2261_2(status: Status) -> &'static str {
    match status {
        Status::NeverMarriedDeclared => "10",
        Status::Married => "20",
        Status::Widowed => "30",
        Status::Divorced => "40",
        Status::NoRecord
        | Status::Held
        | Status::InDoubt
        | Status::Disputed
        | Status::LegacyUnresolved => "90",
    }
}

/// B.1.6, hash chain: the bytes an entry's hash covers: the hash before it, then its own facts, each with its length.
#[must_use]
pub fn preimage(previous: &[u8], entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(160);
    let mut part = |value: &[u8]| {
        bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
        bytes.extend_from_slice(value);
    };
    part(b"minzheng marital ledger 1");
    part(previous);
    part(&entry.seq.to_be_bytes());
    part(entry.event.as_str().as_bytes());
    part(entry.effective_on.to_string().as_bytes());
    // Milliseconds: what both databases keep exactly.
    part(&entry.at.timestamp_millis().to_be_bytes());
    part(
        entry
            .record
            .map_or_else(Vec::new, |id| id.as_bytes().to_vec())
            .as_slice(),
    );
    bytes
}

/// B.1.6, hash chain: the hash of an entry, given the hash of the one before it (empty for the first).
#[must_use]
pub fn hash(previous: &[u8], entry: &Entry) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(preimage(previous, entry)).to_vec()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
