//! Persons of ours under another token: a merge, its undoing, a change of the token key, in the transaction in
//! which the ledgers move.
//!
//! What binds a person to the protocol goes along: the holds, the marks of applications for divorce, and the
//! names in the rows of transactions. Where both tokens are held, both promises stand, for only its DA's decision
//! ends each, and the one that has moved is contested ([`crate::interop::core::renamed`]). What a
//! merge moved is noted, so that a split finds it.

use super::{Desk, load, to_json};
use crate::interop::core::authority;
use crate::interop::core::event::{AuthorityEvent, Row, View};
use crate::interop::core::names::{PersonId, TxnId};
use crate::interop::core::renamed::{renamed, uncontested};
use crate::interop::fault;
use crate::interop::node;
use crate::interop::store::apply::apply;
use crate::interop::store::entries::{free, hold};
use crate::kit::aliases;
use crate::kit::events::{PersonAliased, PersonSplit};
use crate::kit::{Result, Services};
use crate::model::interop::{access, mark, row};
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger::{Fact, append};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The places of what a merge has moved.
mod place {
    /// Transactions whose row named the person.
    pub(super) const ROW: &str = "interop_row.person";
    /// Open promises that the merge has contested.
    pub(super) const CONTESTED: &str = "interop_row.contested";
    /// Transactions that held the person.
    pub(super) const HOLD: &str = "interop_person.hold";
    /// Applications for divorce.
    pub(super) const MARK: &str = "interop_mark.person";
}

/// Follows a person to another token. The columns of tokens and the ledger have moved already.
///
/// # Errors
/// When the database does not answer.
pub async fn moved(
    services: &Services,
    tx: &DatabaseTransaction,
    told: &PersonAliased,
) -> Result<()> {
    let (old, new) = (told.old.as_str(), told.new.as_str());
    let merge = told.merge.as_deref();
    move_hold(tx, old, new, merge).await?;
    move_marks(tx, old, new, merge).await?;
    let (from, to) = (PersonId(old.to_owned()), PersonId(new.to_owned()));
    for txn in named(tx, new).await? {
        let Some(state) = load::row(tx, txn).await? else {
            continue;
        };
        let Some(changed) = renamed(&state, &from, &to) else {
            continue;
        };
        note(tx, merge, place::ROW, &txn.0.to_string()).await?;
        if matches!(state, Row::Held { .. }) {
            held(services, tx, &state, &from, &to, merge).await?;
        } else {
            keep(tx, &changed).await?;
        }
    }
    Ok(())
}

/// A promise that is open: the core says what becomes of it.
async fn held(
    services: &Services,
    tx: &DatabaseTransaction,
    state: &Row,
    from: &PersonId,
    to: &PersonId,
    merge: Option<&str>,
) -> Result<()> {
    let txn = state.txn();
    // A province that has taken the folder of peers away keeps its rows as they are read again one day.
    let Some(node) = node::of(services)? else {
        return match renamed(state, from, to) {
            Some(changed) => keep(tx, &changed).await,
            None => Ok(()),
        };
    };
    let desk = Desk {
        tx,
        services,
        node: &node,
        now: fault::now(),
    };
    let station = load::living(tx, &node).await?;
    let event = AuthorityEvent::Renamed {
        from: from.clone(),
        subject: load::subject(desk, &to.0).await?,
    };
    let view = View::new(&station, Some(state));
    apply(desk, authority::step(&view, event, desk.at())).await?;
    // What is to be asked goes out by the row.
    due(tx, txn, desk.now).await?;
    let contested = |state: &Row| matches!(state, Row::Held { hold } if hold.contested);
    let now = load::row(tx, txn).await?;
    if !contested(state) && now.as_ref().is_some_and(contested) {
        note(tx, merge, place::CONTESTED, &txn.0.to_string()).await?;
    }
    Ok(())
}

/// Transactions whose rows may name a person: every entry of a row's person has its audit record, and a promise that
/// waits for a lost ledger's other hold is at least open.
async fn named(tx: &DatabaseTransaction, person: &str) -> Result<BTreeSet<TxnId>> {
    let audited: Vec<Option<Uuid>> = access::Entity::find()
        .filter(access::Column::Person.eq(person))
        .filter(access::Column::Txn.is_not_null())
        .select_only()
        .column(access::Column::Txn)
        .distinct()
        .into_tuple()
        .all(tx)
        .await?;
    let open: Vec<Uuid> = row::Entity::find()
        .filter(row::Column::State.eq("HELD"))
        .select_only()
        .column(row::Column::Txn)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(audited
        .into_iter()
        .flatten()
        .chain(open)
        .map(TxnId)
        .collect())
}

/// Only whom the row names changes: its timer goes on.
async fn keep(tx: &DatabaseTransaction, state: &Row) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::Body, Expr::value(to_json(state)?))
        .filter(row::Column::Txn.eq(state.txn().0))
        .exec(tx)
        .await?;
    Ok(())
}

async fn due(tx: &DatabaseTransaction, txn: TxnId, now: DateTime<Utc>) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::DueAt, Expr::value(Some(now)))
        .filter(row::Column::Txn.eq(txn.0))
        .exec(tx)
        .await?;
    Ok(())
}

async fn move_hold(
    tx: &DatabaseTransaction,
    old: &str,
    new: &str,
    merge: Option<&str>,
) -> Result<()> {
    for txn in load::holds_of(tx, old).await? {
        note(tx, merge, place::HOLD, &txn.0.to_string()).await?;
        free(tx, old, txn.0).await?;
        hold(tx, new, txn.0).await?;
    }
    Ok(())
}

async fn move_marks(
    tx: &DatabaseTransaction,
    old: &str,
    new: &str,
    merge: Option<&str>,
) -> Result<()> {
    let marks = mark::Entity::find()
        .filter(mark::Column::Person.eq(old))
        .all(tx)
        .await?;
    for one in marks {
        note(tx, merge, place::MARK, &one.application.to_string()).await?;
        rename_mark(tx, one, new).await?;
    }
    Ok(())
}

/// What is known of one application by either name is known of it by the one that stays.
async fn rename_mark(tx: &DatabaseTransaction, mark: mark::Model, new: &str) -> Result<()> {
    let known = mark::Entity::find_by_id((new.to_owned(), mark.application))
        .one(tx)
        .await?;
    mark::Entity::delete_by_id((mark.person.clone(), mark.application))
        .exec(tx)
        .await?;
    let both = mark::Model {
        person: new.to_owned(),
        application: mark.application,
        record_id: known.as_ref().and_then(|k| k.record_id).or(mark.record_id),
        opened: mark.opened || known.as_ref().is_some_and(|k| k.opened),
        closed: mark.closed || known.as_ref().is_some_and(|k| k.closed),
    };
    use mark::Column;
    let conflict = OnConflict::columns([Column::Person, Column::Application])
        .update_columns([Column::RecordId, Column::Opened, Column::Closed])
        .to_owned();
    mark::Entity::insert(mark::ActiveModel::from(both))
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// A merge is taken back: what it had moved goes back, a promise that is still open with its hold. The columns of
/// tokens and the ledger have gone back already.
///
/// # Errors
/// When the database does not answer.
pub async fn parted(tx: &DatabaseTransaction, told: &PersonSplit, at: DateTime<Utc>) -> Result<()> {
    let (old, new) = (told.old.as_str(), told.new.as_str());
    let (from, to) = (PersonId(new.to_owned()), PersonId(old.to_owned()));
    let contested = moved_by(tx, told, place::CONTESTED).await?;
    for txn in moved_by(tx, told, place::ROW).await? {
        let Some(state) = load::row(tx, TxnId(txn)).await? else {
            continue;
        };
        let Some(mut changed) = renamed(&state, &from, &to) else {
            continue;
        };
        if contested.contains(&txn) {
            changed = uncontested(changed);
        }
        keep(tx, &changed).await?;
        if matches!(changed, Row::Held { .. }) {
            due(tx, TxnId(txn), fault::now()).await?;
        }
    }
    for txn in moved_by(tx, told, place::HOLD).await? {
        let state = load::row(tx, TxnId(txn)).await?;
        let Some(Row::Held { hold: promise }) = state else {
            continue;
        };
        if free(tx, new, txn).await? {
            let fact = Fact {
                event: LedgerEvent::Released,
                effective_on: crate::kit::clock::legal_day(at),
                record: Some(promise.plan.act.record().0),
            };
            append(tx, new, fact, at).await?;
        }
        hold(tx, old, txn).await?;
    }
    for application in moved_by(tx, told, place::MARK).await? {
        let row = mark::Entity::find_by_id((new.to_owned(), application))
            .one(tx)
            .await?;
        if let Some(row) = row {
            rename_mark(tx, row, old).await?;
        }
    }
    Ok(())
}

async fn note(tx: &DatabaseTransaction, merge: Option<&str>, place: &str, row: &str) -> Result<()> {
    match merge {
        Some(merge) => aliases::note(tx, merge, place, row).await,
        None => Ok(()),
    }
}

async fn moved_by(
    tx: &impl ConnectionTrait,
    told: &PersonSplit,
    place: &str,
) -> Result<BTreeSet<Uuid>> {
    let rows = aliases::noted(tx, &told.merge, place).await?;
    Ok(rows.iter().filter_map(|row| row.parse().ok()).collect())
}
