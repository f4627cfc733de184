//! New tokens of persons, from the vault: a merge, a split, or a change of the token key.
//!
//! Most columns follow by [`aliases`]. Four things cannot: what a person holds only once ([`part_ways`]),
//! kinship, which is a pair, the marital ledger, a chain that cannot be cut ([`move_ledger`],
//! [`part_ledger`]), and what binds a person to a transaction between provinces ([`renamed`]).
//!
//! Between the merge in `persons` and its arrival here each token may have married: then the ledger that results
//! holds two marriages at once, which is DISPUTED by itself, and each of the two becomes a case ([`two_marriages`]):
//! nothing more is registered for the person, and neither marriage is divorced or certified, until that is cleared.

use crate::interop::facts;
use crate::interop::store::renamed;
use crate::kit::aliases::{self, TokenColumn};
use crate::kit::events::{Consumer, Event, PersonAliased, PersonSplit};
use crate::kit::{Result, Services};
use crate::model::{
    appointment_party, identity_doubt, kin_edge, ledger_entry, registration_application,
};
use crate::rules::application::State;
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger::{Fact, append};
use crate::service::office::Trail;
use crate::service::two_marriages;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Where tokens of persons stand here, the ledger and kinship apart.
const TOKENS: &[TokenColumn] = &[
    TokenColumn::new("marriage_record", "man"),
    TokenColumn::new("marriage_record", "woman"),
    TokenColumn::new("divorce_application", "man"),
    TokenColumn::new("divorce_application", "woman"),
    TokenColumn::new("certificate", "holder"),
    TokenColumn::new("appointment_party", "person").with_key("appointment_id"),
    TokenColumn::new("registration_application", "man"),
    TokenColumn::new("registration_application", "woman"),
    TokenColumn::new("application_party", "person").with_key("application_id"),
    TokenColumn::new("court_notice", "man"),
    TokenColumn::new("court_notice", "woman"),
    TokenColumn::new("impersonation_case", "complainant"),
    TokenColumn::new("impersonation_case", "proposed_person"),
    TokenColumn::new("correction", "proposed_person"),
    TokenColumn::new("interop_glass", "person").with_key("txn"),
    TokenColumn::new("queue_ticket", "holder"),
    TokenColumn::new("counsellor", "person"),
    TokenColumn::new("registrar", "person"),
    TokenColumn::new("counselling_session", "first_party"),
    TokenColumn::new("counselling_session", "second_party"),
    TokenColumn::new("archive_file", "man"),
    TokenColumn::new("archive_file", "woman"),
    TokenColumn::new("interop_access", "person"),
];

/// The place of the ledger's entries among what a merge moved.
const LEDGER: &str = "ledger_entry.person";

/// One person has another token, or two after all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aliases;

#[async_trait::async_trait]
impl Consumer for Aliases {
    fn source(&self) -> &'static str {
        "persons"
    }

    fn kinds(&self) -> &'static [&'static str] {
        aliases::KINDS
    }

    async fn apply(&self, s: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        // Until every peer has said what it holds, a ledger here may lack what is to move, and the name would
        // lead away from what comes back.
        facts::may_enter(s, tx).await?;
        if let Some(told) = event.read::<PersonAliased>()? {
            let trail = Trail::told_by("persons", "MERGE", s, tx, event.at);
            if told.old != told.new {
                part_ways(&trail, &told.old, &told.new).await?;
            }
            aliases::apply(tx, event, TOKENS).await?;
            if told.old != told.new {
                move_ledger(tx, &told).await?;
                renamed::moved(s, tx, &told).await?;
                two_marriages::judge(&trail, &told.new).await?;
            }
        } else if let Some(told) = event.read::<PersonSplit>()? {
            aliases::apply(tx, event, TOKENS).await?;
            part_ledger(tx, &told, event.at).await?;
            renamed::parted(tx, &told, event.at).await?;
            let trail = Trail::told_by("persons", "SPLIT", s, tx, event.at);
            for person in [&told.old, &told.new] {
                two_marriages::judge(&trail, person).await?;
            }
        }
        Ok(())
    }
}

/// Two tokens that turn out to be one person may both hold what a person holds once: the place and the
/// application of the old token give way, and kinship known twice is kept once.
async fn part_ways(trail: &Trail<'_>, old: &str, new: &str) -> Result<()> {
    let tx = trail.tx;
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
        let given_up = registration_application::Entity::find()
            .filter(in_hand(old))
            .order_by_asc(Request::Id)
            .all(tx)
            .await?;
        for row in given_up {
            registration_application::Entity::update_many()
                .col_expr(Request::State, Expr::value(State::Aborted.as_str()))
                .col_expr(Request::DecidedAt, Expr::value(trail.at))
                .col_expr(Request::Version, Expr::col(Request::Version).add(1))
                .filter(Request::Id.eq(row.id))
                .exec(tx)
                .await?;
            let id = row.id.to_string();
            trail
                .leave(
                    "RegistrationApplication",
                    &id,
                    &row.state,
                    State::Aborted.as_str(),
                )
                .await?;
        }
    }
    // A doubt about the one is a doubt about the other.
    if let Some(doubt) = identity_doubt::Entity::find_by_id(old).one(tx).await? {
        identity_doubt::Entity::delete_by_id(old).exec(tx).await?;
        let moved = identity_doubt::Model {
            person: new.to_owned(),
            ..doubt
        };
        identity_doubt::Entity::insert(identity_doubt::ActiveModel::from(moved))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(tx)
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

/// A chain moves whole, for hashes never cover the token; where the new token has a chain of its own, the
/// old facts are appended to it and the old chain stays. What a merge brought is noted, for a split.
async fn move_ledger(tx: &DatabaseTransaction, told: &PersonAliased) -> Result<()> {
    use ledger_entry::Column;
    let (old, new) = (told.old.as_str(), told.new.as_str());
    let (own, theirs) = (chain(tx, new).await?, chain(tx, old).await?);
    let whole = own.is_empty();
    if whole {
        ledger_entry::Entity::update_many()
            .col_expr(Column::Person, Expr::value(new))
            .filter(Column::Person.eq(old))
            .exec(tx)
            .await?;
    }
    for row in theirs {
        let mut seq = row.seq;
        if !whole {
            let known = own
                .iter()
                .any(|o| o.event == row.event && o.record_id == row.record_id);
            let (false, Some(event)) = (known, LedgerEvent::from_text(&row.event)) else {
                continue;
            };
            let fact = Fact {
                event,
                effective_on: row.effective_on,
                record: row.record_id,
            };
            seq = append(tx, new, fact, row.at).await?.seq;
        }
        if let Some(merge) = &told.merge {
            aliases::note(tx, merge, LEDGER, &seq.to_string()).await?;
        }
    }
    Ok(())
}

/// A merge is taken back. The chain of the token that is parted from keeps every entry, and one more for
/// each marriage that was the other's; the other one gets its own entries again, if it has none.
async fn part_ledger(
    tx: &DatabaseTransaction,
    told: &PersonSplit,
    at: DateTime<Utc>,
) -> Result<()> {
    let noted = aliases::noted(tx, &told.merge, LEDGER).await?;
    let moved: BTreeSet<i64> = noted.iter().filter_map(|row| row.parse().ok()).collect();
    let now = chain(tx, &told.new).await?;
    let theirs: Vec<&ledger_entry::Model> =
        now.iter().filter(|row| moved.contains(&row.seq)).collect();
    if !theirs.is_empty() && chain(tx, &told.old).await?.is_empty() {
        // Moved whole before: the first entries of the chain, whose hashes hold without what follows.
        for row in &theirs {
            let own = ledger_entry::Model {
                person: told.old.clone(),
                ..(*row).clone()
            };
            ledger_entry::Entity::insert(ledger_entry::ActiveModel::from(own))
                .exec_without_returning(tx)
                .await?;
        }
    }
    // What became of its marriages since is its own too.
    let about: BTreeSet<Uuid> = theirs.iter().filter_map(|row| row.record_id).collect();
    give_back(tx, &told.new, &told.old, &about).await?;
    let own = chain(tx, &told.old).await?;
    for row in now.iter().filter(|row| !moved.contains(&row.seq)) {
        let known = own
            .iter()
            .any(|o| o.event == row.event && o.record_id == row.record_id);
        let event = LedgerEvent::from_text(&row.event).filter(|e| *e != LedgerEvent::Parted);
        let ours = row.record_id.is_some_and(|record| about.contains(&record));
        let (true, false, Some(event)) = (ours, known, event) else {
            continue;
        };
        let fact = Fact {
            event,
            effective_on: row.effective_on,
            record: row.record_id,
        };
        append(tx, &told.old, fact, at).await?;
    }
    let parted = |record: Uuid| {
        let about = |row: &ledger_entry::Model| row.record_id == Some(record);
        now.iter()
            .any(|row| about(row) && row.event == LedgerEvent::Parted.as_str())
    };
    let records: BTreeSet<Uuid> = theirs
        .iter()
        .filter_map(|row| row.record_id)
        .filter(|record| !parted(*record))
        .collect();
    for record in records {
        let fact = Fact {
            event: LedgerEvent::Parted,
            effective_on: crate::kit::clock::legal_day(at),
            record: Some(record),
        };
        append(tx, &told.new, fact, at).await?;
    }
    Ok(())
}

/// Records and certificates that were made since of what is another's go to that one.
async fn give_back(
    tx: &DatabaseTransaction,
    from: &str,
    to: &str,
    records: &BTreeSet<Uuid>,
) -> Result<()> {
    use crate::model::{certificate, marriage_record};
    let of = || records.iter().copied();
    for spouse in [marriage_record::Column::Man, marriage_record::Column::Woman] {
        marriage_record::Entity::update_many()
            .col_expr(spouse, Expr::value(to))
            .filter(marriage_record::Column::Id.is_in(of()))
            .filter(spouse.eq(from))
            .exec(tx)
            .await?;
    }
    certificate::Entity::update_many()
        .col_expr(certificate::Column::Holder, Expr::value(to))
        .filter(certificate::Column::RecordId.is_in(of()))
        .filter(certificate::Column::Holder.eq(from))
        .exec(tx)
        .await?;
    Ok(())
}

/// A person's entries, in order.
async fn chain(tx: &DatabaseTransaction, person: &str) -> Result<Vec<ledger_entry::Model>> {
    Ok(ledger_entry::Entity::find()
        .filter(ledger_entry::Column::Person.eq(person))
        .order_by_asc(ledger_entry::Column::Seq)
        .all(tx)
        .await?)
}
