//! What is held about each peer, at its place: verdicts, endings that it has told and endings that it has noted. A peer
//! that was restored asks for what stands behind the last place that it has read.

use super::{Desk, from_json, to_json};
use crate::interop::core::event::{Evidence, Reading, Row, Telling};
use crate::interop::core::message::{Notice, Verdict};
use crate::interop::core::names::{AuthorityId, Proof};
use crate::interop::log::chained;
use crate::interop::wire::proofs;
use crate::kit::{Error, Result};
use crate::model::interop::{evidence, noted, row, telling};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// Evidence for each other party of a verdict: once for each transaction, signed now if it is our own.
pub(super) async fn keep_evidence(desk: Desk<'_>, verdict: &Proof<Verdict>) -> Result<()> {
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
pub(super) async fn keep_noted(desk: Desk<'_>, from: AuthorityId, notice: &Notice) -> Result<()> {
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
pub(super) async fn told(desk: Desk<'_>, id: Uuid, by: AuthorityId) -> Result<()> {
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

pub(super) async fn retell(desk: Desk<'_>, to: AuthorityId, after: u64) -> Result<()> {
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
