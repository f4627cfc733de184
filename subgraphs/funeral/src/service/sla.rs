//! How fast the hotline answers (F-18): the times of tickets and of calls.

use chrono::{DateTime, Utc};
use minzheng_kit::error::Result;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use super::facilities;
use crate::model::{call_record, hotline_ticket};
use crate::rules::terms::TicketCategory;
use crate::rules::ticket;

/// How fast tickets were answered, in minutes from the call, or from the last time they were opened again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sla {
    /// Tickets of the period.
    pub tickets: i64,
    /// Tickets dispatched late or not yet although due.
    pub late: i64,
    /// Tickets whose people came later than promised, or not yet although due.
    pub arrived_late: i64,
    /// Tickets that were opened again.
    pub reopened: i64,
    /// Calls whose ring and answer are known.
    pub calls: i64,
    /// Seconds from the ring to the answer, sorted.
    pub to_answer: Vec<i64>,
    /// Minutes until dispatch, sorted.
    pub to_dispatch: Vec<i64>,
    /// Minutes until the facility took it, sorted.
    pub to_accept: Vec<i64>,
    /// Minutes until arrival, sorted.
    pub to_arrival: Vec<i64>,
    /// Minutes until it was done, sorted.
    pub to_resolve: Vec<i64>,
    /// The callers' marks.
    pub marks: Vec<i64>,
}

/// The times of a ticket that its answer is measured by.
#[derive(FromQueryResult)]
struct Times {
    opened_at: DateTime<Utc>,
    reopened_at: Option<DateTime<Utc>>,
    due_at: DateTime<Utc>,
    dispatched_at: Option<DateTime<Utc>>,
    accepted_at: Option<DateTime<Utc>>,
    arrived_at: Option<DateTime<Utc>>,
    arrival_due_at: Option<DateTime<Utc>>,
    resolved_at: Option<DateTime<Utc>>,
    satisfaction: Option<i32>,
    reopened: i32,
}

/// The answers of a division and all below it from one month to another, with two statements: the tickets that fetch
/// a body, and the calls of all.
pub async fn sla<C: ConnectionTrait>(
    c: &C,
    division: Uuid,
    from: i32,
    to: i32,
    now: DateTime<Utc>,
) -> Result<Sla> {
    use hotline_ticket::Column;
    let rows = hotline_ticket::Entity::find()
        .select_only()
        .columns([
            Column::OpenedAt,
            Column::ReopenedAt,
            Column::DueAt,
            Column::DispatchedAt,
            Column::AcceptedAt,
            Column::ArrivedAt,
            Column::ArrivalDueAt,
            Column::ResolvedAt,
            Column::Satisfaction,
            Column::Reopened,
        ])
        .filter(Column::DivisionId.in_subquery(facilities::divisions_in(division)))
        .filter(Column::OpenedMonth.between(from, to))
        .filter(Column::Category.eq(TicketCategory::Collect))
        .into_model::<Times>()
        .all(c)
        .await?;
    let mut sla = Sla {
        tickets: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        ..Sla::default()
    };
    for row in rows {
        let since = ticket::measured_from(row.opened_at, row.reopened_at);
        let minutes = |at: Option<DateTime<Utc>>| at.map(|at| (at - since).num_minutes());
        sla.late += i64::from(row.dispatched_at.unwrap_or(now) > row.due_at);
        sla.arrived_late += i64::from(
            row.arrival_due_at
                .is_some_and(|due| row.arrived_at.unwrap_or(now) > due),
        );
        sla.reopened += i64::from(row.reopened > 0);
        sla.to_dispatch.extend(minutes(row.dispatched_at));
        sla.to_accept.extend(minutes(row.accepted_at));
        sla.to_arrival.extend(minutes(row.arrived_at));
        sla.to_resolve.extend(minutes(row.resolved_at));
        sla.marks.extend(row.satisfaction.map(i64::from));
    }
    let answered = answers(c, division, from, to).await?;
    sla.calls = i64::try_from(answered.len()).unwrap_or(i64::MAX);
    sla.to_answer = answered;
    for times in [
        &mut sla.to_answer,
        &mut sla.to_dispatch,
        &mut sla.to_accept,
        &mut sla.to_arrival,
        &mut sla.to_resolve,
    ] {
        times.sort_unstable();
    }
    Ok(sla)
}

/// Seconds from ring to answer of the calls about tickets of a division and all below it.
async fn answers<C: ConnectionTrait>(
    c: &C,
    division: Uuid,
    from: i32,
    to: i32,
) -> Result<Vec<i64>> {
    use hotline_ticket::Column;
    let tickets = hotline_ticket::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::DivisionId.in_subquery(facilities::divisions_in(division)))
        .filter(Column::OpenedMonth.between(from, to))
        .into_query();
    let calls: Vec<(DateTime<Utc>, DateTime<Utc>)> = call_record::Entity::find()
        .select_only()
        .columns([call_record::Column::RangAt, call_record::Column::AnsweredAt])
        .filter(call_record::Column::TicketId.in_subquery(tickets))
        .into_tuple()
        .all(c)
        .await?;
    Ok(calls
        .into_iter()
        .map(|(rang, answered)| (answered - rang).num_seconds())
        .collect())
}
