//! Deaths, court papers and revocations: facts that nobody votes on, where another province holds the person
//! or keeps the other spouse's ledger.
//!
//! Where neither is so, the ledger here is all there is, and the services write it themselves. Otherwise the
//! core enters the fact, contests a promise that is open, and tells the other authority until it has noted it.

use super::core::authority;
use super::core::event::{AuthorityEvent, Fact, FactKind, Standing, Station, Subject, View};
use super::core::message::Ending;
use super::core::names::RecordId;
use super::fault;
use super::node;
use super::store::apply::apply;
use super::store::{Desk, load, record};
use crate::kit::{Error, Result, Services};
use crate::model::interop::{record as shared, row};
use crate::model::marriage_record;
use crate::rules::ledger::LedgerEvent;
use crate::service::act::Act;
use crate::service::ledger;
use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use uuid::Uuid;

/// Enters a death that concerns other provinces; whether it is entered now.
///
/// # Errors
/// `Unavailable` while this province catches up after a start: the event is brought again.
pub async fn died(
    services: &Services,
    tx: &DatabaseTransaction,
    person: &str,
    on: NaiveDate,
) -> Result<bool> {
    let Some(node) = node::of(services)? else {
        return Ok(false);
    };
    let desk = Desk {
        tx,
        services,
        node: &node,
        now: fault::now(),
    };
    let subject = load::subject(desk, person).await?;
    if !subject.alive {
        return Ok(true);
    }
    let tell = match subject.standing {
        Standing::Married { record } => record::other_authority(desk, record.0).await?,
        _ => None,
    };
    if tell.is_none() && subject.hold.is_none() {
        return Ok(false);
    }
    let station = serving(desk).await?;
    let fact = Fact {
        id: crate::kit::id::derived("marriage death", &format!("{person} {on}")),
        what: FactKind::Died,
        effective_on: on,
        tell,
    };
    bring(desk, &station, fact, subject).await?;
    Ok(true)
}

/// Enters what a court or a revocation says of a marriage in the ledger of one of its parties: as a service
/// would where the marriage is of this province alone; through the core where the other party is elsewhere;
/// not at all where this party is, whose authority is told.
///
/// # Errors
/// `Unavailable` while this province catches up after a start.
pub async fn enter(
    act: &Act<'_>,
    marriage: &marriage_record::Model,
    person: &str,
    what: ledger::Fact,
) -> Result<()> {
    let node = match node::of(act.services)? {
        Some(node) if is_shared(act.tx, marriage.id).await? => node,
        _ => return append(act, person, what).await,
    };
    let man = person == marriage.man;
    if kept_elsewhere(act.tx, act.services, marriage.id, man).await? {
        return Ok(());
    }
    let Some(ending) = ending_of(what.event) else {
        return append(act, person, what).await;
    };
    let desk = Desk {
        tx: act.tx,
        services: act.services,
        node: &node,
        now: fault::now(),
    };
    let station = serving(desk).await?;
    let key = format!(
        "{} {} {}",
        marriage.id,
        what.event.as_str(),
        what.effective_on
    );
    let fact = Fact {
        id: crate::kit::id::derived("marriage ending", &key),
        what: FactKind::Ended {
            record: RecordId(marriage.id),
            ending,
        },
        effective_on: what.effective_on,
        tell: record::other_authority(desk, marriage.id).await?,
    };
    let subject = load::subject(desk, person).await?;
    bring(desk, &station, fact, subject).await
}

async fn append(act: &Act<'_>, person: &str, what: ledger::Fact) -> Result<()> {
    ledger::append(act.tx, person, what, act.now)
        .await
        .map(|_| ())
}

async fn serving(desk: Desk<'_>) -> Result<Station> {
    let station = load::living(desk.tx, desk.node).await?;
    if station.serving() {
        Ok(station)
    } else {
        Err(Error::Unavailable)
    }
}

/// Lets the core enter a fact. What is to be said goes out by the rows, which are due at once.
async fn bring(desk: Desk<'_>, station: &Station, fact: Fact, subject: Subject) -> Result<()> {
    let hold = subject.hold;
    let held = match hold {
        Some(txn) => load::row(desk.tx, txn).await?,
        None => None,
    };
    let view = View::new(station, held.as_ref());
    let event = AuthorityEvent::Fact { fact, subject };
    apply(desk, authority::step(&view, event, desk.at())).await?;
    if let Some(txn) = hold {
        row::Entity::update_many()
            .col_expr(row::Column::DueAt, Expr::value(Some(desk.now)))
            .filter(row::Column::Txn.eq(txn.0))
            .exec(desk.tx)
            .await?;
    }
    Ok(())
}

const fn ending_of(event: LedgerEvent) -> Option<Ending> {
    match event {
        LedgerEvent::DivorcedByCourt => Some(Ending::DivorcedByCourt),
        LedgerEvent::Voided => Some(Ending::Voided),
        LedgerEvent::Annulled => Some(Ending::Annulled),
        LedgerEvent::RevokedFraud => Some(Ending::RevokedFraud),
        _ => None,
    }
}

/// Whether a marriage is kept on the ledger of another province too, or only there.
///
/// # Errors
/// When the database does not answer.
pub async fn is_shared(db: &impl ConnectionTrait, marriage: Uuid) -> Result<bool> {
    Ok(shared::Entity::find_by_id(marriage)
        .one(db)
        .await?
        .is_some())
}

/// Whether the ledger of the woman, or of the man, of a marriage is kept by another province.
///
/// # Errors
/// When the database does not answer.
pub async fn kept_elsewhere(
    db: &impl ConnectionTrait,
    services: &Services,
    record: Uuid,
    man: bool,
) -> Result<bool> {
    let row = shared::Entity::find_by_id(record).one(db).await?;
    Ok(row.is_some_and(|row| {
        let authority = if man {
            row.man_authority
        } else {
            row.woman_authority
        };
        authority != services.province.as_str()
    }))
}
