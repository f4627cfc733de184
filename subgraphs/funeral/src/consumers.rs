//! What this subsystem does about events of others. Each consumer may see an event again.

use async_trait::async_trait;
use minzheng_kit::aliases::{self, TokenColumn};
use minzheng_kit::events::{Consumer, DivisionChanged, Event, Known, PersonAliased, PlaceChanged};
use minzheng_kit::mutation::history;
use minzheng_kit::{Principal, Result, Services};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

use crate::model::{
    burial_zone, death_record, division_scope, facility, hotline_ticket, illegal_grave,
    rural_burial_site, sea_voyage, waiver,
};
use crate::rules::terms::{GraveState, TicketState};
use crate::service::{cases, succession, waivers};

/// All consumers.
pub fn all() -> Vec<Box<dyn Consumer>> {
    vec![Box::new(Aliases), Box::new(Divisions), Box::new(Places)]
}

/// New tokens of persons, from the vault: a merge, a split or a change of the token key.
#[derive(Clone, Copy, Debug)]
pub struct Aliases;

/// The columns that hold a person who acts for themselves: nothing forbids two rows of one person.
const ACTORS: &[TokenColumn] = &[
    TokenColumn::new("funeral_case", "applicant"),
    TokenColumn::new("waiver", "applicant"),
    TokenColumn::new("hotline_ticket", "caller"),
    TokenColumn::new("ashes_release", "receiver"),
    TokenColumn::new("ashes_release", "asked_person"),
    TokenColumn::new("death_revocation", "asked_person"),
    TokenColumn::new("funeral_case", "household"),
    TokenColumn::new("price_breach", "reporter"),
    TokenColumn::new("worship_booking", "booker"),
    TokenColumn::new("illegal_grave", "reporter"),
    TokenColumn::new("kin_request", "asker"),
    TokenColumn::new("plot_occupant", "person"),
    TokenColumn::new("kin_record", "kin"),
];

/// The columns that hold a deceased: one death and one open case for a person.
const DECEASED: &[TokenColumn] = &[
    TokenColumn::new("death_record", "deceased"),
    TokenColumn::new("funeral_case", "deceased"),
];

/// The column that holds a household, by its head or its deceased: one waiver an item.
const HOUSEHOLDS: &[TokenColumn] = &[TokenColumn::new("waiver", "household")];

/// Whether two names of a household had the same item waived: each household has it once, and which of the two is
/// taken back an officer decides.
async fn had_it_twice(tx: &DatabaseTransaction, one: &str, other: &str) -> Result<bool> {
    let rows = waiver::Entity::find()
        .filter(waiver::Column::Household.is_in([one, other]))
        .filter(waivers::standing())
        .all(tx)
        .await?;
    let mut had: HashMap<&str, &str> = HashMap::new();
    Ok(rows.iter().any(|w| {
        had.insert(&w.item_code, &w.household)
            .is_some_and(|by| by != w.household)
    }))
}

#[async_trait]
impl Consumer for Aliases {
    fn source(&self) -> &'static str {
        "persons"
    }

    fn kinds(&self) -> &'static [&'static str] {
        aliases::KINDS
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        aliases::apply(tx, event, ACTORS).await?;
        // Where both had a death or an open case, the older entry keeps its token for an officer to look
        // at: two deaths of one person cannot be told apart by a machine.
        let (clear, households) = match event.read::<PersonAliased>()? {
            Some(merged) => {
                let died = death_record::Entity::find()
                    .filter(death_record::Column::Deceased.eq(&merged.new))
                    .one(tx)
                    .await?;
                let clear = died.is_none() && cases::open_case_of(tx, &merged.new).await?.is_none();
                (clear, !had_it_twice(tx, &merged.old, &merged.new).await?)
            }
            // A split takes back exactly what had moved.
            None => (true, true),
        };
        if clear {
            aliases::apply(tx, event, DECEASED).await?;
        }
        if households {
            aliases::apply(tx, event, HOUSEHOLDS).await?;
        }
        Ok(())
    }
}

/// Changes of divisions, from places: what is alive moves to the one successor; what happened under the
/// old division stays there and is counted with the new one from now on (D-7, D-8).
#[derive(Clone, Copy, Debug)]
pub struct Divisions;

#[async_trait]
impl Consumer for Divisions {
    fn source(&self) -> &'static str {
        "places"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[DivisionChanged::KIND]
    }

    async fn apply(&self, s: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        let Some(change) = event.read::<DivisionChanged>()? else {
            return Ok(());
        };
        for old in &change.from {
            // Several successors, or none: an officer decides.
            let Some(new) = change.successor(old.id) else {
                continue;
            };
            counted_with(tx, old.id, new.id, new.parent).await?;
            if new.id == old.id {
                continue;
            }
            let moved = move_all(tx, old.id, new.id).await?
                + succession::carry_over(tx, old.id, new.id, change.effective).await?;
            if moved > 0 {
                let by = Principal::service(&s.province, "places");
                // What the successor has to unify now is written down with what brought it about.
                let contested = succession::contested(tx, new.id, change.effective).await?;
                let (before, after) = (
                    json!({ "division": old.id }),
                    json!({ "division": new.id, "rows": moved, "contested": contested }),
                );
                history(
                    tx,
                    "Division",
                    &old.id.to_string(),
                    &by,
                    Some(before),
                    Some(after),
                )
                .await?;
            }
        }
        Ok(())
    }
}

/// From now on the old division is counted with the new one and with all above it.
async fn counted_with<C: ConnectionTrait>(
    tx: &C,
    old: Uuid,
    new: Uuid,
    parent: Option<Uuid>,
) -> Result<()> {
    let mut above = vec![new];
    let mut seeds = vec![new];
    seeds.extend(parent);
    for seed in seeds {
        above.push(seed);
        let known = division_scope::Entity::find()
            .filter(division_scope::Column::DivisionId.eq(seed))
            .all(tx)
            .await?;
        above.extend(known.into_iter().map(|r| r.ancestor_id));
        above.extend(crate::service::scope::upwards(tx, seed).await?);
    }
    above.sort_unstable();
    above.dedup();
    // What lies below the old division is counted with the new one too.
    let below = division_scope::Entity::find()
        .filter(division_scope::Column::AncestorId.eq(old))
        .all(tx)
        .await?;
    let mut lower: Vec<Uuid> = below.into_iter().map(|r| r.division_id).collect();
    lower.extend([old, new]);
    lower.sort_unstable();
    lower.dedup();
    let rows = lower.iter().flat_map(|division| {
        above.iter().map(|ancestor| division_scope::ActiveModel {
            division_id: Set(*division),
            ancestor_id: Set(*ancestor),
        })
    });
    let conflict = OnConflict::columns([
        division_scope::Column::DivisionId,
        division_scope::Column::AncestorId,
    ])
    .do_nothing()
    .to_owned();
    division_scope::Entity::insert_many(rows)
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Moves what is alive: facilities, zones, burial places, voyages to come, open tickets and open clean-ups; what
/// holds from day to day parts at the effective day ([`succession`]). Answers how many rows moved.
async fn move_all<C: ConnectionTrait>(tx: &C, old: Uuid, new: Uuid) -> Result<u64> {
    macro_rules! moved {
        ($($entity:ident $(, $also:expr)?;)+) => {{
            let mut rows = 0;
            $(
                rows += $entity::Entity::update_many()
                    .col_expr($entity::Column::DivisionId, Expr::value(new))
                    .filter($entity::Column::DivisionId.eq(old))
                    $(.filter($also))?
                    .exec(tx)
                    .await?
                    .rows_affected;
            )+
            rows
        }};
    }
    Ok(moved! {
        facility;
        burial_zone;
        rural_burial_site;
        sea_voyage, sea_voyage::Column::Carried.is_null();
        hotline_ticket, hotline_ticket::Column::State.ne(TicketState::Closed);
        illegal_grave, illegal_grave::Column::State.is_not_in([GraveState::Restored, GraveState::Exempt]);
    })
}

/// Places that moved on the map: the facilities at a place keep a copy of its point, for searches by
/// distance.
#[derive(Clone, Copy, Debug)]
pub struct Places;

#[async_trait]
impl Consumer for Places {
    fn source(&self) -> &'static str {
        "places"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[PlaceChanged::KIND]
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        let Some(change) = event.read::<PlaceChanged>()? else {
            return Ok(());
        };
        let Some((lon, lat)) = change.point else {
            return Ok(());
        };
        facility::Entity::update_many()
            .col_expr(facility::Column::Lon, Expr::value(lon))
            .col_expr(facility::Column::Lat, Expr::value(lat))
            .filter(facility::Column::PlaceId.eq(change.place))
            .exec(tx)
            .await?;
        Ok(())
    }
}
