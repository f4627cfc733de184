//! What is public is kept: roots whole, entities row by row, until a mutation says otherwise.

use serde_json::{Value, json};

use super::mock::{Fault, Subgraph, World, codes};
use crate::cache::{Cache, NameKey};
use crate::config;
use crate::identity::Principal;
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
    world.cache = Cache::new(
        &config,
        "51",
        NameKey::new(&[7; 32]),
        Metrics::new(),
        runtime,
    )
    .unwrap();
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
    let again = world.ask(query).await;
    assert_eq!(
        (&again["data"], codes(&again)),
        (&first["data"], codes(&first))
    );
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
        "{\"data\":{\"_entities\":null}}",
        "{\"data\":{\"_entities\":{}}}",
        "{\"data\":{\"_entities\":[1,2]}}",
        "{\"data\":{}}",
        "{\"data\":null}",
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

/// Figures for everybody beside a name that demands a right, of the same rows.
fn guarded() -> (World, Metrics) {
    let mut world = World::new(vec![
        Subgraph {
            name: "places",
            sdl: r#"
                type Query { divisions: [Division!] @cacheControl(maxAge: 60, scope: PUBLIC) }
                type Division @key(fields: "id") @cacheControl(maxAge: 30, scope: PUBLIC) { id: ID! name: String }
            "#,
            data: json!({
                "Query": {"divisions": [{"__typename": "Division", "id": "1", "name": "Xinjin"}]},
                "entities": {}
            }),
        },
        Subgraph {
            name: "marriage",
            sdl: r#"
                type Query { x: Int }
                type Division @key(fields: "id") {
                  id: ID!
                  couples: Int @cacheControl(maxAge: 20, scope: PUBLIC)
                  spouse: String @requiresScopes(scopes: [["ledger"]]) @cacheControl(maxAge: 20, scope: PUBLIC)
                }
            "#,
            data: json!({
                "Query": {},
                "entities": {"Division": [{"id": "1", "couples": 10, "spouse": "somebody"}]}
            }),
        },
    ]);
    let metrics = Metrics::new();
    let runtime = tokio::runtime::Handle::current();
    let config = config::Cache::default();
    world.cache = Cache::new(
        &config,
        "51",
        NameKey::new(&[7; 32]),
        metrics.clone(),
        runtime,
    )
    .unwrap();
    (world, metrics)
}

/// What a request costs, which is what its time can tell: the subgraphs it asks, and what it finds in the cache.
async fn work(world: &World, metrics: &Metrics, query: &str) -> (Value, Vec<String>, Vec<String>) {
    let lookups = |metrics: &Metrics| -> Vec<(String, u64)> {
        let text = metrics.text();
        let lines = text.lines().filter_map(|line| {
            let line = line.strip_prefix("minzheng_gateway_cache_lookups_total")?;
            let (outcome, times) = line.split_once(' ')?;
            Some((outcome.to_owned(), times.parse().ok()?))
        });
        lines.collect()
    };
    let (before, calls) = (lookups(metrics), world.calls().len());
    let answer = world.ask_as(&Principal::public("51"), query).await;
    let mut found: Vec<String> = lookups(metrics)
        .into_iter()
        .map(|(outcome, times)| {
            let known = before.iter().find(|(known, _)| *known == outcome);
            (outcome, times - known.map_or(0, |(_, times)| *times))
        })
        .filter(|(_, times)| *times > 0)
        .map(|(outcome, times)| format!("{outcome} {times}"))
        .collect();
    found.sort();
    (answer, world.calls().split_off(calls), found)
}

/// Times of kept answers tell nothing of what others may see (design, Execution). Shown without a clock: the public
/// causes the same work whether or not a privileged caller asked before.
#[tokio::test]
async fn what_a_privileged_caller_read_makes_no_public_answer_faster() {
    const OPEN: &str = "{ divisions { name couples } }";
    const SECRET: &str = "{ divisions { name spouse } }";
    let officer = Principal {
        subject: Some("officer".into()),
        scopes: ["ledger".into()].into(),
        ..Principal::public("51")
    };
    let cold = {
        let (world, metrics) = guarded();
        work(&world, &metrics, OPEN).await
    };
    // What only the officer may see is neither in the cache nor asked for, whether or not the officer was there.
    let refused = {
        let (world, metrics) = guarded();
        world.ask(OPEN).await;
        work(&world, &metrics, SECRET).await
    };
    assert_eq!(refused.0["data"]["divisions"][0]["spouse"], json!(null));
    assert!(!refused.1.contains(&"marriage".to_owned()), "{refused:?}");
    for officers in 1..3 {
        let (world, metrics) = guarded();
        world.ask(OPEN).await;
        for _ in 0..officers {
            let seen = world.ask_as(&officer, SECRET).await;
            assert_eq!(seen["data"]["divisions"][0]["spouse"], "somebody");
        }
        assert_eq!(work(&world, &metrics, SECRET).await, refused);
    }
    // The officer's reading of the row warms no figure of it.
    let (world, metrics) = guarded();
    world.ask_as(&officer, "{ divisions { spouse } }").await;
    let after = work(&world, &metrics, OPEN).await;
    assert_eq!(after.0, cold.0);
    assert!(after.1.contains(&"marriage".to_owned()), "{after:?}");
    // And what everybody may see is warmed alike by whoever asks for it.
    let mut warm = Vec::new();
    for principal in [&officer, &Principal::public("51")] {
        let (world, metrics) = guarded();
        world.ask_as(principal, OPEN).await;
        warm.push(work(&world, &metrics, OPEN).await);
    }
    warm.dedup();
    assert_eq!(warm.len(), 1, "{warm:?}");
}
