//! What time alone brings about, written down by a job: overdue applications for divorce are deemed
//! withdrawn, their dates follow the calendar, what was left at the counter on a past day ends, missed appointments
//! become no-shows and kept ones are used up, tickets of past days are closed, corrections that nobody decided are over.
//!
//! Nobody depends on it: every reading computes the same from dates and clock. The job makes the
//! rows say so too, gives events to those who follow, and may run at any time, any number of times.

use super::divorce::{self, Standing, standing};
use super::office::Trail;
use super::visits;
use crate::kit::calendar::WorkCalendar;
use crate::kit::mutation::{meta, set_meta};
use crate::kit::{Result, Services};
use crate::model::{
    appointment, appointment_party, correction, divorce_application, queue_ticket,
    registration_application,
};
use crate::rules::application::State;
use crate::rules::record::DECIDED_WITHIN;
use crate::rules::visit::after_its_day;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sha2::Digest as _;
use uuid::Uuid;

/// How many rows one run takes of each kind; the next run takes the rest.
const AT_ONCE: u64 = 500;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Applications for divorce whose dates have become certain, or follow a calendar that was changed.
    pub dates_settled: u64,
    /// Applications for marriage left at the counter on a past day.
    pub left_applications: u64,
    /// Applications deemed withdrawn.
    pub deemed_withdrawn: usize,
    /// Appointments of past days that nobody came to, or that were never ended.
    pub no_shows: u64,
    /// Tickets of past days.
    pub tickets: u64,
    /// Corrections that waited too long for their second officer.
    pub expired_corrections: u64,
    /// Divorces whose period ends soon, told for the first time on this day.
    pub near_deadlines: u64,
}

/// Writes down what time has brought about until now.
pub async fn run(services: &Services) -> Result<Swept> {
    let services = services.clone();
    let db = services.db.clone();
    db.write(move |tx| {
        let services = services.clone();
        Box::pin(async move {
            let job = Job {
                tx,
                services: &services,
                trail: Trail::of_time(&services, tx),
            };
            Ok(Swept {
                dates_settled: settle_dates(&job).await?,
                deemed_withdrawn: deem_withdrawn(&job).await?,
                left_applications: close_left(&job).await?,
                no_shows: no_shows(&job).await?,
                tickets: close_tickets(&job).await?,
                expired_corrections: expire_corrections(&job).await?,
                near_deadlines: super::deadlines::tell(tx, &services).await?,
            })
        })
    })
    .await
}

/// Who writes down what time has brought about, and when.
struct Job<'t> {
    tx: &'t DatabaseTransaction,
    services: &'t Services,
    trail: Trail<'t>,
}

impl Job<'_> {
    /// A history row and an event, as an officer's act leaves them.
    async fn leave(&self, entity: &str, id: &str, before: &str, after: &str) -> Result<()> {
        self.trail.leave(entity, id, before, after).await
    }
}

/// By which calendar the dates of all applications in hand were gone through last.
const CALENDAR: &str = "marriage.divorce.calendar";

/// Dates that were provisional at the receipt and are certain by now; and, once for each calendar, those that were
/// certain and are others by it.
async fn settle_dates(job: &Job<'_>) -> Result<u64> {
    use divorce_application::Column;
    let calendar = format!("{:?}", WorkCalendar::default());
    let calendar: String = sha2::Sha256::digest(calendar.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let in_hand = || {
        divorce_application::Entity::find()
            .filter(Column::State.is_in(divorce::IN_HAND))
            .limit(AT_ONCE)
    };
    let mut settled = 0;
    if meta(job.tx, CALENDAR).await?.as_deref() == Some(calendar.as_str()) {
        let rows = in_hand()
            .filter(Column::Provisional.eq(true))
            .order_by_asc(Column::WindowEnds)
            .all(job.tx)
            .await?;
        for row in &rows {
            settled += u64::from(settle(job, row).await?);
        }
        return Ok(settled);
    }
    let mut behind = Uuid::nil();
    loop {
        let rows = in_hand()
            .filter(Column::Id.gt(behind))
            .order_by_asc(Column::Id)
            .all(job.tx)
            .await?;
        for row in &rows {
            settled += u64::from(settle(job, row).await?);
        }
        match rows.last() {
            Some(last) => behind = last.id,
            None => break,
        }
    }
    set_meta(job.tx, CALENDAR, &calendar).await?;
    Ok(settled)
}

/// Writes down the dates of an application as they are known now, if they are certain and others than were stored;
/// whether it did. Where somebody has changed the row meanwhile the next run does it.
async fn settle(job: &Job<'_>, row: &divorce_application::Model) -> Result<bool> {
    use divorce_application::Column;
    let dates = divorce::dates(row);
    let stored = (row.cooling_off_ends, row.window_opens, row.window_ends);
    let known = (
        dates.cooling_off_ends,
        dates.window_opens,
        dates.window_ends,
    );
    if dates.provisional || (known == stored && !row.provisional) {
        return Ok(false);
    }
    let changed = divorce_application::Entity::update_many()
        .col_expr(Column::CoolingOffEnds, Expr::value(dates.cooling_off_ends))
        .col_expr(Column::WindowOpens, Expr::value(dates.window_opens))
        .col_expr(Column::WindowEnds, Expr::value(dates.window_ends))
        .col_expr(Column::Provisional, Expr::value(false))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .exec(job.tx)
        .await?;
    if changed.rows_affected == 0 {
        return Ok(false);
    }
    let id = row.id.to_string();
    job.leave("DivorceApplication", &id, &row.state, &row.state)
        .await?;
    Ok(true)
}

async fn deem_withdrawn(job: &Job<'_>) -> Result<usize> {
    use divorce_application::Column;
    let (tx, services) = (job.tx, job.services);
    let now = services.clock.now();
    let rows = divorce_application::Entity::find()
        .filter(Column::State.eq("RECEIVED"))
        .filter(Column::Provisional.eq(false))
        .filter(Column::WindowEnds.lte(services.clock.today()))
        .order_by_asc(Column::WindowEnds)
        .limit(AT_ONCE)
        .all(tx)
        .await?;
    let mut done = 0;
    for application in divorce::with_closing(tx, rows).await? {
        if standing(&application, now) != Standing::DeemedWithdrawn {
            continue;
        }
        divorce::deem_withdrawn(&job.trail, &application).await?;
        done += 1;
    }
    Ok(done)
}

/// M-11: what was left at the counter on a past day.
async fn close_left(job: &Job<'_>) -> Result<u64> {
    use registration_application::Column;
    let at_counter = State::ALL.into_iter().filter(|state| state.is_at_counter());
    let rows = registration_application::Entity::find()
        .filter(Column::State.is_in(at_counter.map(State::as_str)))
        .filter(Column::ReceivedOn.lt(job.services.clock.today()))
        .order_by_asc(Column::ReceivedOn)
        .limit(AT_ONCE)
        .all(job.tx)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    registration_application::Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Aborted.as_str()))
        .col_expr(Column::DecidedAt, Expr::value(job.services.clock.now()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.is_in(ids))
        .exec(job.tx)
        .await?;
    for row in &rows {
        let id = row.id.to_string();
        job.leave(
            "RegistrationApplication",
            &id,
            &row.state,
            State::Aborted.as_str(),
        )
        .await?;
    }
    Ok(rows.len() as u64)
}

async fn no_shows(job: &Job<'_>) -> Result<u64> {
    use appointment::Column;
    let (tx, today) = (job.tx, job.services.clock.today());
    let mut ended = 0;
    for before in ["BOOKED", "CHECKED_IN"] {
        let rows = appointment::Entity::find()
            .filter(Column::State.eq(before))
            .filter(Column::Day.lt(today))
            .order_by_asc(Column::Day)
            .limit(AT_ONCE)
            .all(tx)
            .await?;
        let after = after_its_day(before);
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        appointment::Entity::update_many()
            .col_expr(Column::State, Expr::value(after))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .exec(tx)
            .await?;
        for id in &ids {
            job.leave("Appointment", &id.to_string(), before, after)
                .await?;
        }
        visits::free_drafts(&job.trail, &ids).await?;
        ended += rows.len() as u64;
    }
    appointment_party::Entity::update_many()
        .col_expr(appointment_party::Column::IsOpen, Expr::value(false))
        .filter(appointment_party::Column::IsOpen.eq(true))
        .filter(appointment_party::Column::Day.lt(today))
        .exec(tx)
        .await?;
    Ok(ended)
}

async fn close_tickets(job: &Job<'_>) -> Result<u64> {
    use queue_ticket::Column;
    let rows = queue_ticket::Entity::find()
        .filter(Column::State.is_in(["WAITING", "CALLED"]))
        .filter(Column::Day.lt(job.services.clock.today()))
        .order_by_asc(Column::Day)
        .limit(AT_ONCE)
        .all(job.tx)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    queue_ticket::Entity::update_many()
        .col_expr(Column::State, Expr::value("LEFT"))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.is_in(ids))
        .exec(job.tx)
        .await?;
    for row in &rows {
        job.leave("QueueTicket", &row.id.to_string(), &row.state, "LEFT")
            .await?;
    }
    Ok(rows.len() as u64)
}

async fn expire_corrections(job: &Job<'_>) -> Result<u64> {
    use correction::Column;
    let rows = correction::Entity::find()
        .filter(Column::State.eq("PROPOSED"))
        .filter(Column::ProposedAt.lte(job.services.clock.now() - DECIDED_WITHIN))
        .order_by_asc(Column::ProposedAt)
        .limit(AT_ONCE)
        .all(job.tx)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    correction::Entity::update_many()
        .col_expr(Column::State, Expr::value("EXPIRED"))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.is_in(ids))
        .exec(job.tx)
        .await?;
    for row in &rows {
        job.leave("Correction", &row.id.to_string(), "PROPOSED", "EXPIRED")
            .await?;
    }
    Ok(rows.len() as u64)
}
