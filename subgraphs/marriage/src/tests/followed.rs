//! What follows when others change their mind: a death corrected or taken back, two persons who were one,
//! districts that are merged, places that move. Each event comes twice, as after a restart in front of the
//! cursor.

use super::events::{deliver, status};
use super::*;
use crate::kit::divisions::dataset;
use crate::kit::events::{
    Consumer, DivisionChanged, DivisionSide, Event, FeedEvent, FeedSource, PlaceChanged, Relation,
    drain, read_outbox,
};
use crate::model::registry;
use crate::rules::ledger::{LedgerEvent, Status};
use crate::service::ledger;
use sea_orm::EntityTrait;
use std::sync::Arc;
use uuid::Uuid;

const RECORD: &str = "5a000000-0000-4000-8000-000000000001";
const MINE: &str = "{ myMarriage { status marriage { state endedOn certificates { state } } } }";

async fn died(p: &Province, who: usize, day: &str) {
    let body = json!({ "version": 1, "person": p.token(who), "diedOn": day, "record": RECORD });
    deliver(p, "DeathRegistered", body).await;
}

async fn twice(p: &Province, kind: &str, mut body: Value) {
    body["version"] = 1.into();
    for _ in 0..2 {
        deliver(p, kind, body.clone()).await;
    }
}

async fn taken_back(p: &Province, who: usize) {
    let body = json!({ "person": p.token(who), "record": RECORD, "revision": 3 });
    twice(p, "DeathRevoked", body).await;
}

async fn ledger_of(p: &Province, who: usize) -> Vec<(LedgerEvent, String)> {
    let token = p.token(who);
    let found = ledger::of_persons(p.services.db.read(), std::slice::from_ref(&token))
        .await
        .unwrap();
    let entries = &found[&token].entries;
    entries
        .iter()
        .map(|entry| (entry.event, entry.effective_on.to_string()))
        .collect()
}

#[tokio::test]
async fn a_corrected_day_of_death_moves_the_end_of_the_marriage_and_the_ledger_keeps_both_days() {
    let p = Province::of("51").await;
    died(&p, 0, "2026-11-18").await;
    let body =
        json!({ "person": p.token(0), "diedOn": "2026-11-16", "record": RECORD, "revision": 2 });
    twice(&p, "DeathCorrected", body).await;
    let survivor = ledger_of(&p, 1).await;
    let days: Vec<(LedgerEvent, &str)> = survivor[1..]
        .iter()
        .map(|(event, day)| (*event, day.as_str()))
        .collect();
    assert_eq!(
        days,
        [
            (LedgerEvent::SpouseDied, "2026-11-18"),
            (LedgerEvent::Corrected, "2026-11-16"),
            (LedgerEvent::SpouseDied, "2026-11-16"),
        ]
    );
    assert_eq!(status(&p, &p.token(1)).await, (Status::Widowed, true, 4));
    use crate::model::marriage_record::{Column, Entity};
    use sea_orm::{ColumnTrait, QueryFilter};
    let record = Entity::find()
        .filter(Column::Man.eq(p.token(0)))
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(record.ended_on.unwrap().to_string(), "2026-11-16");
    // The right day told later by another record of the same death, too late: nothing moves.
    died(&p, 0, "2026-11-18").await;
    assert_eq!(ledger_of(&p, 1).await.len(), 4);
}

#[tokio::test]
async fn a_death_taken_back_makes_the_widow_a_wife_again() {
    let p = Province::of("51").await;
    let before = p.data(p.citizen(1), MINE, none()).await;
    assert_eq!(before["myMarriage"]["status"], "MARRIED");
    died(&p, 0, "2026-11-18").await;
    let widowed = p.data(p.citizen(1), MINE, none()).await;
    assert_eq!(widowed["myMarriage"]["status"], "WIDOWED");
    taken_back(&p, 0).await;
    // Certificates too: what she has in her drawer is good again.
    assert_eq!(p.data(p.citizen(1), MINE, none()).await, before);
    assert_eq!(p.data(p.citizen(0), MINE, none()).await, before);
    let (_, intact, entries) = status(&p, &p.token(1)).await;
    assert_eq!((intact, entries), (true, 3), "married, widowed, corrected");
    // He may die once more, and that counts.
    died(&p, 0, "2026-11-20").await;
    assert_eq!(status(&p, &p.token(1)).await, (Status::Widowed, true, 4));
}

#[tokio::test]
async fn who_comes_back_to_a_spouse_who_has_married_again_is_no_longer_married() {
    let p = Province::of("51").await;
    died(&p, 0, "2026-11-18").await;
    // She marries again at once.
    let again = crate::model::marriage_record::Model {
        id: Uuid::from_u128(77),
        registry_id: None,
        county_id: dataset().by_code("510118").unwrap().id,
        certificate_no: Some("J510118-2026-900001".into()),
        legacy_no: None,
        kind: "MARRIAGE".into(),
        registered_on: "2026-11-19".parse().unwrap(),
        effective_from: "2026-11-19".parse().unwrap(),
        man: p.token(2),
        woman: p.token(1),
        state: "VALID".into(),
        ended_on: None,
        source: "ONLINE".into(),
        quality: "A".into(),
        cross_province: false,
        version: 1,
    };
    let woman = p.token(1);
    p.services
        .db
        .write(move |tx| {
            let (again, woman) = (again.clone(), woman.clone());
            Box::pin(async move {
                let fact = ledger::Fact {
                    event: LedgerEvent::Married,
                    effective_on: again.registered_on,
                    record: Some(again.id),
                };
                let at = "2026-11-19T03:00:00Z".parse().unwrap();
                ledger::append(tx, &woman, fact, at).await?;
                use sea_orm::IntoActiveModel;
                crate::model::marriage_record::Entity::insert(again.into_active_model())
                    .exec_without_returning(tx)
                    .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    taken_back(&p, 0).await;
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Married);
    let (of_him, intact, _) = status(&p, &p.token(0)).await;
    assert_eq!((of_him, intact), (Status::Divorced, true), "free to marry");
}

#[tokio::test]
async fn a_spouse_who_declared_not_to_want_it_stays_apart() {
    let p = Province::of("51").await;
    let decline = async |key: &str, record: &Value, version: i64, survivor: usize| {
        let input = json!({ "requestKey": key, "registry": registry("510118-1"), "record": record,
            "version": version, "survivor": p.number(survivor), "reference": "声-1" });
        p.change(
            p.officer("a"),
            "declineRevival",
            "DeclineRevivalInput",
            "record { state annotations { kind reference } }",
            input,
        )
        .await
    };
    let mine = p
        .data(p.citizen(1), "{ myMarriage { marriage { id } } }", none())
        .await;
    let record = &mine["myMarriage"]["marriage"]["id"];
    let early = decline("e", record, 1, 1).await;
    assert_eq!(refusals(&early), ["REVIVAL_NOT_TO_DECLINE"]);
    died(&p, 0, "2026-11-18").await;
    for wrong in [0, 2] {
        let refused = decline(&format!("w{wrong}"), record, 2, wrong).await;
        assert_eq!(refusals(&refused), ["REVIVAL_NOT_TO_DECLINE"], "{wrong}");
    }
    for key in ["d", "d", "again"] {
        let done = decline(key, record, 2, 1).await;
        assert!(refusals(&done).is_empty(), "{done}");
        assert_eq!(
            done["record"]["annotations"],
            json!([{ "kind": "REVIVAL_DECLINED", "reference": "声-1" }])
        );
    }
    taken_back(&p, 0).await;
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Widowed);
    assert_eq!(status(&p, &p.token(0)).await.0, Status::Divorced);
}

#[tokio::test]
async fn who_comes_back_to_a_spouse_who_has_died_is_widowed() {
    let p = Province::of("51").await;
    died(&p, 0, "2026-11-10").await;
    died(&p, 1, "2026-11-15").await;
    taken_back(&p, 0).await;
    assert_eq!(status(&p, &p.token(0)).await.0, Status::Widowed);
    // And if her death is taken back as well, she is what she was: a widow of a man who lives.
    let body = json!({ "person": p.token(1), "record": RECORD, "revision": 9 });
    twice(&p, "DeathRevoked", body).await;
    let entries = ledger_of(&p, 1).await;
    assert_eq!(entries.last().unwrap().0, LedgerEvent::Corrected);
}

#[tokio::test]
async fn a_split_gives_back_the_chain_that_a_merge_had_moved() {
    let p = Province::of("51").await;
    let (old, new) = (p.token(0), "onetoken".to_owned());
    twice(
        &p,
        "PersonAliased",
        json!({ "old": old, "new": new, "cause": "MERGE", "merge": "m1" }),
    )
    .await;
    assert_eq!(status(&p, &new).await.0, Status::Married);
    twice(
        &p,
        "PersonSplit",
        json!({ "old": old, "new": new, "merge": "m1" }),
    )
    .await;
    assert_eq!(status(&p, &old).await, (Status::Married, true, 1));
    // The other one keeps the trace, and is married to nobody.
    assert_eq!(status(&p, &new).await, (Status::NoRecord, true, 2));
    let data = p.data(p.citizen(0), MINE, none()).await;
    assert_eq!(data["myMarriage"]["status"], "MARRIED");
    assert_eq!(
        data["myMarriage"]["marriage"]["certificates"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_split_takes_the_appended_facts_off_the_chain_of_the_other() {
    let p = Province::of("51").await;
    let (old, new) = (p.token(12), p.token(0));
    twice(
        &p,
        "PersonAliased",
        json!({ "old": old, "new": new, "cause": "MERGE", "merge": "m2" }),
    )
    .await;
    assert_eq!(status(&p, &new).await.0, Status::Disputed);
    twice(
        &p,
        "PersonSplit",
        json!({ "old": old, "new": new, "merge": "m2" }),
    )
    .await;
    assert_eq!(status(&p, &new).await, (Status::Married, true, 3));
    assert_eq!(status(&p, &old).await, (Status::Married, true, 1));
}

fn side(id: Uuid, code: &str, parent: Uuid) -> DivisionSide {
    DivisionSide {
        id,
        code: code.to_owned(),
        name: "甲区".to_owned(),
        parent: Some(parent),
        share_permille: None,
    }
}

fn id_of(code: &str) -> Uuid {
    dataset().by_code(code).unwrap().id
}

fn body<K: crate::kit::events::Known>(known: &K) -> Value {
    let at = "2026-11-22T04:00:00Z".parse().unwrap();
    Event::of(known, at).unwrap().body
}

/// What the rehearsal of a change shows of a county.
async fn keyed(p: &Province, who: crate::kit::Principal, division: Uuid) -> Value {
    let reps = json!([{ "__typename": "Division", "id": division }]);
    let selection =
        "... on Division { marriageKeyed { registries registrars counsellingRooms bookedSlots
        monthsOfFigures appointments openApplications openDivorces waitingNotices } }";
    let answer = crate::kit::testing::entities(&p.graph, who, reps, selection).await;
    answer["data"]["_entities"][0]["marriageKeyed"].clone()
}

#[tokio::test]
async fn a_rehearsal_shows_what_is_keyed_to_a_county_and_that_is_what_moves() {
    let p = Province::of("51").await;
    let (old, new) = (id_of("510118"), id_of("510104"));
    let (before, there) = (
        keyed(&p, p.registrar("510118"), old).await,
        keyed(&p, p.registrar("510104"), new).await,
    );
    for field in [
        "registries",
        "registrars",
        "counsellingRooms",
        "monthsOfFigures",
        "openDivorces",
    ] {
        assert!(before[field].as_i64().unwrap() > 0, "{field}: {before}");
    }
    // Who counts only is not told of one couple or two.
    let counted = keyed(&p, p.dashboard(), old).await;
    assert_eq!(counted["registries"], before["registries"]);
    assert!(counted["openDivorces"].is_null(), "{counted}");
    assert!(keyed(&p, p.public(), old).await.is_null());
    let change = DivisionChanged {
        change: crate::kit::id::new(),
        relation: Relation::Merge,
        effective: "2026-11-22".parse().unwrap(),
        from: vec![
            side(old, "510118", id_of("510100")),
            side(new, "510104", id_of("510100")),
        ],
        to: vec![side(new, "510104", id_of("510100"))],
        below: Vec::new(),
    };
    twice(&p, "DivisionChanged", body(&change)).await;
    let after = keyed(&p, p.registrar("510104"), new).await;
    for field in ["registries", "registrars", "bookedSlots", "openDivorces"] {
        let sum = before[field].as_i64().unwrap() + there[field].as_i64().unwrap();
        assert_eq!(after[field].as_i64(), Some(sum), "{field}");
    }
    // Figures stay with the division of their day.
    assert_eq!(after["monthsOfFigures"], there["monthsOfFigures"]);
}

async fn registry_row(p: &Province, code: &str) -> registry::Model {
    registry::Entity::find_by_id(registry_id(code))
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn the_registries_of_merged_counties_belong_to_the_successor_and_its_officers() {
    let p = Province::of("51").await;
    let (one, other, above) = (id_of("510118"), id_of("510116"), id_of("510100"));
    let successor = Uuid::from_u128(4242);
    let change = DivisionChanged {
        change: Uuid::from_u128(1),
        relation: Relation::Merge,
        effective: "2026-11-22".parse().unwrap(),
        from: vec![side(one, "510118", above), side(other, "510116", above)],
        to: vec![side(successor, "510199", above)],
        below: Vec::new(),
    };
    twice(&p, "DivisionChanged", body(&change)).await;
    let asked = json!([{ "__typename": "Division", "id": successor.to_string() }]);
    let found = crate::kit::testing::entities(
        &p.graph,
        p.public(),
        asked,
        "... on Division { registries { id } }",
    )
    .await;
    let ids: Vec<&Value> = found["data"]["_entities"][0]["registries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["id"])
        .collect();
    assert!(ids.iter().any(|id| **id == registry("510118-1")), "{found}");
    assert!(ids.iter().any(|id| **id == registry("510116-1")), "{found}");
    let row = registry_row(&p, "510118-1").await;
    assert_eq!(
        (row.county_id, row.county_code.as_str(), row.prefecture_id),
        (successor, "510199", Some(above))
    );
    // Officers follow: the new code's may work there, the old one's no more.
    use crate::service::act::works_at;
    assert!(works_at(&p.registrar("510199"), &row));
    assert!(!works_at(&p.registrar("510118"), &row));
    // What was registered before keeps its division (D-7).
    let old = crate::model::marriage_record::Entity::find()
        .all(p.services.db.read())
        .await
        .unwrap();
    assert!(old.iter().any(|record| record.county_id == one));
    assert!(old.iter().all(|record| record.county_id != successor));
}

#[tokio::test]
async fn a_county_moved_or_renamed_takes_its_registries_along_and_a_split_one_waits_for_an_officer()
{
    let p = Province::of("51").await;
    let (county, first, second) = (id_of("510118"), id_of("510100"), id_of("510300"));
    let mut change = DivisionChanged {
        change: Uuid::from_u128(2),
        relation: Relation::Transfer,
        effective: "2026-11-22".parse().unwrap(),
        from: vec![side(county, "510118", first)],
        to: vec![side(county, "510398", second)],
        below: Vec::new(),
    };
    twice(&p, "DivisionChanged", body(&change)).await;
    let moved = registry_row(&p, "510118-1").await;
    assert_eq!(
        (moved.county_code.as_str(), moved.prefecture_id),
        ("510398", Some(second))
    );
    // Directly under the province there is no prefecture between.
    change.from = vec![side(county, "510398", second)];
    change.to = vec![side(county, "519098", id_of("510000"))];
    twice(&p, "DivisionChanged", body(&change)).await;
    assert_eq!(registry_row(&p, "510118-1").await.prefecture_id, None);
    let parts = [7_u128, 8].map(|n| side(Uuid::from_u128(n), "510197", first));
    change.relation = Relation::Split;
    change.from = vec![side(county, "519098", id_of("510000"))];
    change.to = parts.to_vec();
    twice(&p, "DivisionChanged", body(&change)).await;
    assert_eq!(registry_row(&p, "510118-1").await.county_id, county);
}

#[tokio::test]
async fn a_registry_follows_its_place_on_the_map() {
    let p = Province::of("51").await;
    let place = registry_row(&p, "510118-1").await.place_id.unwrap();
    let change = PlaceChanged {
        place,
        name: "江心岛".to_owned(),
        division: id_of("510118"),
        point: Some((103.5, 30.25)),
        effective: "2026-11-22".parse().unwrap(),
    };
    twice(&p, "PlaceChanged", body(&change)).await;
    let near = "query ($point: PointInput!) { registriesNear(point: $point, radiusKm: 1, first: 1) { distanceKm registry { id } } }";
    let found = p
        .data(
            p.public(),
            near,
            json!({ "point": { "longitude": 103.5, "latitude": 30.25 } }),
        )
        .await;
    assert_eq!(
        found["registriesNear"][0]["registry"]["id"],
        registry("510118-1")
    );
}

/// A feed that is the outbox of another database.
struct Outbox(Services);

#[async_trait::async_trait]
impl FeedSource for Outbox {
    async fn fetch(&self, after: i64, first: i32) -> crate::kit::Result<Vec<FeedEvent>> {
        read_outbox(self.0.db.read(), after, first).await
    }
}

#[tokio::test]
async fn a_consumer_that_was_away_while_a_death_was_told_corrected_and_taken_back_ends_up_right() {
    let p = Province::of("51").await;
    let funeral = crate::kit::testing::memory(&Marriage, "51").await;
    let tell = async |kind: &str, body: Value| {
        let event = Event {
            kind: kind.into(),
            key: kind.into(),
            at: p.services.clock.now(),
            body,
        };
        let told = funeral.db.write(move |tx| {
            let event = event.clone();
            Box::pin(async move { crate::kit::events::emit(tx, &event).await })
        });
        told.await.unwrap();
    };
    let feed = Outbox(funeral.clone());
    // Every run is a new consumer, as in a process that was started again.
    let run = async || {
        let consumer = crate::consumers::all()
            .into_iter()
            .find(|consumer| consumer.source() == "funeral")
            .unwrap();
        let consumer: Arc<dyn Consumer> = Arc::from(consumer);
        drain(&consumer, &p.services, &feed).await.unwrap()
    };
    let person = p.token(0);
    tell(
        "DeathRegistered",
        json!({ "version": 1, "person": person, "diedOn": "2026-11-18" }),
    )
    .await;
    assert_eq!(run().await, 1);
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Widowed);
    let corrected = json!({ "version": 1, "person": person, "diedOn": "2026-11-17", "record": RECORD, "revision": 2 });
    tell("DeathCorrected", corrected).await;
    let revoked = json!({ "version": 1, "person": person, "record": RECORD, "revision": 3 });
    tell("DeathRevoked", revoked).await;
    assert_eq!(run().await, 2);
    assert_eq!(status(&p, &p.token(1)).await, (Status::Married, true, 5));
    assert_eq!(run().await, 0, "nothing comes twice");
}
