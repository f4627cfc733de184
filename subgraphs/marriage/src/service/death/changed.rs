//! A death whose record has changed: another day, or none at all. The ledgers keep what they held and get
//! further entries, so that it can be read what was believed when.

use super::declined::declined;
use super::{end_marriage, judge_anew, late, order, records_of, survivor_of, trail_of};
use crate::kit::{Result, Services};
use crate::model::marriage_record;
use crate::rules::death::{DeathOnRecord, record_after_revocation};
use crate::rules::ledger::{Entry, LedgerEvent, death_in};
use crate::rules::record::RecordState;
use crate::service::certificates;
use crate::service::ledger::{self, Fact, append};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
};
use uuid::Uuid;

/// Moves the end of a marriage to the day of death that is right. What ended otherwise stays.
pub async fn correct(
    services: &Services,
    tx: &DatabaseTransaction,
    person: &str,
    died_on: NaiveDate,
    at: DateTime<Utc>,
) -> Result<()> {
    crate::interop::facts::may_enter(services, tx).await?;
    let trail = trail_of(services, tx, at);
    // A death that ended no marriage moves in the ledger alone.
    let fact = |effective_on| Fact {
        event: LedgerEvent::Died,
        effective_on,
        record: None,
    };
    if single_death(tx, person)
        .await?
        .is_some_and(|known| known != died_on)
    {
        append(tx, person, fact(died_on), at).await?;
    }
    for record in records_of(tx, person, RecordState::EndedDeath).await? {
        // The other party's death may have ended it, on its own day, before.
        if record.ended_on == Some(died_on) || died(tx, person, Some(record.id)).await?.is_none() {
            continue;
        }
        let survivor = survivor_of(&record, person);
        let right = |event| Fact {
            event,
            effective_on: died_on,
            record: Some(record.id),
        };
        if died_on < record.registered_on {
            // The death that ended it lies before the registration: then it ended nothing, and a case is to clear it.
            for token in [person, survivor] {
                append(tx, token, right(LedgerEvent::Corrected), at).await?;
            }
            append(tx, person, fact(died_on), at).await?;
            certificates::reinstate(tx, record.id).await?;
            change(tx, &record, RecordState::Valid, None).await?;
            let (id, after) = (record.id.to_string(), RecordState::Valid.as_str());
            trail
                .leave("MarriageRecord", &id, &record.state, after)
                .await?;
            late::raise(&trail, services, &record, person).await?;
            continue;
        }
        // By the right day the other one may have died first, and the marriage ended then.
        if let Some(on) = died(tx, survivor, None).await?.filter(|day| *day < died_on) {
            let first = order::First {
                person: survivor,
                on,
            };
            order::died_first(&trail, services, &record, &first, Some(died_on)).await?;
            continue;
        }
        append(tx, person, right(LedgerEvent::Died), at).await?;
        // The wrong end is taken away before the right one is entered, for of two ends the earlier counts.
        append(tx, survivor, right(LedgerEvent::Corrected), at).await?;
        append(tx, survivor, right(LedgerEvent::SpouseDied), at).await?;
        change(tx, &record, RecordState::EndedDeath, Some(died_on)).await?;
        let (id, state) = (record.id.to_string(), RecordState::EndedDeath.as_str());
        trail.leave("MarriageRecord", &id, state, state).await?;
    }
    // What the wrong day had not ended, or had made a case of.
    if single_death(tx, person).await?.is_some() {
        for (record, means) in late::met(tx, person, died_on).await? {
            match means {
                DeathOnRecord::Ends => {
                    end_marriage(&trail, services, &record, (person, false), died_on).await?;
                }
                DeathOnRecord::EndsBefore => {
                    let first = order::First {
                        person,
                        on: died_on,
                    };
                    order::died_first(&trail, services, &record, &first, None).await?;
                }
                DeathOnRecord::Contradicts => {
                    late::raise(&trail, services, &record, person).await?;
                }
                DeathOnRecord::Stands => {}
            }
        }
    }
    // The right day may lie behind the next marriage of the survivor.
    judge_anew(&trail, person).await
}

/// A court has taken the declared death back: the marriage lives again from that day, unless the spouse has
/// married again or declared in writing not to want it. What the death had stopped (applications, bookings) stays stopped: who still wants it asks
/// anew.
///
/// Where the spouse has died in the meantime the one who came back is widowed.
pub async fn take_back(
    services: &Services,
    tx: &DatabaseTransaction,
    person: &str,
    day: NaiveDate,
    at: DateTime<Utc>,
) -> Result<()> {
    crate::interop::facts::may_enter(services, tx).await?;
    let trail = trail_of(services, tx, at);
    lives(tx, person, day, at).await?;
    for record in records_of(tx, person, RecordState::EndedDeath).await? {
        if died(tx, person, Some(record.id)).await?.is_none() {
            continue;
        }
        let survivor = survivor_of(&record, person);
        let again = married_again(tx, survivor, &record).await?;
        let widowed = died(tx, survivor, None).await?;
        let refused = again || declined(tx, record.id).await?;
        let revived = record_after_revocation(RecordState::EndedDeath, refused);
        let (Some(after), None) = (revived, widowed) else {
            stays_ended(tx, &record, person, widowed.filter(|_| !again), at).await?;
            continue;
        };
        for token in [person, survivor] {
            let fact = Fact {
                event: LedgerEvent::Corrected,
                effective_on: day,
                record: Some(record.id),
            };
            append(tx, token, fact, at).await?;
        }
        certificates::reinstate(tx, record.id).await?;
        change(tx, &record, after, None).await?;
        let id = record.id.to_string();
        trail
            .leave("MarriageRecord", &id, &record.state, after.as_str())
            .await?;
    }
    judge_anew(&trail, person).await
}

/// A death that ended no marriage is taken back in the ledger alone.
async fn lives(
    tx: &DatabaseTransaction,
    person: &str,
    day: NaiveDate,
    at: DateTime<Utc>,
) -> Result<()> {
    if single_death(tx, person).await?.is_some() {
        let fact = Fact {
            event: LedgerEvent::Corrected,
            effective_on: day,
            record: None,
        };
        append(tx, person, fact, at).await?;
    }
    Ok(())
}

/// The day of a death that ended no marriage.
async fn single_death(tx: &DatabaseTransaction, person: &str) -> Result<Option<NaiveDate>> {
    let ledgers = ledger::of_persons(tx, &[person.to_owned()]).await?;
    Ok(ledgers.get(person).and_then(|ledger| {
        let alone = |entry: &&Entry| entry.record.is_none();
        let alone: Vec<Entry> = ledger.entries.iter().filter(alone).cloned().collect();
        death_in(&alone, None)
    }))
}

/// The day on which a person died, by the ledger; with a record, only the death that ended this one.
async fn died(
    tx: &DatabaseTransaction,
    person: &str,
    record: Option<Uuid>,
) -> Result<Option<NaiveDate>> {
    let ledgers = ledger::of_persons(tx, &[person.to_owned()]).await?;
    Ok(ledgers
        .get(person)
        .and_then(|ledger| death_in(&ledger.entries, record)))
}

/// Whether somebody has entered another marriage since this one ended. One that never was in law counts for
/// nothing; one that is over by now counts.
async fn married_again(
    tx: &DatabaseTransaction,
    person: &str,
    ended: &marriage_record::Model,
) -> Result<bool> {
    use marriage_record::Column;
    let never_was = RecordState::ALL
        .into_iter()
        .filter(|state| state.never_was())
        .map(RecordState::as_str);
    let since = ended.ended_on.unwrap_or(ended.registered_on);
    let later = marriage_record::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.eq(person))
                .add(Column::Woman.eq(person)),
        )
        .filter(Column::Id.ne(ended.id))
        .filter(Column::RegisteredOn.gte(since))
        .filter(Column::State.is_not_in(never_was))
        .count(tx)
        .await?;
    Ok(later > 0)
}

/// The marriage is over for the one who came back too: by the spouse's own death where that ended it, else
/// as of the declaration.
async fn stays_ended(
    tx: &DatabaseTransaction,
    record: &marriage_record::Model,
    person: &str,
    widowed: Option<NaiveDate>,
    at: DateTime<Utc>,
) -> Result<()> {
    let fact = |event, effective_on| Fact {
        event,
        effective_on,
        record: Some(record.id),
    };
    let declared = record.ended_on.unwrap_or(record.registered_on);
    let facts = match widowed {
        None => vec![fact(LedgerEvent::EndedByDeclaration, declared)],
        Some(day) => vec![
            fact(LedgerEvent::Corrected, day),
            fact(LedgerEvent::SpouseDied, day),
        ],
    };
    for fact in facts {
        append(tx, person, fact, at).await?;
    }
    Ok(())
}

/// Gives a record the state and the end that are right.
pub(super) async fn change(
    tx: &DatabaseTransaction,
    record: &marriage_record::Model,
    state: RecordState,
    ended_on: Option<NaiveDate>,
) -> Result<()> {
    use marriage_record::Column;
    marriage_record::Entity::update_many()
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::EndedOn, Expr::value(ended_on))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(record.id))
        .exec(tx)
        .await?;
    Ok(())
}
