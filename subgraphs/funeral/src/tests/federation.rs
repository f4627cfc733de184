//! Entities: their order, their errors at their own index, and one statement for all siblings.

use minzheng_kit::testing::entities;
use minzheng_kit::{Principal, divisions};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Stage, dashboard, division};

async fn first_facilities(stage: &Stage, count: usize) -> Vec<String> {
    let data = stage
        .data(
            Principal::public("51"),
            "query ($n: Int) { facilities(first: $n) { nodes { id } } }",
            json!({ "n": count }),
        )
        .await;
    data["facilities"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_bad_key_spoils_its_own_index_only() {
    let stage = Stage::of("51").await;
    let known = first_facilities(&stage, 2).await;
    let reps = json!([
        { "__typename": "FuneralFacility", "id": known[1] },
        { "__typename": "FuneralFacility", "id": "not an id" },
        { "__typename": "Division", "id": division("510118") },
        { "__typename": "FuneralFacility", "id": Uuid::nil() },
        { "__typename": "FuneralCase", "id": Uuid::nil() },
        { "__typename": "Nothing", "id": "1" },
        { "__typename": "FuneralFacility", "id": known[0] },
    ]);
    let selection = "... on FuneralFacility { id name } ... on Division { id facilityCounts { funeralHomes } } ... on FuneralCase { number }";
    let answer = entities(&stage.graph, Principal::public("51"), reps, selection).await;
    let rows = answer["data"]["_entities"].as_array().unwrap();
    assert_eq!(rows[0]["id"], known[1].as_str());
    assert_eq!(rows[2]["facilityCounts"]["funeralHomes"], 1);
    assert_eq!(rows[6]["id"], known[0].as_str());
    for blank in [1, 3, 4, 5] {
        assert_eq!(rows[blank], Value::Null, "{blank}");
    }
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{answer:#}");
    assert_eq!(errors[0]["path"], json!(["_entities", 4]));
    assert_eq!(errors[0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn all_counties_of_a_province_are_counted_with_one_statement_a_field() {
    let stage = Stage::of("51").await;
    let all: Vec<Value> = divisions::dataset()
        .counties_of("51")
        .map(|d| json!({ "__typename": "Division", "id": d.id.to_string() }))
        .collect();
    assert_eq!(all.len(), 183);
    let selection = "... on Division { funeralStats(from: \"2026-01\", to: \"2026-11\") { month cremations waived asOf } \
         facilityCounts { ruralCemeteries } waiverSummary(from: \"2026-01\", to: \"2026-11\") { households } }";
    let mut statements = Vec::new();
    for count in [1, 20, 183] {
        let before = stage.services.db.statements();
        let answer = entities(
            &stage.graph,
            dashboard("51"),
            json!(all[..count]),
            selection,
        )
        .await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        let rows = answer["data"]["_entities"].as_array().unwrap();
        assert!(
            rows.iter()
                .all(|r| r["funeralStats"].as_array().unwrap().len() == 11)
        );
        statements.push(stage.services.db.statements() - before);
    }
    // The tables of small cells are read once for both fields that need them.
    assert_eq!(statements, [3, 3, 3]);
}

#[tokio::test]
async fn the_counties_add_up_to_their_prefecture_and_province() {
    let stage = Stage::of("51").await;
    let selection = "... on Division { funeralStats(from: \"2026-03\", to: \"2026-04\") { cremations waiverHouseholds illegalGravesClosed } }";
    let sum = |rows: &[Value]| -> [i64; 3] {
        let mut total = [0; 3];
        for month in rows
            .iter()
            .flat_map(|r| r["funeralStats"].as_array().unwrap())
        {
            for (at, name) in ["cremations", "waiverHouseholds", "illegalGravesClosed"]
                .iter()
                .enumerate()
            {
                total[at] += month[name].as_i64().unwrap();
            }
        }
        total
    };
    let counties: Vec<Value> = divisions::dataset()
        .counties_of("51")
        .map(|d| json!({ "__typename": "Division", "id": d.id.to_string() }))
        .collect();
    // Who keeps the records sees small numbers too.
    let head = Principal::registrar("51", "510000", None);
    let apart = entities(&stage.graph, head.clone(), json!(counties), selection).await;
    let whole = json!([{ "__typename": "Division", "id": division("510000") }]);
    let together = entities(&stage.graph, head, whole, selection).await;
    let (apart, together) = (
        sum(apart["data"]["_entities"].as_array().unwrap()),
        sum(together["data"]["_entities"].as_array().unwrap()),
    );
    assert_eq!(apart, together);
    assert!(together[0] > 0);
}

#[tokio::test]
async fn a_page_of_facilities_loads_each_field_once_for_all() {
    let stage = Stage::of("51").await;
    let query = "query ($n: Int) { facilities(kind: COLUMBARIUM, first: $n) { nodes { name freePlots prices { price } \
         division { facilityCounts { funeralHomes } } place { funeralFacilities(first: 2) { name } } \
         organization { funeralFacilities { name } } } } }";
    let mut statements = Vec::new();
    for count in [1, 200] {
        let before = stage.services.db.statements();
        stage
            .data(Principal::public("51"), query, json!({ "n": count }))
            .await;
        statements.push(stage.services.db.statements() - before);
    }
    assert_eq!(statements[0], statements[1], "{statements:?}");
}

#[tokio::test]
async fn organizations_and_places_know_their_facilities() {
    let stage = Stage::of("51").await;
    let one = stage
        .data(
            Principal::public("51"),
            "{ facilities(first: 1) { nodes { id creditCode place { id } } } }",
            json!({}),
        )
        .await;
    let facility = &one["facilities"]["nodes"][0];
    let reps = json!([
        { "__typename": "Organization", "creditCode": facility["creditCode"] },
        { "__typename": "Organization", "creditCode": "51519901YYYY00047D" },
        { "__typename": "Place", "id": facility["place"]["id"] },
    ]);
    let selection = "... on Organization { funeralFacilities { id } } ... on Place { funeralFacilities { id } }";
    let answer = entities(&stage.graph, Principal::public("51"), reps, selection).await;
    let rows = &answer["data"]["_entities"];
    assert_eq!(rows[0]["funeralFacilities"][0]["id"], facility["id"]);
    assert_eq!(rows[1]["funeralFacilities"], json!([]));
    let at_place = rows[2]["funeralFacilities"].as_array().unwrap();
    assert!(at_place.iter().any(|f| f["id"] == facility["id"]));
}

#[tokio::test]
async fn the_schema_says_what_is_public_personal_and_a_key() {
    let stage = Stage::over(minzheng_kit::testing::memory(&crate::Funeral, "51").await);
    let sdl = stage.graph.sdl();
    for text in [
        "type FuneralFacility @key(fields: \"id\")",
        "type Person @key(fields: \"id\")",
        "type Organization @key(fields: \"creditCode\")",
        "@personal(category: \"death\", subject: \"id\")",
        "@requiresScopes(scopes: [[\"statistics.read\"]])",
        "@cacheControl(maxAge: 300, scope: PUBLIC)",
        "@cacheInvalidate(types: [\"Division\"])",
    ] {
        assert!(sdl.contains(text), "{text}\n{sdl}");
    }
    assert!(!sdl.contains("_entities"));
}
