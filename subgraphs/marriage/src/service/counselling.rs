//! Marriage and family counselling 婚姻家庭辅导: rooms, counsellors and sessions.
//!
//! A session takes a place in a counselling slot, like any appointment, and a room for that time;
//! a unique index keeps a room from being given twice. Of what was said nothing is kept.

use super::act::{Act, add, same_version, save};
use super::couple::Known;
use super::slot_id::SlotKey;
use super::{divorce, slots};
use crate::kit::{Error, Result, YearMonth};
use crate::model::{
    appointment, counselling_month, counselling_room, counselling_session, counsellor,
};
use crate::rules::Refusal;
use crate::rules::opening::Service;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What is needed to book counselling.
#[derive(Clone, Debug, Serialize)]
pub struct Book {
    /// A slot of the service counselling.
    pub slot: String,
    /// `PRE_MARITAL`, `FAMILY` or `CRISIS`.
    pub kind: &'static str,
    /// Whom an officer books for; a citizen books for himself.
    pub applicant: Option<Known>,
    /// The other one who comes.
    pub partner: Option<Known>,
    /// The divorce application it belongs to.
    pub divorce: Option<Uuid>,
}

/// Books a session: a place in the slot and a room for its time.
pub async fn book(act: Act<'_>, what: &Book) -> Result<Uuid> {
    let key = SlotKey::decode(&what.slot)
        .filter(|key| key.service == Service::Counselling)
        .ok_or_else(|| {
            Refusal::by_form("SLOT_UNKNOWN", "There is no such slot.", "没有该时段。")
                .at(&["input", "slot"])
        })?;
    let first = match &what.applicant {
        Some(known) => {
            act.office(key.registry).await?;
            known.announce(&act).await?;
            known.token.clone()
        }
        None => act.caller.person.clone().ok_or(Error::Forbidden)?,
    };
    let mut persons = vec![first.clone()];
    if let Some(partner) = &what.partner {
        partner.announce(&act).await?;
        persons.push(partner.token.clone());
    }
    if persons.first() == persons.get(1) {
        return Err(Refusal::by_form(
            "SAME_PERSON",
            "Both persons are the same.",
            "双方为同一人。",
        )
        .at(&["input", "partner"])
        .into());
    }
    if let Some(id) = what.divorce {
        let application = divorce::by_id(act.tx, id).await?;
        if !persons
            .iter()
            .any(|p| *p == application.row.man || *p == application.row.woman)
        {
            return Err(Error::NotFound);
        }
    }
    let appointment = slots::book(act.tx, key, &persons, what.applicant.is_some(), act.now).await?;
    let room = free_room(&act, key).await?;
    let mut persons = persons.into_iter();
    let row = counselling_session::Model {
        id: crate::kit::id::new(),
        room_id: room,
        registry_id: key.registry,
        counsellor_id: None,
        kind: what.kind.to_owned(),
        first_party: persons.next().unwrap_or(first),
        second_party: persons.next(),
        day: appointment.day,
        opens: appointment.opens,
        closes: appointment.closes,
        state: "BOOKED".to_owned(),
        outcome: None,
        appointment_id: Some(appointment.id),
        divorce_id: what.divorce,
        booked_at: act.now,
        version: 1,
    };
    let id = row.id;
    add!(act.tx, counselling_session, row)?;
    act.leave(
        "CounsellingSession",
        id,
        None,
        "BOOKED",
        json!({ "registry": key.registry }),
    )
    .await?;
    super::visits::told(&act, key.registry, appointment.day).await?;
    Ok(id)
}

/// The session booked with an appointment that is still to come; none where there is none.
pub(super) async fn open_session_of(
    db: &impl ConnectionTrait,
    appointment: Uuid,
) -> Result<Option<counselling_session::Model>> {
    Ok(counselling_session::Entity::find()
        .filter(counselling_session::Column::AppointmentId.eq(appointment))
        .filter(counselling_session::Column::State.eq("BOOKED"))
        .one(db)
        .await?)
}

/// Calls a session off: its appointment was cancelled, its room is free.
pub(super) async fn call_off(act: &Act<'_>, row: counselling_session::Model) -> Result<()> {
    let id = row.id;
    let off = counselling_session::Model {
        state: "CANCELLED".to_owned(),
        ..row
    };
    save!(act.tx, counselling_session, off)?;
    act.leave(
        "CounsellingSession",
        id,
        Some("BOOKED"),
        "CANCELLED",
        json!({}),
    )
    .await
}

/// Moves a session with its appointment: to the new slot, and to a room that is free then.
pub(super) async fn move_to(
    act: &Act<'_>,
    row: counselling_session::Model,
    key: SlotKey,
    made: &appointment::Model,
) -> Result<()> {
    let id = row.id;
    let moved = counselling_session::Model {
        room_id: free_room(act, key).await?,
        registry_id: key.registry,
        day: made.day,
        opens: made.opens,
        closes: made.closes,
        appointment_id: Some(made.id),
        ..row
    };
    save!(act.tx, counselling_session, moved)?;
    act.leave(
        "CounsellingSession",
        id,
        Some("BOOKED"),
        "BOOKED",
        json!({ "registry": key.registry }),
    )
    .await
}

async fn free_room(act: &Act<'_>, key: SlotKey) -> Result<Uuid> {
    let rooms = rooms_of(act.tx, &[key.registry])
        .await?
        .remove(&key.registry)
        .unwrap_or_default();
    let taken = counselling_session::Entity::find()
        .filter(counselling_session::Column::RegistryId.eq(key.registry))
        .filter(counselling_session::Column::Day.eq(key.day))
        .filter(counselling_session::Column::Opens.eq(key.opens))
        .filter(counselling_session::Column::State.is_in(["BOOKED", "HELD"]))
        .all(act.tx)
        .await?;
    let taken: HashSet<Uuid> = taken.into_iter().map(|session| session.room_id).collect();
    rooms
        .into_iter()
        .map(|room| room.id)
        .find(|room| !taken.contains(room))
        .ok_or_else(|| {
            Refusal::by_form(
                "SLOT_FULL",
                "No place is left in this slot.",
                "该时段已约满。",
            )
            .at(&["input", "slot"])
            .into()
        })
}

/// What came of a session.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Record {
    /// The session and the version it was read at.
    pub session: (Uuid, i64),
    /// Who held it.
    pub counsellor: Uuid,
    /// Held; otherwise nobody came.
    pub held: bool,
    /// Coded outcome of a session that was held.
    pub outcome: Option<&'static str>,
}

/// Records what came of a session; one that was held is counted.
pub async fn record(act: Act<'_>, what: &Record) -> Result<Uuid> {
    let (id, version) = what.session;
    let row = counselling_session::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    let registry = act.office(row.registry_id).await?;
    same_version(version, row.version)?;
    let counsellor = counsellor::Entity::find_by_id(what.counsellor)
        .one(act.tx)
        .await?;
    let mut reasons = Vec::new();
    if !counsellor.is_some_and(|c| c.registry_id == row.registry_id && c.active) {
        reasons.push(Refusal::by_form(
            "COUNSELLOR_UNKNOWN",
            "This counsellor does not work here.",
            "该辅导员不在本登记机关。",
        ));
    }
    if row.state != "BOOKED" || row.day > act.today() {
        reasons.push(Refusal::by_form(
            "SESSION_NOT_OPEN",
            "This session is closed or still to come.",
            "该辅导已办结或尚未开始。",
        ));
    }
    if what.held != what.outcome.is_some() {
        reasons.push(Refusal::by_form(
            "OUTCOME_MISPLACED",
            "A session that was held has an outcome, and no other.",
            "已开展的辅导须填写结果，未开展的不得填写。",
        ));
    }
    act.unless(reasons)?;
    let day = row.day;
    if let Some(appointment) = row.appointment_id {
        if what.held {
            super::visits::served(&act, appointment).await?;
        } else {
            super::visits::missed(&act, appointment).await?;
        }
    }
    let after = if what.held { "HELD" } else { "MISSED" };
    let recorded = counselling_session::Model {
        state: after.to_owned(),
        outcome: what.outcome.map(str::to_owned),
        counsellor_id: Some(what.counsellor),
        ..row
    };
    save!(act.tx, counselling_session, recorded)?;
    if what.held {
        count(&act, &registry, YearMonth::of(day)).await?;
    }
    act.leave("CounsellingSession", id, Some("BOOKED"), after, json!({}))
        .await?;
    Ok(id)
}

async fn count(
    act: &Act<'_>,
    registry: &crate::model::registry::Model,
    month: YearMonth,
) -> Result<()> {
    use counselling_month::{ActiveModel, Column, Entity};
    let conflict = OnConflict::columns([Column::RegistryId, Column::Month])
        .value(
            Column::Sessions,
            Expr::col((Entity, Column::Sessions)).add(1),
        )
        .value(Column::AsOf, act.now)
        .to_owned();
    Entity::insert(ActiveModel {
        registry_id: Set(registry.id),
        month: Set(month.index()),
        county_id: Set(registry.county_id),
        prefecture_id: Set(registry.prefecture_id),
        province_id: Set(registry.province_id),
        sessions: Set(1),
        as_of: Set(act.now),
    })
    .on_conflict(conflict)
    .exec_without_returning(act.tx)
    .await?;
    Ok(())
}

/// The rooms of each of these registries, in one statement.
pub async fn rooms_of(
    db: &impl ConnectionTrait,
    registries: &[Uuid],
) -> Result<HashMap<Uuid, Vec<counselling_room::Model>>> {
    let rows = counselling_room::Entity::find()
        .filter(counselling_room::Column::RegistryId.is_in(registries.iter().copied()))
        .order_by_asc(counselling_room::Column::Name)
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, Vec<counselling_room::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.registry_id).or_default().push(row);
    }
    Ok(found)
}

/// The counsellors of a registry.
pub async fn counsellors(
    db: &impl ConnectionTrait,
    registry: Uuid,
) -> Result<Vec<counsellor::Model>> {
    Ok(counsellor::Entity::find()
        .filter(counsellor::Column::RegistryId.eq(registry))
        .order_by_asc(counsellor::Column::Id)
        .all(db)
        .await?)
}

/// The most sessions that are shown of a person.
const MOST_OF_A_PERSON: usize = 100;

/// The sessions of each of these persons, latest first, in one statement.
pub async fn of_persons(
    db: &impl ConnectionTrait,
    persons: &[String],
) -> Result<HashMap<String, Vec<counselling_session::Model>>> {
    use counselling_session::Column;
    let wanted = || persons.iter().cloned();
    let rows = counselling_session::Entity::find()
        .filter(
            Condition::any()
                .add(Column::FirstParty.is_in(wanted()))
                .add(Column::SecondParty.is_in(wanted())),
        )
        .order_by_desc(Column::Day)
        .order_by_desc(Column::Opens)
        .limit(persons.len().saturating_mul(MOST_OF_A_PERSON) as u64)
        .all(db)
        .await?;
    let mut found: HashMap<String, Vec<counselling_session::Model>> = HashMap::new();
    for person in persons {
        let own = rows
            .iter()
            .filter(|row| row.first_party == *person || row.second_party.as_ref() == Some(person));
        let own = own.take(MOST_OF_A_PERSON);
        found.insert(person.clone(), own.cloned().collect());
    }
    Ok(found)
}

/// M-23: the sessions of a dead person that were still to come are off; gives their ids.
pub async fn stop_for(
    tx: &sea_orm::DatabaseTransaction,
    person: &str,
    today: chrono::NaiveDate,
) -> Result<Vec<Uuid>> {
    use counselling_session::Column;
    let open = counselling_session::Entity::find()
        .filter(
            Condition::any()
                .add(Column::FirstParty.eq(person))
                .add(Column::SecondParty.eq(person)),
        )
        .filter(Column::State.eq("BOOKED"))
        .filter(Column::Day.gte(today))
        .all(tx)
        .await?;
    let ids: Vec<Uuid> = open.into_iter().map(|row| row.id).collect();
    counselling_session::Entity::update_many()
        .col_expr(Column::State, Expr::value("CANCELLED"))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    Ok(ids)
}
