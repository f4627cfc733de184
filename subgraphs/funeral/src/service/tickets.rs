//! The hotline 96444.

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::error::{Error, Result, UserError};
use minzheng_kit::{divisions, id};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::{facilities, month_of, scope};
use crate::model::{funeral_case, hotline_ticket};
use crate::rules::geo::Point;
use crate::rules::settings::Settings;
use crate::rules::terms::{CaseState, TicketCategory, TicketState};
use crate::rules::ticket;

/// The line that every ticket of this subsystem comes from.
pub const LINE: &str = "96444";

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
}

/// Opens a ticket.
pub async fn open<C: ConnectionTrait>(
    tx: &C,
    call: &Call,
    now: DateTime<Utc>,
    today: NaiveDate,
    settings: &Settings,
) -> Result<hotline_ticket::Model> {
    scope::ensure(tx, call.division).await?;
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
    let code = divisions::dataset()
        .by_id(&call.division)
        .map_or("000000", |d| d.code.as_str());
    let tail = key.simple().to_string().split_off(26).to_uppercase();
    let opened = hotline_ticket::ActiveModel {
        id: Set(key),
        number: Set(format!("{LINE}-{code}-{}-{tail}", today.format("%Y%m%d"))),
        line: Set(LINE.to_owned()),
        category: Set(call.category),
        state: Set(TicketState::Open),
        caller_masked: Set(call.caller_masked.clone()),
        caller: Set(call.caller.clone()),
        case_id: Set(case.map(|c| c.id)),
        facility_id: Set(None),
        division_id: Set(call.division),
        lon: Set(call.point.lon),
        lat: Set(call.point.lat),
        opened_at: Set(now),
        opened_month: Set(month_of(today)),
        due_at: Set(ticket::dispatch_due(now, settings)),
        dispatched_at: Set(None),
        arrived_at: Set(None),
        closed_at: Set(None),
        satisfaction: Set(None),
        version: Set(1),
    };
    Ok(opened.insert(tx).await?)
}

/// Sends a ticket to the nearest facility with a hearse that is ready.
pub async fn dispatch<C: ConnectionTrait>(
    tx: &C,
    ticket_id: Uuid,
    now: DateTime<Utc>,
) -> Result<hotline_ticket::Model> {
    let ticket = hotline_ticket::Entity::find_by_id(ticket_id)
        .one(tx)
        .await?
        .ok_or(Error::NotFound)?;
    let state = ticket::advance(ticket.state, TicketState::Dispatched, ticket.category)?;
    let here = Point {
        lon: ticket.lon,
        lat: ticket.lat,
    };
    let hearse = facilities::nearest_hearse(tx, here, facilities::MAX_RADIUS_KM)
        .await?
        .ok_or_else(|| {
            Error::Invalid(UserError::new(
                "NO_HEARSE_READY",
                "No hearse is ready within reach.",
                "附近没有待命的接运车辆。",
            ))
        })?;
    let version = ticket.version + 1;
    let mut ticket: hotline_ticket::ActiveModel = ticket.into();
    ticket.state = Set(state);
    ticket.facility_id = Set(Some(hearse.1.facility_id));
    ticket.dispatched_at = Set(Some(now));
    ticket.version = Set(version);
    Ok(ticket.update(tx).await?)
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
pub fn caller_is_applicant(ticket: &hotline_ticket::Model, case: &funeral_case::Model) -> bool {
    match &ticket.caller {
        Some(caller) => *caller == case.applicant,
        None => ticket.case_id == Some(case.id) && ticket.caller_masked == case.phone_masked,
    }
}

/// How fast tickets were answered, in minutes from the call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sla {
    /// Tickets of the period.
    pub tickets: i64,
    /// Tickets dispatched late or not yet although due.
    pub late: i64,
    /// Minutes until dispatch, sorted.
    pub to_dispatch: Vec<i64>,
    /// Minutes until arrival, sorted.
    pub to_arrival: Vec<i64>,
}

/// The answers of a division and all below it from one month to another.
pub async fn sla<C: ConnectionTrait>(
    c: &C,
    division: Uuid,
    from: i32,
    to: i32,
    now: DateTime<Utc>,
) -> Result<Sla> {
    type Times = (
        DateTime<Utc>,
        DateTime<Utc>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
    );
    let rows: Vec<Times> = hotline_ticket::Entity::find()
        .select_only()
        .column(hotline_ticket::Column::OpenedAt)
        .column(hotline_ticket::Column::DueAt)
        .column(hotline_ticket::Column::DispatchedAt)
        .column(hotline_ticket::Column::ArrivedAt)
        .filter(hotline_ticket::Column::DivisionId.in_subquery(facilities::divisions_in(division)))
        .filter(hotline_ticket::Column::OpenedMonth.between(from, to))
        .filter(hotline_ticket::Column::Category.eq(TicketCategory::Collect))
        .into_tuple()
        .all(c)
        .await?;
    let mut sla = Sla {
        tickets: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        ..Sla::default()
    };
    for (opened, due, dispatched, arrived) in rows {
        sla.late += i64::from(dispatched.unwrap_or(now) > due);
        sla.to_dispatch
            .extend(dispatched.map(|at| (at - opened).num_minutes()));
        sla.to_arrival
            .extend(arrived.map(|at| (at - opened).num_minutes()));
    }
    sla.to_dispatch.sort_unstable();
    sla.to_arrival.sort_unstable();
    Ok(sla)
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
