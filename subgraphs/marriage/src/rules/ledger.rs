//! A person's marital ledger 婚姻状况台账: an append-only chain of events, and the status that
//! follows from replaying it.
//!
//! Invariants: `seq` counts from 1 without gaps for each person; every entry's hash covers the one
//! before; the hash **never** covers the person's token, so that re-tokenisation leaves chains
//! whole. The status is never stored as a fact of its own: a late judgment (M-21) takes effect at
//! its own date wherever it stands in the chain, and a void marriage (M-22) counts for nothing.

use chrono::{DateTime, NaiveDate, Utc};
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

/// The status of a person: replay of all entries, each at its own effective day.
///
/// I-1: two valid marriages that overlap make the person `Disputed`.
#[must_use]
pub fn replay(entries: &[Entry]) -> Status {
    let mut spans: Vec<Span> = Vec::new();
    let (mut held, mut legacy, mut declared, mut disputes) = (false, false, false, 0_u32);
    for entry in entries {
        // The act that a person was held for ends the hold; nothing else but a release does.
        held &= !matches!(
            entry.event,
            LedgerEvent::Married
                | LedgerEvent::Divorced
                | LedgerEvent::DivorceApplied
                | LedgerEvent::DivorceApplicationClosed
        );
        match entry.event {
            LedgerEvent::DeclaredNeverMarried => declared = true,
            LedgerEvent::Married => spans.push(Span {
                record: entry.record,
                from: entry.effective_on,
                until: None,
                never_was: false,
            }),
            LedgerEvent::Divorced
            | LedgerEvent::DivorcedByCourt
            | LedgerEvent::EndedByDeclaration => {
                end(&mut spans, entry, Status::Divorced);
            }
            LedgerEvent::SpouseDied => end(&mut spans, entry, Status::Widowed),
            LedgerEvent::Died
            | LedgerEvent::DivorceApplied
            | LedgerEvent::DivorceApplicationClosed => {}
            LedgerEvent::Voided
            | LedgerEvent::Annulled
            | LedgerEvent::RevokedFraud
            | LedgerEvent::Parted => {
                if let Some(span) = spans.iter_mut().find(|s| s.record == entry.record) {
                    span.never_was = true;
                }
            }
            LedgerEvent::Held => held = true,
            LedgerEvent::Released => held = false,
            LedgerEvent::LegacyFound => legacy = true,
            LedgerEvent::Disputed => disputes += 1,
            LedgerEvent::Cleared => disputes = disputes.saturating_sub(1),
            LedgerEvent::Corrected => {
                if let Some(span) = spans.iter_mut().find(|s| s.record == entry.record) {
                    span.until = None;
                    span.never_was = false;
                }
            }
        }
    }
    spans.retain(|span| !span.never_was);
    spans.sort_by_key(|span| span.from);
    let overlap = spans.windows(2).any(|pair| match pair {
        [first, second] => first.until.is_none_or(|(until, _)| second.from < until),
        _ => false,
    });
    if overlap || disputes > 0 {
        return Status::Disputed;
    }
    if held {
        return Status::Held;
    }
    match spans.last() {
        Some(Span { until: None, .. }) => Status::Married,
        Some(Span {
            until: Some((_, status)),
            ..
        }) => *status,
        None if legacy => Status::LegacyUnresolved,
        None if declared => Status::NeverMarriedDeclared,
        None => Status::NoRecord,
    }
}

/// The earliest end counts: a judgment of last year is not undone by a death of this year.
fn end(spans: &mut [Span], entry: &Entry, status: Status) {
    if let Some(span) = spans.iter_mut().find(|span| span.record == entry.record)
        && span
            .until
            .is_none_or(|(until, _)| entry.effective_on < until)
    {
        span.until = Some((entry.effective_on, status));
    }
}

/// The day of death that a ledger holds and nothing has taken back; with a record, only the death that ended
/// this one.
#[must_use]
pub fn death_in(entries: &[Entry], record: Option<Uuid>) -> Option<NaiveDate> {
    let mut deaths: Vec<&Entry> = Vec::new();
    for entry in entries {
        match entry.event {
            LedgerEvent::Died => {
                deaths.retain(|death| death.record != entry.record);
                deaths.push(entry);
            }
            LedgerEvent::Corrected | LedgerEvent::EndedByDeclaration => {
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

/// Marital status GB/T 2261.2-2003 for export; what has no code there is 90 未说明.
#[must_use]
pub const fn gb_t_2261_2(status: Status) -> &'static str {
    match status {
        Status::NeverMarriedDeclared => "10",
        Status::Married => "20",
        Status::Widowed => "30",
        Status::Divorced => "40",
        Status::NoRecord | Status::Held | Status::Disputed | Status::LegacyUnresolved => "90",
    }
}

/// The bytes an entry's hash covers: the hash before it, then its own facts, each with its length.
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

/// The hash of an entry, given the hash of the one before it (empty for the first).
#[must_use]
pub fn hash(previous: &[u8], entry: &Entry) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(preimage(previous, entry)).to_vec()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
