//! Fetching a body and storing it (接运、存放): F-2, F-14 and F-16.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use super::act::{Act, plain, short, unique, unknown};
use super::course::{self, By, Handover, Step};
use super::people::group;
use crate::model::{
    body_storage, funeral_case, hearse, hotline_ticket, sealed, transport, unclaimed_notice,
};
use crate::rules::case::{Extension, ExtensionAsked, extend, storage_until};
use crate::rules::geo::Point;
use crate::rules::terms::{
    CaseAct, CaseState, ExtensionKind, HearseState, Holder, KinRelation, TransportState,
};
use crate::rules::{case, no_such_move, ticket, unclaimed};

/// A case as the caller saw it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The case.
    pub case: Uuid,
    /// The version it had.
    pub version: i64,
}

/// F-2: sends a vehicle of the case's own funeral home: the one named, or the nearest that is ready.
pub async fn dispatch(
    act: &Act<'_>,
    seen: Seen,
    vehicle: Option<Uuid>,
    from: Point,
    ticket_id: Option<Uuid>,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    let mut kept = None;
    if let Some(ticket) = ticket_id {
        // The ticket that asks is one that the officer may see.
        let found = hotline_ticket::Entity::find_by_id(ticket)
            .one(act.tx)
            .await?
            .ok_or_else(|| unknown("ticket", "There is no such ticket.", "没有该工单。"))?;
        act.officer(minzheng_kit::contract::scope::HOTLINE, found.division_id)?;
        kept = hearse::Entity::find()
            .filter(hearse::Column::ReservedFor.eq(ticket))
            .one(act.tx)
            .await?;
    }
    // The hearse that was kept for the ticket goes, where it is one of this home; F-2 lets no other go.
    if let Some(other) =
        kept.take_if(|h| h.facility_id != row.facility_id || vehicle.is_some_and(|v| v != h.id))
    {
        free_hearse(act, other).await?;
    }
    let fleet = hearse::Entity::find()
        .filter(hearse::Column::FacilityId.eq(row.facility_id))
        .all(act.tx)
        .await?;
    let away = |h: &hearse::Model| {
        from.distance_km(Point {
            lon: h.lon,
            lat: h.lat,
        })
    };
    let kept = kept.map(|h| h.id);
    let chosen = match (kept, vehicle) {
        (Some(kept), _) => fleet.into_iter().find(|h| h.id == kept),
        (None, Some(vehicle)) => fleet.into_iter().find(|h| h.id == vehicle),
        (None, None) => fleet
            .into_iter()
            .filter(|h| h.state == HearseState::Ready)
            .min_by(|a, b| away(a).total_cmp(&away(b)).then_with(|| a.id.cmp(&b.id))),
    };
    case::transport(Some(row.state), chosen.is_some() || vehicle.is_none())?;
    let chosen = chosen
        .filter(|h| h.state == HearseState::Ready || kept == Some(h.id))
        .ok_or_else(no_hearse)?;
    let promise = ticket::arrival_promise_minutes(away(&chosen), &act.rules());
    let key = id::new();
    let task = transport::ActiveModel {
        id: Set(key),
        case_id: Set(row.id),
        hearse_id: Set(chosen.id),
        ticket_id: Set(ticket_id),
        facility_id: Set(row.facility_id),
        lon: Set(from.lon),
        lat: Set(from.lat),
        state: Set(TransportState::Sent),
        seal_no: Set(None),
        sent_at: Set(act.now),
        due_at: Set(act.now + TimeDelta::minutes(promise)),
        arrived_at: Set(None),
        delivered_at: Set(None),
    };
    transport::Entity::insert(task)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                no_such_move("A hearse is under way already.", "已有接运车在途。")
            })
        })?;
    set_hearse(act, chosen, HearseState::OnTask).await?;
    course::step(
        act,
        &row,
        Step::moves(CaseAct::HearseSent, CaseState::Collecting, Some(key)),
        |_| (),
    )
    .await?;
    Ok(row.id)
}

fn no_hearse() -> Error {
    Error::Invalid(
        UserError::new(
            "NO_HEARSE_READY",
            "No hearse of the home is ready.",
            "该馆暂无待命的接运车辆。",
        )
        .field(&["hearse"]),
    )
}

/// Lets a hearse go that was kept for a ticket.
async fn free_hearse(act: &Act<'_>, row: hearse::Model) -> Result<()> {
    set_hearse(act, row, HearseState::Ready).await
}

/// Lets the hearse go that is kept for a ticket, if one is: one that is on its way for a case comes back with the
/// case.
pub async fn free_hearse_of(act: &Act<'_>, ticket: Uuid) -> Result<()> {
    let kept = hearse::Entity::find()
        .filter(hearse::Column::ReservedFor.eq(ticket))
        .one(act.tx)
        .await?;
    match kept {
        Some(kept) => free_hearse(act, kept).await,
        None => Ok(()),
    }
}

async fn set_hearse(act: &Act<'_>, row: hearse::Model, state: HearseState) -> Result<()> {
    let version = row.version + 1;
    let mut row: hearse::ActiveModel = row.into();
    row.state = Set(state);
    row.reserved_for = Set(None);
    row.version = Set(version);
    row.update(act.tx).await?;
    Ok(())
}

/// The running transport of a case.
async fn running(act: &Act<'_>, case: Uuid) -> Result<Option<transport::Model>> {
    Ok(transport::Entity::find()
        .filter(transport::Column::CaseId.eq(case))
        .filter(transport::Column::State.is_in([TransportState::Sent, TransportState::Arrived]))
        .one(act.tx)
        .await?)
}

/// The vehicle is at the body, which is sealed.
pub async fn arrive(act: &Act<'_>, seen: Seen, seal_no: &str) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    let task = running(act, row.id)
        .await?
        .filter(|t| t.state == TransportState::Sent)
        .ok_or_else(|| {
            Error::Invalid(no_such_move(
                "No hearse is under way.",
                "没有在途的接运车。",
            ))
        })?;
    let key = task.id;
    let mut task: transport::ActiveModel = task.into();
    task.state = Set(TransportState::Arrived);
    task.seal_no = Set(Some(short(seal_no, "sealNo", 40)?.to_owned()));
    task.arrived_at = Set(Some(act.now));
    task.update(act.tx).await?;
    course::hand_over(
        act,
        &row,
        Some(Holder::Family),
        Holder::Hearse,
        act.now,
        Handover::default(),
    )
    .await?;
    course::step(act, &row, Step::note(CaseAct::HearseArrived, key), |_| ()).await?;
    Ok(row.id)
}

/// F-14: the body is received from the vehicle and stored in a cabinet.
pub async fn store(act: &Act<'_>, seen: Seen, cabinet: &str) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    case::advance(row.state, CaseState::Stored)?;
    let task = running(act, row.id)
        .await?
        .filter(|t| t.state == TransportState::Arrived)
        .ok_or_else(|| {
            Error::Invalid(no_such_move(
                "The hearse has not been at the body yet.",
                "接运车尚未到达接运点。",
            ))
        })?;
    let hearse = hearse::Entity::find_by_id(task.hearse_id)
        .one(act.tx)
        .await?;
    let mut task: transport::ActiveModel = task.into();
    task.state = Set(TransportState::Delivered);
    task.delivered_at = Set(Some(act.now));
    task.update(act.tx).await?;
    if let Some(hearse) = hearse {
        set_hearse(act, hearse, HearseState::Ready).await?;
    }
    let key = id::new();
    let stored = body_storage::ActiveModel {
        id: Set(key),
        case_id: Set(row.id),
        facility_id: Set(row.facility_id),
        cabinet_no: Set(short(cabinet, "cabinetNo", 20)?.to_owned()),
        from_at: Set(act.now),
        until: Set(storage_until(act.today, Extension::None, &act.rules())),
        extension: Set(ExtensionKind::None),
        approval: Set(None),
        left_at: Set(None),
    };
    body_storage::Entity::insert(stored)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                UserError::new(
                    "CABINET_TAKEN",
                    "This cabinet is taken.",
                    "该冷藏柜位已占用。",
                )
                .field(&["cabinetNo"])
            })
        })?;
    course::hand_over(
        act,
        &row,
        Some(Holder::Hearse),
        Holder::Store,
        act.now,
        Handover::default(),
    )
    .await?;
    course::step(
        act,
        &row,
        Step::moves(CaseAct::BodyStored, CaseState::Stored, Some(key)),
        |_| (),
    )
    .await?;
    Ok(row.id)
}

/// The cabinet a body lies in now.
pub async fn stored(act: &Act<'_>, case: Uuid) -> Result<Option<body_storage::Model>> {
    Ok(body_storage::Entity::find()
        .filter(body_storage::Column::CaseId.eq(case))
        .filter(body_storage::Column::LeftAt.is_null())
        .one(act.tx)
        .await?)
}

/// F-14: extends a storage.
pub async fn extend_storage(
    act: &Act<'_>,
    seen: Seen,
    kind: ExtensionKind,
    until: Option<NaiveDate>,
    approval: Option<&str>,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    let stored = stored(act, row.id).await?.ok_or_else(|| {
        Error::Invalid(no_such_move(
            "No body is stored in this case.",
            "本案无在存遗体。",
        ))
    })?;
    let approval = approval
        .map(|text| plain(text, "approval", 60))
        .transpose()?;
    let arrived = minzheng_kit::clock::legal_day(stored.from_at);
    let asked = ExtensionAsked {
        kind,
        until,
        approval,
    };
    let until = extend(arrived, stored.until, &asked, &act.rules())?;
    let key = stored.id;
    let mut stored: body_storage::ActiveModel = stored.into();
    stored.until = Set(until);
    stored.extension = Set(kind);
    stored.approval = Set(approval.map(str::to_owned));
    stored.update(act.tx).await?;
    course::step(act, &row, Step::note(CaseAct::StorageExtended, key), |_| ()).await?;
    Ok(row.id)
}

/// F-16: publishes the notice for a body that nobody claims.
pub async fn publish_notice(
    act: &Act<'_>,
    seen: Seen,
    police_paper: &str,
    police_notified_on: NaiveDate,
    published_on: NaiveDate,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    if row.relation != KinRelation::Institution || row.state > CaseState::Farewell {
        return Err(Error::Invalid(
            no_such_move(
                "A notice is published for a body brought in by an institution and not yet cremated.",
                "仅单位送交且尚未火化的遗体可发布无主公告。",
            )
            .field(&["case"]),
        ));
    }
    let notice = unclaimed::Notice {
        police_notified_on,
        published_on,
        claimed_on: None,
    };
    unclaimed::publish(&notice, act.today)?;
    let key = id::new();
    let police_paper = short(police_paper, "policePaper", 60)?;
    let police_paper = act.seal(&sealed::NOTICE_PAPER, key, police_paper).await?;
    let notice = unclaimed_notice::ActiveModel {
        id: Set(key),
        case_id: Set(row.id),
        police_paper: Set(police_paper),
        police_notified_on: Set(police_notified_on),
        published_on: Set(published_on),
        ends_on: Set(unclaimed::notice_ends(published_on, &act.rules()).day),
        claimed_on: Set(None),
    };
    unclaimed_notice::Entity::insert(notice)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                no_such_move("A notice was published already.", "已发布公告。")
            })
        })?;
    course::step(act, &row, Step::note(CaseAct::NoticePublished, key), |_| ()).await?;
    Ok(row.id)
}

/// F-16: someone claims the body: they become the applicant of the case.
pub async fn claim(
    act: &Act<'_>,
    seen: Seen,
    claimant: &str,
    relation: KinRelation,
    phone_masked: &str,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    course::still_open(&row)?;
    let notice = notices(act.tx, &[row.id])
        .await?
        .remove(&row.id)
        .filter(|n| n.claimed_on.is_none())
        .ok_or_else(|| {
            unknown(
                "case",
                "No notice is running for this body.",
                "本案无进行中的无主公告。",
            )
        })?;
    if claimant == row.deceased {
        return Err(Error::Invalid(
            UserError::new(
                "APPLICANT_IS_DECEASED",
                "The applicant is the deceased.",
                "申办人不能是逝者本人。",
            )
            .field(&["claimant"]),
        ));
    }
    let key = notice.id;
    let mut notice: unclaimed_notice::ActiveModel = notice.into();
    notice.claimed_on = Set(Some(act.today));
    notice.update(act.tx).await?;
    let phone = act.seal(&sealed::CASE_PHONE, row.id, phone_masked).await?;
    course::step(act, &row, Step::note(CaseAct::BodyClaimed, key), |case| {
        case.applicant = Set(claimant.to_owned());
        case.relation = Set(relation);
        // Nobody confirms their own statement: an officer's own kinship is recorded by a colleague.
        case.relation_confirmed = Set(!act.principal.is_person(claimant));
        case.phone_masked = Set(phone);
    })
    .await?;
    Ok(row.id)
}

/// The cases whose body is stored beyond what is allowed on a day, as a sub-select (F-14).
pub fn overdue(today: NaiveDate) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::{QuerySelect, QueryTrait};
    body_storage::Entity::find()
        .select_only()
        .column(body_storage::Column::CaseId)
        .filter(body_storage::Column::LeftAt.is_null())
        .filter(body_storage::Column::Until.lt(today))
        .into_query()
}

/// The notices of cases, with one statement.
pub async fn notices<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, unclaimed_notice::Model>> {
    let rows = unclaimed_notice::Entity::find()
        .filter(unclaimed_notice::Column::CaseId.is_in(cases.iter().copied()))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|n| (n.case_id, n)).collect())
}

/// The transports of cases, oldest first, with one statement.
pub async fn transports<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<transport::Model>>> {
    let rows = transport::Entity::find()
        .filter(transport::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(transport::Column::SentAt)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |t| t.case_id))
}

/// The storages of cases, oldest first, with one statement.
pub async fn storages<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<body_storage::Model>>> {
    let rows = body_storage::Entity::find()
        .filter(body_storage::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(body_storage::Column::FromAt)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |s| s.case_id))
}

/// Calls off what runs for a case that is cancelled.
pub async fn call_off(act: &Act<'_>, row: &funeral_case::Model) -> Result<()> {
    let Some(task) = running(act, row.id).await? else {
        return Ok(());
    };
    if task.state == TransportState::Arrived {
        return Err(Error::Invalid(no_such_move(
            "The body is on the hearse; the case can no longer be called off.",
            "遗体已上车，不能取消。",
        )));
    }
    let hearse = hearse::Entity::find_by_id(task.hearse_id)
        .one(act.tx)
        .await?;
    let mut task: transport::ActiveModel = task.into();
    task.state = Set(TransportState::Cancelled);
    task.update(act.tx).await?;
    if let Some(hearse) = hearse {
        set_hearse(act, hearse, HearseState::Ready).await?;
    }
    Ok(())
}
