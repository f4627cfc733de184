//! What is public is kept: roots whole, entities row by row, until a mutation says otherwise.

use serde_json::json;

use super::mock::{Fault, Subgraph, World, codes};
use crate::cache::Cache;
use crate::config;
use crate::telemetry::Metrics;

fn atlas() -> World {
    let mut world = World::new(vec![
        Subgraph {
            name: "places",
            sdl: r#"
                type Query {
                  divisions(level: Int): [Division!] @cacheControl(maxAge: 60, scope: PUBLIC)
                  mine: Division
                }
                type Mutation { rename(id: ID!): Division @cacheInvalidate(types: ["Division"]) }
                type Division @key(fields: "id") @cacheControl(maxAge: 30, scope: PUBLIC) { id: ID! name: String }
            "#,
            data: json!({
                "Query": {
                    "divisions": [{"__typename": "Division", "id": "1", "name": "Xinjin"}, {"__typename": "Division", "id": "2", "name": "Pixian"}],
                    "divisions(level:2)": [{"__typename": "Division", "id": "2", "name": "Pixian"}, {"__typename": "Division", "id": "3", "name": "Dayi"}],
                    "mine": {"__typename": "Division", "id": "1", "name": "Xinjin"}
                },
                "Mutation": {"rename": {"__typename": "Division", "id": "1", "name": "Xinjin"}},
                "entities": {}
            }),
        },
        Subgraph {
            name: "marriage",
            sdl: r#"
                type Query { x: Int }
                type Division @key(fields: "id") { id: ID! couples: Int @cacheControl(maxAge: 20, scope: PUBLIC) waiting: Int rate: Int @cacheControl(maxAge: 20, scope: PUBLIC) }
            "#,
            data: json!({
                "Query": {},
                "entities": {"Division": [
                    {"id": "1", "couples": 10, "waiting": 1, "rate": {"$error": "NO_RATE"}},
                    {"id": "2", "couples": 20, "waiting": 2, "rate": 7},
                    {"id": "3", "couples": 30, "waiting": 3, "rate": {"$error": "NO_RATE"}}
                ]}
            }),
        },
    ]);
    let config = config::Cache::default();
    let runtime = tokio::runtime::Handle::current();
    world.cache = Cache::new(&config, "51", Metrics::new(), runtime).unwrap();
    world
}

const COUPLES: &str = "query($l: Int) { divisions(level: $l) { name couples } }";

#[tokio::test]
async fn a_second_request_asks_only_for_the_rows_that_are_not_kept() {
    let world = atlas();
    let first = world.ask(COUPLES).await;
    assert_eq!(first, world.ask(COUPLES).await);
    assert_eq!(world.calls(), ["places", "marriage"]);
    let other = world.ask_with(COUPLES, json!({"l": 2})).await;
    assert_eq!(
        other,
        json!({"data": {"divisions": [{"name": "Pixian", "couples": 20}, {"name": "Dayi", "couples": 30}]}})
    );
    assert_eq!(
        world.bodies("marriage")[1]["variables"]["representations"],
        json!([{"__typename": "Division", "id": "3"}])
    );
}

#[tokio::test]
async fn a_public_fetch_carries_no_caller_and_any_other_does() {
    let world = atlas();
    world
        .ask("{ divisions { couples waiting } mine { name } }")
        .await;
    let log = world.log.take();
    let public: Vec<(&str, bool)> = log.iter().map(|(name, _, p)| (name.as_str(), *p)).collect();
    assert_eq!(public, [("places", false), ("marriage", false)]);
    world.ask(COUPLES).await;
    assert!(world.log.borrow().iter().all(|(_, _, public)| *public));
}

#[tokio::test]
async fn a_mutation_makes_what_it_names_stale() {
    let world = atlas();
    world.ask(COUPLES).await;
    world.ask("mutation { rename(id: \"1\") { name } }").await;
    world.ask(COUPLES).await;
    assert_eq!(
        world.calls(),
        ["places", "marriage", "places", "places", "marriage"]
    );
}

#[tokio::test]
async fn an_answer_with_errors_is_used_but_not_kept() {
    let world = atlas();
    let query = "query($l: Int) { divisions(level: $l) { rate } }";
    let first = world.ask(query).await;
    assert_eq!(
        first["data"]["divisions"],
        json!([{"rate": null}, {"rate": 7}])
    );
    assert_eq!(
        codes(&first),
        [("NO_RATE".to_owned(), json!(["divisions", 0, "rate"]))]
    );
    assert_eq!(world.ask(query).await, first);
    assert_eq!(world.bodies("marriage").len(), 2);
}

#[tokio::test]
async fn errors_of_fresh_rows_keep_their_place_among_kept_ones() {
    let mut world = atlas();
    let query = "query($l: Int) { divisions(level: $l) { rate } }";
    world.subgraphs[0].data["entities"]["Division"][0]["rate"] = json!(1);
    world.ask(query).await;
    let answer = world.ask_with(query, json!({"l": 2})).await;
    assert_eq!(
        world.bodies("marriage")[1]["variables"]["representations"],
        json!([{"__typename": "Division", "id": "3"}])
    );
    assert_eq!(
        answer["data"]["divisions"],
        json!([{"rate": 7}, {"rate": null}])
    );
    assert_eq!(
        codes(&answer),
        [("NO_RATE".to_owned(), json!(["divisions", 1, "rate"]))]
    );
}

#[tokio::test]
async fn a_subgraph_that_is_away_is_not_missed_while_its_answers_are_kept() {
    let world = atlas();
    let first = world.ask(COUPLES).await;
    let world = world
        .fault("marriage", Fault::Unavailable)
        .fault("places", Fault::Unavailable);
    assert_eq!(world.ask(COUPLES).await, first);
}

#[tokio::test]
async fn an_unusable_answer_is_never_kept() {
    for body in [
        "{\"data\":{\"_entities\":[]}}",
        "{\"data\":{\"_entities\":[{\"couples\":[1]}",
        "{}",
    ] {
        let world = atlas().fault("marriage", Fault::Body(body.to_owned()));
        let answer = world.ask(COUPLES).await;
        assert_eq!(
            answer["data"]["divisions"][0],
            json!({"name": "Xinjin", "couples": null})
        );
        assert_eq!(
            codes(&answer),
            [0, 1].map(|row| {
                let place = json!(["divisions", row, "couples"]);
                ("SUBGRAPH_MALFORMED".to_owned(), place)
            })
        );
        let mut world = world;
        world.faults.clear();
        assert_eq!(
            world.ask(COUPLES).await["data"]["divisions"][0]["couples"],
            json!(10)
        );
    }
}
