//! What this subsystem does about events of others. Each consumer may see an event again.

use crate::kit::events::{Consumer, Event};
use crate::kit::{Principal, Result, Services, mutation};
use crate::model::{
    appointment_party, certificate, divorce_application, ledger_entry, marriage_record,
};
use crate::rules::ledger::LedgerEvent;
use crate::rules::record::{RecordState, may_change};
use crate::service::divorce;
use crate::service::ledger::{Fact, append};
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

/// All consumers.
pub(crate) fn all() -> Vec<Box<dyn Consumer>> {
    vec![Box::new(Deaths), Box::new(Aliases)]
}

fn text<'a>(event: &'a Event, field: &str) -> Option<&'a str> {
    event.body.get(field).and_then(Value::as_str)
}

/// M-23: a death, from the subgraph of funerals, ends the marriage and leaves a survivor.
struct Deaths;

#[async_trait::async_trait]
impl Consumer for Deaths {
    fn source(&self) -> &'static str {
        "funeral"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["DeathRegistered"]
    }

    async fn apply(&self, s: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        let Some(person) = text(event, "person") else {
            return Ok(());
        };
        let died_on: NaiveDate = text(event, "diedOn")
            .and_then(|day| day.parse().ok())
            .unwrap_or_else(|| crate::service::shanghai(event.at).date());
        let actor = Principal::service(&s.province, "funeral");
        let records = marriage_record::Entity::find()
            .filter(
                Condition::any()
                    .add(marriage_record::Column::Man.eq(person))
                    .add(marriage_record::Column::Woman.eq(person)),
            )
            .filter(marriage_record::Column::State.eq(RecordState::Valid.as_str()))
            .all(tx)
            .await?;
        for record in records {
            may_change(RecordState::Valid, RecordState::EndedDeath, None)?;
            end_by_death(tx, &record, person, died_on, event).await?;
            let before = json!({ "state": record.state });
            let after = json!({ "state": RecordState::EndedDeath.as_str(), "endedOn": died_on });
            let id = record.id.to_string();
            mutation::history(tx, "MarriageRecord", &id, &actor, Some(before), Some(after)).await?;
        }
        Ok(())
    }
}

async fn end_by_death(
    tx: &DatabaseTransaction,
    record: &marriage_record::Model,
    person: &str,
    died_on: NaiveDate,
    event: &Event,
) -> Result<()> {
    use marriage_record::Column;
    marriage_record::Entity::update_many()
        .col_expr(Column::State, Expr::value(RecordState::EndedDeath.as_str()))
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
        append(tx, token, fact, event.at).await?;
    }
    let open = divorce_application::Entity::find()
        .filter(divorce_application::Column::MarriageId.eq(record.id))
        .filter(divorce_application::Column::State.eq("RECEIVED"))
        .all(tx)
        .await?;
    for application in open {
        divorce::close(tx, &application, "REFUSED", died_on).await?;
    }
    Ok(())
}

/// A person has a new token: everything kept under the old one moves.
struct Aliases;

#[async_trait::async_trait]
impl Consumer for Aliases {
    fn source(&self) -> &'static str {
        "persons"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["PersonAliased"]
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        let (Some(old), Some(new)) = (text(event, "old"), text(event, "new")) else {
            return Ok(());
        };
        if old == new {
            return Ok(());
        }
        macro_rules! rename {
            ($entity:ident, $column:ident) => {
                $entity::Entity::update_many()
                    .col_expr($entity::Column::$column, Expr::value(new))
                    .filter($entity::Column::$column.eq(old))
                    .exec(tx)
                    .await?
            };
        }
        rename!(marriage_record, Man);
        rename!(marriage_record, Woman);
        rename!(divorce_application, Man);
        rename!(divorce_application, Woman);
        rename!(certificate, Holder);
        rename!(appointment_party, Person);
        move_ledger(tx, old, new).await
    }
}

/// A chain moves whole, for hashes never cover the token; where the new token has a chain of its
/// own (a merge of two persons), the old facts are appended to it and the old chain stays.
async fn move_ledger(tx: &DatabaseTransaction, old: &str, new: &str) -> Result<()> {
    use ledger_entry::Column;
    let chain = |person: &str| {
        ledger_entry::Entity::find()
            .filter(Column::Person.eq(person))
            .order_by_asc(Column::Seq)
    };
    let own = chain(new).all(tx).await?;
    if own.is_empty() {
        ledger_entry::Entity::update_many()
            .col_expr(Column::Person, Expr::value(new))
            .filter(Column::Person.eq(old))
            .exec(tx)
            .await?;
        return Ok(());
    }
    for row in chain(old).all(tx).await? {
        let known = own
            .iter()
            .any(|o| o.event == row.event && o.record_id == row.record_id);
        if let (false, Some(event)) = (known, LedgerEvent::from_text(&row.event)) {
            let fact = Fact {
                event,
                effective_on: row.effective_on,
                record: row.record_id,
            };
            append(tx, new, fact, row.at).await?;
        }
    }
    Ok(())
}
