//! A divorce by consent where other provinces keep a ledger of the couple (D.2 point 8).
//!
//! ```text
//! apply      RECEIVING ── both ledgers marked ──▶ RECEIVED      ── refused anywhere ─▶ REFUSED, with the class
//! register   REVIEW ─▶ REGISTERING ── both ended ─▶ REGISTERED  ── refused anywhere ─▶ REVIEW, with the class
//! withdraw   WITHDRAWN at once; the mark is taken off both ledgers until that has succeeded
//! ```
//!
//! Each arrow between provinces is one transaction of the core. The application has at most one under way, and
//! what an earlier one says late is not listened to. Between the acts lie weeks in which nobody shows a number:
//! the couple is kept sealed to this province itself, opened to seal it to whoever keeps the ledgers by then, and
//! dropped with the end of the application.

mod outcome;

pub(super) use outcome::{committed, follow};

use super::core::message::{Act as Deed, RecordCore};
use super::core::names::{RecordId, Sealed, TxnId};
use super::counter::{self, Side, catching_up, not_connected};
use super::node;
use super::store::details::{DETAILS, Details};
use super::store::{Desk, Outgoing, load};
use super::wire::jwe::{Identity, Place};
use super::{facts, fault};
use crate::kit::{Error, Result, Services};
use crate::model::divorce_application as application;
use crate::model::interop::divorce::{ActiveModel, Column, Entity, Model};
use crate::service::act::Act;
use crate::service::couple::Known;
use crate::service::divorce::IN_HAND;
use crate::service::ledger;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeMap;
use uuid::Uuid;

type Application = application::Model;

/// The purpose of everything that a divorce asks of others.
const PURPOSE: &str = "DIVORCE_REGISTRATION";

/// Both ledgers are to take the mark.
const APPLY: &str = "APPLY";
/// Both are to take the divorce.
const DIVORCE: &str = "DIVORCE";
/// Both are to lose the mark.
const WITHDRAW: &str = "WITHDRAW";

/// The application waits for the ledgers to take its mark.
pub const RECEIVING: &str = "RECEIVING";
/// It waits for the ledgers to take the divorce.
pub const REGISTERING: &str = "REGISTERING";

/// Whether a divorce of this marriage needs other provinces: they keep a ledger of it, by the table of today.
///
/// # Errors
/// When the database does not answer.
pub async fn concerns_others(
    db: &impl ConnectionTrait,
    services: &Services,
    marriage: Uuid,
    couple: [&Known; 2],
) -> Result<bool> {
    let own = services.province.as_str();
    let away = couple.iter().any(|known| known.authority(services) != own);
    Ok(away && facts::is_shared(db, marriage).await?)
}

/// Where the application is that marks one of two persons whose ledger is kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// In another province.
    Elsewhere,
    /// Here; when it is closed the other ledgers have yet to hear of it.
    Here,
}

/// The mark on the ledger of one of two persons, if it is kept here and there is one.
///
/// # Errors
/// When the database does not answer.
pub async fn mark_of(db: &impl ConnectionTrait, couple: [&str; 2]) -> Result<Option<Mark>> {
    let ledgers = ledger::of_persons(db, &couple.map(str::to_owned)).await?;
    for person in couple {
        let entries = ledgers
            .get(person)
            .map_or(&[][..], |ledger| ledger.entries.as_slice());
        if let Some(id) = load::open_mark(db, person, entries).await? {
            let ours = application::Entity::find_by_id(id).one(db).await?;
            return Ok(Some(ours.map_or(Mark::Elsewhere, |_| Mark::Here)));
        }
    }
    Ok(None)
}

/// What the ledgers kept here say of other applications of a couple than a given one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// None is open anywhere: a mark stands on both ledgers, so one of them tells.
    None,
    /// Another one is open here.
    Here,
    /// One is open in another province.
    Elsewhere,
    /// Other provinces keep both ledgers and are asked when the couple applies.
    NotKnownHere,
}

/// M-19: whether the couple of an application has another one open, here or elsewhere.
///
/// # Errors
/// When the database does not answer.
pub async fn other_than(
    db: &impl ConnectionTrait,
    services: &Services,
    row: &Application,
) -> Result<Other> {
    let couple = [row.man.clone(), row.woman.clone()];
    let ledgers = ledger::of_persons(db, &couple).await?;
    for person in &couple {
        let entries = ledgers
            .get(person)
            .map_or(&[][..], |ledger| ledger.entries.as_slice());
        let marked = load::open_mark(db, person, entries).await?;
        if let Some(id) = marked.filter(|id| *id != row.id) {
            let ours = application::Entity::find_by_id(id).one(db).await?;
            return Ok(ours.map_or(Other::Elsewhere, |_| Other::Here));
        }
    }
    let at_a_counter = application::Entity::find()
        .filter(application::Column::MarriageId.eq(row.marriage_id))
        .filter(application::Column::State.is_in(IN_HAND))
        .filter(application::Column::Id.ne(row.id))
        .one(db)
        .await?;
    if at_a_counter.is_some() {
        return Ok(Other::Here);
    }
    // Its own mark stands on both ledgers, and no second one does.
    let marks = row.state != RECEIVING && IN_HAND.contains(&row.state.as_str());
    let away = facts::kept_elsewhere(db, services, row.marriage_id, true).await?
        && facts::kept_elsewhere(db, services, row.marriage_id, false).await?;
    Ok(if away && !marks {
        Other::NotKnownHere
    } else {
        Other::None
    })
}

/// A marriage has ended by what another province has told: applications for its divorce that are in hand here end
/// with it.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn overtaken(desk: Desk<'_>, marriage: Uuid) -> Result<()> {
    let open = application::Entity::find()
        .filter(application::Column::MarriageId.eq(marriage))
        .filter(application::Column::State.is_in(IN_HAND))
        .all(desk.tx)
        .await?;
    for row in open {
        let id = row.id;
        let today = desk.services.clock.today();
        let ended = Application {
            refusal_code: Some("NO_VALID_MARRIAGE".to_owned()),
            closed_on: Some(today),
            ..row
        };
        outcome::step(desk, ended, "REFUSED").await?;
        unmark(desk.tx, id, "").await?;
    }
    Ok(())
}

/// M-19: asks both ledgers for the mark, while the numbers are at hand.
///
/// # Errors
/// A refusal where an authority is not connected, or while this province catches up after a start.
pub async fn receive(
    act: &Act<'_>,
    row: &Application,
    division: &str,
    man: &Known,
    woman: &Known,
) -> Result<()> {
    let node = node::of(act.services)?.ok_or_else(not_connected)?;
    let desk = Desk {
        tx: act.tx,
        services: act.services,
        node: &node,
        now: fault::now(),
    };
    let identity = |known: &Known| Identity {
        id_number: known.expose(),
        name: String::new(),
    };
    let details = Details {
        division: division.to_owned(),
        man: identity(man),
        woman: identity(woman),
    };
    let kept = keep(desk, row.id, row.marriage_id, act.account()?, &details).await?;
    begin(desk, kept, APPLY, (row.registry_id, row.received_on)).await
}

/// Keeps the couple for the acts to come.
async fn keep(
    desk: Desk<'_>,
    id: Uuid,
    marriage: Uuid,
    officer: &str,
    details: &Details,
) -> Result<Model> {
    let name = id.to_string();
    let place = Place {
        txn: &name,
        party: DETAILS,
    };
    let couple = desk
        .node
        .seal(details, place, &desk.node.own, fault::now())?;
    let row = Model {
        application_id: id,
        marriage_id: marriage,
        txn: None,
        deed: APPLY.to_owned(),
        officer: officer.to_owned(),
        couple,
        due_at: None,
        attempts: 0,
    };
    Entity::insert(ActiveModel::from(row.clone()))
        .exec_without_returning(desk.tx)
        .await?;
    Ok(row)
}

/// 民法典 1078: asks both ledgers for the divorce. Whether it needs them: a divorce that concerns nobody else is
/// registered by its service.
///
/// # Errors
/// As [`receive`].
pub async fn register(act: &Act<'_>, row: &Application) -> Result<bool> {
    let Some(kept) = Entity::find_by_id(row.id).one(act.tx).await? else {
        return Ok(false);
    };
    let node = node::of(act.services)?.ok_or_else(not_connected)?;
    let desk = Desk {
        tx: act.tx,
        services: act.services,
        node: &node,
        now: fault::now(),
    };
    let kept = Model {
        officer: act.account()?.to_owned(),
        ..kept
    };
    begin(desk, kept, DIVORCE, (row.registry_id, act.today())).await?;
    Ok(true)
}

/// The application has ended without a divorce: its mark is to go from both ledgers. Nothing happens where there
/// is none.
///
/// # Errors
/// When the database does not answer.
pub async fn unmark(tx: &impl ConnectionTrait, id: Uuid, officer: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Deed, Expr::value(WITHDRAW))
        .col_expr(Column::Officer, Expr::value(officer))
        .col_expr(Column::DueAt, Expr::value(Some(fault::now())))
        .filter(Column::ApplicationId.eq(id))
        .filter(Column::Deed.ne(WITHDRAW))
        .exec(tx)
        .await?;
    Ok(())
}

/// Withdrawals that are to be begun.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    until: DateTime<Utc>,
    most: u64,
) -> Result<Vec<Model>> {
    // Every database keeps the year 9999, and no instant behind it.
    let end = DateTime::from_timestamp(253_402_214_400, 0).unwrap_or(until);
    Ok(Entity::find()
        .filter(Column::DueAt.lte(until.min(end)))
        .order_by_asc(Column::DueAt)
        .limit(most)
        .all(db)
        .await?)
}

/// Withdrawals that other provinces have yet to hear of, with the registry that received the application.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn put_off(db: &impl ConnectionTrait, most: u64) -> Result<Vec<(Model, Uuid)>> {
    let waiting = due(db, DateTime::<Utc>::MAX_UTC, most).await?;
    let ids: Vec<Uuid> = waiting.iter().map(|row| row.application_id).collect();
    let registries: BTreeMap<Uuid, Uuid> = application::Entity::find()
        .filter(application::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.registry_id))
        .collect();
    let known = |row: Model| {
        let registry = registries.get(&row.application_id).copied();
        registry.map(|registry| (row, registry))
    };
    Ok(waiting.into_iter().filter_map(known).collect())
}

/// Begins a withdrawal that is due; what it says goes out by its row.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn pursue(desk: Desk<'_>, id: Uuid) -> Result<Vec<Outgoing>> {
    let Some(kept) = Entity::find_by_id(id).one(desk.tx).await? else {
        return Ok(Vec::new());
    };
    let registry = application::Entity::find_by_id(id)
        .one(desk.tx)
        .await?
        .map(|row| row.registry_id);
    let registry = registry.ok_or_else(|| Error::internal("a divorce without its application"))?;
    let today = desk.services.clock.today();
    begin(desk, kept, WITHDRAW, (registry, today)).await?;
    Ok(Vec::new())
}

/// Puts the next transaction of an application on file.
async fn begin(
    desk: Desk<'_>,
    kept: Model,
    deed: &str,
    (registry, on): (Uuid, NaiveDate),
) -> Result<()> {
    let node = desk.node;
    if !load::living(desk.tx, node).await?.serving() {
        return Err(catching_up());
    }
    let name = kept.application_id.to_string();
    let place = Place {
        txn: &name,
        party: DETAILS,
    };
    let details: Details = node.open_sealed(&kept.couple, place)?;
    let txn = TxnId(Uuid::now_v7());
    let txn_name = txn.0.to_string();
    let side = |identity: &Identity| -> Result<Side> {
        let number = counter::number_of(desk.services, &identity.id_number)
            .ok_or_else(|| Error::internal("a number that was kept is none"))?;
        let authority = counter::authority_of(desk.services, &number);
        if !node.knows(&authority) {
            return Err(not_connected());
        }
        Side::seal(node, &txn_name, identity, &authority)
    };
    let sides = [side(&details.man)?, side(&details.woman)?];
    let own = Place {
        txn: &txn_name,
        party: DETAILS,
    };
    // For ourselves only: what we need to go on after a restore. The others have the marriage already.
    let sealed = Sealed(node.seal(&details, own, &node.own, desk.now)?);
    let core = RecordCore {
        registered_on: on,
        effective_from: on,
        registry: registry.to_string(),
        details: BTreeMap::from([(node.id, sealed)]),
    };
    let record = RecordId(kept.marriage_id);
    let application = RecordId(kept.application_id);
    let act = match deed {
        APPLY => Deed::ApplyDivorce {
            record,
            application,
        },
        DIVORCE => Deed::Divorce {
            record,
            application,
        },
        _ => Deed::WithdrawDivorce {
            record,
            application,
        },
    };
    Entity::update_many()
        .col_expr(Column::Txn, Expr::value(Some(txn.0)))
        .col_expr(Column::Deed, Expr::value(deed))
        .col_expr(Column::Officer, Expr::value(kept.officer.as_str()))
        .col_expr(Column::DueAt, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::ApplicationId.eq(kept.application_id))
        .exec(desk.tx)
        .await?;
    let by = (kept.officer, PURPOSE);
    counter::launch(desk, (txn, act), by, sides, core).await
}
