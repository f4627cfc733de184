//! M-23: what the death of a person ends here: the marriage, an application for divorce or marriage
//! that is being handled, places that were booked; and what becomes of that when the record of the
//! death changes ([`correct`], [`take_back`]). Doing any of it twice changes nothing.

mod changed;
mod declined;

pub use changed::{correct, take_back};
pub use declined::{Decline, decline};

use super::ledger::{self, Fact, append};
use super::{certificates, counselling, counter, divorce, visits};
use crate::kit::events::{Event, emit};
use crate::kit::mutation::history;
use crate::kit::{Principal, Result, Services};
use crate::model::{divorce_application, marriage_record, registration_application};
use crate::rules::death::{application_after_death, record_after_death};
use crate::rules::ledger::{LedgerEvent, death_in};
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

impl<'x> Trail<'x> {
    fn of(services: &Services, tx: &'x DatabaseTransaction, at: DateTime<Utc>) -> Self {
        Self {
            tx,
            actor: Principal::service(&services.province, "funeral"),
            at,
        }
    }

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
    let trail = Trail::of(services, tx, at);
    // A promise to another province, or a spouse there, is the protocol's affair first.
    let entered = crate::interop::facts::died(services, tx, person, died_on).await?;
    for record in records_of(tx, person, RecordState::Valid).await? {
        if record_after_death(RecordState::Valid).is_some() {
            end_marriage(&trail, services, &record, (person, entered), died_on).await?;
        }
    }
    died_single(tx, person, died_on, at).await?;
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

/// A person's marriage records in a state.
async fn records_of(
    tx: &DatabaseTransaction,
    person: &str,
    state: RecordState,
) -> Result<Vec<marriage_record::Model>> {
    use marriage_record::Column;
    Ok(marriage_record::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.eq(person))
                .add(Column::Woman.eq(person)),
        )
        .filter(Column::State.eq(state.as_str()))
        .all(tx)
        .await?)
}

/// The other party of a record.
fn survivor_of<'r>(record: &'r marriage_record::Model, person: &str) -> &'r str {
    if record.man == person {
        &record.woman
    } else {
        &record.man
    }
}

async fn end_marriage(
    trail: &Trail<'_>,
    services: &Services,
    record: &marriage_record::Model,
    (person, entered): (&str, bool),
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
    for (token, happened) in [
        (person, LedgerEvent::Died),
        (survivor_of(record, person), LedgerEvent::SpouseDied),
    ] {
        // The survivor's ledger may be another province's, which is told and enters it there.
        let theirs = token != person
            && crate::interop::facts::kept_elsewhere(tx, services, record.id, token == record.man)
                .await?;
        if theirs || (token == person && entered) {
            continue;
        }
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
        crate::interop::divorce::unmark(tx, application.id, "").await?;
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

/// M-23: the ledger of somebody whose death ended no marriage says that they died too, be it the only entry:
/// nobody registers the dead, and where another's declared death is taken back it matters who still lives.
async fn died_single(
    tx: &DatabaseTransaction,
    person: &str,
    died_on: NaiveDate,
    at: DateTime<Utc>,
) -> Result<()> {
    let ledgers = ledger::of_persons(tx, &[person.to_owned()]).await?;
    let unsaid = ledgers
        .get(person)
        .is_none_or(|ledger| death_in(&ledger.entries, None).is_none());
    if unsaid {
        let fact = Fact {
            event: LedgerEvent::Died,
            effective_on: died_on,
            record: None,
        };
        append(tx, person, fact, at).await?;
    }
    Ok(())
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
