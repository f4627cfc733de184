//! The figures of the reports, each through the schema, and the demonstration as a whole.

use std::time::Instant;

use minzheng_kit::Principal;
use minzheng_kit::testing::memory;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{Stage, dashboard, databases, division};
use crate::model::{funeral_case, waiver, waiver_settlement};
use crate::rules::terms::SettlementSource;
use crate::rules::waiver::settlement_agrees;
use crate::{Funeral, demo};

const COUNTS: &str = "query ($reps: [_Any!]!) { _entities(representations: $reps) { ... on Division { facilityCounts { \
     funeralHomes urbanCemeteries urbanColumbaria ruralCemeteries ruralColumbaria lifeParks underConstruction } } } }";

async fn counts(stage: &Stage, code: &str) -> Value {
    let reps = json!([{ "__typename": "Division", "id": division(code) }]);
    let mut data = stage
        .data(Principal::public("35"), COUNTS, json!({ "reps": reps }))
        .await;
    data["_entities"][0]["facilityCounts"].take()
}

#[tokio::test]
async fn fuzhou_adds_up_to_its_report() {
    let stage = Stage::of("35").await;
    let fuzhou = counts(&stage, "350100").await;
    assert_eq!(fuzhou["ruralCemeteries"], 396);
    assert_eq!(fuzhou["ruralColumbaria"], 634);
    assert_eq!(fuzhou["lifeParks"], 381);

    let query = "query ($d: ID!) { \
         waiverSummary(division: $d, from: \"2021-01\", to: \"2023-06\") { households waived settled perHousehold } \
         ecoBurialStats(division: $d, from: \"2010-01\", to: \"2026-11\") { seaRounds seaBurials } \
         seaBurialVoyages(division: $d, first: 1) { nodes { round carried quota left } } \
         illegalGraves(division: $d) { restoredM2 } }";
    let data = stage
        .data(dashboard("35"), query, json!({ "d": division("350100") }))
        .await;
    assert_eq!(
        data["waiverSummary"],
        json!({ "households": 84_400, "waived": "138000000.00", "settled": "138000000.00", "perHousehold": "1635.07" })
    );
    assert_eq!(
        data["ecoBurialStats"],
        json!({ "seaRounds": 19, "seaBurials": 1_226 })
    );
    assert_eq!(
        data["seaBurialVoyages"]["nodes"][0],
        json!({ "round": 20, "carried": null, "quota": 80, "left": 60 })
    );
    assert_eq!(data["illegalGraves"]["restoredM2"], 1_260_000.0);
}

#[tokio::test]
async fn guangfeng_has_its_cemeteries_and_its_register_of_graves() {
    let stage = Stage::of("36").await;
    let found = counts(&stage, "361103").await;
    assert_eq!(found["ruralCemeteries"], 201);
    assert_eq!(found["urbanCemeteries"], 1);
    assert_eq!(found["underConstruction"], 1);
    let query = "query ($d: ID!) { \
         urban: facilities(division: $d, kind: CEMETERY, subKind: URBAN_PUBLIC) { nodes { name investment state } } \
         building: facilities(division: $d, state: UNDER_CONSTRUCTION) { nodes { name kind } } \
         illegalGraves(division: $d) { registered byKind { kind count } } }";
    let data = stage
        .data(dashboard("36"), query, json!({ "d": division("361103") }))
        .await;
    assert_eq!(data["urban"]["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(data["urban"]["nodes"][0]["investment"], "6000000.00");
    assert_eq!(
        data["building"]["nodes"],
        json!([{ "name": "洋口青桥骨灰堂", "kind": "COLUMBARIUM" }])
    );
    assert_eq!(data["illegalGraves"]["registered"], 240);
    let kinds = json!([
        { "kind": "LIVING_PERSON", "count": 80 }, { "kind": "CLAN", "count": 80 }, { "kind": "HOUSE_STYLE", "count": 80 },
    ]);
    assert_eq!(data["illegalGraves"]["byKind"], kinds);
}

#[tokio::test]
async fn every_province_has_its_cases_and_every_settlement_agrees_with_its_waivers() {
    for province in ["51", "32"] {
        let stage = Stage::of(province).await;
        let db = stage.services.db.read();
        assert_eq!(funeral_case::Entity::find().count(db).await.unwrap(), 1_500);
        let waivers = waiver::Entity::find().all(db).await.unwrap();
        let batches = waiver_settlement::Entity::find().all(db).await.unwrap();
        assert!(!batches.is_empty() && waivers.iter().any(|w| w.settlement_id.is_none()));
        for batch in batches
            .iter()
            .filter(|b| b.source == SettlementSource::Cases)
        {
            let mine = waivers
                .iter()
                .filter(|w| w.settlement_id == Some(batch.id))
                .map(|w| w.amount);
            settlement_agrees(batch.amount, mine).unwrap();
        }
    }
}

#[tokio::test]
async fn the_demonstration_is_quick_and_the_same_each_time() {
    let started = Instant::now();
    let first = Stage::of("35").await;
    let took = started.elapsed();
    let second = Stage::of("35").await;
    let query =
        "{ facilities(first: 500) { nodes { id name phone creditCode prices { price } } } }";
    let one = first.data(Principal::public("35"), query, json!({})).await;
    let two = second.data(Principal::public("35"), query, json!({})).await;
    assert_eq!(one, two);
    // Two seconds on an idle machine; the limit leaves room for a busy one.
    assert!(took.as_secs() < 60, "{took:?}");
    eprintln!("seeded 35 in {took:?}");
}

#[tokio::test]
async fn the_demonstration_goes_into_either_database() {
    for services in databases("seed").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let reps = json!([{ "__typename": "Division", "id": division("510000") }]);
        let query = "query ($reps: [_Any!]!) { _entities(representations: $reps) { ... on Division { \
             facilities(kind: FUNERAL_HOME, first: 2) { name } \
             facilityCounts { funeralHomes } \
             waiverSummary(from: \"2025-01\", to: \"2026-11\") { households } \
             funeralStats(from: \"2026-09\", to: \"2026-10\") { month cremations waiverHouseholds waived seaBurials illegalGravesClosed } } } }";
        let data = stage
            .data(dashboard("51"), query, json!({ "reps": reps }))
            .await;
        let sichuan = &data["_entities"][0];
        assert_eq!(sichuan["facilityCounts"]["funeralHomes"], 183);
        assert_eq!(sichuan["facilities"].as_array().unwrap().len(), 2);
        assert_eq!(sichuan["funeralStats"].as_array().unwrap().len(), 2);
        assert!(sichuan["funeralStats"][0]["cremations"].as_i64().unwrap() > 50);
        assert!(sichuan["waiverSummary"]["households"].as_i64().unwrap() > 1_400);
    }
}

#[tokio::test]
async fn an_empty_province_answers_with_noughts() {
    let stage = Stage::over(memory(&Funeral, "51").await);
    let query = "query ($d: ID!) { waiverSummary(division: $d, from: \"2026-01\", to: \"2026-11\") { households waived perHousehold } \
         facilities { nodes { id } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510100") }),
        )
        .await;
    assert_eq!(
        data["waiverSummary"],
        json!({ "households": 0, "waived": "0.00", "perHousehold": null })
    );
}
