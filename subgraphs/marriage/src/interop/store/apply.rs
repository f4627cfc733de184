//! Writing what the core wants, all of it in the caller's transaction.

use super::load::{ONLY, last_entry, mark_of};
use super::{Desk, Outgoing, from_json, tag, to_json};
use super::{end, record};
use crate::interop::core::effect::{Alarm, Audit, Effect, LedgerWrite, Side};
use crate::interop::core::event::{Entry, Evidence, Log, Reading, Row, Station, Telling};
use crate::interop::core::marks;
use crate::interop::core::message::{Act, Ending, Notice, RecordCore, Verdict};
use crate::interop::core::names::{AuthorityId, PersonId, Proof, Span, TxnId};
use crate::interop::log::chained;
use crate::interop::wire::proofs;
use crate::kit::{Error, Result};
use crate::model::interop::{
    access, alarm, evidence, hold, log, mark, noted, row, station, telling,
};
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger::{Fact, next_row};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, TransactionTrait,
};
use uuid::Uuid;

/// How many times the wait may double while nobody answers: 3 s become a minute and a half, a minute
/// becomes half an hour.
const DOUBLINGS: u32 = 5;

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
    record::follow(desk, state).await
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

/// One entry, under exactly the sequence the core has named.
async fn enter(desk: Desk<'_>, write: &LedgerWrite) -> Result<()> {
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

/// Evidence for each other party of a verdict: once for each transaction, signed now if it is our own.
async fn keep_evidence(desk: Desk<'_>, verdict: &Proof<Verdict>) -> Result<()> {
    let decision = &verdict.body.decision;
    let mut parties: Vec<AuthorityId> = [Some(verdict.by), Some(decision.coordinator), decision.ha]
        .into_iter()
        .flatten()
        .filter(|party| *party != desk.node.id)
        .collect();
    parties.sort_unstable();
    parties.dedup();
    let mut signed = serde_json::to_value(verdict)
        .map_err(|_| Error::internal("a verdict cannot be written"))?;
    let speaker = proofs::Speaker {
        own: &desk.node.own,
        key: &desk.node.signing,
        now: desk.now.timestamp_millis(),
    };
    let body = signed.get("body").cloned().unwrap_or_default();
    proofs::wrap(&mut signed, speaker)?;
    // Kept in the core's own form, with the signature.
    if let Some(members) = signed.as_object_mut() {
        members.insert("body".to_owned(), body);
    }
    for peer in parties {
        let peer = peer.to_string();
        let known = evidence::Entity::find()
            .filter(evidence::Column::Peer.eq(&peer))
            .filter(evidence::Column::Txn.eq(decision.txn.0))
            .one(desk.tx)
            .await?;
        if known.is_some() {
            continue;
        }
        let body = signed.to_string();
        let (position, before) = next_place(desk, &peer).await?;
        let hash = chained(&before, &body);
        let row = evidence::ActiveModel {
            peer: Set(peer),
            position: Set(position),
            txn: Set(decision.txn.0),
            body: Set(body),
            hash: Set(hash),
        };
        evidence::Entity::insert(row)
            .exec_without_returning(desk.tx)
            .await?;
    }
    Ok(())
}

/// An ending that a peer has told is kept for that peer: its own copy may be lost in a restore.
async fn keep_noted(desk: Desk<'_>, from: AuthorityId, notice: &Notice) -> Result<()> {
    let peer = from.to_string();
    let key = (peer.clone(), notice.id);
    if noted::Entity::find_by_id(key).one(desk.tx).await?.is_some() {
        return Ok(());
    }
    let body = to_json(notice)?;
    let (position, before) = next_place(desk, &peer).await?;
    let hash = chained(&before, &body);
    let row = noted::ActiveModel {
        peer: Set(peer),
        notice: Set(notice.id),
        position: Set(position),
        body: Set(body),
        hash: Set(hash),
    };
    noted::Entity::insert(row)
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

pub(super) async fn keep_telling(desk: Desk<'_>, what: &Telling) -> Result<()> {
    let key = (what.notice.id, what.to.to_string());
    if telling::Entity::find_by_id(key)
        .one(desk.tx)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let row = telling::ActiveModel {
        notice: Set(what.notice.id),
        peer: Set(what.to.to_string()),
        body: Set(to_json(&what.notice)?),
        told: Set(false),
        position: Set(None),
        due_at: Set(Some(desk.now)),
        attempts: Set(0),
        since: Set(Some(desk.now)),
    };
    telling::Entity::insert(row)
        .exec_without_returning(desk.tx)
        .await?;
    Ok(())
}

/// It was noted: it takes its place among the evidence about that peer, so that a peer that was restored
/// to before it is told again.
async fn told(desk: Desk<'_>, id: Uuid, by: AuthorityId) -> Result<()> {
    let peer = by.to_string();
    let (position, _) = next_place(desk, &peer).await?;
    telling::Entity::update_many()
        .col_expr(telling::Column::Told, Expr::value(true))
        .col_expr(telling::Column::Position, Expr::value(Some(position)))
        .col_expr(telling::Column::DueAt, Expr::value(None::<DateTime<Utc>>))
        .filter(telling::Column::Notice.eq(id))
        .filter(telling::Column::Peer.eq(peer))
        .filter(telling::Column::Told.eq(false))
        .exec(desk.tx)
        .await?;
    Ok(())
}

async fn retell(desk: Desk<'_>, to: AuthorityId, after: u64) -> Result<()> {
    telling::Entity::update_many()
        .col_expr(telling::Column::Told, Expr::value(false))
        .col_expr(telling::Column::DueAt, Expr::value(Some(desk.now)))
        .filter(telling::Column::Peer.eq(to.to_string()))
        .filter(telling::Column::Position.gt(i64::try_from(after).unwrap_or(i64::MAX)))
        .exec(desk.tx)
        .await?;
    Ok(())
}

/// The next place among the evidence about a peer, and the hash over all that is kept before it. Verdicts, endings
/// that it has told and endings that it has noted share one count; the last have no part in the hash.
async fn next_place(desk: Desk<'_>, peer: &str) -> Result<(i64, String)> {
    let verdict: Option<(i64, String)> = evidence::Entity::find()
        .filter(evidence::Column::Peer.eq(peer))
        .order_by_desc(evidence::Column::Position)
        .select_only()
        .columns([evidence::Column::Position, evidence::Column::Hash])
        .into_tuple()
        .one(desk.tx)
        .await?;
    let ending: Option<(i64, String)> = noted::Entity::find()
        .filter(noted::Column::Peer.eq(peer))
        .order_by_desc(noted::Column::Position)
        .select_only()
        .columns([noted::Column::Position, noted::Column::Hash])
        .into_tuple()
        .one(desk.tx)
        .await?;
    let told: Option<i64> = telling::Entity::find()
        .filter(telling::Column::Peer.eq(peer))
        .filter(telling::Column::Position.is_not_null())
        .order_by_desc(telling::Column::Position)
        .select_only()
        .column(telling::Column::Position)
        .into_tuple()
        .one(desk.tx)
        .await?;
    let (last, hash) = verdict.max(ending).unwrap_or_default();
    Ok((last.max(told.unwrap_or(0)) + 1, hash))
}

/// When something is looked at again: the wait doubles while nobody answers, and is spread out so that
/// those who failed together do not come back together.
#[must_use]
pub fn next_look(now: DateTime<Utc>, after: Span, attempts: i32) -> DateTime<Utc> {
    let doublings = u32::try_from(attempts).unwrap_or(0).min(DOUBLINGS);
    let wait = after.0.saturating_mul(1 << doublings).max(1);
    now + Duration::milliseconds(rand::random_range(wait / 2..=wait + wait / 2))
}

async fn again(desk: Desk<'_>, txn: Option<TxnId>, side: Side, after: Span) -> Result<()> {
    match (side, txn) {
        (Side::Coordinator, Some(txn)) => {
            let Some(row) = log::Entity::find_by_id(txn.0).one(desk.tx).await? else {
                return Ok(());
            };
            log::Entity::update_many()
                .col_expr(
                    log::Column::DueAt,
                    Expr::value(Some(next_look(desk.now, after, row.attempts))),
                )
                .col_expr(
                    log::Column::Attempts,
                    Expr::value(row.attempts.saturating_add(1)),
                )
                .filter(log::Column::Txn.eq(txn.0))
                .exec(desk.tx)
                .await?;
        }
        (Side::Authority, Some(txn)) => {
            let Some(row) = row::Entity::find_by_id(txn.0).one(desk.tx).await? else {
                return Ok(());
            };
            row::Entity::update_many()
                .col_expr(
                    row::Column::DueAt,
                    Expr::value(Some(next_look(desk.now, after, row.attempts))),
                )
                .col_expr(
                    row::Column::Attempts,
                    Expr::value(row.attempts.saturating_add(1)),
                )
                .filter(row::Column::Txn.eq(txn.0))
                .exec(desk.tx)
                .await?;
        }
        // The station asks again by itself while it waits for somebody.
        _ => {}
    }
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

/// A page of what is held about a peer, behind a position whose hash the peer knows; from the first on where it does
/// not, for then one of the two was restored since.
///
/// # Errors
/// When the database does not answer.
pub async fn evidence_about(
    desk: Desk<'_>,
    peer: AuthorityId,
    after: u64,
    after_hash: &str,
) -> Result<Evidence> {
    /// Verdicts and endings in one page; a verdict takes about 10 KiB on the wire.
    const PAGE: usize = 20;
    let code = peer.to_string();
    let start = match i64::try_from(after) {
        Ok(after) if stands_at(desk, &code, after, after_hash).await? => after,
        _ => 0,
    };
    let verdicts = evidence::Entity::find()
        .filter(evidence::Column::Peer.eq(&code))
        .filter(evidence::Column::Position.gt(start))
        .order_by_asc(evidence::Column::Position)
        .limit(PAGE as u64 + 1)
        .all(desk.tx)
        .await?;
    let endings = noted::Entity::find()
        .filter(noted::Column::Peer.eq(&code))
        .filter(noted::Column::Position.gt(start))
        .order_by_asc(noted::Column::Position)
        .limit(PAGE as u64 + 1)
        .all(desk.tx)
        .await?;
    let mut all: Vec<(i64, bool, String, String)> = verdicts
        .into_iter()
        .map(|row| (row.position, true, row.body, row.hash))
        .chain(
            endings
                .into_iter()
                .map(|row| (row.position, false, row.body, row.hash)),
        )
        .collect();
    all.sort_unstable_by_key(|(position, ..)| *position);
    let begin = u64::try_from(start).unwrap_or(0);
    let mut page = Evidence {
        after: begin,
        upto: Reading {
            upto: begin,
            hash: if start == 0 {
                String::new()
            } else {
                after_hash.to_owned()
            },
        },
        more: all.len() > PAGE,
        ..Evidence::default()
    };
    for (position, verdict, body, hash) in all.into_iter().take(PAGE) {
        page.upto = Reading {
            upto: u64::try_from(position).unwrap_or(page.upto.upto),
            hash,
        };
        if verdict {
            page.verdicts.push(from_json(&body)?);
        } else {
            page.endings.push(from_json(&body)?);
        }
    }
    let forced = row::Entity::find()
        .filter(row::Column::State.eq("FORCED"))
        .all(desk.tx)
        .await?;
    for row in forced {
        if let Row::Forced { abort, .. } = from_json(&row.body)?
            && abort.da == peer
        {
            page.forced.push(abort);
        }
    }
    Ok(page)
}

/// Whether what is held about a peer up to a position is what has this hash. Rows of before hashes were kept are
/// nobody's mark.
async fn stands_at(desk: Desk<'_>, peer: &str, at: i64, hash: &str) -> Result<bool> {
    if hash.is_empty() {
        return Ok(false);
    }
    let verdict = evidence::Entity::find_by_id((peer.to_owned(), at))
        .one(desk.tx)
        .await?
        .map(|row| row.hash);
    let known = match verdict {
        Some(known) => Some(known),
        None => noted::Entity::find()
            .filter(noted::Column::Peer.eq(peer))
            .filter(noted::Column::Position.eq(at))
            .one(desk.tx)
            .await?
            .map(|row| row.hash),
    };
    Ok(known.as_deref() == Some(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_to_a_bound_and_is_never_the_same_for_all() {
        let now = DateTime::UNIX_EPOCH;
        let span = Span(3_000);
        let waits: Vec<i64> = (0..200)
            .map(|_| (next_look(now, span, 0) - now).num_milliseconds())
            .collect();
        assert!(waits.iter().all(|wait| (1_500..=4_500).contains(wait)));
        assert!(waits.iter().collect::<std::collections::HashSet<_>>().len() > 20);
        assert!((next_look(now, span, 1_000) - now).num_seconds() <= 3 * 32 * 3 / 2);
        assert!(next_look(now, Span(0), 0) >= now);
    }
}
