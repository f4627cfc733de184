//! The hotline 96444.

use chrono::{DateTime, TimeDelta, Utc};
use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::error::{Error, Result, UserError};
use minzheng_kit::{Services, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version};
use super::{cases, collection, facilities, month_of, scope};
use crate::model::{call_record, funeral_case, hearse, hotline_ticket, sealed};
use crate::rules::geo::Point;
use crate::rules::settings::Settings;
use crate::rules::terms::{CaseState, FacilityKind, HearseState, TicketCategory, TicketState};
use crate::rules::ticket;

/// The line that every ticket of this subsystem comes from.
pub const LINE: &str = "96444";

/// The events of tickets, whose key is the ticket.
pub const CHANGES: [&str; 3] = ["TicketOpened", "TicketAdvanced", "TicketCalled"];

/// What an operator notes of a call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it is about.
    pub category: TicketCategory,
    /// The caller's phone, masked.
    pub caller_masked: String,
    /// Token of the caller, if identified.
    pub caller: Option<String>,
    /// Number of the case that the caller names.
    pub case_number: Option<String>,
    /// The division of the call.
    pub division: Uuid,
    /// Where help is needed.
    pub point: Point,
    /// When the telephone began to ring and when it was answered; none where the exchange did not tell.
    pub rang: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Opens a ticket.
pub async fn open(act: &Act<'_>, call: &Call) -> Result<Uuid> {
    act.officer(contract_scope::HOTLINE, call.division)?;
    let (tx, now, today) = (act.tx, act.now, act.today);
    let code = scope::ensure(tx, call.division).await?;
    let case = match &call.case_number {
        None => None,
        Some(number) => Some(
            funeral_case::Entity::find()
                .filter(funeral_case::Column::Number.eq(number.trim()))
                .one(tx)
                .await?
                .ok_or_else(|| {
                    Error::Invalid(
                        UserError::new(
                            "CASE_UNKNOWN",
                            "There is no case with that number.",
                            "没有该编号的治丧案件。",
                        )
                        .field(&["caseNumber"]),
                    )
                })?,
        ),
    };
    let key = id::new();
    let tail = key.simple().to_string().split_off(26).to_uppercase();
    let opened = hotline_ticket::ActiveModel {
        id: Set(key),
        number: Set(format!("{LINE}-{code}-{}-{tail}", today.format("%Y%m%d"))),
        line: Set(LINE.to_owned()),
        category: Set(call.category),
        state: Set(TicketState::Open),
        caller_masked: Set(act
            .seal(&sealed::CALLER_PHONE, key, &call.caller_masked)
            .await?),
        caller: Set(call.caller.clone()),
        case_id: Set(case.map(|c| c.id)),
        facility_id: Set(None),
        division_id: Set(call.division),
        lon: Set(call.point.lon),
        lat: Set(call.point.lat),
        opened_at: Set(now),
        opened_month: Set(month_of(today)),
        due_at: Set(ticket::dispatch_due(now, &act.rules())),
        dispatched_at: Set(None),
        arrived_at: Set(None),
        closed_at: Set(None),
        satisfaction: Set(None),
        hearse_id: Set(None),
        accepted_at: Set(None),
        arrival_due_at: Set(None),
        resolved_at: Set(None),
        waiting_since: Set(None),
        reopened: Set(0),
        reopened_at: Set(None),
        version: Set(1),
    };
    hotline_ticket::Entity::insert(opened)
        .exec_without_returning(tx)
        .await?;
    if let Some(times) = call.rang {
        note_call(act, key, times).await?;
    }
    act.done(
        ("HotlineTicket", key),
        "TicketOpened",
        None,
        json!({ "state": TicketState::Open, "category": call.category }),
    )
    .await?;
    Ok(key)
}

/// F-18: keeps when a call rang and when it was answered.
async fn note_call(
    act: &Act<'_>,
    ticket_id: Uuid,
    (rang_at, answered_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    ticket::answered(rang_at, answered_at, act.now)?;
    let row = call_record::ActiveModel {
        id: Set(id::new()),
        ticket_id: Set(ticket_id),
        rang_at: Set(rang_at),
        answered_at: Set(answered_at),
        operator: Set(act.subject()),
    };
    call_record::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// F-18: a further call about a ticket.
pub async fn record_call(
    act: &Act<'_>,
    ticket_id: Uuid,
    version: i64,
    times: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Uuid> {
    let row = load(act, ticket_id, Some(version)).await?;
    note_call(act, ticket_id, times).await?;
    let state = row.state;
    let mut row: hotline_ticket::ActiveModel = row.into();
    row.version = Set(version + 1);
    row.update(act.tx).await?;
    act.done(
        ("HotlineTicket", ticket_id),
        "TicketCalled",
        None,
        json!({ "state": state, "version": version + 1 }),
    )
    .await?;
    Ok(ticket_id)
}

/// The calls about a ticket, oldest first.
pub async fn calls<C: ConnectionTrait>(c: &C, ticket_id: Uuid) -> Result<Vec<call_record::Model>> {
    Ok(call_record::Entity::find()
        .filter(call_record::Column::TicketId.eq(ticket_id))
        .order_by_asc(call_record::Column::RangAt)
        .limit(100)
        .all(c)
        .await?)
}

/// A ticket as it is to be changed: the caller may, and it is as the caller saw it.
async fn load(
    act: &Act<'_>,
    ticket_id: Uuid,
    version: Option<i64>,
) -> Result<hotline_ticket::Model> {
    let ticket = hotline_ticket::Entity::find_by_id(ticket_id)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::HOTLINE, ticket.division_id)?;
    if let Some(version) = version {
        same_version(ticket.version, version)?;
    }
    Ok(ticket)
}

/// Where a ticket stands to whoever looks now (F-18): one that nobody dispatched is raised by itself.
pub fn seen(row: &hotline_ticket::Model, now: DateTime<Utc>, rules: &Settings) -> TicketState {
    let since = row.waiting_since.unwrap_or(row.opened_at);
    ticket::seen(row.state, row.category, since, now, rules)
}

/// Moves a ticket by the rules, with its history row and event.
async fn advance(
    act: &Act<'_>,
    row: hotline_ticket::Model,
    to: TicketState,
    change: impl FnOnce(&mut hotline_ticket::ActiveModel),
) -> Result<Uuid> {
    let from = seen(&row, act.now, &act.rules());
    let state = ticket::advance(from, to, row.category)?;
    let (key, before, version) = (row.id, row.state, row.version + 1);
    let mut row: hotline_ticket::ActiveModel = row.into();
    row.state = Set(state);
    row.version = Set(version);
    change(&mut row);
    row.update(act.tx).await?;
    act.done(
        ("HotlineTicket", key),
        "TicketAdvanced",
        Some(json!({ "state": before })),
        json!({ "state": state, "version": version }),
    )
    .await?;
    Ok(key)
}

/// Sends a ticket on. F-2: for a body to be fetched, to the facility whose hearse is ready and nearest, and the hearse is
/// kept for it in the same transaction, so that no other ticket gets it; anything else, to the nearest funeral home.
pub async fn dispatch(act: &Act<'_>, ticket_id: Uuid, version: Option<i64>) -> Result<Uuid> {
    let row = load(act, ticket_id, version).await?;
    let rules = act.rules();
    ticket::advance(
        seen(&row, act.now, &rules),
        TicketState::Dispatched,
        row.category,
    )?;
    let here = Point {
        lon: row.lon,
        lat: row.lat,
    };
    let now = act.now;
    if !ticket::needs_hearse(row.category) {
        let home = nearest_home(act, here).await?;
        return advance(act, row, TicketState::Dispatched, |row| {
            row.facility_id = Set(Some(home));
            row.dispatched_at = Set(Some(now));
            row.waiting_since = Set(None);
        })
        .await;
    }
    // What was kept for it when it was sent out before is free again.
    collection::free_hearse_of(act, row.id).await?;
    let (away, hearse) = keep_hearse(act, here, row.id).await?;
    let promise = ticket::arrival_promise_minutes(away, &rules);
    advance(act, row, TicketState::Dispatched, |row| {
        row.facility_id = Set(Some(hearse.facility_id));
        row.hearse_id = Set(Some(hearse.id));
        row.dispatched_at = Set(Some(now));
        row.arrival_due_at = Set(Some(now + TimeDelta::minutes(promise)));
        row.waiting_since = Set(None);
    })
    .await
}

async fn nearest_home(act: &Act<'_>, here: Point) -> Result<Uuid> {
    let filter = facilities::Filter {
        kind: Some(FacilityKind::FuneralHome),
        ..facilities::Filter::default()
    };
    facilities::near(act.tx, here, facilities::MAX_RADIUS_KM, filter, 1)
        .await?
        .pop()
        .map(|(_, home)| home.id)
        .ok_or_else(|| {
            Error::Invalid(UserError::new(
                "NO_FACILITY_NEAR",
                "No funeral home is open within reach.",
                "附近没有运营中的殡仪馆。",
            ))
        })
}

/// How many hearses are tried when others take them at the same moment.
const TRIES: usize = 8;

/// Keeps the nearest hearse that is ready for a ticket. The state is compared and changed in one statement: of two
/// tickets one gets it, and the other the next.
async fn keep_hearse(act: &Act<'_>, here: Point, ticket_id: Uuid) -> Result<(f64, hearse::Model)> {
    for _ in 0..TRIES {
        let near = facilities::nearest_hearse(act.tx, here, facilities::MAX_RADIUS_KM).await?;
        let Some((away, found)) = near else { break };
        let kept = hearse::Entity::update_many()
            .col_expr(hearse::Column::State, Expr::value(HearseState::OnTask))
            .col_expr(hearse::Column::ReservedFor, Expr::value(ticket_id))
            .col_expr(
                hearse::Column::Version,
                Expr::col(hearse::Column::Version).add(1),
            )
            .filter(hearse::Column::Id.eq(found.id))
            .filter(hearse::Column::State.eq(HearseState::Ready))
            .exec(act.tx)
            .await?;
        if kept.rows_affected > 0 {
            return Ok((away, found));
        }
    }
    Err(Error::Invalid(UserError::new(
        "NO_HEARSE_READY",
        "No hearse is ready within reach.",
        "附近没有待命的接运车辆。",
    )))
}

/// The facility takes the ticket.
pub async fn accept(act: &Act<'_>, ticket_id: Uuid, version: i64) -> Result<Uuid> {
    let row = load(act, ticket_id, Some(version)).await?;
    let now = act.now;
    advance(act, row, TicketState::Accepted, |row| {
        row.accepted_at = Set(Some(now))
    })
    .await
}

/// The facility's people are there.
pub async fn on_site(act: &Act<'_>, ticket_id: Uuid, version: i64) -> Result<Uuid> {
    let row = load(act, ticket_id, Some(version)).await?;
    let now = act.now;
    advance(act, row, TicketState::OnSite, |row| {
        row.arrived_at = Set(Some(now))
    })
    .await
}

/// What was asked for is done.
pub async fn resolve(act: &Act<'_>, ticket_id: Uuid, version: i64) -> Result<Uuid> {
    let row = load(act, ticket_id, Some(version)).await?;
    let now = act.now;
    collection::free_hearse_of(act, row.id).await?;
    advance(act, row, TicketState::Resolved, |row| {
        row.resolved_at = Set(Some(now))
    })
    .await
}

/// F-18: closes a ticket with the caller's feedback.
pub async fn close(
    act: &Act<'_>,
    ticket_id: Uuid,
    version: i64,
    mark: Option<i32>,
) -> Result<Uuid> {
    let row = load(act, ticket_id, Some(version)).await?;
    ticket::close(row.state, row.category, mark)?;
    let now = act.now;
    advance(act, row, TicketState::Closed, |row| {
        row.closed_at = Set(Some(now));
        row.satisfaction = Set(mark);
    })
    .await
}

/// Raises a ticket to a supervisor.
pub async fn escalate(act: &Act<'_>, ticket_id: Uuid, version: i64) -> Result<Uuid> {
    let row = load(act, ticket_id, Some(version)).await?;
    // A hearse that does not come is no longer kept.
    collection::free_hearse_of(act, row.id).await?;
    advance(act, row, TicketState::Escalated, |_| ()).await
}

/// Opens a resolved or closed ticket again; all its times run anew and are measured from here.
pub async fn reopen(act: &Act<'_>, ticket_id: Uuid, version: i64) -> Result<Uuid> {
    let row = load(act, ticket_id, Some(version)).await?;
    let (now, due, times) = (
        act.now,
        ticket::dispatch_due(act.now, &act.rules()),
        row.reopened + 1,
    );
    advance(act, row, TicketState::Reopened, |row| {
        row.waiting_since = Set(Some(now));
        row.reopened_at = Set(Some(now));
        row.due_at = Set(due);
        row.reopened = Set(times);
        row.dispatched_at = Set(None);
        row.arrival_due_at = Set(None);
        row.hearse_id = Set(None);
        row.accepted_at = Set(None);
        row.arrived_at = Set(None);
        row.resolved_at = Set(None);
        row.closed_at = Set(None);
        row.satisfaction = Set(None);
    })
    .await
}

/// The cases that a caller may be told of: those the identified caller applied for that are still
/// open, and the case the ticket names.
pub async fn callers_cases<C: ConnectionTrait>(
    c: &C,
    ticket: &hotline_ticket::Model,
) -> Result<Vec<funeral_case::Model>> {
    let mut condition = sea_orm::Condition::any();
    match (&ticket.caller, ticket.case_id) {
        (None, None) => return Ok(Vec::new()),
        (caller, case) => {
            condition = condition
                .add_option(
                    caller
                        .as_ref()
                        .map(|token| funeral_case::Column::Applicant.eq(token)),
                )
                .add_option(case.map(|id| funeral_case::Column::Id.eq(id)));
        }
    }
    Ok(funeral_case::Entity::find()
        .filter(condition)
        .filter(funeral_case::Column::State.is_not_in([CaseState::Closed, CaseState::Cancelled]))
        .order_by_desc(funeral_case::Column::OpenedAt)
        .limit(20)
        .all(c)
        .await?)
}

/// Whether the caller is the recorded applicant of a case: the same person, or, where the caller
/// is not identified, the ticket names this case and comes from its applicant's phone as masked.
pub async fn caller_is_applicant(
    services: &Services,
    ticket: &hotline_ticket::Model,
    case: &funeral_case::Model,
) -> Result<bool> {
    match &ticket.caller {
        Some(caller) => Ok(*caller == case.applicant),
        None if ticket.case_id == Some(case.id) => {
            Ok(caller_phone(services, ticket).await?
                == cases::applicant_phone(services, case).await?)
        }
        None => Ok(false),
    }
}

/// The caller's phone, masked.
///
/// # Errors
/// When it cannot be opened.
pub async fn caller_phone(services: &Services, ticket: &hotline_ticket::Model) -> Result<String> {
    let (db, row) = (services.db.read(), ticket.id.to_string());
    let opened = services
        .columns
        .open_text(db, &sealed::CALLER_PHONE, &row, &ticket.caller_masked)
        .await?;
    Ok(opened.to_string())
}

/// A phone as it may be shown and kept: of eleven digits or more the first three and last four, of
/// a shorter one the last two; anything else is refused.
pub fn masked_phone(phone: &str) -> Result<String> {
    let digits: String = phone
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '+' | '(' | ')'))
        .collect();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(UserError::new(
            "PHONE_MALFORMED",
            "That is not a telephone number.",
            "电话号码格式不正确。",
        )
        .field(&["phone"])
        .into());
    }
    let digits = match digits.strip_prefix("86") {
        Some(rest) if rest.len() == 11 => rest,
        _ => &digits,
    };
    let (head, tail) = if digits.len() >= 11 { (3, 4) } else { (0, 2) };
    Ok(format!(
        "{}****{}",
        &digits[..head],
        &digits[digits.len() - tail..]
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::masked_phone;

    #[test]
    fn a_phone_is_kept_masked_only() {
        let table = [
            ("13800005678", "138****5678"),
            ("+86 138-0000-5678", "138****5678"),
            ("028-82521234", "028****1234"),
            ("8252123", "****23"),
        ];
        for (phone, shown) in table {
            assert_eq!(masked_phone(phone).unwrap(), shown, "{phone}");
        }
        for wrong in [
            "",
            "12345",
            "1380000567a",
            "１３８００００５６７８",
            "1234567890123456",
        ] {
            assert!(masked_phone(wrong).is_err(), "{wrong}");
        }
    }
}
