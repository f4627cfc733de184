//! Entries of a person's ledger, and what holds and marks the person after each.

use super::load::{last_entry, mark_of};
use super::{Desk, end};
use crate::interop::core::effect::LedgerWrite;
use crate::interop::core::event::Entry;
use crate::interop::core::marks;
use crate::interop::core::message::Ending;
use crate::kit::{Error, Result};
use crate::model::interop::{hold, mark};
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger::{Fact, next_row};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use uuid::Uuid;

/// One entry, under exactly the sequence the core has named.
pub(super) async fn enter(desk: Desk<'_>, write: &LedgerWrite) -> Result<()> {
    let token = write.person.0.as_str();
    let last = last_entry(desk.tx, token).await?;
    let event = event_of(write.entry);
    let fact = Fact {
        event,
        effective_on: write
            .effective_on
            .unwrap_or_else(|| desk.services.clock.today()),
        record: write.record.map(|record| record.0),
    };
    let entry = next_row(token, last.as_ref(), fact, desk.now);
    if u64::try_from(entry.seq).ok() != Some(write.seq) {
        return Err(Error::Busy);
    }
    end::entered(desk, write).await?;
    crate::model::ledger_entry::Entity::insert(crate::model::ledger_entry::ActiveModel::from(
        entry,
    ))
    .exec_without_returning(desk.tx)
    .await?;
    bind(desk, write).await
}

/// What the ledger calls an entry of the core.
const fn event_of(entry: Entry) -> LedgerEvent {
    match entry {
        Entry::Held => LedgerEvent::Held,
        Entry::Released => LedgerEvent::Released,
        Entry::Married => LedgerEvent::Married,
        Entry::Marked => LedgerEvent::DivorceApplied,
        Entry::Unmarked => LedgerEvent::DivorceApplicationClosed,
        Entry::Divorced => LedgerEvent::Divorced,
        Entry::Died => LedgerEvent::Died,
        Entry::Ended(Ending::SpouseDied) => LedgerEvent::SpouseDied,
        Entry::Ended(Ending::DivorcedByCourt) => LedgerEvent::DivorcedByCourt,
        Entry::Ended(Ending::Voided) => LedgerEvent::Voided,
        Entry::Ended(Ending::Annulled) => LedgerEvent::Annulled,
        Entry::Ended(Ending::RevokedFraud) => LedgerEvent::RevokedFraud,
        Entry::Ended(Ending::Divorced) => LedgerEvent::Divorced,
        Entry::Disputed => LedgerEvent::Disputed,
        Entry::Cleared => LedgerEvent::Cleared,
    }
}

/// Which transactions hold the person, and what is known of the application, after this entry.
async fn bind(desk: Desk<'_>, write: &LedgerWrite) -> Result<()> {
    let token = write.person.0.as_str();
    mark(desk, token, write).await?;
    let Some(txn) = write.txn else {
        return Ok(());
    };
    match write.entry {
        Entry::Held => hold(desk.tx, token, txn.0).await,
        // The act itself ends the hold that it was done under.
        Entry::Released | Entry::Married | Entry::Marked | Entry::Unmarked | Entry::Divorced => {
            free(desk.tx, token, txn.0).await.map(|_| ())
        }
        Entry::Died | Entry::Ended(_) | Entry::Disputed | Entry::Cleared => Ok(()),
    }
}

/// A promise to a person is open.
pub(super) async fn hold(tx: &impl ConnectionTrait, person: &str, txn: Uuid) -> Result<()> {
    let row = hold::ActiveModel {
        person: Set(person.to_owned()),
        txn: Set(txn),
    };
    hold::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// A promise to a person has ended; whether there was one.
pub(super) async fn free(tx: &impl ConnectionTrait, person: &str, txn: Uuid) -> Result<bool> {
    let freed = hold::Entity::delete_by_id((person.to_owned(), txn))
        .exec(tx)
        .await?;
    Ok(freed.rows_affected == 1)
}

async fn mark(desk: Desk<'_>, token: &str, write: &LedgerWrite) -> Result<()> {
    let Some(application) = write.application else {
        return Ok(());
    };
    let known = mark::Entity::find_by_id((token.to_owned(), application.0))
        .one(desk.tx)
        .await?
        .map(|row| mark_of(&row));
    let noted = marks::noted(known, write.entry, write.application, write.record);
    let Some(noted) = noted.filter(|noted| Some(*noted) != known) else {
        return Ok(());
    };
    let row = mark::Model {
        person: token.to_owned(),
        application: noted.application.0,
        record_id: noted.record.map(|record| record.0),
        opened: noted.opened,
        closed: noted.closed,
    };
    use mark::Column;
    let conflict = OnConflict::columns([Column::Person, Column::Application])
        .update_columns([Column::RecordId, Column::Opened, Column::Closed])
        .to_owned();
    mark::Entity::insert(mark::ActiveModel::from(row))
        .on_conflict(conflict)
        .exec_without_returning(desk.tx)
        .await?;
    Ok(())
}
