//! What time alone brings about, written down by a job: overdue applications for divorce are deemed
//! withdrawn, missed appointments become no-shows, tickets of past days are closed, corrections that
//! nobody decided are over.
//!
//! Nobody depends on it: every reading computes the same from dates and clock. The job makes the
//! rows say so too, gives events to those who follow, and may run at any time, any number of times.

use super::divorce::{self, Standing, standing};
use crate::kit::events::{Event, emit};
use crate::kit::mutation::history;
use crate::kit::{Principal, Result, Services};
use crate::model::{appointment, appointment_party, correction, divorce_application, queue_ticket};
use crate::rules::record::DECIDED_WITHIN;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

/// How many rows one run takes of each kind; the next run takes the rest.
const AT_ONCE: u64 = 500;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Applications deemed withdrawn.
    pub deemed_withdrawn: usize,
    /// Appointments nobody came to.
    pub no_shows: u64,
    /// Tickets of past days.
    pub tickets: u64,
    /// Corrections that waited too long for their second officer.
    pub expired_corrections: u64,
}

/// Writes down what time has brought about until now.
pub async fn run(services: &Services) -> Result<Swept> {
    let services = services.clone();
    let db = services.db.clone();
    db.write(move |tx| {
        let services = services.clone();
        Box::pin(async move {
            Ok(Swept {
                deemed_withdrawn: deem_withdrawn(tx, &services).await?,
                no_shows: no_shows(tx, &services).await?,
                tickets: close_tickets(tx, &services).await?,
                expired_corrections: expire_corrections(tx, &services).await?,
            })
        })
    })
    .await
}

async fn deem_withdrawn(tx: &sea_orm::DatabaseTransaction, services: &Services) -> Result<usize> {
    use divorce_application::Column;
    let now = services.clock.now();
    let rows = divorce_application::Entity::find()
        .filter(Column::State.eq("RECEIVED"))
        .filter(Column::WindowEnds.lte(services.clock.today()))
        .order_by_asc(Column::WindowEnds)
        .limit(AT_ONCE)
        .all(tx)
        .await?;
    let actor = Principal::service(&services.province, services.name);
    let mut done = 0;
    for application in divorce::with_closing(tx, rows).await? {
        if standing(&application.row, application.closes, now) != Standing::DeemedWithdrawn {
            continue;
        }
        let row = divorce::close(
            tx,
            &application.row,
            "DEEMED_WITHDRAWN",
            application.row.window_ends,
        )
        .await?;
        let id = row.id.to_string();
        let state = |state: &str| Some(json!({ "state": state }));
        history(
            tx,
            "DivorceApplication",
            &id,
            &actor,
            state("RECEIVED"),
            state("DEEMED_WITHDRAWN"),
        )
        .await?;
        let event = Event {
            kind: "DivorceApplicationChanged".to_owned(),
            key: id,
            at: now,
            body: json!({ "version": 1, "state": "DEEMED_WITHDRAWN" }),
        };
        emit(tx, &event).await?;
        done += 1;
    }
    Ok(done)
}

async fn no_shows(tx: &sea_orm::DatabaseTransaction, services: &Services) -> Result<u64> {
    use appointment::Column;
    let today = services.clock.today();
    let changed = appointment::Entity::update_many()
        .col_expr(Column::State, Expr::value("NO_SHOW"))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::State.eq("BOOKED"))
        .filter(Column::Day.lt(today))
        .exec(tx)
        .await?;
    appointment_party::Entity::update_many()
        .col_expr(appointment_party::Column::IsOpen, Expr::value(false))
        .filter(appointment_party::Column::IsOpen.eq(true))
        .filter(appointment_party::Column::Day.lt(today))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected)
}

async fn close_tickets(tx: &sea_orm::DatabaseTransaction, services: &Services) -> Result<u64> {
    use queue_ticket::Column;
    let changed = queue_ticket::Entity::update_many()
        .col_expr(Column::State, Expr::value("LEFT"))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::State.is_in(["WAITING", "CALLED"]))
        .filter(Column::Day.lt(services.clock.today()))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected)
}

async fn expire_corrections(tx: &sea_orm::DatabaseTransaction, services: &Services) -> Result<u64> {
    use correction::Column;
    let changed = correction::Entity::update_many()
        .col_expr(Column::State, Expr::value("EXPIRED"))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::State.eq("PROPOSED"))
        .filter(Column::ProposedAt.lte(services.clock.now() - DECIDED_WITHIN))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected)
}
