//! Deaths, court papers and revocations: facts that nobody votes on, where another province holds the person
//! or keeps the other spouse's ledger.
//!
//! Where neither is so, the ledger here is all there is, and the services write it themselves. Otherwise the
//! core enters the fact, contests a promise that is open, and tells everybody else who keeps a ledger or the
//! record of the marriage, until they have noted it; where no ledger of it is kept here, it tells both.
//!
//! Who has died is told by the death register to the own authority, and by that authority to whoever keeps the
//! spouse's ledger: a death that becomes known in the accepting province alone ends nothing elsewhere.

use super::core::authority;
use super::core::event::{
    AuthorityEvent, CoordinatorEvent, Fact, FactKind, Standing, Station, Subject, View,
};
use super::core::message::Ending;
use super::core::names::{RecordId, TxnId};
use super::fault;
use super::node;
use super::steps;
use super::store::apply::apply;
use super::store::{Desk, end, load};
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

/// Enters a death that concerns other provinces; whether it is entered now. `overtaken` are the marriages that a court had
/// ended after that day: who keeps the other ledger of one of these hears of the death too, for of two ends the earlier
/// counts.
///
/// # Errors
/// `Unavailable` while this province catches up after a start: the event is brought again.
pub async fn died(
    services: &Services,
    tx: &DatabaseTransaction,
    person: &str,
    on: NaiveDate,
    overtaken: &[Uuid],
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
    may_enter(services, tx).await?;
    let subject = load::subject(desk, person).await?;
    if !subject.alive {
        return Ok(true);
    }
    let mut tell = match subject.standing {
        Standing::Married { record } => end::concerned(desk, record.0).await?,
        _ => Vec::new(),
    };
    for record in overtaken {
        tell.extend(end::concerned(desk, *record).await?);
    }
    if tell.is_empty() && subject.holds.is_empty() {
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

/// Whether a fact that a register tells may be entered now: until every peer has said what it holds, the ledger here
/// may lack what the fact is about.
///
/// # Errors
/// `Unavailable` while this province catches up after a start: the event is brought again.
pub async fn may_enter(services: &Services, tx: &impl ConnectionTrait) -> Result<()> {
    let Some(node) = node::of(services)? else {
        return Ok(());
    };
    if node.peers().is_empty() || load::living(tx, &node).await?.serving() {
        Ok(())
    } else {
        Err(Error::Unavailable)
    }
}

/// Enters what a court or a revocation says of a marriage in the ledger of one of its parties: as a service
/// would where the marriage is of this province alone; through the core where others keep a ledger or the record
/// of it too. A party whose ledger is kept elsewhere is entered there: that authority is told, by the core's
/// coordinator where no ledger of the marriage is kept here, with the other party's entry otherwise.
///
/// # Errors
/// A refusal, or `Unavailable`, while this province catches up after a start.
pub async fn enter(
    act: &Act<'_>,
    marriage: &marriage_record::Model,
    person: &str,
    what: ledger::Fact,
) -> Result<()> {
    super::counter::may_write(act.tx, act.services).await?;
    let shared = shared::Entity::find_by_id(marriage.id).one(act.tx).await?;
    let (Some(node), Some(shared)) = (node::of(act.services)?, shared) else {
        return append(act, person, what).await;
    };
    let (his, hers) = (
        shared.man_authority == node.own,
        shared.woman_authority == node.own,
    );
    let here = if person == marriage.man { his } else { hers };
    let Some(ending) = ending_of(what.event) else {
        return if here {
            append(act, person, what).await
        } else {
            Ok(())
        };
    };
    let desk = Desk {
        tx: act.tx,
        services: act.services,
        node: &node,
        now: fault::now(),
    };
    let key = format!(
        "{} {} {}",
        marriage.id,
        what.event.as_str(),
        what.effective_on
    );
    let id = crate::kit::id::derived("marriage ending", &key);
    if !his && !hers {
        // What is to be said goes out by the rows, which are due at once; both parties' entries are one notice.
        let event = CoordinatorEvent::Ended {
            id,
            ending,
            effective_on: what.effective_on,
        };
        steps::at_coordinator(desk, TxnId(shared.txn), event).await?;
        return Ok(());
    }
    if !here {
        return Ok(());
    }
    let station = serving(desk).await?;
    let fact = Fact {
        id,
        what: FactKind::Ended {
            record: RecordId(marriage.id),
            ending,
        },
        effective_on: what.effective_on,
        tell: end::concerned(desk, marriage.id).await?,
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
    let holds = subject.holds.clone();
    let held = match holds.first() {
        Some(txn) => load::row(desk.tx, *txn).await?,
        None => None,
    };
    let view = View::new(station, held.as_ref());
    let event = AuthorityEvent::Fact { fact, subject };
    apply(desk, authority::step(&view, event, desk.at())).await?;
    for txn in holds {
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
