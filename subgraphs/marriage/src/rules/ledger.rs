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
}

impl LedgerEvent {
    /// Every event, in the order of the list above.
    pub const ALL: [Self; 15] = [
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
        match entry.event {
            LedgerEvent::DeclaredNeverMarried => declared = true,
            LedgerEvent::Married => spans.push(Span {
                record: entry.record,
                from: entry.effective_on,
                until: None,
                never_was: false,
            }),
            LedgerEvent::Divorced | LedgerEvent::DivorcedByCourt => {
                end(&mut spans, entry, Status::Divorced);
            }
            LedgerEvent::SpouseDied => end(&mut spans, entry, Status::Widowed),
            LedgerEvent::Died => {}
            LedgerEvent::Voided | LedgerEvent::Annulled | LedgerEvent::RevokedFraud => {
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
mod tests {
    use super::*;
    use LedgerEvent as E;
    use proptest::prelude::*;

    fn entries(list: &[(LedgerEvent, &str, u128)]) -> Vec<Entry> {
        list.iter()
            .enumerate()
            .map(|(index, (event, day, record))| Entry {
                seq: index as i64 + 1,
                event: *event,
                effective_on: day.parse().unwrap(),
                at: DateTime::UNIX_EPOCH,
                record: (*record > 0).then(|| Uuid::from_u128(*record)),
            })
            .collect()
    }

    #[test]
    fn the_status_follows_from_the_events_at_their_own_days() {
        let married = (E::Married, "2010-05-01", 1);
        type Case<'a> = (&'a str, Vec<(LedgerEvent, &'a str, u128)>, Status);
        let table: Vec<Case<'_>> = vec![
            ("nothing", vec![], Status::NoRecord),
            (
                "declared",
                vec![(E::DeclaredNeverMarried, "2020-01-01", 0)],
                Status::NeverMarriedDeclared,
            ),
            ("married", vec![married], Status::Married),
            (
                "divorced",
                vec![married, (E::Divorced, "2015-01-01", 1)],
                Status::Divorced,
            ),
            (
                "widowed",
                vec![married, (E::SpouseDied, "2015-01-01", 1)],
                Status::Widowed,
            ),
            (
                "married again",
                vec![
                    married,
                    (E::Divorced, "2015-01-01", 1),
                    (E::Married, "2015-01-01", 2),
                ],
                Status::Married,
            ),
            (
                "twice at once",
                vec![married, (E::Married, "2012-01-01", 2)],
                Status::Disputed,
            ),
            (
                "the second was a fraud",
                vec![
                    married,
                    (E::Married, "2012-01-01", 2),
                    (E::RevokedFraud, "2023-01-01", 2),
                ],
                Status::Married,
            ),
            (
                "void: as if never married",
                vec![married, (E::Voided, "2012-01-01", 1)],
                Status::NoRecord,
            ),
            (
                "a late judgment has its own day",
                vec![
                    married,
                    (E::Married, "2016-01-01", 2),
                    (E::DivorcedByCourt, "2015-01-01", 1),
                ],
                Status::Married,
            ),
            (
                "a judgment before the death",
                vec![
                    married,
                    (E::SpouseDied, "2020-01-01", 1),
                    (E::DivorcedByCourt, "2018-01-01", 1),
                ],
                Status::Divorced,
            ),
            (
                "a case is open",
                vec![married, (E::Disputed, "2023-01-01", 1)],
                Status::Disputed,
            ),
            (
                "the case is cleared",
                vec![
                    married,
                    (E::Disputed, "2023-01-01", 1),
                    (E::RevokedFraud, "2023-02-01", 1),
                    (E::Cleared, "2023-02-01", 1),
                ],
                Status::NoRecord,
            ),
            (
                "a wrong end is corrected",
                vec![
                    married,
                    (E::DivorcedByCourt, "2015-01-01", 1),
                    (E::Corrected, "2016-01-01", 1),
                ],
                Status::Married,
            ),
            ("held", vec![(E::Held, "2026-01-01", 0)], Status::Held),
            (
                "released",
                vec![(E::Held, "2026-01-01", 0), (E::Released, "2026-01-01", 0)],
                Status::NoRecord,
            ),
            (
                "an old paper waits",
                vec![(E::LegacyFound, "1979-01-01", 0)],
                Status::LegacyUnresolved,
            ),
        ];
        for (name, list, status) in table {
            assert_eq!(replay(&entries(&list)), status, "{name}");
        }
    }

    #[test]
    fn what_has_no_code_in_the_standard_is_exported_as_not_stated() {
        for (status, code) in [
            (Status::NeverMarriedDeclared, "10"),
            (Status::Married, "20"),
            (Status::Widowed, "30"),
            (Status::Divorced, "40"),
            (Status::NoRecord, "90"),
            (Status::Held, "90"),
            (Status::Disputed, "90"),
        ] {
            assert_eq!(gb_t_2261_2(status), code);
        }
    }

    #[test]
    fn the_hash_covers_every_fact_and_the_entry_before() {
        let list = entries(&[(E::Married, "2010-05-01", 1)]);
        let entry = list.first().unwrap();
        let base = hash(&[], entry);
        let changed = [
            hash(&[0], entry),
            hash(
                &[],
                &Entry {
                    seq: 2,
                    ..entry.clone()
                },
            ),
            hash(
                &[],
                &Entry {
                    event: E::Divorced,
                    ..entry.clone()
                },
            ),
            hash(
                &[],
                &Entry {
                    record: None,
                    ..entry.clone()
                },
            ),
            hash(
                &[],
                &Entry {
                    at: DateTime::UNIX_EPOCH + chrono::Duration::seconds(1),
                    ..entry.clone()
                },
            ),
        ];
        for other in changed {
            assert_ne!(base, other);
        }
    }

    proptest! {
        #[test]
        fn no_ledger_makes_the_replay_fail(
            list in proptest::collection::vec((0..15usize, 0..20_000i32, 0..4u128), 0..40)
        ) {
            let entries: Vec<Entry> = list
                .into_iter()
                .enumerate()
                .map(|(index, (event, days, record))| Entry {
                    seq: index as i64,
                    event: LedgerEvent::ALL[event],
                    effective_on: NaiveDate::from_num_days_from_ce_opt(710_000 + days).unwrap(),
                    at: DateTime::UNIX_EPOCH,
                    record: (record > 0).then(|| Uuid::from_u128(record)),
                })
                .collect();
            let _ = replay(&entries);
        }
    }
}
