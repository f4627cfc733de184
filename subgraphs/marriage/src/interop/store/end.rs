//! How a record ends here, and who is told of it: the person, the other authority, the province that accepted it.

use super::evidence::keep_telling;
use super::{Desk, load};
use crate::interop::core::effect::LedgerWrite;
use crate::interop::core::event::{Entry, Row, Telling};
use crate::interop::core::message::{Commitment, Ending, Notice, Plan};
use crate::interop::core::names::{AuthorityId, TxnId};
use crate::interop::divorce;
use crate::kit::events::{Event, emit};
use crate::kit::{Error, Result};
use crate::model::interop::record as shared;
use crate::model::{divorce_record, marriage_record};
use crate::rules::record::{RecordState, ends_by};
use crate::service::certificates;
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The record of a marriage, if it is kept here.
pub(super) async fn by_id(desk: Desk<'_>, record: Uuid) -> Result<Option<marriage_record::Model>> {
    Ok(marriage_record::Entity::find_by_id(record)
        .one(desk.tx)
        .await?)
}

/// A divorce ends the record, where there is one here.
pub(in crate::interop) async fn dissolve(
    desk: Desk<'_>,
    record: Uuid,
    on: NaiveDate,
) -> Result<()> {
    end(desk, record, RecordState::DissolvedDivorce, on).await
}

/// What a record becomes when its marriage ends otherwise.
const fn after(ending: Ending) -> RecordState {
    match ending {
        Ending::SpouseDied => RecordState::EndedDeath,
        Ending::DivorcedByCourt => RecordState::DissolvedJudgment,
        Ending::Voided => RecordState::Void,
        Ending::Annulled => RecordState::Annulled,
        Ending::RevokedFraud => RecordState::RevokedFraud,
        Ending::Divorced => RecordState::DissolvedDivorce,
    }
}

/// Another authority tells that a marriage of ours has ended: the record with its certificates ends here too, and
/// what is open on it at a counter.
///
/// # Errors
/// When the database does not answer.
pub async fn ended(desk: Desk<'_>, record: Uuid, ending: Ending, on: NaiveDate) -> Result<()> {
    end(desk, record, after(ending), on).await?;
    divorce::overtaken(desk, record).await
}

/// Ends a record as its authority does ([`ends_by`]): one that has ended keeps its end, unless the other lies before it.
async fn end(desk: Desk<'_>, record: Uuid, state: RecordState, on: NaiveDate) -> Result<()> {
    use marriage_record::Column;
    let Some(row) = by_id(desk, record).await? else {
        return Ok(());
    };
    let was = RecordState::from_text(&row.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage record"))?;
    if !ends_by((was, row.ended_on), (state, on)) {
        return Ok(());
    }
    let ended = marriage_record::Entity::update_many()
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::EndedOn, Expr::value(on))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(record))
        .filter(Column::Version.eq(row.version))
        .exec(desk.tx)
        .await?;
    if ended.rows_affected == 0 {
        return Err(Error::Conflict);
    }
    certificates::cancel(desk.tx, record, "CANCELLED").await?;
    // M-22: what certified a registered divorce certifies nothing where the marriage never was, or ended otherwise.
    let divorces = divorce_record::Entity::find()
        .filter(divorce_record::Column::MarriageId.eq(record))
        .all(desk.tx)
        .await?;
    for divorce in divorces
        .iter()
        .filter(|_| state != RecordState::DissolvedDivorce)
    {
        certificates::cancel(desk.tx, divorce.id, "CANCELLED").await?;
    }
    Ok(())
}

/// An entry of a ledger is told to whoever follows it: the person, at once.
///
/// # Errors
/// When the database does not answer.
pub async fn entered(desk: Desk<'_>, write: &LedgerWrite) -> Result<()> {
    // A notice of another authority ends the record too; what became known here was written by its service.
    if let (Entry::Ended(ending), Some(record), Some(_)) = (write.entry, write.record, write.txn) {
        let on = write
            .effective_on
            .unwrap_or_else(|| desk.services.clock.today());
        ended(desk, record.0, ending, on).await?;
    }
    let body = json!({ "version": 1, "seq": write.seq });
    tell(desk, "MaritalLedgerEntered", &write.person.0, body).await
}

pub(in crate::interop) async fn tell(
    desk: Desk<'_>,
    kind: &str,
    key: &str,
    body: Value,
) -> Result<()> {
    let event = Event {
        kind: kind.to_owned(),
        key: key.to_owned(),
        at: desk.services.clock.now(),
        body,
    };
    emit(desk.tx, &event).await
}

/// Who else keeps a ledger or the record of a marriage that a transaction has made: the other authority and the
/// accepting province, with that transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn concerned(desk: Desk<'_>, record: Uuid) -> Result<Vec<(AuthorityId, TxnId)>> {
    let Some(row) = shared::Entity::find_by_id(record).one(desk.tx).await? else {
        return Ok(Vec::new());
    };
    let txn = TxnId(row.txn);
    let mut all: BTreeSet<AuthorityId> = [row.man_authority, row.woman_authority]
        .iter()
        .filter_map(|code| code.parse().ok())
        .collect();
    if let Some(plan) = plan_of(desk, txn).await? {
        all.extend(
            [Some(plan.da), plan.ha, Some(plan.coordinator)]
                .into_iter()
                .flatten(),
        );
    }
    all.remove(&desk.node.id);
    Ok(all.into_iter().map(|who| (who, txn)).collect())
}

/// The plan of a transaction that has ended in an act here.
async fn plan_of(desk: Desk<'_>, txn: TxnId) -> Result<Option<Plan>> {
    let plan = match load::row(desk.tx, txn).await? {
        Some(Row::Confirmed { hold, .. } | Row::Forced { hold, .. }) => Some(hold.plan),
        Some(Row::Decided { decision, .. }) => decision.commitment().map(|done| done.plan.clone()),
        _ => None,
    };
    Ok(match plan {
        Some(plan) => Some(plan),
        None => load::log(desk.tx, txn).await?.map(|log| log.plan),
    })
}

/// A divorce is decided here: the province that had registered the marriage, and has no part in the divorce, is
/// told that its record has ended.
pub(super) async fn tell_who_accepted(desk: Desk<'_>, done: &Commitment) -> Result<()> {
    let plan = &done.plan;
    let parts = [Some(plan.da), plan.ha, Some(plan.coordinator)];
    for (to, txn) in concerned(desk, plan.act.record().0).await? {
        if parts.contains(&Some(to)) {
            continue;
        }
        let notice = Notice {
            id: crate::kit::id::derived("divorce elsewhere", &plan.txn.0.to_string()),
            txn,
            ending: Ending::Divorced,
            effective_on: done.core.registered_on,
        };
        keep_telling(desk, &Telling { to, notice }).await?;
    }
    Ok(())
}
