//! Appending to a person's marital ledger, and reading it back.

use crate::kit::events::{Event, emit};
use crate::kit::{Error, Result};
use crate::model::ledger_entry;
use crate::rules::ledger::{Entry, LedgerEvent, Status, hash, replay, status_at};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// What is to be entered.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// What happened.
    pub event: LedgerEvent,
    /// From when it has effect.
    pub effective_on: NaiveDate,
    /// The marriage record it concerns.
    pub record: Option<Uuid>,
}

/// The row that follows `last` in a person's chain.
#[must_use]
pub fn next_row(
    person: &str,
    last: Option<&ledger_entry::Model>,
    fact: Fact,
    at: DateTime<Utc>,
) -> ledger_entry::Model {
    // Both databases keep milliseconds exactly, and the hash covers no more.
    let at = DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at);
    let entry = Entry {
        seq: last.map_or(1, |row| row.seq + 1),
        event: fact.event,
        effective_on: fact.effective_on,
        at,
        record: fact.record,
    };
    let prev_hash = last.map_or_else(Vec::new, |row| row.hash.clone());
    ledger_entry::Model {
        person: person.to_owned(),
        seq: entry.seq,
        event: entry.event.as_str().to_owned(),
        effective_on: entry.effective_on,
        at,
        record_id: entry.record,
        hash: hash(&prev_hash, &entry),
        prev_hash,
    }
}

/// The event of an entry, whose key is the person's token.
pub const ENTERED: &str = "MaritalLedgerEntered";

/// Appends one fact and tells of it. Two writers at once meet in the primary key, and one of them
/// repeats.
pub async fn append(
    tx: &DatabaseTransaction,
    person: &str,
    fact: Fact,
    at: DateTime<Utc>,
) -> Result<ledger_entry::Model> {
    let last = ledger_entry::Entity::find()
        .filter(ledger_entry::Column::Person.eq(person))
        .order_by_desc(ledger_entry::Column::Seq)
        .one(tx)
        .await?;
    let row = next_row(person, last.as_ref(), fact, at);
    ledger_entry::Entity::insert(ledger_entry::ActiveModel::from(row.clone()))
        .exec_without_returning(tx)
        .await?;
    let entered = Event {
        kind: ENTERED.to_owned(),
        key: person.to_owned(),
        at,
        body: json!({ "version": 1, "seq": row.seq }),
    };
    emit(tx, &entered).await?;
    Ok(row)
}

/// A person's entries behind a position, in order, and the position of the last; with no position given,
/// none, and the position of the last there is.
///
/// # Errors
/// What the database says.
pub async fn behind(
    db: &impl ConnectionTrait,
    person: &str,
    seq: Option<i64>,
) -> Result<(Vec<Entry>, Option<i64>)> {
    use ledger_entry::Column;
    let own = ledger_entry::Entity::find().filter(Column::Person.eq(person));
    let Some(seq) = seq else {
        let last = own.order_by_desc(Column::Seq).one(db).await?;
        return Ok((Vec::new(), Some(last.map_or(0, |row| row.seq))));
    };
    let rows = own
        .filter(Column::Seq.gt(seq))
        .order_by_asc(Column::Seq)
        .all(db)
        .await?;
    let last = rows.last().map_or(seq, |row| row.seq);
    let entries = rows.iter().map(entry).collect::<Result<_>>()?;
    Ok((entries, Some(last)))
}

/// A person's last entries, the latest first.
///
/// # Errors
/// What the database says.
pub async fn latest(db: &impl ConnectionTrait, person: &str, most: u64) -> Result<Vec<Entry>> {
    let rows = ledger_entry::Entity::find()
        .filter(ledger_entry::Column::Person.eq(person))
        .order_by_desc(ledger_entry::Column::Seq)
        .limit(most)
        .all(db)
        .await?;
    rows.iter().map(entry).collect()
}

/// A row as the rules want it.
fn entry(row: &ledger_entry::Model) -> Result<Entry> {
    Ok(Entry {
        seq: row.seq,
        event: LedgerEvent::from_text(&row.event)
            .ok_or_else(|| Error::internal("an unknown event in a marital ledger"))?,
        effective_on: row.effective_on,
        at: row.at,
        record: row.record_id,
    })
}

/// A person's ledger with its status and whether its chain is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Entries in order.
    pub entries: Vec<Entry>,
    /// The status that follows.
    pub status: Status,
    /// Every hash covers the one before, and no entry is missing.
    pub chain_intact: bool,
}

impl Ledger {
    /// The status as it is shown at a moment: a hold that lasts leaves in doubt.
    #[must_use]
    pub fn status_at(&self, now: DateTime<Utc>) -> Status {
        status_at(&self.entries, now)
    }

    fn of(rows: &[ledger_entry::Model]) -> Result<Self> {
        let entries = rows.iter().map(entry).collect::<Result<Vec<_>>>()?;
        let mut previous: &[u8] = &[];
        let mut chain_intact = true;
        for (index, (row, entry)) in rows.iter().zip(&entries).enumerate() {
            chain_intact &= row.seq == index as i64 + 1
                && row.prev_hash == previous
                && row.hash == hash(previous, entry);
            previous = &row.hash;
        }
        Ok(Self {
            status: replay(&entries),
            entries,
            chain_intact,
        })
    }
}

/// The ledgers of these persons, in one statement. A person without entries has an empty one.
pub async fn of_persons(
    db: &impl ConnectionTrait,
    persons: &[String],
) -> Result<HashMap<String, Ledger>> {
    let rows = ledger_entry::Entity::find()
        .filter(ledger_entry::Column::Person.is_in(persons.iter().cloned()))
        .order_by_asc(ledger_entry::Column::Person)
        .order_by_asc(ledger_entry::Column::Seq)
        .all(db)
        .await?;
    let mut by_person: HashMap<String, Vec<ledger_entry::Model>> = HashMap::new();
    for row in rows {
        by_person.entry(row.person.clone()).or_default().push(row);
    }
    persons
        .iter()
        .map(|person| {
            let rows = by_person.get(person).map_or(&[][..], Vec::as_slice);
            Ok((person.clone(), Ledger::of(rows)?))
        })
        .collect()
}
