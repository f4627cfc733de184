//! The message log: every text to and from a peer, hash-chained for each direction, kept three years
//! (网络数据安全管理条例 art. 12), with a daily Merkle root that the two sides exchange.
//!
//! A message that goes out names the hash before it in its own signed header, so that the receiver holds
//! the sender's chain as well; one that comes in is chained here. The log is written in the transaction
//! that acts on the message: nothing was done that is not logged, nothing is logged that was not done. A
//! nonce is taken once in each direction, which is what stops a replay.

use super::wire::Fault;
use super::wire::jws::{self, Header};
use crate::kit::{Error, Result};
use crate::model::interop::{message, root};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use data_encoding::BASE64URL_NOPAD;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Came from the peer.
pub const IN: &str = "IN";
/// Went to the peer.
pub const OUT: &str = "OUT";

/// How long messages are kept, in days (three years).
pub const KEPT_DAYS: i64 = 3 * 366;

/// The end of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tip {
    /// The number of the last message; 0 before the first.
    pub seq: i64,
    /// Its hash; empty before the first.
    pub hash: String,
}

/// The end of the chain with a peer in a direction.
///
/// # Errors
/// When the database does not answer.
pub async fn tip(db: &impl ConnectionTrait, peer: &str, direction: &str) -> Result<Tip> {
    let last = message::Entity::find()
        .filter(message::Column::Peer.eq(peer))
        .filter(message::Column::Direction.eq(direction))
        .order_by_desc(message::Column::Seq)
        .one(db)
        .await?;
    Ok(last.map_or_else(Tip::default, |row| Tip {
        seq: row.seq,
        hash: row.hash,
    }))
}

/// The hash of a message in its chain.
#[must_use]
pub fn chained(before: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update([b'.']);
    hash.update(text.as_bytes());
    BASE64URL_NOPAD.encode(&hash.finalize())
}

/// Appends a message behind `tip`.
///
/// # Errors
/// [`Fault::Replayed`], as a refusal, when its nonce was taken in this direction before.
pub async fn append(
    tx: &impl ConnectionTrait,
    peer: &str,
    direction: &str,
    tip: &Tip,
    text: &str,
    header: &Header,
    at: DateTime<Utc>,
) -> Result<()> {
    let taken = message::Entity::find()
        .filter(message::Column::Peer.eq(peer))
        .filter(message::Column::Direction.eq(direction))
        .filter(message::Column::Nonce.eq(&header.nonce))
        .select_only()
        .column(message::Column::Seq)
        .into_tuple::<i64>()
        .one(tx)
        .await?;
    if taken.is_some() {
        return Err(Fault::Replayed.into());
    }
    let row = message::ActiveModel {
        peer: Set(peer.to_owned()),
        direction: Set(direction.to_owned()),
        seq: Set(tip.seq + 1),
        at: Set(at),
        txn: Set(header.txn_id.clone()),
        phase: Set(header.phase.clone()),
        officer: Set(header.officer.clone()),
        purpose: Set(header.purpose.clone()),
        nonce: Set(header.nonce.clone()),
        jws: Set(text.to_owned()),
        hash: Set(chained(&tip.hash, text)),
    };
    message::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// What a walk along a chain finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Messages that fit.
    pub good: i64,
    /// The number of the first that does not follow from the one before; none when all do.
    pub broken_at: Option<i64>,
}

/// Walks the chain with a peer in a direction from its first kept message.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(db: &impl ConnectionTrait, peer: &str, direction: &str) -> Result<Walked> {
    const PAGE: u64 = 500;
    let (mut good, mut last): (i64, Option<Tip>) = (0, None);
    loop {
        let rows = message::Entity::find()
            .filter(message::Column::Peer.eq(peer))
            .filter(message::Column::Direction.eq(direction))
            .filter(message::Column::Seq.gt(last.as_ref().map_or(0, |tip| tip.seq)))
            .order_by_asc(message::Column::Seq)
            .limit(PAGE)
            .all(db)
            .await?;
        if rows.is_empty() {
            return Ok(Walked {
                good,
                broken_at: None,
            });
        }
        for row in rows {
            // The first that is kept may follow one that was dropped after its time.
            let follows = last.as_ref().is_none_or(|tip| {
                row.seq == tip.seq + 1 && row.hash == chained(&tip.hash, &row.jws)
            });
            let starts = row.seq != 1 || row.hash == chained("", &row.jws);
            let named = direction == IN
                || last.as_ref().is_none_or(|tip| {
                    jws::peek(&row.jws).is_some_and(|header| header.prev_hash == tip.hash)
                });
            if !(follows && starts && named) {
                return Ok(Walked {
                    good,
                    broken_at: Some(row.seq),
                });
            }
            good += 1;
            last = Some(Tip {
                seq: row.seq,
                hash: row.hash,
            });
        }
    }
}

/// What stands in a text, for people: the phase of each message, with the class of a refusal and the outcome of a
/// decision. Nothing of what is sealed, and no name.
#[must_use]
pub fn said(text: &str) -> String {
    let body = |text: &str| -> Option<Value> {
        let part = text.split('.').nth(1)?;
        let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let word = |value: &Value, path: &str| -> Option<String> {
        value.pointer(path)?.as_str().map(str::to_owned)
    };
    let of = |message: &Value| -> String {
        let stated = word(message, "/verdict/jws").and_then(|jws| body(&jws));
        let outcome = stated.and_then(|stated| {
            let outcome = word(&stated, "/decision/outcome/outcome")?;
            let class = word(&stated, "/decision/outcome/class");
            Some(class.map_or(outcome.clone(), |class| format!("{outcome} {class}")))
        });
        [
            word(message, "/phase"),
            word(message, "/class"),
            word(message, "/notice/ending"),
            outcome,
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
    };
    let messages = body(text).and_then(|body| body.get("messages")?.as_array().cloned());
    match messages.as_deref() {
        None | Some([]) => "(nothing)".to_owned(),
        Some(messages) => messages.iter().map(of).collect::<Vec<_>>().join(", "),
    }
}

/// The latest messages as lines for people, the oldest of them first: who to whom, what, about which
/// transaction, and what is said in it by its kind.
///
/// # Errors
/// When the database does not answer.
pub async fn lines(db: &impl ConnectionTrait, most: u64) -> Result<Vec<String>> {
    let mut rows = message::Entity::find()
        .order_by_desc(message::Column::At)
        .order_by_desc(message::Column::Seq)
        .limit(most)
        .all(db)
        .await?;
    rows.reverse();
    Ok(rows
        .into_iter()
        .map(|row| {
            let arrow = if row.direction == OUT { "->" } else { "<-" };
            format!(
                "{} {arrow} {} {:>4} {:<20} {:<40} {}",
                row.at.format("%H:%M:%S%.3f"),
                row.peer,
                row.seq,
                row.phase,
                said(&row.jws),
                row.txn
            )
        })
        .collect())
}

/// Drops what is older than three years, from the oldest on.
///
/// # Errors
/// When the database does not answer.
pub async fn prune(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64> {
    let dropped = message::Entity::delete_many()
        .filter(message::Column::At.lt(now - Duration::days(KEPT_DAYS)))
        .exec(tx)
        .await?;
    Ok(dropped.rows_affected)
}

/// The Merkle root over hashes (RFC 6962): leaves and nodes are told apart by their first byte. Of
/// nothing it is the hash of nothing.
#[must_use]
pub fn merkle_root(leaves: &[String]) -> String {
    let leaf = |text: &String| -> [u8; 32] {
        Sha256::new()
            .chain_update([0])
            .chain_update(text.as_bytes())
            .finalize()
            .into()
    };
    fn node(level: &[[u8; 32]]) -> [u8; 32] {
        match level {
            [] => Sha256::digest([]).into(),
            [only] => *only,
            _ => {
                // The largest power of two below the count.
                let half = level.len().next_power_of_two() / 2;
                let (left, right) = level.split_at(half);
                Sha256::new()
                    .chain_update([1])
                    .chain_update(node(left))
                    .chain_update(node(right))
                    .finalize()
                    .into()
            }
        }
    }
    let level: Vec<[u8; 32]> = leaves.iter().map(leaf).collect();
    BASE64URL_NOPAD.encode(&node(&level))
}

/// Count and root of one direction on one day in Shanghai.
async fn of_day(
    db: &impl ConnectionTrait,
    peer: &str,
    direction: &str,
    day: NaiveDate,
) -> Result<(i64, String)> {
    let (from, to) = bounds(day).ok_or_else(|| Error::internal("a day out of range"))?;
    let hashes: Vec<String> = message::Entity::find()
        .filter(message::Column::Peer.eq(peer))
        .filter(message::Column::Direction.eq(direction))
        .filter(message::Column::At.gte(from))
        .filter(message::Column::At.lt(to))
        .order_by_asc(message::Column::Seq)
        .select_only()
        .column(message::Column::Hash)
        .into_tuple()
        .all(db)
        .await?;
    Ok((
        i64::try_from(hashes.len()).unwrap_or(i64::MAX),
        merkle_root(&hashes),
    ))
}

/// A day of Shanghai as instants.
fn bounds(day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let midnight = day.and_hms_opt(0, 0, 0)?.and_utc() - Duration::hours(8);
    Some((midnight, midnight + Duration::days(1)))
}

/// Seals the day with a peer, once; answers the row that is to be sent.
///
/// # Errors
/// When the database does not answer.
pub async fn seal(tx: &impl ConnectionTrait, peer: &str, day: NaiveDate) -> Result<root::Model> {
    let known = root::Entity::find_by_id((peer.to_owned(), day))
        .one(tx)
        .await?;
    if let Some(row) = &known
        && !row.sent_root.is_empty()
    {
        return Ok(row.clone());
    }
    let (sent_count, sent_root) = of_day(tx, peer, OUT, day).await?;
    let (received_count, received_root) = of_day(tx, peer, IN, day).await?;
    let row = root::Model {
        peer: peer.to_owned(),
        day,
        sent_count,
        sent_root,
        received_count,
        received_root,
        noted: false,
        theirs: known.and_then(|row| row.theirs),
    };
    put(tx, row.clone()).await?;
    Ok(row)
}

/// The roots up to a day that a peer has yet to note, the oldest first, each day sealed now if it was not: none is
/// passed over, however long either side was away. At most a month of them at a time.
///
/// # Errors
/// When the database does not answer.
pub async fn open_roots(
    tx: &impl ConnectionTrait,
    peer: &str,
    last: NaiveDate,
) -> Result<Vec<root::Model>> {
    const MOST: usize = 31;
    let sealed = || {
        root::Entity::find()
            .filter(root::Column::Peer.eq(peer))
            .filter(root::Column::SentRoot.ne(""))
    };
    let newest = sealed().order_by_desc(root::Column::Day).one(tx).await?;
    let first = match newest {
        Some(row) => row.day.succ_opt(),
        None => message::Entity::find()
            .filter(message::Column::Peer.eq(peer))
            .order_by_asc(message::Column::At)
            .one(tx)
            .await?
            .map(|row| crate::service::shanghai(row.at).date()),
    };
    let days = first.into_iter().flat_map(|day| day.iter_days());
    for day in days.take_while(|day| *day <= last).take(MOST) {
        seal(tx, peer, day).await?;
    }
    let open = sealed()
        .filter(root::Column::Noted.eq(false))
        .filter(
            Condition::any()
                .add(root::Column::SentCount.gt(0))
                .add(root::Column::ReceivedCount.gt(0)),
        )
        .order_by_asc(root::Column::Day)
        .limit(MOST as u64);
    Ok(open.all(tx).await?)
}

/// Keeps what a peer has sent as its root of a day: the first for each day, for good.
///
/// # Errors
/// When the database does not answer.
pub async fn keep_theirs(
    tx: &impl ConnectionTrait,
    peer: &str,
    day: NaiveDate,
    text: &str,
) -> Result<()> {
    let known = root::Entity::find_by_id((peer.to_owned(), day))
        .one(tx)
        .await?;
    let row = known.unwrap_or_else(|| root::Model {
        peer: peer.to_owned(),
        day,
        sent_count: 0,
        sent_root: String::new(),
        received_count: 0,
        received_root: String::new(),
        noted: false,
        theirs: None,
    });
    if row.theirs.is_some() {
        return Ok(());
    }
    put(
        tx,
        root::Model {
            theirs: Some(text.to_owned()),
            ..row
        },
    )
    .await
}

/// The peer has our root of a day.
///
/// # Errors
/// When the database does not answer.
pub async fn noted(tx: &impl ConnectionTrait, peer: &str, day: NaiveDate) -> Result<()> {
    root::Entity::update_many()
        .col_expr(root::Column::Noted, sea_orm::sea_query::Expr::value(true))
        .filter(root::Column::Peer.eq(peer))
        .filter(root::Column::Day.eq(day))
        .exec(tx)
        .await?;
    Ok(())
}

async fn put(tx: &impl ConnectionTrait, row: root::Model) -> Result<()> {
    use root::Column;
    let conflict = OnConflict::columns([Column::Peer, Column::Day])
        .update_columns([
            Column::SentCount,
            Column::SentRoot,
            Column::ReceivedCount,
            Column::ReceivedRoot,
            Column::Noted,
            Column::Theirs,
        ])
        .to_owned();
    root::Entity::insert(root::ActiveModel::from(row))
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_depends_on_every_leaf_its_order_and_its_depth() {
        let leaves = |n: usize| (0..n).map(|i| format!("leaf {i}")).collect::<Vec<_>>();
        let mut seen = std::collections::HashSet::new();
        for n in 0..40 {
            assert!(seen.insert(merkle_root(&leaves(n))), "{n}");
        }
        let mut swapped = leaves(5);
        swapped.swap(0, 4);
        assert_ne!(merkle_root(&swapped), merkle_root(&leaves(5)));
        // RFC 6962: of nothing, the hash of the empty text.
        assert_eq!(
            merkle_root(&[]),
            BASE64URL_NOPAD.encode(&Sha256::digest([]))
        );
    }

    #[test]
    fn a_line_says_what_was_answered_and_names_nobody() {
        let text = |body: &Value| {
            let part = BASE64URL_NOPAD.encode(body.to_string().as_bytes());
            format!("e30.{part}.c2ln")
        };
        let verdict =
            |outcome: Value| text(&serde_json::json!({ "decision": { "outcome": outcome } }));
        let committed = verdict(serde_json::json!({ "outcome": "COMMITTED", "parties": ["x"] }));
        let aborted = verdict(serde_json::json!({ "outcome": "ABORTED", "class": "NOT_FREE" }));
        for (messages, line) in [
            (serde_json::json!([]), "(nothing)"),
            (
                serde_json::json!([{ "phase": "REFUSED", "class": "NOT_FREE" }]),
                "REFUSED NOT_FREE",
            ),
            (
                serde_json::json!([{ "phase": "GRANTED", "grant": { "by": "35", "jws": "x" } }]),
                "GRANTED",
            ),
            (
                serde_json::json!([{ "phase": "DECIDED", "verdict": { "by": "32", "jws": committed } }]),
                "DECIDED COMMITTED",
            ),
            (
                serde_json::json!([{ "phase": "CANCEL", "verdict": { "by": "32", "jws": aborted } }]),
                "CANCEL ABORTED NOT_FREE",
            ),
        ] {
            assert_eq!(
                said(&text(&serde_json::json!({ "messages": messages }))),
                line
            );
        }
        assert_eq!(said("no text"), "(nothing)");
    }

    #[test]
    fn a_day_is_that_of_shanghai() {
        let (from, to) = bounds("2026-11-22".parse().unwrap()).unwrap();
        assert_eq!(
            (from.to_rfc3339().as_str(), to.to_rfc3339().as_str()),
            ("2026-11-21T16:00:00+00:00", "2026-11-22T16:00:00+00:00")
        );
    }
}
