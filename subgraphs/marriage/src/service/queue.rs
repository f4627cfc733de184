//! The queue in the hall 排队叫号, and the guides 引导员 who stay with couples.
//!
//! Numbers of a day have no gaps and no doubles: the run's row is counted up in the transaction that
//! draws the ticket, like the run of certificate numbers.

use super::act::{Act, add, same_version, save};
use crate::kit::{Error, Result};
use crate::model::{appointment, appointment_party, guide, queue_run, queue_ticket};
use crate::rules::Refusal;
use crate::service::registries::{self, Timetables};
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// The event of a queue that moved, whose key is the registry.
pub const MOVED: &str = "QueueMoved";

/// What is needed to draw a ticket.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Take {
    /// The registry.
    pub registry: Uuid,
    /// What for.
    pub service: &'static str,
    /// The appointment they came with.
    pub appointment: Option<Uuid>,
}

/// Draws the next number of today; for the caller himself, or by an officer for whoever comes.
pub async fn take(act: Act<'_>, what: &Take) -> Result<Uuid> {
    let today = act.today();
    let registry = registries::by_id(act.tx, what.registry).await?;
    let officer = super::act::works_at(act.caller, &registry);
    let own = act.caller.person.clone();
    if !officer && own.is_none() {
        return Err(Error::Forbidden);
    }
    let hours = Timetables::load(act.tx, &[registry.id], [today])
        .await?
        .on(&registry, today);
    if hours.periods.is_empty() {
        return Err(Refusal::by_form(
            "REGISTRY_CLOSED",
            "The registry is closed today.",
            "该登记机关今日不办公。",
        )
        .at(&["input", "registry"])
        .into());
    }
    let mut holder = if officer { None } else { own };
    if let Some(id) = what.appointment {
        let parties = appointment_party::Entity::find()
            .filter(appointment_party::Column::AppointmentId.eq(id))
            .all(act.tx)
            .await?;
        let booked = appointment::Entity::find_by_id(id)
            .one(act.tx)
            .await?
            .ok_or(Error::NotFound)?;
        let theirs = holder
            .as_ref()
            .is_none_or(|own| parties.iter().any(|p| p.person == *own));
        if booked.registry_id != registry.id || booked.day != today || !theirs {
            return Err(Error::NotFound);
        }
        holder = holder.or_else(|| parties.into_iter().next().map(|party| party.person));
    }
    if let Some(holder) = &holder {
        let waiting = queue_ticket::Entity::find()
            .filter(queue_ticket::Column::Holder.eq(holder))
            .filter(queue_ticket::Column::Day.eq(today))
            .filter(queue_ticket::Column::State.is_in(["WAITING", "CALLED"]))
            .one(act.tx)
            .await?;
        if waiting.is_some() {
            return Err(Refusal::by_form(
                "TICKET_ALREADY_TAKEN",
                "This person waits with a ticket already.",
                "该当事人已取号。",
            )
            .into());
        }
    }
    let row = queue_ticket::Model {
        id: crate::kit::id::new(),
        registry_id: registry.id,
        day: today,
        number: next_number(act.tx, registry.id, today).await?,
        service: what.service.to_owned(),
        state: "WAITING".to_owned(),
        appointment_id: what.appointment,
        holder,
        guide_id: None,
        desk: None,
        taken_at: act.now,
        called_at: None,
        version: 1,
    };
    let id = row.id;
    add!(act.tx, queue_ticket, row)?;
    act.leave(
        "QueueTicket",
        id,
        None,
        "WAITING",
        json!({ "registry": registry.id }),
    )
    .await?;
    moved(act, registry.id).await?;
    Ok(id)
}

/// Tells who watches the queue.
async fn moved(act: Act<'_>, registry: Uuid) -> Result<()> {
    act.tell(MOVED, &registry.to_string(), json!({})).await
}

/// Counts the run of the day up; its row is ours until the end of the transaction.
async fn next_number(tx: &impl ConnectionTrait, registry: Uuid, day: NaiveDate) -> Result<i32> {
    use queue_run::{ActiveModel, Column, Entity};
    let conflict = OnConflict::columns([Column::RegistryId, Column::Day])
        .value(Column::Last, Expr::col((Entity, Column::Last)).add(1))
        .to_owned();
    Entity::insert(ActiveModel {
        registry_id: Set(registry),
        day: Set(day),
        last: Set(1),
    })
    .on_conflict(conflict)
    .exec_without_returning(tx)
    .await?;
    let run = Entity::find_by_id((registry, day)).one(tx).await?;
    run.map(|row| row.last)
        .ok_or_else(|| Error::internal("a queue run vanished"))
}

/// Who calls the next one.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Call {
    /// The registry.
    pub registry: Uuid,
    /// The window.
    pub desk: i32,
    /// Only for this service.
    pub service: Option<&'static str>,
}

/// Calls the lowest waiting number of today to a window.
pub async fn call_next(act: Act<'_>, what: &Call) -> Result<Uuid> {
    use queue_ticket::Column;
    let registry = act.office(what.registry).await?;
    if !(1..=registry.windows).contains(&what.desk) {
        return Err(
            Refusal::by_form("DESK_UNKNOWN", "There is no such window.", "没有该窗口。")
                .at(&["input", "desk"])
                .into(),
        );
    }
    let mut waiting = queue_ticket::Entity::find()
        .filter(Column::RegistryId.eq(what.registry))
        .filter(Column::Day.eq(act.today()))
        .filter(Column::State.eq("WAITING"));
    if let Some(service) = what.service {
        waiting = waiting.filter(Column::Service.eq(service));
    }
    let next = waiting
        .order_by_asc(Column::Number)
        .one(act.tx)
        .await?
        .ok_or_else(|| {
            Error::from(Refusal::by_form(
                "NOBODY_WAITS",
                "Nobody is waiting.",
                "当前无人等候。",
            ))
        })?;
    let id = next.id;
    let called = queue_ticket::Model {
        state: "CALLED".to_owned(),
        desk: Some(what.desk),
        called_at: Some(act.now),
        ..next
    };
    save!(act.tx, queue_ticket, called)?;
    act.leave(
        "QueueTicket",
        id,
        Some("WAITING"),
        "CALLED",
        json!({ "desk": what.desk }),
    )
    .await?;
    moved(act, what.registry).await?;
    Ok(id)
}

/// A ticket and the version it was read at.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Finish {
    /// The ticket and its version.
    pub ticket: (Uuid, i64),
    /// Served; otherwise they left.
    pub served: bool,
}

async fn open_ticket(act: &Act<'_>, (id, version): (Uuid, i64)) -> Result<queue_ticket::Model> {
    let row = queue_ticket::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    act.office(row.registry_id).await?;
    same_version(version, row.version)?;
    if matches!(row.state.as_str(), "WAITING" | "CALLED") && row.day == act.today() {
        Ok(row)
    } else {
        Err(Refusal::by_form("TICKET_CLOSED", "This ticket is closed.", "该号已办结。").into())
    }
}

/// Ends a ticket.
pub async fn finish(act: Act<'_>, what: &Finish) -> Result<Uuid> {
    let row = open_ticket(&act, what.ticket).await?;
    let (id, registry, before) = (row.id, row.registry_id, row.state.clone());
    let after = if what.served { "DONE" } else { "LEFT" };
    let ended = queue_ticket::Model {
        state: after.to_owned(),
        ..row
    };
    save!(act.tx, queue_ticket, ended)?;
    act.leave("QueueTicket", id, Some(&before), after, json!({}))
        .await?;
    moved(act, registry).await?;
    Ok(id)
}

/// A ticket and its guide.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Assign {
    /// The ticket and its version.
    pub ticket: (Uuid, i64),
    /// The guide.
    pub guide: Uuid,
}

/// Gives a couple its guide: one of the same registry, on duty.
pub async fn assign_guide(act: Act<'_>, what: &Assign) -> Result<Uuid> {
    let row = open_ticket(&act, what.ticket).await?;
    let guide = guide::Entity::find_by_id(what.guide).one(act.tx).await?;
    if !guide.is_some_and(|guide| guide.registry_id == row.registry_id && guide.on_duty) {
        return Err(Refusal::by_form(
            "GUIDE_NOT_AVAILABLE",
            "This guide does not work here today.",
            "该引导员今日不在岗或不属于本登记机关。",
        )
        .at(&["input", "guide"])
        .into());
    }
    let (id, state) = (row.id, row.state.clone());
    let guided = queue_ticket::Model {
        guide_id: Some(what.guide),
        ..row
    };
    save!(act.tx, queue_ticket, guided)?;
    act.leave(
        "QueueTicket",
        id,
        Some(&state),
        &state,
        json!({ "guide": what.guide }),
    )
    .await?;
    Ok(id)
}

/// The queue of a registry on a day, as everyone may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Tickets drawn.
    pub drawn: i64,
    /// Waiting.
    pub waiting: i64,
    /// Numbers called and not yet done, with their windows.
    pub called: Vec<(i32, Option<i32>)>,
}

/// The queue of a registry on a day, in two statements.
pub async fn of_day(db: &impl ConnectionTrait, registry: Uuid, day: NaiveDate) -> Result<Queue> {
    use queue_ticket::Column;
    let counts: Vec<(String, i64)> = queue_ticket::Entity::find()
        .select_only()
        .column(Column::State)
        .column_as(Column::Id.count(), "n")
        .filter(Column::RegistryId.eq(registry))
        .filter(Column::Day.eq(day))
        .group_by(Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let called: Vec<(i32, Option<i32>)> = queue_ticket::Entity::find()
        .select_only()
        .columns([Column::Number, Column::Desk])
        .filter(Column::RegistryId.eq(registry))
        .filter(Column::Day.eq(day))
        .filter(Column::State.eq("CALLED"))
        .order_by_asc(Column::Number)
        .into_tuple()
        .all(db)
        .await?;
    Ok(Queue {
        drawn: counts.iter().map(|(_, n)| n).sum(),
        waiting: counts
            .iter()
            .find(|(state, _)| state == "WAITING")
            .map_or(0, |(_, n)| *n),
        called,
    })
}

/// The guides of a registry.
pub async fn guides(db: &impl ConnectionTrait, registry: Uuid) -> Result<Vec<guide::Model>> {
    Ok(guide::Entity::find()
        .filter(guide::Column::RegistryId.eq(registry))
        .order_by_asc(guide::Column::Label)
        .all(db)
        .await?)
}

/// Guides by id, in one statement.
pub async fn guides_by_ids(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, guide::Model>> {
    let rows = guide::Entity::find()
        .filter(guide::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
