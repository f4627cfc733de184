//! Where a registry's own work meets the protocol: what is sealed when a couple shows its papers, and
//! how a registration that other provinces must agree to begins.
//!
//! Numbers go no further than the counter: while they are at hand, each identity is sealed to its own
//! authority and the details of the record to every authority that will keep it. What is kept until the
//! registrar presses the button is sealed text and tokens.

use super::core::coordinator;
use super::core::event::{CoordinatorEvent, Desk as Bench};
use super::core::message::{Act as Deed, Party, Plan, RecordCore, roles};
use super::core::names::{At, AuthorityId, PartyRef, RecordId, Sealed, TxnId};
use super::fault;
use super::node::{self, Node};
use super::routing::Routing;
use super::store::apply::apply;
use super::store::details::{DETAILS, Details};
use super::store::{Desk, from_json, load, to_json};
use super::wire::jwe::{Identity, Place};
use crate::kit::identity::{self, NumberKind, PersonNumber};
use crate::kit::{Error, Result, Services};
use crate::model::interop::{application as offer, log};
use crate::model::registry;
use crate::rules::Refusal;
use crate::rules::record::effective_from;
use crate::service::act::Act;
use crate::service::counter::Application;
use crate::service::couple::Known;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use uuid::Uuid;

/// The purpose of everything that a registration asks of others.
const PURPOSE: &str = "MARRIAGE_REGISTRATION";

/// What is sealed at the counter for one transaction.
#[derive(Debug, Serialize, Deserialize)]
struct Offer {
    man: Side,
    woman: Side,
    details: BTreeMap<AuthorityId, Sealed>,
}

/// A party with the authority that keeps the ledger.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Side {
    authority: AuthorityId,
    party: Party,
}

impl Side {
    /// An identity sealed to its authority, under a new name in this transaction.
    ///
    /// # Errors
    /// When the authority has no key for now.
    pub(super) fn seal(
        node: &Node,
        txn: &str,
        identity: &Identity,
        authority: &str,
    ) -> Result<Self> {
        let party = PartyRef(Uuid::new_v4());
        let reference = party.0.to_string();
        let place = Place {
            txn,
            party: &reference,
        };
        Ok(Self {
            authority: id_of(authority)?,
            party: Party {
                party,
                identity: Sealed(node.seal(identity, place, authority, fault::now())?),
            },
        })
    }
}

/// In the place of an authority: by the table it is this province, which does not have the ledgers of before. Nobody
/// answers for such a person.
pub const NOT_HANDED_OVER: &str = "PENDING";

/// The authority of a number that begins with these digits, by the table in force here.
#[must_use]
pub fn authority(services: &Services, prefix: &str) -> String {
    static MADE: LazyLock<Routing> = LazyLock::new(Routing::default);
    let Ok(Some(node)) = node::of(services) else {
        return MADE.authority(prefix).to_owned();
    };
    let book = node.book();
    match book.routing.authority(prefix) {
        own if own == node.own && !book.routing.is_kept(prefix) => NOT_HANDED_OVER.to_owned(),
        authority => authority.to_owned(),
    }
}

/// The authority of a number of whatever kind: by the table of routes where it has six digits of a division, and the
/// national authority where it has none.
#[must_use]
pub fn authority_of(services: &Services, number: &PersonNumber) -> String {
    let digits = match number.kind() {
        NumberKind::CitizenId | NumberKind::OldCitizenId => number.address_code(),
        _ => None,
    };
    authority(services, digits.unwrap_or_default())
}

/// A number of whatever kind as it is kept, an old one in its modern form; none for what names nobody.
#[must_use]
pub(super) fn number_of(services: &Services, text: &str) -> Option<PersonNumber> {
    let today = services.clock.today();
    let number = identity::read(text, today).ok()?;
    let number = match number.modern(today) {
        Some(modern) => PersonNumber::from(&modern),
        None => number,
    };
    services.tokenizer.token_of(&number).map(|_| number)
}

/// Whether this province speaks with others at all.
#[must_use]
pub fn has_peers(services: &Services) -> bool {
    node::of(services)
        .ok()
        .flatten()
        .is_some_and(|node| !node.peers().is_empty())
}

/// Seals what others will need, while the numbers are at hand. Where both ledgers are kept here, or an
/// authority is not connected, there is nothing to seal; the checks say so.
///
/// # Errors
/// When the database does not answer, or a peer's key cannot be sealed to.
pub async fn prepare(
    act: &Act<'_>,
    application: Uuid,
    division: &str,
    man: &Known,
    woman: &Known,
) -> Result<()> {
    let Some(node) = node::of(act.services)? else {
        return Ok(());
    };
    offer::Entity::delete_by_id(application)
        .exec(act.tx)
        .await?;
    let authorities = [man, woman].map(|known| known.authority(act.services));
    if authorities.iter().all(|code| *code == node.own)
        || !authorities.iter().all(|code| node.knows(code))
    {
        return Ok(());
    }
    let txn = TxnId(Uuid::now_v7());
    let name = txn.0.to_string();
    let side = |known: &Known, code: &str| Side::seal(&node, &name, &told(known), code);
    let details = Details {
        division: division.to_owned(),
        man: told(man),
        woman: told(woman),
    };
    let mut sealed = BTreeMap::new();
    for code in authorities
        .iter()
        .map(String::as_str)
        .chain([node.own.as_str()])
    {
        let place = Place {
            txn: &name,
            party: DETAILS,
        };
        sealed.insert(
            id_of(code)?,
            Sealed(node.seal(&details, place, code, fault::now())?),
        );
    }
    let [his, hers] = &authorities;
    let body = Offer {
        man: side(man, his)?,
        woman: side(woman, hers)?,
        details: sealed,
    };
    let row = offer::Model {
        application_id: application,
        txn: txn.0,
        body: to_json(&body)?,
    };
    let conflict = OnConflict::column(offer::Column::ApplicationId)
        .update_columns([offer::Column::Txn, offer::Column::Body])
        .to_owned();
    offer::Entity::insert(offer::ActiveModel::from(row))
        .on_conflict(conflict)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

fn told(known: &Known) -> Identity {
    Identity {
        id_number: known.expose(),
        name: String::new(),
    }
}

fn id_of(code: &str) -> Result<AuthorityId> {
    code.parse()
        .map_err(|_| Error::internal("the routing table names no authority"))
}

/// Whether an application can go to the other provinces that it needs.
///
/// # Errors
/// When the database does not answer.
pub async fn prepared(db: &impl ConnectionTrait, application: Uuid) -> Result<bool> {
    Ok(offer::Entity::find_by_id(application)
        .one(db)
        .await?
        .is_some())
}

/// M-5, M-11: begins the transaction between the authorities, in the transaction of the registrar's act. The
/// coordinator's row is on file with it; the first message leaves after the commit.
///
/// # Errors
/// A refusal where an authority is not connected, or while this province catches up after a start.
pub async fn begin(act: &Act<'_>, row: &Application, registry: &registry::Model) -> Result<()> {
    let node = node::of(act.services)?.ok_or_else(not_connected)?;
    let kept = offer::Entity::find_by_id(row.id)
        .one(act.tx)
        .await?
        .ok_or_else(not_connected)?;
    let Offer {
        man,
        woman,
        details,
    } = from_json(&kept.body)?;
    let txn = TxnId(kept.txn);
    let today = act.today();
    let core = RecordCore {
        registered_on: today,
        effective_from: effective_from(today, row.conditions_first_met),
        registry: registry.id.to_string(),
        details,
    };
    let desk = Desk {
        tx: act.tx,
        services: act.services,
        node: &node,
        now: fault::now(),
    };
    let deed = Deed::Marry {
        record: RecordId(crate::kit::id::new()),
    };
    let by = (act.account()?.to_owned(), PURPOSE);
    launch(desk, (txn, deed), by, [man, woman], core).await
}

pub(super) fn not_connected() -> Error {
    Refusal::by_form(
        "AUTHORITY_NOT_CONNECTED",
        "The authority of one party is not connected; receive the application again when it is.",
        "一方登记主管省份尚未接入，接入后请重新受理。",
    )
    .into()
}

/// Puts a transaction on file as its coordinator; its first message leaves after the commit.
///
/// # Errors
/// A refusal while this province catches up after a start.
pub(super) async fn launch(
    desk: Desk<'_>,
    (txn, deed): (TxnId, Deed),
    (officer, purpose): (String, &str),
    sides: [Side; 2],
    core: RecordCore,
) -> Result<()> {
    let node = desk.node;
    let station = load::living(desk.tx, node).await?;
    if !station.serving() {
        return Err(catching_up());
    }
    let [one, other] = sides.each_ref().map(|side| side.authority);
    let (da, ha) = roles(txn, one, other);
    let plan = Plan {
        txn,
        act: deed,
        coordinator: node.id,
        da,
        ha,
        routing_epoch: u64::from(node.book().routing.epoch),
        officer,
        purpose: purpose.to_owned(),
        effective_from: (core.effective_from != core.registered_on).then_some(core.effective_from),
    };
    let (mut da_parties, mut ha_party) = (Vec::new(), None);
    for side in sides {
        if side.authority == da {
            da_parties.push(side.party);
        } else {
            ha_party = Some(side.party);
        }
    }
    let event = CoordinatorEvent::Begin {
        plan,
        da_parties,
        ha_party,
        core,
    };
    let effects = coordinator::step(
        &Bench::new(&station, None),
        event,
        At(desk.now.timestamp_millis()),
    );
    if effects.is_empty() {
        return Err(Error::internal(
            "the protocol does not begin what the counter has prepared",
        ));
    }
    // What is to be sent is asked for again by the row, which is due at once.
    apply(desk, effects).await?;
    log::Entity::update_many()
        .col_expr(log::Column::DueAt, Expr::value(Some(desk.now)))
        .filter(log::Column::Txn.eq(txn.0))
        .exec(desk.tx)
        .await?;
    Ok(())
}

/// A province that has just started may have been restored from a backup: until every peer has said what it
/// holds, no ledger here is written at a counter (case 57).
///
/// # Errors
/// A refusal while that lasts.
pub async fn may_write(tx: &impl ConnectionTrait, services: &Services) -> Result<()> {
    let Some(node) = node::of(services)? else {
        return Ok(());
    };
    if node.peers().is_empty() || serving(tx, &node).await? {
        Ok(())
    } else {
        Err(catching_up())
    }
}

async fn serving(tx: &impl ConnectionTrait, node: &Node) -> Result<bool> {
    Ok(load::living(tx, node).await?.serving())
}

pub(super) fn catching_up() -> Error {
    Refusal::by_form(
        "CATCHING_UP_AFTER_START",
        "This province has just started and asks the others what they hold; try again in a moment. If a province does not answer, two supervisors can go on without it.",
        "本省系统刚刚启动，正在向各省核对记录，请稍后重试；如有省份长时间不答复，可由两名主管确认后先行恢复。",
    )
    .into()
}
