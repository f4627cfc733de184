//! What officers do about the exchange between provinces: ask again, give up, close an alarm; and what only two
//! of them may do together, break-glass and going on without a peer.

use super::core::event::{AuthorityEvent, CoordinatorEvent, Row, StationEvent};
use super::core::message::Notice;
use super::core::names::{AuthorityId, TxnId};
use super::fault;
use super::node::{self, Node};
use super::steps;
use super::store::{Desk, from_json, load, to_json};
use crate::kit::officer::Officer;
use crate::kit::{Error, Principal, Result, Role};
use crate::model::interop::{alarm, glass, log, row, telling};
use crate::rules::Refusal;
use crate::service::act::Act;
use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// `Forbidden` unless the caller is a supervisor.
pub(super) fn supervisor(caller: &Principal) -> Result<()> {
    if caller.role == Role::Supervisor {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// How long a proposal waits for its second officer; then it is over, and may be made anew. This house's order,
/// as for other proposals; no law names the span.
const DECIDED_WITHIN: TimeDelta = TimeDelta::days(7);

/// `Forbidden` unless the caller is a supervisor of the whole province: what the authority of its ledgers does,
/// no county does for it.
pub(super) fn of_the_province(caller: &Principal, own: &str) -> Result<()> {
    supervisor(caller)?;
    if caller.province == own && caller.reach() == Some(own) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// An alarm to be closed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Close {
    /// The alarm.
    pub alarm: Uuid,
}

/// A supervisor of the province has looked at an alarm: it is what is left of a hold or a ledger gone wrong.
///
/// # Errors
/// `Forbidden`, `NotFound`, or a database that does not answer.
pub async fn close(act: Act<'_>, what: &Close) -> Result<Uuid> {
    of_the_province(act.caller, &act.services.province)?;
    let closed = alarm::Entity::update_many()
        .col_expr(alarm::Column::ClosedAt, Expr::value(Some(fault::now())))
        .col_expr(
            alarm::Column::ClosedBy,
            Expr::value(Some(act.account()?.to_owned())),
        )
        .filter(alarm::Column::Id.eq(what.alarm))
        .filter(alarm::Column::ClosedAt.is_null())
        .exec(act.tx)
        .await?;
    if closed.rows_affected == 0 {
        return Err(Error::NotFound);
    }
    act.leave(
        "InteropAlarm",
        what.alarm,
        Some("OPEN"),
        "CLOSED",
        serde_json::json!({}),
    )
    .await?;
    Ok(what.alarm)
}

/// A transaction.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ask {
    /// The transaction.
    pub txn: Uuid,
}

/// Asks the other side now.
///
/// # Errors
/// `NotFound` where there is no such transaction that the caller may see.
pub async fn ask_now(act: Act<'_>, what: &Ask) -> Result<Uuid> {
    let kept = log::Entity::find_by_id(what.txn).one(act.tx).await?;
    let now = Some(fault::now());
    let told = act.caller.role == Role::Supervisor && tell_now(&act, what.txn).await?;
    match kept.and_then(|kept| kept.registry_id) {
        Some(office) => {
            act.review(office).await?;
            log::Entity::update_many()
                .col_expr(log::Column::DueAt, Expr::value(now))
                .filter(log::Column::Txn.eq(what.txn))
                .filter(log::Column::Closed.eq(false))
                .exec(act.tx)
                .await?;
        }
        None => {
            supervisor(act.caller)?;
            let asked = row::Entity::update_many()
                .col_expr(row::Column::DueAt, Expr::value(now))
                .filter(row::Column::Txn.eq(what.txn))
                .filter(
                    Condition::any()
                        .add(row::Column::State.is_in(["HELD", "FORCED"]))
                        .add(row::Column::Peer.is_not_null()),
                )
                .filter(row::Column::DueAt.is_not_null())
                .exec(act.tx)
                .await?;
            if asked.rows_affected == 0 && !told {
                return Err(Error::NotFound);
            }
        }
    }
    Ok(what.txn)
}

/// Tells now what a peer has yet to note of the marriage that a transaction has made; whether there is anything.
async fn tell_now(act: &Act<'_>, txn: Uuid) -> Result<bool> {
    let untold = telling::Entity::find()
        .filter(telling::Column::Told.eq(false))
        .all(act.tx)
        .await?;
    let mut any = false;
    for row in untold {
        if from_json::<Notice>(&row.body)?.txn != TxnId(txn) {
            continue;
        }
        any = true;
        telling::Entity::update_many()
            .col_expr(telling::Column::DueAt, Expr::value(Some(fault::now())))
            .filter(telling::Column::Notice.eq(row.notice))
            .filter(telling::Column::Peer.eq(row.peer))
            .exec(act.tx)
            .await?;
    }
    Ok(any)
}

/// The couple of an application has left while the provinces were agreeing; only the deciding authority can
/// say that it has ended.
///
/// # Errors
/// When the database does not answer.
pub async fn walk_out(act: &Act<'_>, application: Uuid) -> Result<()> {
    let kept = log::Entity::find()
        .filter(log::Column::ApplicationId.eq(application))
        .filter(log::Column::Closed.eq(false))
        .order_by_desc(log::Column::Since)
        .one(act.tx)
        .await?;
    let (Some(kept), Some(node)) = (kept, node::of(act.services)?) else {
        return Err(Error::NotFound);
    };
    let desk = desk(act, &node);
    steps::at_coordinator(desk, TxnId(kept.txn), CoordinatorEvent::WalkOut).await?;
    // What is to be asked goes out by the row, now.
    log::Entity::update_many()
        .col_expr(log::Column::DueAt, Expr::value(Some(desk.now)))
        .filter(log::Column::Txn.eq(kept.txn))
        .filter(log::Column::Closed.eq(false))
        .exec(act.tx)
        .await?;
    Ok(())
}

/// What two officers must say to free a held person.
#[derive(Clone, Debug, Serialize)]
pub struct BreakGlass {
    /// The transaction.
    pub txn: Uuid,
    /// Reference of the deciding authority's written statement.
    pub statement: String,
    /// The authority that wrote it.
    pub stated_by: String,
}

/// The first officer proposes; the second, another one, does it. Whether it was done.
///
/// # Errors
/// `Forbidden` but for supervisors of the province; a refusal where what the first officer said was other, or the
/// core does not allow it.
pub async fn break_glass(act: Act<'_>, what: &BreakGlass) -> Result<bool> {
    let node = of_ours(&act)?;
    let stated_by: AuthorityId = what.stated_by.parse().map_err(|_| Error::NotFound)?;
    if load::row(act.tx, TxnId(what.txn)).await?.is_none() {
        return Err(Error::NotFound);
    }
    let said = (what.statement.as_str(), what.stated_by.as_str());
    let Some(officers) = both(&act, what.txn, said).await? else {
        return Ok(false);
    };
    let event = AuthorityEvent::BreakGlass {
        officers,
        statement: what.statement.clone(),
        stated_by,
    };
    let desk = desk(&act, &node);
    steps::at_authority(desk, Some(TxnId(what.txn)), None, event).await?;
    let done = matches!(
        load::row(act.tx, TxnId(what.txn)).await?,
        Some(Row::Forced { .. })
    );
    row::Entity::update_many()
        .col_expr(row::Column::DueAt, Expr::value(Some(desk.now)))
        .filter(row::Column::Txn.eq(what.txn))
        .filter(row::Column::State.eq("FORCED"))
        .exec(act.tx)
        .await?;
    if !done {
        return Err(Refusal::by_form(
            "BREAK_GLASS_NOT_ALLOWED",
            "This needs a hold of at least 24 hours and the written statement of the authority that decides.",
            "须占用满24小时，并持有决定方的书面说明。",
        )
        .into());
    }
    act.leave(
        "InteropTransaction",
        what.txn,
        Some("HELD"),
        "FORCED",
        serde_json::json!({}),
    )
    .await?;
    Ok(true)
}

/// What two officers say to clear a dispute that a decision has left.
#[derive(Clone, Debug, Serialize)]
pub struct Clear {
    /// The transaction.
    pub txn: Uuid,
    /// Reference of what they rest on.
    pub evidence: String,
}

/// The first officer proposes; the second, another one, does it. Whether it was done. The persons' ledgers here say
/// `CLEARED` from then on, and count again for what else they say.
///
/// # Errors
/// `Forbidden` but for supervisors of the province; a refusal where what the first officer said was other, where
/// nothing is disputed by this transaction, or while this province catches up after a start.
pub async fn clear(act: Act<'_>, what: &Clear) -> Result<bool> {
    let node = of_ours(&act)?;
    let row = load::row(act.tx, TxnId(what.txn)).await?;
    if !row.as_ref().is_some_and(Row::disputed) {
        return Err(NOT_DISPUTED.into());
    }
    super::counter::may_write(act.tx, act.services).await?;
    // A proposal of another kind may wait for the same transaction.
    let place = crate::kit::id::derived("clear a dispute", &what.txn.to_string());
    let Some(officers) = both(&act, place, (&what.evidence, &node.own)).await? else {
        return Ok(false);
    };
    let event = AuthorityEvent::Clear {
        officers,
        evidence: what.evidence.clone(),
    };
    steps::at_authority(desk(&act, &node), Some(TxnId(what.txn)), None, event).await?;
    act.leave(
        "InteropTransaction",
        what.txn,
        Some("DISPUTED"),
        "CLEARED",
        serde_json::json!({}),
    )
    .await?;
    Ok(true)
}

const NOT_DISPUTED: Refusal = Refusal::by_form(
    "NOT_DISPUTED",
    "Nobody's records are disputed because of this transaction.",
    "没有因该事务而存疑的记录。",
);

/// Who has said it first.
fn said_by(first: &glass::Model) -> Officer<'_> {
    Officer {
        account: Some(&first.officer),
        person: first.person.as_deref(),
    }
}

/// This province among its peers, for a supervisor of all of it who has an account.
fn of_ours(act: &Act<'_>) -> Result<Arc<Node>> {
    of_the_province(act.caller, &act.services.province)?;
    act.account()?;
    node::of(act.services)?.ok_or(Error::NotFound)
}

fn desk<'x>(act: &Act<'x>, node: &'x Node) -> Desk<'x> {
    Desk {
        tx: act.tx,
        services: act.services,
        node,
        now: fault::now(),
    }
}

/// Both officers, if this is the second, another one, who says the same in time; otherwise what is said is kept as
/// the first's.
async fn both(
    act: &Act<'_>,
    txn: Uuid,
    (statement, stated_by): (&str, &str),
) -> Result<Option<[String; 2]>> {
    let now = fault::now();
    let mut known = glass::Entity::find_by_id(txn).one(act.tx).await?;
    if known
        .as_ref()
        .is_some_and(|first| now >= first.at + DECIDED_WITHIN)
    {
        glass::Entity::delete_by_id(txn).exec(act.tx).await?;
        known = None;
    }
    match known {
        Some(first) if !act.officer().is_another_than(said_by(&first)) => Err(Refusal::by_form(
            "SECOND_OFFICER_NEEDED",
            "You have proposed this already; another officer must confirm it.",
            "您已提出，须由另一名人员确认。",
        )
        .into()),
        Some(first) if first.statement == statement && first.stated_by == stated_by => {
            glass::Entity::delete_by_id(txn).exec(act.tx).await?;
            Ok(Some([first.officer, act.account()?.to_owned()]))
        }
        Some(_) => Err(Refusal::by_form(
            "NOT_WHAT_WAS_PROPOSED",
            "The first officer has named another statement or authority.",
            "与第一名人员提出的书面说明或机关不一致。",
        )
        .into()),
        None => {
            let row = glass::Model {
                txn,
                officer: act.account()?.to_owned(),
                person: act.caller.person.clone(),
                statement: statement.to_owned(),
                stated_by: stated_by.to_owned(),
                at: now,
            };
            glass::Entity::insert(glass::ActiveModel::from(row))
                .exec_without_returning(act.tx)
                .await?;
            Ok(None)
        }
    }
}

/// Provinces that do not answer after a start.
#[derive(Clone, Debug, Serialize)]
pub struct GoOn {
    /// Their codes.
    pub without: Vec<String>,
}

/// Two supervisors go on without provinces that do not answer. Whether it was done.
///
/// # Errors
/// `Forbidden` but for supervisors of the province; a refusal where the first officer named others.
pub async fn go_on(act: Act<'_>, what: &GoOn) -> Result<bool> {
    let node = of_ours(&act)?;
    let without: BTreeSet<AuthorityId> = what
        .without
        .iter()
        .filter_map(|code| code.parse().ok())
        .collect();
    let named = to_json(&without)?;
    let Some(officers) = both(&act, Uuid::nil(), (&named, &node.own)).await? else {
        return Ok(false);
    };
    let event = StationEvent::Override { officers, without };
    steps::station(desk(&act, &node), event).await?;
    Ok(true)
}
