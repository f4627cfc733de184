//! What this subsystem does about events of others. Each consumer may see an event again.

use crate::kit::events::{Consumer, Event};
use crate::kit::{Result, Services};
use crate::model::{
    application_party, appointment_party, archive_file, certificate, counselling_session,
    counsellor, court_notice, divorce_application, impersonation_case, kin_edge, ledger_entry,
    marriage_record, queue_ticket, registrar, registration_application,
};
use crate::rules::application::State;
use crate::rules::ledger::LedgerEvent;
use crate::service::death;
use crate::service::ledger::{Fact, append};
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

/// All consumers.
pub(crate) fn all() -> Vec<Box<dyn Consumer>> {
    vec![Box::new(Deaths), Box::new(Aliases)]
}

fn text<'a>(event: &'a Event, field: &str) -> Option<&'a str> {
    event.body.get(field).and_then(Value::as_str)
}

/// M-23: a death, from the subgraph of funerals, ends the marriage and leaves a survivor; what the
/// dead person had booked or applied for is stopped.
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
        death::apply(s, tx, person, died_on, event.at).await
    }
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
        part_ways(tx, old, new).await?;
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
        rename!(registration_application, Man);
        rename!(registration_application, Woman);
        rename!(application_party, Person);
        rename!(court_notice, Man);
        rename!(court_notice, Woman);
        rename!(impersonation_case, Complainant);
        rename!(queue_ticket, Holder);
        rename!(counsellor, Person);
        rename!(registrar, Person);
        rename!(counselling_session, FirstParty);
        rename!(counselling_session, SecondParty);
        rename!(archive_file, Man);
        rename!(archive_file, Woman);
        move_ledger(tx, old, new).await
    }
}

/// Two tokens that turn out to be one person may both hold what a person holds once: the place and the
/// application of the old token give way, and kinship known twice is kept once.
async fn part_ways(tx: &DatabaseTransaction, old: &str, new: &str) -> Result<()> {
    use appointment_party::Column as Party;
    let places = |person: &str| {
        appointment_party::Entity::find()
            .filter(Party::Person.eq(person))
            .all(tx)
    };
    let theirs = places(new).await?;
    for place in places(old).await? {
        let same = theirs
            .iter()
            .any(|t| t.appointment_id == place.appointment_id);
        let clash = theirs
            .iter()
            .any(|t| t.is_open && place.is_open && t.service == place.service);
        let row = || {
            Condition::all()
                .add(Party::AppointmentId.eq(place.appointment_id))
                .add(Party::Person.eq(old))
        };
        if same {
            appointment_party::Entity::delete_many()
                .filter(row())
                .exec(tx)
                .await?;
        } else if clash {
            appointment_party::Entity::update_many()
                .col_expr(Party::IsOpen, Expr::value(false))
                .filter(row())
                .exec(tx)
                .await?;
        }
    }
    use registration_application::Column as Request;
    let in_hand = |person: &str| {
        let at_counter = State::ALL
            .into_iter()
            .filter(|s| s.is_at_counter())
            .map(State::as_str);
        Condition::all()
            .add(
                Condition::any()
                    .add(Request::Man.eq(person))
                    .add(Request::Woman.eq(person)),
            )
            .add(Request::State.is_in(at_counter))
    };
    let other = registration_application::Entity::find()
        .filter(in_hand(new))
        .one(tx)
        .await?;
    if other.is_some() {
        registration_application::Entity::update_many()
            .col_expr(Request::State, Expr::value(State::Aborted.as_str()))
            .col_expr(Request::Version, Expr::col(Request::Version).add(1))
            .filter(in_hand(old))
            .exec(tx)
            .await?;
    }
    use kin_edge::Column as Edge;
    let of_old = || {
        Condition::any()
            .add(Edge::PersonA.eq(old))
            .add(Edge::PersonB.eq(old))
    };
    let edges = kin_edge::Entity::find().filter(of_old()).all(tx).await?;
    kin_edge::Entity::delete_many()
        .filter(of_old())
        .exec(tx)
        .await?;
    for mut edge in edges {
        for end in [&mut edge.person_a, &mut edge.person_b] {
            if end == old {
                new.clone_into(end);
            }
        }
        kin_edge::Entity::insert(kin_edge::ActiveModel::from(edge))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
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
