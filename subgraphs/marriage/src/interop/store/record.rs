//! What a decision makes of records, certificates and applications here, in the transaction that writes
//! the decision down.
//!
//! Each authority keeps a record of its own person's marriage, from the record core that came with the
//! commit; the accepting registry's province has certificate, statistics and application besides. Where a
//! province is both, the two halves meet in one row, in either order.

use super::application::{application_of, close};
use super::apply::{Making, beside, raise};
use super::details::{Couple, announce, read};
use super::end::{by_id, dissolve, tell, tell_who_accepted};
use super::{Desk, load};
use crate::interop::core::effect::Alarm;
use crate::interop::core::event::{Log, Row};
use crate::interop::core::message::{Act, Commitment, RecordCore};
use crate::interop::core::names::{PersonId, TxnId};
use crate::interop::divorce;
use crate::kit::{Error, Result, YearMonth};
use crate::model::interop::{alarm, record as shared};
use crate::model::{marriage_record, registration_application, registry};
use crate::rules::application::State;
use crate::rules::certificate::Prefix;
use crate::rules::record::RecordState;
use crate::rules::registration::is_remarriage;
use crate::service::{certificates, registries, statistics};
use chrono::Datelike;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// Whether a row has come to an end that is kept as a record here.
pub(super) fn is_settled(row: &Row) -> bool {
    let decision = match row {
        Row::Decided { decision, .. } => Some(decision),
        Row::Confirmed { verdict, .. } => Some(&verdict.body.decision),
        Row::Forced { verdict, .. } => verdict.as_ref().map(|verdict| &verdict.body.decision),
        _ => None,
    };
    decision.is_some_and(|decision| decision.commitment().is_some())
}

/// An authority's row has come to an end: what was committed becomes a record here.
///
/// # Errors
/// When the database does not answer, or the record core cannot be read.
pub async fn settled(desk: Desk<'_>, row: &Row) -> Result<()> {
    let (decision, persons) = match row {
        Row::Decided {
            decision, persons, ..
        } => (decision, persons.as_slice()),
        Row::Confirmed { verdict, hold, .. } => {
            (&verdict.body.decision, std::slice::from_ref(&hold.person))
        }
        // Committed though two officers had freed the hold: it stands, disputed.
        Row::Forced {
            verdict: Some(verdict),
            hold,
            ..
        } => (&verdict.body.decision, std::slice::from_ref(&hold.person)),
        _ => return Ok(()),
    };
    match decision.commitment() {
        Some(done) => committed(desk, done, persons).await,
        None => Ok(()),
    }
}

/// The marriage is on the ledger by now, and nothing here takes it back: what cannot be kept of it besides is an
/// alarm, and is tried again ([`retry`]).
async fn committed(desk: Desk<'_>, done: &Commitment, persons: &[PersonId]) -> Result<()> {
    let record = done.plan.act.record().0;
    match done.plan.act {
        Act::Marry { .. } => {
            if by_id(desk, record).await?.is_some() {
                return Ok(());
            }
            let ours = |couple: &Couple| persons.iter().all(|one| couple.names(&one.0));
            let couple = read(desk, done.plan.txn, &done.core).await?;
            let Some(couple) = couple.filter(ours) else {
                return unreadable(desk, done.plan.txn).await;
            };
            announce(desk, &couple).await?;
            let row = made(desk, &couple, record, &done.core).await?;
            insert(desk, row, &couple, done.plan.txn).await
        }
        Act::Divorce { .. } => {
            if done.plan.da == desk.node.id {
                tell_who_accepted(desk, done).await?;
            }
            dissolve(desk, record, done.core.registered_on).await
        }
        Act::ApplyDivorce { .. } | Act::WithdrawDivorce { .. } => Ok(()),
    }
}

/// The record as its authority keeps it: the registry is another province's and has no row here.
async fn made(
    desk: Desk<'_>,
    couple: &Couple,
    record: Uuid,
    core: &RecordCore,
) -> Result<marriage_record::Model> {
    let registry = match crate::kit::id::parse(&core.registry) {
        Some(id) => registry::Entity::find_by_id(id).one(desk.tx).await?,
        None => None,
    };
    Ok(marriage_record::Model {
        id: record,
        registry_id: registry.map(|row| row.id),
        county_id: couple.county,
        certificate_no: None,
        legacy_no: None,
        kind: kind(desk, couple, core, record).await?.to_owned(),
        registered_on: core.registered_on,
        effective_from: core.effective_from,
        man: couple.man.clone(),
        woman: couple.woman.clone(),
        state: RecordState::Valid.as_str().to_owned(),
        ended_on: None,
        source: "ONLINE".to_owned(),
        quality: "A".to_owned(),
        cross_province: couple.cross_province(&desk.node.own),
        version: 1,
    })
}

/// M-13, M-14: the kind follows from the days and the earlier records.
async fn kind(
    desk: Desk<'_>,
    couple: &Couple,
    core: &RecordCore,
    but: Uuid,
) -> Result<&'static str> {
    if core.effective_from < core.registered_on {
        return Ok("RETROACTIVE");
    }
    let earlier = marriage_record::Entity::find()
        .filter(marriage_record::Column::Man.eq(&couple.man))
        .filter(marriage_record::Column::Woman.eq(&couple.woman))
        .filter(marriage_record::Column::Id.ne(but))
        .all(desk.tx)
        .await?;
    let earlier: Vec<RecordState> = earlier
        .iter()
        .filter_map(|row| RecordState::from_text(&row.state))
        .collect();
    Ok(if is_remarriage(&earlier) {
        "REMARRIAGE"
    } else {
        "MARRIAGE"
    })
}

async fn insert(
    desk: Desk<'_>,
    row: marriage_record::Model,
    couple: &Couple,
    txn: TxnId,
) -> Result<()> {
    let id = row.id;
    marriage_record::Entity::insert(marriage_record::ActiveModel::from(row))
        .exec_without_returning(desk.tx)
        .await?;
    let both = shared::Model {
        record_id: id,
        txn: txn.0,
        man_authority: couple.man_authority.clone(),
        woman_authority: couple.woman_authority.clone(),
    };
    shared::Entity::insert(shared::ActiveModel::from(both))
        .exec_without_returning(desk.tx)
        .await?;
    Ok(())
}

/// COMMITTED is on file at the coordinator: record, certificate, statistics, application, and the event
/// that carries it to the national base, once for each transaction.
///
/// # Errors
/// When the database does not answer, or the record core cannot be read.
pub async fn register(desk: Desk<'_>, txn: TxnId, act: Act, core: &RecordCore) -> Result<()> {
    match act {
        Act::Marry { record } => marry(desk, txn, record.0, core).await,
        _ => divorce::committed(desk, txn, act, core).await,
    }
}

/// An alarm, one for each transaction.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn unreadable(desk: Desk<'_>, txn: TxnId) -> Result<()> {
    let open = alarm::Entity::find()
        .filter(alarm::Column::Txn.eq(txn.0))
        .filter(alarm::Column::What.eq(UNREADABLE))
        .filter(alarm::Column::ClosedAt.is_null())
        .one(desk.tx)
        .await?;
    match open {
        Some(_) => Ok(()),
        None => raise(desk, Some(txn), Alarm::DetailsUnreadable).await,
    }
}

/// [`Alarm::DetailsUnreadable`] as the table has it.
const UNREADABLE: &str = "DETAILS_UNREADABLE";

/// Tries once more to keep what could not be kept, at a start and from time to time: a key that was put back, or a
/// division that was made known, is all it takes. What is kept then closes its alarm.
///
/// # Errors
/// When the database does not answer.
pub async fn retry(desk: Desk<'_>) -> Result<()> {
    let open = alarm::Entity::find()
        .filter(alarm::Column::What.eq(UNREADABLE))
        .filter(alarm::Column::ClosedAt.is_null())
        .all(desk.tx)
        .await?;
    for one in open {
        let Some(txn) = one.txn.map(TxnId) else {
            continue;
        };
        // One that still cannot be made stands in no other's way.
        let made = match beside(desk, txn, Making::Again(txn)).await {
            Err(Error::Conflict) => false,
            made => made?,
        };
        if made && kept(desk, txn).await? {
            alarm::Entity::update_many()
                .col_expr(alarm::Column::ClosedAt, Expr::value(Some(desk.now)))
                .col_expr(alarm::Column::ClosedBy, Expr::value(Some("minzheng")))
                .filter(alarm::Column::Id.eq(one.id))
                .exec(desk.tx)
                .await?;
        }
    }
    Ok(())
}

/// What a transaction makes of records here, once more.
///
/// # Errors
/// When the database does not answer, or what is to be made cannot be.
pub(super) async fn made_again(desk: Desk<'_>, txn: TxnId) -> Result<()> {
    if let Some(row) = load::row(desk.tx, txn).await? {
        settled(desk, &row).await?;
    }
    match accepted(desk, txn).await? {
        Some(log) => register(desk, txn, log.plan.act, &log.core).await,
        None => Ok(()),
    }
}

/// The coordinator's row of what was committed.
async fn accepted(desk: Desk<'_>, txn: TxnId) -> Result<Option<Log>> {
    let log = load::log(desk.tx, txn).await?;
    Ok(log.filter(|log| log.decision().is_some_and(|d| d.commitment().is_some())))
}

/// Whether the record of a transaction is here, with its certificate where it was accepted here. What is no marriage
/// makes no record of its own, and was made.
async fn kept(desk: Desk<'_>, txn: TxnId) -> Result<bool> {
    let accepted = accepted(desk, txn).await?;
    let row = load::row(desk.tx, txn).await?;
    let act = match (&accepted, &row) {
        (Some(log), _) => Some(log.plan.act),
        (None, Some(Row::Confirmed { hold, .. } | Row::Forced { hold, .. })) => Some(hold.plan.act),
        (None, Some(Row::Decided { decision, .. })) => {
            decision.commitment().map(|done| done.plan.act)
        }
        _ => None,
    };
    let Some(Act::Marry { record }) = act else {
        return Ok(act.is_some());
    };
    let record = by_id(desk, record.0).await?;
    Ok(record.is_some_and(|row| accepted.is_none() || row.certificate_no.is_some()))
}

async fn marry(desk: Desk<'_>, txn: TxnId, record: Uuid, core: &RecordCore) -> Result<()> {
    let Some(couple) = read(desk, txn, core).await? else {
        return unreadable(desk, txn).await;
    };
    announce(desk, &couple).await?;
    let registry = crate::kit::id::parse(&core.registry)
        .ok_or_else(|| Error::internal("the accepting registry of a record is none"))?;
    let registry = registries::by_id(desk.tx, registry).await?;
    let known = by_id(desk, record).await?;
    if known
        .as_ref()
        .is_some_and(|row| row.certificate_no.is_some())
    {
        return Ok(());
    }
    let year = core.registered_on.year();
    let number = certificates::allocate(desk.tx, Prefix::Marriage, &couple.division, year)
        .await?
        .to_string();
    if known.is_none() {
        let row = made(desk, &couple, record, core).await?;
        insert(desk, row, &couple, txn).await?;
    }
    marriage_record::Entity::update_many()
        .col_expr(
            marriage_record::Column::CertificateNo,
            Expr::value(number.as_str()),
        )
        .col_expr(
            marriage_record::Column::RegistryId,
            Expr::value(registry.id),
        )
        .filter(marriage_record::Column::Id.eq(record))
        .exec(desk.tx)
        .await?;
    for holder in [&couple.man, &couple.woman] {
        let paper = certificates::Paper {
            number: &number,
            kind: "MARRIAGE",
            holder,
            record,
            replaces: None,
            registry: registry.id,
        };
        certificates::issue(desk.tx, paper, core.registered_on, None).await?;
    }
    let act = statistics::Act {
        registered: 1,
        cross_province: i64::from(couple.cross_province(&desk.node.own)),
        ..statistics::Act::default()
    };
    statistics::count(
        desk.tx,
        &registry,
        YearMonth::of(core.registered_on),
        act,
        desk.now,
    )
    .await?;
    let body = json!({ "version": 1, "man": couple.man, "woman": couple.woman,
        "registeredOn": core.registered_on, "effectiveFrom": core.effective_from });
    tell(desk, "MarriageRegistered", &record.to_string(), body).await?;
    let Some(application) = application_of(desk, txn).await? else {
        return Ok(());
    };
    let kind = kind(desk, &couple, core, record).await?;
    close(desk, application, State::Registered, |row| {
        registration_application::Model {
            kind: kind.to_owned(),
            record_id: Some(record),
            ..row
        }
    })
    .await
}
