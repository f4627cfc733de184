//! Writing what the core wants, all of it in the caller's transaction.

use super::entries::{enter, free, hold};
use super::evidence::{keep_evidence, keep_noted, keep_telling, retell, told};
use super::load::ONLY;
use super::timer::again;
use super::{Desk, Outgoing, application, end, record, tag, to_json};
use crate::interop::core::effect::{Alarm, Audit, Effect};
use crate::interop::core::event::{Log, Row, Station};
use crate::interop::core::message::{Act, RecordCore};
use crate::interop::core::names::{PersonId, TxnId};
use crate::kit::{Error, Result};
use crate::model::interop::{access, alarm, log, row, station};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait, TransactionTrait};

/// Writes the effects; gives what is to be sent after the commit.
///
/// # Errors
/// [`Error::Busy`] when a ledger has moved on since it was read: the transaction runs again.
pub async fn apply(desk: Desk<'_>, effects: Vec<Effect>) -> Result<Vec<Outgoing>> {
    let mut sends = Vec::new();
    let cores: Vec<(TxnId, RecordCore)> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Log { log } => Some((log.plan.txn, log.core.clone())),
            _ => None,
        })
        .collect();
    for effect in effects {
        match effect {
            Effect::Row { txn, row } => keep_row(desk, txn, &row).await?,
            Effect::Log { log } => keep_log(desk, &log).await?,
            Effect::Station { station } => keep_station(desk, &station).await?,
            Effect::Ledger(write) => enter(desk, &write).await?,
            Effect::Evidence { verdict } => keep_evidence(desk, &verdict).await?,
            Effect::Noted { from, notice } => keep_noted(desk, from, &notice).await?,
            Effect::Audit(audit) => keep_access(desk, audit).await?,
            Effect::Tell { telling } => keep_telling(desk, &telling).await?,
            Effect::Retell { to, after } => retell(desk, to, after).await?,
            Effect::Told { id, by } => told(desk, id, by).await?,
            Effect::Register { txn, act } => {
                // The core of the record stands in the log that is written in the same step.
                let core = cores
                    .iter()
                    .find(|(of, _)| *of == txn)
                    .map(|(_, core)| core);
                let core = core.ok_or_else(|| Error::internal("a registration without its log"))?;
                beside(desk, txn, Making::Registered(txn, act, core)).await?;
            }
            Effect::End {
                record,
                ending,
                effective_on,
                ..
            } => end::ended(desk, record.0, ending, effective_on).await?,
            Effect::Send { to, message } => sends.push(Outgoing { to, message }),
            Effect::Again { txn, side, after } => again(desk, txn, side, after).await?,
            Effect::Alarm { txn, what } => raise(desk, txn, what).await?,
        }
    }
    Ok(sends)
}

async fn keep_row(desk: Desk<'_>, txn: TxnId, state: &Row) -> Result<()> {
    use row::Column;
    let active = row::ActiveModel {
        txn: Set(txn.0),
        state: Set(tag(state, "state")),
        body: Set(to_json(state)?),
        since: Set(desk.now),
        due_at: Set(None),
        attempts: Set(0),
        disputed: Set(state.disputed()),
        peer: Set(state.asks().map(|peer| peer.to_string())),
    };
    let conflict = OnConflict::column(Column::Txn)
        .update_columns([
            Column::State,
            Column::Body,
            Column::DueAt,
            Column::Attempts,
            Column::Disputed,
            Column::Peer,
        ])
        .to_owned();
    row::Entity::insert(active)
        .on_conflict(conflict)
        .exec_without_returning(desk.tx)
        .await?;
    keep_from_others(desk, state).await?;
    if record::is_settled(state) {
        beside(desk, txn, Making::Kept(state)).await?;
    }
    Ok(())
}

/// Whom an act of ours has freed is kept from any other until another province is known to have that act.
async fn keep_from_others(desk: Desk<'_>, state: &Row) -> Result<()> {
    let Row::Decided {
        decision,
        persons,
        alone,
        ..
    } = state
    else {
        return Ok(());
    };
    if !decision
        .commitment()
        .is_some_and(|done| done.plan.act.frees())
    {
        return Ok(());
    }
    for PersonId(person) in persons {
        if *alone {
            hold(desk.tx, person, decision.txn.0).await?;
        } else {
            free(desk.tx, person, decision.txn.0).await?;
        }
    }
    Ok(())
}

/// What a decision makes here besides the ledger and its own row.
#[derive(Clone, Copy)]
pub(super) enum Making<'a> {
    /// The record of a marriage, or its end, where its authority keeps it.
    Kept(&'a Row),
    /// Record, certificate and application where it was accepted.
    Registered(TxnId, Act, &'a RecordCore),
    /// All of it once more ([`record::retry`]).
    Again(TxnId),
}

/// Makes it, in a savepoint. A decision stands whatever comes of it: what cannot be made is taken back by itself, is an
/// alarm, and is tried again; otherwise one record that cannot be made would keep its transaction from its end, and a
/// start from reading on. Whether it was made.
///
/// # Errors
/// When the database does not answer, or asks to run the whole transaction again.
pub(super) async fn beside(desk: Desk<'_>, txn: TxnId, what: Making<'_>) -> Result<bool> {
    let point = desk.tx.begin().await?;
    let inner = Desk { tx: &point, ..desk };
    let made = match what {
        Making::Kept(row) => record::settled(inner, row).await,
        Making::Registered(txn, act, core) => record::register(inner, txn, act, core).await,
        Making::Again(txn) => record::made_again(inner, txn).await,
    };
    let Err(error) = made else {
        point.commit().await?;
        return Ok(true);
    };
    point.rollback().await?;
    match error {
        Error::Busy | Error::Conflict | Error::Unavailable => Err(error),
        error => {
            tracing::warn!(
                code = error.code(),
                "a decision between provinces makes no record yet"
            );
            record::unreadable(desk, txn).await?;
            Ok(false)
        }
    }
}

async fn keep_log(desk: Desk<'_>, state: &Log) -> Result<()> {
    use log::Column;
    let active = log::ActiveModel {
        txn: Set(state.plan.txn.0),
        phase: Set(tag(&state.phase, "")),
        body: Set(to_json(state)?),
        application_id: Set(None),
        registry_id: Set(crate::kit::id::parse(&state.core.registry)),
        since: Set(desk.now),
        closed: Set(state.closed()),
        stuck: Set(state.stuck),
        due_at: Set(None),
        attempts: Set(0),
        peer: Set(state.asks().map(|peer| peer.to_string())),
    };
    let conflict = OnConflict::column(Column::Txn)
        .update_columns([
            Column::Phase,
            Column::Body,
            Column::Closed,
            Column::Stuck,
            Column::DueAt,
            Column::Attempts,
            Column::Peer,
        ])
        .to_owned();
    log::Entity::insert(active)
        .on_conflict(conflict)
        .exec_without_returning(desk.tx)
        .await?;
    application::follow(desk, state).await
}

async fn keep_station(desk: Desk<'_>, state: &Station) -> Result<()> {
    use station::Column;
    let active = station::ActiveModel {
        id: Set(ONLY),
        body: Set(to_json(state)?),
        updated_at: Set(desk.now),
    };
    let conflict = OnConflict::column(Column::Id)
        .update_columns([Column::Body, Column::UpdatedAt])
        .to_owned();
    station::Entity::insert(active)
        .on_conflict(conflict)
        .exec_without_returning(desk.tx)
        .await?;
    Ok(())
}

async fn keep_access(desk: Desk<'_>, audit: Audit) -> Result<()> {
    let row = access::ActiveModel {
        id: Set(crate::kit::id::new()),
        at: Set(desk.now),
        person: Set(audit.person.0),
        wrote: Set(audit.wrote),
        txn: Set(audit.txn.map(|txn| txn.0)),
        by_authority: Set(audit.by.to_string()),
        officer: Set(audit.officer),
        purpose: Set(audit.purpose),
    };
    access::Entity::insert(row)
        .exec_without_returning(desk.tx)
        .await?;
    Ok(())
}

pub(super) async fn raise(desk: Desk<'_>, txn: Option<TxnId>, what: Alarm) -> Result<()> {
    let what = tag(&what, "");
    tracing::warn!(alarm = %what, "an exchange between provinces needs an officer's eye");
    let row = alarm::ActiveModel {
        id: Set(crate::kit::id::new()),
        at: Set(desk.now),
        txn: Set(txn.map(|txn| txn.0)),
        what: Set(what),
        closed_at: Set(None),
        closed_by: Set(None),
    };
    alarm::Entity::insert(row)
        .exec_without_returning(desk.tx)
        .await?;
    Ok(())
}
