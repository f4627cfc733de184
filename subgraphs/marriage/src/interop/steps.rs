//! One message, timer or act through the core, in one transaction.

use super::core::effect::Side;
use super::core::event::{
    AuthorityEvent, CoordinatorEvent, Desk as Bench, Evidence, StationEvent, View,
};
use super::core::message::{Message, Notice};
use super::core::names::{AuthorityId, TxnId};
use super::core::{addressees, authority, coordinator, restart};
use super::store::apply::apply;
use super::store::evidence::evidence_about;
use super::store::{Desk, Outgoing, details, load};
use crate::kit::Result;
use std::collections::BTreeSet;

/// A verified message from `from`.
///
/// # Errors
/// When the database does not answer.
pub async fn hear(desk: Desk<'_>, from: AuthorityId, message: Message) -> Result<Vec<Outgoing>> {
    let mut sends = Vec::new();
    for side in addressees(&message) {
        sends.extend(match side {
            Side::Station => at_station(desk, from, &message).await?,
            Side::Authority => {
                let event = AuthorityEvent::Message {
                    from,
                    message: message.clone(),
                };
                at_authority(desk, message.txn(), Some(&message), event).await?
            }
            Side::Coordinator => match message.txn() {
                Some(txn) => {
                    let event = CoordinatorEvent::Message {
                        from,
                        message: message.clone(),
                    };
                    at_coordinator(desk, txn, event).await?
                }
                None => Vec::new(),
            },
        });
    }
    Ok(sends)
}

/// A step of the authority.
///
/// # Errors
/// When the database does not answer.
pub async fn at_authority(
    desk: Desk<'_>,
    txn: Option<TxnId>,
    message: Option<&Message>,
    event: AuthorityEvent,
) -> Result<Vec<Outgoing>> {
    let station = load::living(desk.tx, desk.node).await?;
    let row = match txn {
        Some(txn) => load::row(desk.tx, txn).await?,
        None => None,
    };
    let mut view = View::new(&station, row.as_ref());
    if let Some(txn) = txn {
        view.subjects = load::subjects(desk, txn, message, row.as_ref()).await?;
    }
    if let Some(message) = message {
        let persons: Vec<&str> = view
            .subjects
            .values()
            .map(|one| one.person.0.as_str())
            .collect();
        view.details_fit = details::fits(desk, message, &persons).await?;
    }
    apply(desk, authority::step(&view, event, desk.at())).await
}

/// A step of the coordinator. A registration that is on file is also in the outbox for the national base,
/// so that much of the core's upload is done with it.
///
/// # Errors
/// When the database does not answer.
pub async fn at_coordinator(
    desk: Desk<'_>,
    txn: TxnId,
    event: CoordinatorEvent,
) -> Result<Vec<Outgoing>> {
    let sends = coordinate(desk, txn, event).await?;
    let done = load::log(desk.tx, txn)
        .await?
        .is_some_and(|log| log.verdict.is_some() && !log.uploaded);
    if done {
        coordinate(desk, txn, CoordinatorEvent::Uploaded).await?;
        // Writing the row has cleared its timer; what it still wants is asked for at once.
        if sends.is_empty() {
            return coordinate(desk, txn, CoordinatorEvent::Due).await;
        }
        coordinate(desk, txn, CoordinatorEvent::Due).await?;
    }
    Ok(sends)
}

async fn coordinate(desk: Desk<'_>, txn: TxnId, event: CoordinatorEvent) -> Result<Vec<Outgoing>> {
    let station = load::living(desk.tx, desk.node).await?;
    let log = load::log(desk.tx, txn).await?;
    let bench = Bench::new(&station, log.as_ref());
    apply(desk, coordinator::step(&bench, event, desk.at())).await
}

/// A step of the province as a whole.
///
/// # Errors
/// When the database does not answer.
pub async fn station(desk: Desk<'_>, event: StationEvent) -> Result<Vec<Outgoing>> {
    let station = load::station(desk.tx, desk.node).await?;
    let mut sends = apply(desk, restart::step(&station, event)).await?;
    sends.extend(take_over(desk).await?);
    Ok(sends)
}

/// What holders have freed by break-glass, once every answer is in.
async fn take_over(desk: Desk<'_>) -> Result<Vec<Outgoing>> {
    let mut sends = Vec::new();
    let state = load::station(desk.tx, desk.node).await?;
    for abort in restart::to_take_over(&View::new(&state, None)) {
        let row = load::row(desk.tx, abort.txn).await?;
        let mut view = View::new(&state, row.as_ref());
        view.subjects = load::subjects(desk, abort.txn, None, row.as_ref()).await?;
        sends.extend(apply(desk, restart::replay_forced(&view, &abort)).await?);
        let now = load::station(desk.tx, desk.node).await?;
        let taken = StationEvent::TakenOver { txn: abort.txn };
        sends.extend(apply(desk, restart::step(&now, taken)).await?);
    }
    Ok(sends)
}

async fn at_station(desk: Desk<'_>, from: AuthorityId, message: &Message) -> Result<Vec<Outgoing>> {
    let mut sends = Vec::new();
    let evidence = match message {
        Message::Hello {
            after, after_hash, ..
        } => evidence_about(desk, from, *after, after_hash).await?,
        Message::Known {
            verdicts, endings, ..
        } => {
            // Only what answers this start is taken in.
            if restart::answers(&load::station(desk.tx, desk.node).await?, from, message) {
                sends.extend(replay(desk, verdicts).await?);
                sends.extend(replay_endings(desk, from, endings).await?);
            }
            Evidence::default()
        }
        _ => Evidence::default(),
    };
    let event = StationEvent::Message {
        from,
        message: message.clone(),
        evidence,
    };
    sends.extend(station(desk, event).await?);
    Ok(sends)
}

/// What a peer holds and we may have lost, each before the answer that carries it.
async fn replay(
    desk: Desk<'_>,
    verdicts: &[super::core::names::Proof<super::core::message::Verdict>],
) -> Result<Vec<Outgoing>> {
    let mut sends = Vec::new();
    for verdict in verdicts {
        let txn = verdict.body.decision.txn;
        let state = load::station(desk.tx, desk.node).await?;
        let row = load::row(desk.tx, txn).await?;
        let mut view = View::new(&state, row.as_ref());
        let message = Message::Decided {
            verdict: verdict.clone(),
        };
        view.subjects = load::subjects(desk, txn, Some(&message), row.as_ref()).await?;
        sends.extend(apply(desk, restart::replay(&view, verdict, desk.at())).await?);
        let log = load::log(desk.tx, txn).await?;
        let bench = Bench::new(&state, log.as_ref());
        sends.extend(apply(desk, coordinator::replay(&bench, verdict, desk.at())).await?);
    }
    Ok(sends)
}

/// Endings that we had told a peer and may have lost.
async fn replay_endings(
    desk: Desk<'_>,
    from: AuthorityId,
    endings: &[Notice],
) -> Result<Vec<Outgoing>> {
    let mut sends = Vec::new();
    for notice in endings {
        let state = load::station(desk.tx, desk.node).await?;
        let row = load::row(desk.tx, notice.txn).await?;
        let mut view = View::new(&state, row.as_ref());
        view.subjects = load::subjects(desk, notice.txn, None, row.as_ref()).await?;
        sends.extend(apply(desk, restart::replay_ending(&view, from, notice)).await?);
        let log = load::log(desk.tx, notice.txn).await?;
        let bench = Bench::new(&state, log.as_ref());
        sends.extend(apply(desk, coordinator::replay_ending(&bench, from, notice)).await?);
    }
    Ok(sends)
}

/// The program starts: a new life, and every peer is asked what it holds of us.
///
/// # Errors
/// When the database does not answer.
pub async fn start(desk: Desk<'_>) -> Result<Vec<Outgoing>> {
    let peers: BTreeSet<AuthorityId> = desk.node.peers().into_iter().collect();
    station(
        desk,
        StationEvent::Start {
            boot: uuid::Uuid::new_v4(),
            peers,
        },
    )
    .await
}
