//! M-23: what the death of a person ends here: the marriage, an application for divorce or marriage
//! that is being handled, places that were booked. Doing it twice changes nothing.

use super::ledger::{Fact, append};
use super::{certificates, counselling, counter, divorce, visits};
use crate::kit::events::{Event, emit};
use crate::kit::mutation::history;
use crate::kit::{Principal, Result, Services};
use crate::model::{divorce_application, marriage_record, registration_application};
use crate::rules::death::{application_after_death, record_after_death};
use crate::rules::ledger::LedgerEvent;
use crate::rules::record::RecordState;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;

/// The transaction and who is told to have acted.
struct Trail<'x> {
    tx: &'x DatabaseTransaction,
    actor: Principal,
    at: DateTime<Utc>,
}

impl Trail<'_> {
    async fn leave(&self, entity: &str, id: &str, before: &str, after: &str) -> Result<()> {
        let state = |state: &str| Some(json!({ "state": state }));
        history(
            self.tx,
            entity,
            id,
            &self.actor,
            state(before),
            state(after),
        )
        .await?;
        let event = Event {
            kind: format!("{entity}Changed"),
            key: id.to_owned(),
            at: self.at,
            body: json!({ "version": 1, "state": after, "cause": "DEATH" }),
        };
        emit(self.tx, &event).await
    }
}

/// Ends what a death ends.
pub async fn apply(
    services: &Services,
    tx: &DatabaseTransaction,
    person: &str,
    died_on: NaiveDate,
    at: DateTime<Utc>,
) -> Result<()> {
    let trail = Trail {
        tx,
        actor: Principal::service(&services.province, "funeral"),
        at,
    };
    use marriage_record::Column;
    let records = marriage_record::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.eq(person))
                .add(Column::Woman.eq(person)),
        )
        .filter(Column::State.eq(RecordState::Valid.as_str()))
        .all(tx)
        .await?;
    for record in records {
        if record_after_death(RecordState::Valid).is_some() {
            end_marriage(&trail, &record, person, died_on).await?;
        }
    }
    stop_applications(&trail, person).await?;
    // What is still to come counts from the day on which it is known.
    let now = services.clock.now();
    for appointment in visits::stop_for(tx, person, now).await? {
        trail
            .leave(
                "Appointment",
                &appointment.to_string(),
                "BOOKED",
                "CANCELLED",
            )
            .await?;
    }
    counselling::stop_for(tx, person, services.clock.today()).await
}

async fn end_marriage(
    trail: &Trail<'_>,
    record: &marriage_record::Model,
    person: &str,
    died_on: NaiveDate,
) -> Result<()> {
    use marriage_record::Column;
    let tx = trail.tx;
    let after = RecordState::EndedDeath.as_str();
    marriage_record::Entity::update_many()
        .col_expr(Column::State, Expr::value(after))
        .col_expr(Column::EndedOn, Expr::value(died_on))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(record.id))
        .exec(tx)
        .await?;
    let survivor = if record.man == person {
        &record.woman
    } else {
        &record.man
    };
    for (token, happened) in [
        (person, LedgerEvent::Died),
        (survivor.as_str(), LedgerEvent::SpouseDied),
    ] {
        let fact = Fact {
            event: happened,
            effective_on: died_on,
            record: Some(record.id),
        };
        append(tx, token, fact, trail.at).await?;
    }
    certificates::cancel(tx, record.id, "CANCELLED").await?;
    let open = divorce_application::Entity::find()
        .filter(divorce_application::Column::MarriageId.eq(record.id))
        .filter(divorce_application::Column::State.is_in(divorce::IN_HAND))
        .all(tx)
        .await?;
    for application in open {
        divorce::close(tx, &application, "REFUSED", died_on).await?;
        let id = application.id.to_string();
        trail
            .leave("DivorceApplication", &id, &application.state, "REFUSED")
            .await?;
    }
    trail
        .leave(
            "MarriageRecord",
            &record.id.to_string(),
            &record.state,
            after,
        )
        .await
}

async fn stop_applications(trail: &Trail<'_>, person: &str) -> Result<()> {
    use registration_application::Column;
    let rows = registration_application::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.eq(person))
                .add(Column::Woman.eq(person)),
        )
        .all(trail.tx)
        .await?;
    for row in rows {
        let Some(after) = application_after_death(counter::state_of(&row)?) else {
            continue;
        };
        registration_application::Entity::update_many()
            .col_expr(Column::State, Expr::value(after.as_str()))
            .col_expr(Column::DecidedAt, Expr::value(trail.at))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(row.id))
            .exec(trail.tx)
            .await?;
        let id = row.id.to_string();
        trail
            .leave("RegistrationApplication", &id, &row.state, after.as_str())
            .await?;
    }
    Ok(())
}
