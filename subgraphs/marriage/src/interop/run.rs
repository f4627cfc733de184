//! What goes on without being asked: the start that asks all peers, every row that is due, the daily
//! root, and dropping messages after three years.
//!
//! One process of a province does it at a time (on PostgreSQL by an advisory lock; on SQLite there is one
//! process). It is woken by commits, and looks by itself once a second. Each row's question is asked in a
//! task of its own, so many at a time of each peer: one that does not answer delays nobody else's.

use super::core::event::{ASK_AGAIN, AuthorityEvent, CoordinatorEvent, DOUBT_AGAIN, StationEvent};
use super::core::message::{Message, Notice};
use super::core::names::{AuthorityId, TxnId};
use super::divorce;
use super::exchange::{Root, Word, say, say_all};
use super::fault;
use super::log as chain;
use super::node::{self, Node};
use super::steps;
use super::store::timer::next_look;
use super::store::{Desk, Outgoing, from_json, load, record};
use crate::kit::{Result, Services};
use crate::model::interop::{divorce as divorcing, log, root, row, telling};
use chrono::{DateTime, Duration as Days, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How often the rows are looked at when nothing wakes us.
const LOOK: Duration = Duration::from_secs(1);
/// Rows taken up in one look.
const BATCH: u64 = 64;
/// Questions that one peer is asked at one time: each waits three seconds for one that does not answer, and the others'
/// go on meanwhile.
const AT_ONCE: usize = 8;
/// In the place of a peer: nobody is asked.
const HERE: &str = "here";
/// While a row is being asked about it is not taken up again.
const LEASE: i64 = 20;

/// Runs until `shutdown` turns true.
pub async fn run(services: Services, mut shutdown: watch::Receiver<bool>) {
    let node = match node::of(&services) {
        Ok(Some(node)) => node,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(
                code = error.code(),
                "the exchange between provinces cannot start: see the folder of peers"
            );
            return;
        }
    };
    let work = services.db.exclusively("interop", || async {
        node.leads();
        // Until a life is begun no ledger is written: there is nothing to go on to.
        while let Err(error) = begin(&services, &node).await {
            tracing::warn!(
                code = error.code(),
                "the exchange between provinces cannot start yet"
            );
            tokio::time::sleep(LOOK).await;
        }
        serve(&services, &node).await;
        Ok(())
    });
    tokio::select! {
        outcome = work => if let Err(error) = outcome {
            let error: crate::kit::Error = error;
            tracing::error!(code = error.code(), "the exchange between provinces has ended");
        },
        _ = shutdown.wait_for(|stop| *stop) => {}
    }
}

/// One step in a transaction of its own.
async fn step<F>(services: &Services, node: &Arc<Node>, work: F) -> Result<Vec<Outgoing>>
where
    F: for<'x> Fn(Desk<'x>) -> BoxFuture<'x, Result<Vec<Outgoing>>> + Send + Sync + 'static,
{
    let held = Arc::new((services.clone(), Arc::clone(node), work));
    services
        .db
        .write(move |tx| {
            let held = Arc::clone(&held);
            Box::pin(async move {
                let (services, node, work) = held.as_ref();
                work(Desk {
                    tx,
                    services,
                    node,
                    now: fault::now(),
                })
                .await
            })
        })
        .await
}

/// A new life: every peer is asked; unfinished rows are taken up at once.
async fn begin(services: &Services, node: &Arc<Node>) -> Result<()> {
    let sends = step(services, node, |desk| Box::pin(steps::start(desk))).await?;
    node.has_begun();
    spawn(services, node, sends);
    wake_all(services).await
}

/// Every row that is not at its end is due now.
async fn wake_all(services: &Services) -> Result<()> {
    services
        .db
        .write(|tx| {
            Box::pin(async move {
                let now = fault::now();
                log::Entity::update_many()
                    .col_expr(log::Column::DueAt, Expr::value(Some(now)))
                    .col_expr(log::Column::Attempts, Expr::value(0))
                    .filter(log::Column::Closed.eq(false))
                    .exec(tx)
                    .await?;
                row::Entity::update_many()
                    .col_expr(row::Column::DueAt, Expr::value(Some(now)))
                    .col_expr(row::Column::Attempts, Expr::value(0))
                    .filter(
                        Condition::any()
                            .add(row::Column::State.is_in(["HELD", "FORCED"]))
                            .add(row::Column::Peer.is_not_null()),
                    )
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await
}

fn spawn(services: &Services, node: &Arc<Node>, sends: Vec<Outgoing>) {
    // Each in a task of its own: a peer that does not answer delays nobody.
    for out in sends {
        let (services, node) = (services.clone(), Arc::clone(node));
        tokio::spawn(async move { say_all(&services, &node, vec![out]).await });
    }
}

/// In tests: the start, and everything that is due whatever the clock says, one after the other.
#[cfg(test)]
pub(crate) async fn start_now(services: &Services) {
    let Ok(Some(node)) = node::of(services) else {
        panic!("no node")
    };
    let Ok(sends) = step(services, &node, |desk| Box::pin(steps::start(desk))).await else {
        panic!("no start")
    };
    node.has_begun();
    say_all(services, &node, sends).await;
}

/// In tests: asks those who have not answered the start.
#[cfg(test)]
pub(crate) async fn hello_now(services: &Services) {
    let Ok(Some(node)) = node::of(services) else {
        panic!("no node")
    };
    let Ok(sends) = step(services, &node, |desk| {
        Box::pin(steps::station(desk, StationEvent::Due))
    })
    .await
    else {
        panic!("no question")
    };
    say_all(services, &node, sends).await;
}

/// In tests: whom what is due asks, in the order in which it is taken up.
#[cfg(test)]
pub(crate) async fn due_for(services: &Services, busy: &[String]) -> Vec<String> {
    let far = fault::now() + Days::days(3_650);
    let Ok(waiting) = waiting(services, far, busy).await else {
        panic!("no rows")
    };
    waiting.into_iter().map(|found| found.peer).collect()
}

/// In tests: what could not be kept, once more.
#[cfg(test)]
pub(crate) async fn again_now(services: &Services) {
    let Ok(Some(node)) = node::of(services) else {
        panic!("no node")
    };
    assert!(again(services, &node).await.is_ok());
}

/// In tests: one look at everything that is not at its end; whether there was anything.
#[cfg(test)]
pub(crate) async fn look_now(services: &Services) -> bool {
    let Ok(Some(node)) = node::of(services) else {
        panic!("no node")
    };
    let _ = catching_up(services, &node, true).await;
    let far = fault::now() + Days::days(3_650);
    let Ok(waiting) = waiting(services, far, &[]).await else {
        panic!("no rows")
    };
    let any = !waiting.is_empty();
    for found in waiting {
        pursue(services, &node, found.due).await;
    }
    any
}

/// What a message of a peer made necessary, said by the task of this process.
pub fn say_later(services: &Services, node: &Arc<Node>, sends: Vec<Outgoing>) {
    spawn(services, node, sends);
}

async fn serve(services: &Services, node: &Arc<Node>) {
    let permits = Permits::default();
    let (mut hello, mut upkeep) = (fault::now() + Days::seconds(3), fault::now());
    let mut left_out = fault::now();
    let mut serving = false;
    loop {
        let woken = services.db.committed().notified();
        if let Err(error) = look(services, node, &permits).await {
            tracing::warn!(
                code = error.code(),
                "rows between provinces cannot be looked at"
            );
        }
        if node.is_to_begin_again()
            && let Err(error) = begin(services, node).await
        {
            tracing::warn!(code = error.code(), "a new life cannot begin yet");
            node.forget();
        }
        let now = fault::now();
        if now >= hello {
            hello = now + Days::milliseconds(ASK_AGAIN.0);
            let also = now >= left_out;
            if also {
                left_out = now + Days::milliseconds(DOUBT_AGAIN.0);
            }
            match catching_up(services, node, also).await {
                Ok(now_serving) => {
                    if now_serving && !serving && wake_all(services).await.is_err() {
                        tracing::warn!("unfinished rows are taken up at their own times");
                    }
                    serving = now_serving;
                }
                Err(error) => tracing::warn!(code = error.code(), "peers cannot be asked"),
            }
        }
        if now >= upkeep {
            upkeep = now + Days::minutes(10);
            if let Err(error) = keep_up(services, node, now).await {
                tracing::warn!(code = error.code(), "the message log cannot be kept up");
            }
        }
        tokio::select! {
            () = woken => tokio::time::sleep(Duration::from_millis(5)).await,
            () = node.wake.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Asks again those who have not answered our start, and `also`, when we serve, those whom two officers have left out;
/// whether we serve.
async fn catching_up(services: &Services, node: &Arc<Node>, also: bool) -> Result<bool> {
    let station = load::station(services.db.read(), node).await?;
    let serving = station.serving();
    if serving && (station.overridden.is_empty() || !also) {
        return Ok(true);
    }
    let sends = step(services, node, |desk| {
        Box::pin(steps::station(desk, StationEvent::Due))
    })
    .await?;
    spawn(services, node, sends);
    Ok(serving)
}

/// How many questions each peer may still be asked now.
#[derive(Debug, Default)]
struct Permits(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Permits {
    fn take(&self, peer: &str) -> Option<OwnedSemaphorePermit> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = all
            .entry(peer.to_owned())
            .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)));
        Arc::clone(of).try_acquire_owned().ok()
    }

    /// Those who are asked all that they may be.
    fn busy(&self) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = all.iter().filter(|(_, of)| of.available_permits() == 0);
        busy.map(|(peer, _)| peer.clone()).collect()
    }
}

/// Something that is due.
#[derive(Clone, Debug)]
enum Due {
    Log(TxnId),
    Row(TxnId),
    Tell(AuthorityId, Notice),
    Unmark(uuid::Uuid),
}

async fn look(services: &Services, node: &Arc<Node>, permits: &Permits) -> Result<()> {
    let now = fault::now();
    loop {
        // What waits for somebody who is asked enough already stands in nobody's way.
        let mut skipped = false;
        for Found { due, peer, lease } in waiting(services, now, &permits.busy()).await? {
            let Some(permit) = permits.take(&peer) else {
                skipped = true;
                continue;
            };
            // Not taken up again while it is being asked about; a program that dies meanwhile loses nothing.
            if !lease.take(services, now).await? {
                continue;
            }
            let (services, node) = (services.clone(), Arc::clone(node));
            tokio::spawn(async move {
                pursue(&services, &node, due).await;
                drop(permit);
            });
        }
        if !skipped {
            return Ok(());
        }
    }
}

/// What was found due, and whom it asks: nobody, where a row does not say.
struct Found {
    due: Due,
    peer: String,
    lease: Lease,
}

/// A row that was found due, to be put off while somebody works on it.
enum Lease {
    Log(TxnId, Option<DateTime<Utc>>),
    Row(TxnId, Option<DateTime<Utc>>),
    Tell(uuid::Uuid, String, i32, Option<DateTime<Utc>>),
    Unmark(uuid::Uuid, Option<DateTime<Utc>>),
}

impl Lease {
    async fn take(self, services: &Services, now: DateTime<Utc>) -> Result<bool> {
        let until = Some(now + Days::seconds(LEASE));
        let db = services.db.clone();
        let held = Arc::new(self);
        db.write(move |tx| {
            let held = Arc::clone(&held);
            Box::pin(async move {
                let taken = match held.as_ref() {
                    Self::Log(txn, seen) => {
                        log::Entity::update_many()
                            .col_expr(log::Column::DueAt, Expr::value(until))
                            .filter(log::Column::Txn.eq(txn.0))
                            .filter(log::Column::DueAt.eq(*seen))
                            .exec(tx)
                            .await?
                    }
                    Self::Row(txn, seen) => {
                        row::Entity::update_many()
                            .col_expr(row::Column::DueAt, Expr::value(until))
                            .filter(row::Column::Txn.eq(txn.0))
                            .filter(row::Column::DueAt.eq(*seen))
                            .exec(tx)
                            .await?
                    }
                    Self::Tell(notice, peer, attempts, seen) => {
                        let next =
                            next_look(now, ASK_AGAIN, *attempts).max(now + Days::seconds(LEASE));
                        telling::Entity::update_many()
                            .col_expr(telling::Column::DueAt, Expr::value(Some(next)))
                            .col_expr(
                                telling::Column::Attempts,
                                Expr::value(attempts.saturating_add(1)),
                            )
                            .filter(telling::Column::Notice.eq(*notice))
                            .filter(telling::Column::Peer.eq(peer))
                            .filter(telling::Column::DueAt.eq(*seen))
                            .exec(tx)
                            .await?
                    }
                    Self::Unmark(application, seen) => {
                        divorcing::Entity::update_many()
                            .col_expr(divorcing::Column::DueAt, Expr::value(until))
                            .filter(divorcing::Column::ApplicationId.eq(*application))
                            .filter(divorcing::Column::DueAt.eq(*seen))
                            .exec(tx)
                            .await?
                    }
                };
                Ok(taken.rows_affected == 1)
            })
        })
        .await
    }
}

/// Rows that ask none of these.
fn but(peer: impl ColumnTrait, busy: &[String]) -> Condition {
    if busy.is_empty() {
        return Condition::all();
    }
    let others = Condition::any().add(peer.is_not_in(busy.iter().cloned()));
    if busy.iter().any(String::is_empty) {
        others
    } else {
        others.add(peer.is_null())
    }
}

/// What is due and waits for none of these peers.
async fn waiting(services: &Services, now: DateTime<Utc>, busy: &[String]) -> Result<Vec<Found>> {
    let db = services.db.read();
    let mut found = Vec::new();
    let logs = log::Entity::find()
        .filter(log::Column::DueAt.lte(now))
        .filter(but(log::Column::Peer, busy))
        .order_by_asc(log::Column::DueAt)
        .limit(BATCH)
        .all(db)
        .await?;
    found.extend(logs.into_iter().map(|row| Found {
        due: Due::Log(TxnId(row.txn)),
        peer: row.peer.unwrap_or_default(),
        lease: Lease::Log(TxnId(row.txn), row.due_at),
    }));
    let rows = row::Entity::find()
        .filter(row::Column::DueAt.lte(now))
        .filter(but(row::Column::Peer, busy))
        .order_by_asc(row::Column::DueAt)
        .limit(BATCH)
        .all(db)
        .await?;
    found.extend(rows.into_iter().map(|row| Found {
        due: Due::Row(TxnId(row.txn)),
        peer: row.peer.unwrap_or_default(),
        lease: Lease::Row(TxnId(row.txn), row.due_at),
    }));
    let tellings = telling::Entity::find()
        .filter(telling::Column::DueAt.lte(now))
        .filter(telling::Column::Told.eq(false))
        .filter(but(telling::Column::Peer, busy))
        .order_by_asc(telling::Column::DueAt)
        .limit(BATCH)
        .all(db)
        .await?;
    for row in tellings {
        if let Ok(to) = row.peer.parse() {
            found.push(Found {
                due: Due::Tell(to, from_json(&row.body)?),
                lease: Lease::Tell(row.notice, row.peer.clone(), row.attempts, row.due_at),
                peer: row.peer,
            });
        }
    }
    for row in divorce::due(db, now, BATCH).await? {
        let id = row.application_id;
        found.push(Found {
            due: Due::Unmark(id),
            peer: HERE.to_owned(),
            lease: Lease::Unmark(id, row.due_at),
        });
    }
    Ok(found)
}

async fn pursue(services: &Services, node: &Arc<Node>, due: Due) {
    let sends = match due {
        Due::Log(txn) => {
            step(services, node, move |desk| {
                Box::pin(steps::at_coordinator(desk, txn, CoordinatorEvent::Due))
            })
            .await
        }
        Due::Row(txn) => {
            step(services, node, move |desk| {
                Box::pin(steps::at_authority(
                    desk,
                    Some(txn),
                    None,
                    AuthorityEvent::Due,
                ))
            })
            .await
        }
        Due::Tell(to, notice) => Ok(vec![Outgoing {
            to,
            message: Message::Ended { notice },
        }]),
        Due::Unmark(application) => {
            step(services, node, move |desk| {
                Box::pin(divorce::pursue(desk, application))
            })
            .await
        }
    };
    match sends {
        Ok(sends) => say_all(services, node, sends).await,
        Err(error) => tracing::warn!(
            code = error.code(),
            "a row between provinces cannot go on at the moment"
        ),
    }
}

/// The roots of every day up to yesterday that a peer has not noted, and what is past its time out of the log.
async fn keep_up(services: &Services, node: &Arc<Node>, now: DateTime<Utc>) -> Result<()> {
    let yesterday = crate::service::shanghai(now).date() - Days::days(1);
    for peer in node.peers() {
        let (services, node) = (services.clone(), Arc::clone(node));
        tokio::spawn(async move {
            if let Err(error) = seal(&services, &node, peer, yesterday).await {
                tracing::warn!(
                    code = error.code(),
                    "the days of the message log cannot be sealed"
                );
            }
        });
    }
    services
        .db
        .write(move |tx| Box::pin(async move { chain::prune(tx, now).await.map(|_| ()) }))
        .await?;
    again(services, node).await
}

/// The roots of one peer, until it does not note one: the next come with the next upkeep.
async fn seal(
    services: &Services,
    node: &Arc<Node>,
    peer: AuthorityId,
    yesterday: NaiveDate,
) -> Result<()> {
    let code = peer.to_string();
    let open = services.db.write(move |tx| {
        let code = code.clone();
        Box::pin(async move { chain::open_roots(tx, &code, yesterday).await })
    });
    for sealed in open.await? {
        let day = sealed.day;
        let root = Root {
            day,
            sent_count: sealed.sent_count,
            sent_root: sealed.sent_root,
            received_count: sealed.received_count,
            received_root: sealed.received_root,
        };
        say(services, node, peer, Word::Root(root)).await?;
        let kept = root::Entity::find_by_id((peer.to_string(), day));
        let kept = kept.one(services.db.read()).await?;
        if !kept.is_some_and(|row| row.noted) {
            break;
        }
    }
    Ok(())
}

/// What could not be kept is tried once more.
async fn again(services: &Services, node: &Arc<Node>) -> Result<()> {
    step(services, node, |desk| {
        Box::pin(async move { record::retry(desk).await.map(|()| Vec::new()) })
    })
    .await
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_is_asked_all_it_may_be_takes_no_turn_from_another() {
        let permits = Permits::default();
        let held: Vec<_> = (0..AT_ONCE).map(|_| permits.take("32")).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(permits.take("32").is_none());
        assert_eq!(permits.busy(), ["32"]);
        assert!(permits.take("35").is_some());
        drop(held);
        assert!(permits.take("32").is_some());
        assert!(permits.busy().is_empty());
    }
}
