//! M-23: what the death of a person ends here: the marriage, an application for divorce or marriage
//! that is being handled, places that were booked; and what becomes of that when the record of the
//! death changes ([`correct`], [`take_back`]). Doing any of it twice changes nothing.

mod changed;
mod declined;
mod late;
mod order;

pub use changed::{correct, take_back};
pub use declined::{Decline, decline};

use super::ledger::{self, Fact, append};
use super::office::Trail;
use super::{certificates, counselling, counter, divorce, two_marriages, visits};
use crate::kit::events::{Event, emit};
use crate::kit::{Result, Services};
use crate::model::{marriage_record, registration_application};
use crate::rules::death::{DeathOnRecord, application_after_death};
use crate::rules::ledger::{LedgerEvent, death_in};
use crate::rules::record::RecordState;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;
use std::collections::BTreeSet;

/// The trail of a death.
fn trail_of<'x>(services: &Services, tx: &'x DatabaseTransaction, at: DateTime<Utc>) -> Trail<'x> {
    Trail::told_by("funeral", "DEATH", services, tx, at)
}

/// Judges anew whether anybody whom these records name is married to two at one time.
async fn judge_anew(trail: &Trail<'_>, person: &str) -> Result<()> {
    let records = all_records_of(trail.tx, person).await?;
    let mut all: BTreeSet<&str> = BTreeSet::new();
    for record in &records {
        all.extend([record.man.as_str(), record.woman.as_str()]);
    }
    for one in all {
        two_marriages::judge(trail, one).await?;
    }
    Ok(())
}

/// Ends what a death ends.
pub async fn apply(
    services: &Services,
    tx: &DatabaseTransaction,
    person: &str,
    died_on: NaiveDate,
    at: DateTime<Utc>,
) -> Result<()> {
    let trail = trail_of(services, tx, at);
    let met = late::met(tx, person, died_on).await?;
    // A promise to another province, or a spouse there, is the protocol's affair first; not where what would be
    // ended there is what has to be cleared.
    let entered = if late::is_shared(tx, &met).await? {
        crate::interop::facts::may_enter(services, tx).await?;
        false
    } else {
        let overtaken = late::overtaken(&met);
        crate::interop::facts::died(services, tx, person, died_on, &overtaken).await?
    };
    for (record, means) in &met {
        match means {
            DeathOnRecord::Ends => {
                end_marriage(&trail, services, record, (person, entered), died_on).await?;
            }
            DeathOnRecord::EndsBefore => {
                let first = order::First {
                    person,
                    on: died_on,
                };
                order::died_first(&trail, services, record, &first, None).await?;
            }
            DeathOnRecord::Contradicts | DeathOnRecord::Stands => {}
        }
    }
    died_single(tx, person, died_on, at).await?;
    for (record, means) in &met {
        if *means == DeathOnRecord::Contradicts {
            late::raise(&trail, services, record, person).await?;
        }
    }
    if !met.is_empty() {
        judge_anew(&trail, person).await?;
    }
    stop_applications(&trail, person).await?;
    // What is still to come counts from the day on which it is known.
    let now = services.clock.now();
    for appointment in visits::stop_for(tx, person, now).await? {
        let id = appointment.id.to_string();
        trail
            .leave("Appointment", &id, "BOOKED", "CANCELLED")
            .await?;
        visits::free_drafts(&trail, &[appointment.id]).await?;
        let free = Event {
            kind: visits::SLOTS_CHANGED.to_owned(),
            key: appointment.registry_id.to_string(),
            at,
            body: json!({ "version": 1, "day": appointment.day }),
        };
        emit(tx, &free).await?;
    }
    for session in counselling::stop_for(tx, person, services.clock.today()).await? {
        let id = session.to_string();
        trail
            .leave("CounsellingSession", &id, "BOOKED", "CANCELLED")
            .await?;
    }
    Ok(())
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

/// All of a person's marriage records.
async fn all_records_of(
    tx: &DatabaseTransaction,
    person: &str,
) -> Result<Vec<marriage_record::Model>> {
    use marriage_record::Column;
    Ok(marriage_record::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.eq(person))
                .add(Column::Woman.eq(person)),
        )
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
    divorce::marriage_ended(trail, services, record.id).await?;
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
