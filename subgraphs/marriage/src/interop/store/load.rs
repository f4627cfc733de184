//! What the core is shown: the station, a transaction's rows, and our persons as their ledgers stand.

use super::{Desk, from_json};
use crate::interop::core::event::{Log, Row, Standing, Station, Subject};
use crate::interop::core::marks::{self, Mark};
use crate::interop::core::message::{Message, Party};
use crate::interop::core::names::{PartyRef, PersonId, RecordId, TxnId};
use crate::interop::counter::{authority_of, number_of};
use crate::interop::wire::jwe::{Identity, Place};
use crate::kit::{Result, vault};
use crate::model::interop::{hold, log, mark, row, station};
use crate::model::{divorce_application, ledger_entry};
use crate::rules::ledger::{LedgerEvent, Status, last_end, replay, standing};
use crate::service::{divorce, ledger, records};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The only row of the station's table.
pub(super) const ONLY: i32 = 1;

/// What we know of ourselves; a province that never started knows nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn station(
    db: &impl ConnectionTrait,
    node: &crate::interop::node::Node,
) -> Result<Station> {
    let routing_epoch = u64::from(node.book().routing.epoch);
    let known = station::Entity::find_by_id(ONLY).one(db).await?;
    let mut station = match known {
        Some(row) => from_json(&row.body)?,
        None => Station::new(node.id, routing_epoch),
    };
    station.routing_epoch = routing_epoch;
    Ok(station)
}

/// The same for who is about to write a ledger: until a life was begun since this process opened, what the row
/// says of an earlier one does not count, and every peer is waited for.
///
/// # Errors
/// When the database does not answer.
pub async fn living(
    db: &impl ConnectionTrait,
    node: &crate::interop::node::Node,
) -> Result<Station> {
    let mut station = station(db, node).await?;
    if !node.lives(station.boot) {
        station.waiting = node.peers().into_iter().collect();
    }
    Ok(station)
}

/// Our row of a transaction as its authority.
///
/// # Errors
/// When the database does not answer.
pub async fn row(db: &impl ConnectionTrait, txn: TxnId) -> Result<Option<Row>> {
    let known = row::Entity::find_by_id(txn.0).one(db).await?;
    known.map(|row| from_json(&row.body)).transpose()
}

/// Our row of a transaction as its coordinator.
///
/// # Errors
/// When the database does not answer.
pub async fn log(db: &impl ConnectionTrait, txn: TxnId) -> Result<Option<Log>> {
    let known = log::Entity::find_by_id(txn.0).one(db).await?;
    known.map(|row| from_json(&row.body)).transpose()
}

/// Our persons that a message or a row names.
///
/// # Errors
/// When the database does not answer. An identity that cannot be opened is left out, as the core wants.
pub async fn subjects(
    desk: Desk<'_>,
    txn: TxnId,
    message: Option<&Message>,
    row: Option<&Row>,
) -> Result<BTreeMap<PartyRef, Subject>> {
    let mut persons: BTreeMap<PartyRef, PersonId> = BTreeMap::new();
    let parties: Vec<&Party> = match message {
        Some(Message::Try { party, .. }) => vec![party],
        Some(Message::CommitLast { parties, .. }) => parties.iter().collect(),
        Some(Message::Confirm { verdict } | Message::Decided { verdict }) => verdict
            .body
            .decision
            .commitment()
            .map(|done| {
                done.parties
                    .iter()
                    .chain(done.grant.iter().map(|g| &g.body.party))
                    .collect()
            })
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    // Whoever asks for something new asks the authority of today. What was decided or promised here stays ours, also
    // when a later table leads elsewhere.
    let anew = matches!(
        message,
        Some(Message::Try { .. } | Message::CommitLast { .. })
    );
    for party in parties {
        if let Some(person) = known_party(desk, txn, party, anew).await? {
            persons.insert(party.party, person);
        }
    }
    match row {
        Some(Row::Held { hold } | Row::Confirmed { hold, .. } | Row::Forced { hold, .. }) => {
            persons.insert(hold.party.party, hold.person.clone());
        }
        Some(Row::Decided {
            decision,
            persons: ours,
            ..
        }) => {
            let parties = decision
                .commitment()
                .map(|done| done.parties.as_slice())
                .unwrap_or_default();
            for (party, person) in parties.iter().zip(ours) {
                persons.insert(party.party, person.clone());
            }
        }
        _ => {}
    }
    let mut found = BTreeMap::new();
    for (party, person) in persons {
        found.insert(party, subject(desk, &person.0).await?);
    }
    Ok(found)
}

/// The person behind a sealed identity, if it is sealed to us and, where something is asked anew, ours by the table of
/// routes. `persons` is told who it is, sealed once more for the vault.
async fn known_party(
    desk: Desk<'_>,
    txn: TxnId,
    party: &Party,
    anew: bool,
) -> Result<Option<PersonId>> {
    let (txn, name) = (txn.0.to_string(), party.party.0.to_string());
    let place = Place {
        txn: &txn,
        party: &name,
    };
    let Ok(identity) = desk.node.open_sealed::<Identity>(&party.identity.0, place) else {
        return Ok(None);
    };
    let Some(number) = number_of(desk.services, &identity.id_number) else {
        return Ok(None);
    };
    if anew && authority_of(desk.services, &number) != desk.node.own {
        return Ok(None);
    }
    let token = vault::announce_number(desk.tx, desk.services, &number, &identity.name).await?;
    Ok(Some(PersonId(token.into())))
}

/// One person of ours as the ledger stands in this transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn subject(desk: Desk<'_>, token: &str) -> Result<Subject> {
    let tx = desk.tx;
    let ledgers = ledger::of_persons(tx, &[token.to_owned()]).await?;
    let entries = ledgers
        .get(token)
        .map(|ledger| ledger.entries.clone())
        .unwrap_or_default();
    let settled: Vec<_> = entries
        .iter()
        .filter(|entry| !matches!(entry.event, LedgerEvent::Held | LedgerEvent::Released))
        .cloned()
        .collect();
    let stands = standing(&settled);
    let standing = match replay(&settled) {
        Status::Disputed | Status::Held | Status::InDoubt => Standing::Disputed,
        Status::LegacyUnresolved => Standing::LegacyUnresolved,
        Status::Married => match standing(&settled).pop().flatten() {
            Some(record) => Standing::Married {
                record: RecordId(record),
            },
            // A marriage without a record is an old paper that nobody has matched.
            None => Standing::LegacyUnresolved,
        },
        Status::NoRecord => Standing::NoRecord {
            coverage_from: records::coverage_from(tx)
                .await?
                .unwrap_or_else(|| desk.services.clock.today()),
        },
        Status::NeverMarriedDeclared | Status::Divorced | Status::Widowed => Standing::Free,
    };
    let mark = match open_mark(tx, token, &settled).await? {
        Some(mark) => Some(mark),
        None => local_application(tx, token).await?,
    };
    Ok(Subject {
        person: PersonId(token.to_owned()),
        seq: entries
            .last()
            .and_then(|entry| u64::try_from(entry.seq).ok())
            .unwrap_or(0),
        alive: !entries.iter().any(|entry| entry.event == LedgerEvent::Died),
        standing,
        stands: stands.into_iter().flatten().map(RecordId).collect(),
        free_since: last_end(&settled),
        holds: holds_of(tx, token).await?,
        mark: mark.map(RecordId),
    })
}

/// The open promises to a person.
///
/// # Errors
/// When the database does not answer.
pub async fn holds_of(db: &impl ConnectionTrait, token: &str) -> Result<BTreeSet<TxnId>> {
    let rows = hold::Entity::find()
        .filter(hold::Column::Person.eq(token))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| TxnId(row.txn)).collect())
}

/// What the core calls a mark.
pub(super) fn mark_of(row: &mark::Model) -> Mark {
    Mark {
        application: RecordId(row.application),
        record: row.record_id.map(RecordId),
        opened: row.opened,
        closed: row.closed,
    }
}

/// The open application for divorce on a person's ledger, wherever it was received.
///
/// # Errors
/// When the database does not answer.
pub async fn open_mark(
    db: &impl ConnectionTrait,
    token: &str,
    entries: &[crate::rules::ledger::Entry],
) -> Result<Option<Uuid>> {
    let rows = mark::Entity::find()
        .filter(mark::Column::Person.eq(token))
        .all(db)
        .await?;
    let standing = standing(entries);
    let open = marks::open(rows.iter().map(mark_of), |record| match record {
        Some(record) => standing.contains(&Some(record.0)),
        None => !standing.is_empty(),
    });
    Ok(open.map(|application| application.0))
}

/// An application for divorce that is being handled at a counter here.
async fn local_application(db: &impl ConnectionTrait, token: &str) -> Result<Option<Uuid>> {
    use divorce_application::Column;
    let row = divorce_application::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.eq(token))
                .add(Column::Woman.eq(token)),
        )
        .filter(Column::State.is_in(divorce::IN_HAND))
        // One that asks for its mark does not stand in its own way.
        .filter(Column::State.ne(crate::interop::divorce::RECEIVING))
        .one(db)
        .await?;
    Ok(row.map(|row| row.id))
}

/// The last entry of a person's ledger.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn last_entry(
    db: &impl ConnectionTrait,
    token: &str,
) -> Result<Option<ledger_entry::Model>> {
    use sea_orm::QueryOrder;
    Ok(ledger_entry::Entity::find()
        .filter(ledger_entry::Column::Person.eq(token))
        .order_by_desc(ledger_entry::Column::Seq)
        .one(db)
        .await?)
}
