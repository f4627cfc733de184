//! Last days that were written while the rest days of their year were not known, and so may move. Whoever reads one is
//! told it anew ([`filing_deadline`], [`notice_deadline`]); here the rows follow once the calendar of the year is known,
//! for the lists that the database keeps in order of their days.

use chrono::NaiveDate;
use minzheng_kit::{Result, Services, calendar::WorkCalendar};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

use super::{
    inspections,
    naming::{self, month},
};
use crate::{
    model::{boundary_line, filing, naming_application, public_notice},
    rules::{
        authority,
        clocks::{self, Deadline},
    },
};

/// The most rows of one transaction.
const AT_ONCE: u64 = 500;

const CHINA: WorkCalendar = WorkCalendar::china();

/// P-9: the last day of a filing, as it was written or, where it might move, as it is told today.
pub fn filing_deadline(row: &filing::Model, approved: Option<NaiveDate>) -> Deadline {
    settled(row.due_on, row.due_provisional, || {
        Some(clocks::filing_due_by(&CHINA, approved?))
    })
}

/// P-10: the last day of a notice in the same way; `None` where its days run from a filing that has not come.
pub fn notice_deadline(
    row: &public_notice::Model,
    application: &naming_application::Model,
    filed: Option<NaiveDate>,
) -> Option<Deadline> {
    let from = notice_from(application, filed);
    if from.is_none() && row.published_on.is_none() {
        return None;
    }
    Some(settled(row.due_on, row.due_provisional, || {
        Some(clocks::notice_due_by(&CHINA, from?))
    }))
}

/// The last day of a notice as it is written.
pub fn written(row: &public_notice::Model) -> Deadline {
    Deadline {
        day: row.due_on,
        is_provisional: row.due_provisional,
    }
}

/// P-10: the day from which the days of a notice run: the approval, or the filing of what another department approved.
pub fn notice_from(
    application: &naming_application::Model,
    filed: Option<NaiveDate>,
) -> Option<NaiveDate> {
    let waits = application
        .authority
        .is_some_and(authority::notice_waits_for_filing);
    if waits {
        filed
    } else {
        application.approved_on
    }
}

/// A last day as it was written, or told anew if it was provisional.
fn settled(
    written: NaiveDate,
    is_provisional: bool,
    anew: impl FnOnce() -> Option<Deadline>,
) -> Deadline {
    let kept = Deadline {
        day: written,
        is_provisional,
    };
    if is_provisional {
        anew().unwrap_or(kept)
    } else {
        kept
    }
}

/// The job: writes down the last days that a calendar makes certain; answers how many rows were settled.
pub async fn settle(services: &Services, calendar: WorkCalendar) -> Result<u64> {
    let Some(known) = calendar.known() else {
        return Ok(0);
    };
    Ok(filings(services, &calendar, known).await?
        + notices(services, &calendar, known).await?
        + lines(services, calendar, known).await?)
}

type Known = (NaiveDate, NaiveDate);

/// A row, the day that stands in it, and the one that is certain.
type Told = (Uuid, NaiveDate, NaiveDate);

async fn filings(services: &Services, calendar: &WorkCalendar, known: Known) -> Result<u64> {
    use filing::Column as C;
    let (db, mut after, mut number) = (&services.db, Uuid::nil(), 0);
    loop {
        let rows = filing::Entity::find()
            .filter(C::DueProvisional.eq(true))
            .filter(C::DueOn.between(known.0, known.1))
            .filter(C::Application.gt(after))
            .order_by_asc(C::Application)
            .limit(AT_ONCE)
            .all(db.read())
            .await?;
        let Some(last) = rows.last() else {
            return Ok(number);
        };
        after = last.application;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.application).collect();
        let of = applications(services, &ids).await?;
        let due = |row: &filing::Model| {
            let approved = of.get(&row.application)?.approved_on?;
            certain(
                row.application,
                row.due_on,
                clocks::filing_due_by(calendar, approved),
            )
        };
        let told: Vec<Told> = rows.iter().filter_map(due).collect();
        number += db
            .write(move |tx| {
                let told = told.clone();
                Box::pin(async move {
                    let mut written = 0;
                    for (id, was, day) in &told {
                        let done = filing::Entity::update_many()
                            .col_expr(C::DueOn, Expr::value(*day))
                            .col_expr(C::DueMonth, Expr::value(month(*day)))
                            .col_expr(C::DueProvisional, Expr::value(false))
                            .filter(C::Application.eq(*id))
                            .filter(C::DueOn.eq(*was))
                            .exec(tx)
                            .await?;
                        written += done.rows_affected;
                    }
                    Ok(written)
                })
            })
            .await?;
    }
}

async fn notices(services: &Services, calendar: &WorkCalendar, known: Known) -> Result<u64> {
    use public_notice::Column as C;
    let (db, mut after, mut number) = (&services.db, Uuid::nil(), 0);
    loop {
        let rows = public_notice::Entity::find()
            .filter(C::DueProvisional.eq(true))
            .filter(C::DueOn.between(known.0, known.1))
            .filter(C::Application.gt(after))
            .order_by_asc(C::Application)
            .limit(AT_ONCE)
            .all(db.read())
            .await?;
        let Some(last) = rows.last() else {
            return Ok(number);
        };
        after = last.application;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.application).collect();
        let of = applications(services, &ids).await?;
        let filed = naming::filings(db.read(), &ids).await?;
        let due = |row: &public_notice::Model| {
            let filed = filed.get(&row.application).and_then(|one| one.filed_on);
            let from = notice_from(of.get(&row.application)?, filed)?;
            certain(
                row.application,
                row.due_on,
                clocks::notice_due_by(calendar, from),
            )
        };
        let told: Vec<Told> = rows.iter().filter_map(due).collect();
        number += db
            .write(move |tx| {
                let told = told.clone();
                Box::pin(async move {
                    let mut written = 0;
                    for (id, was, day) in &told {
                        let done = public_notice::Entity::update_many()
                            .col_expr(C::DueOn, Expr::value(*day))
                            .col_expr(C::DueProvisional, Expr::value(false))
                            .filter(C::Application.eq(*id))
                            .filter(C::DueOn.eq(*was))
                            .exec(tx)
                            .await?;
                        written += done.rows_affected;
                    }
                    Ok(written)
                })
            })
            .await?;
    }
}

async fn lines(services: &Services, calendar: WorkCalendar, known: Known) -> Result<u64> {
    use boundary_line::Column as C;
    let (db, mut after, mut number) = (&services.db, Uuid::nil(), 0);
    loop {
        let rows = boundary_line::Entity::find()
            .filter(C::DueProvisional.eq(true))
            .filter(C::DueOn.between(known.0, known.1))
            .filter(C::Id.gt(after))
            .order_by_asc(C::Id)
            .limit(AT_ONCE)
            .all(db.read())
            .await?;
        let Some(last) = rows.last() else {
            return Ok(number);
        };
        after = last.id;
        number += db
            .write(move |tx| {
                let rows = rows.clone();
                Box::pin(async move {
                    let mut written = 0;
                    for row in rows {
                        let due = inspections::due_by(&calendar, tx, &row, row.last_inspected);
                        let Some((id, was, day)) = certain(row.id, row.due_on, due.await?) else {
                            continue;
                        };
                        let done = boundary_line::Entity::update_many()
                            .col_expr(C::DueOn, Expr::value(day))
                            .col_expr(C::DueMonth, Expr::value(month(day)))
                            .col_expr(C::DueProvisional, Expr::value(false))
                            .filter(C::Id.eq(id))
                            .filter(C::Version.eq(row.version))
                            .filter(C::DueOn.eq(was))
                            .exec(tx)
                            .await?;
                        written += done.rows_affected;
                    }
                    Ok(written)
                })
            })
            .await?;
    }
}

fn certain(id: Uuid, was: NaiveDate, due: Deadline) -> Option<Told> {
    (!due.is_provisional).then_some((id, was, due.day))
}

async fn applications(
    services: &Services,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, naming_application::Model>> {
    let rows = naming::applications(services.db.read(), ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
