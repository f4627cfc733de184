//! Equal requests at the same time: one execution when all is public, one for each otherwise.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::mock::{Fault, Subgraph, World};

fn registry() -> World {
    World::new(vec![Subgraph {
        name: "places",
        sdl: r#"
            type Query {
              divisions(level: Int): [Division!] @cacheControl(scope: PUBLIC)
              desks: [Desk!] @cacheControl(scope: PUBLIC)
              mine: Division
            }
            type Mutation { rename: Division }
            type Division @key(fields: "id") @cacheControl(scope: PUBLIC) { id: ID! name: String }
            type Desk @cacheControl(scope: PUBLIC) { id: ID! note: String @requiresScopes(scopes: [["desk"]]) officer: String @cacheControl(scope: PRIVATE) }
        "#,
        data: json!({
            "Query": {
                "divisions": [{"__typename": "Division", "id": "1", "name": "Xinjin"}],
                "divisions(level:2)": [{"__typename": "Division", "id": "2", "name": "Pixian"}],
                "desks": [{"__typename": "Desk", "id": "7", "note": "n", "officer": "o"}],
                "mine": {"__typename": "Division", "id": "1", "name": "Xinjin"}
            },
            "Mutation": {"rename": {"__typename": "Division", "id": "1", "name": "Xinjin"}}
        }),
    }])
}

const DIVISIONS: &str = "query($l: Int) { divisions(level: $l) { name } }";

/// Warms the caches of documents and plans, so that what follows runs at the same time.
async fn warmed(world: World, queries: &[&str]) -> World {
    for query in queries {
        world.ask(query).await;
    }
    world.log.borrow_mut().clear();
    world
}

#[tokio::test]
async fn equal_public_requests_at_one_time_are_one_and_later_ones_are_not() {
    let world = warmed(registry(), &[DIVISIONS]).await;
    let expected = json!({"data": {"divisions": [{"name": "Xinjin"}]}});
    for answer in join_all((0..20).map(|_| world.ask(DIVISIONS))).await {
        assert_eq!(answer, expected);
    }
    assert_eq!(world.calls().len(), 1);
    assert_eq!(world.pipeline.joined.under_way(), 0);
    world.ask(DIVISIONS).await;
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test]
async fn other_variables_are_another_request_and_no_value_is_not_null() {
    let world = warmed(registry(), &[DIVISIONS]).await;
    let asked = [
        json!({}),
        json!({"l": null}),
        json!({"l": 2}),
        json!({"l": 2}),
    ];
    let answers = join_all(asked.map(|variables| world.ask_with(DIVISIONS, variables))).await;
    assert_eq!(world.calls().len(), 3);
    assert_eq!(
        answers[2],
        json!({"data": {"divisions": [{"name": "Pixian"}]}})
    );
    assert_eq!(answers[2], answers[3]);
}

#[tokio::test]
async fn what_is_not_all_public_is_never_shared() {
    for query in [
        "{ mine { name } }",
        "{ divisions { name } mine { name } }",
        "{ desks { id officer } }",
        "{ divisions { name } __schema { queryType { name } } }",
        "mutation { rename { name } }",
    ] {
        let world = warmed(registry(), &[query]).await;
        join_all((0..3).map(|_| world.ask(query))).await;
        assert_eq!(world.pipeline.joined.under_way(), 0);
        assert_eq!(world.calls().len(), 3, "{query}");
    }
}

#[tokio::test]
async fn a_caller_who_may_see_less_never_gets_the_answer_of_one_who_may_see_more() {
    let query = "{ desks { id note } }";
    let may = warmed(registry().signed_in(&["desk"]), &[query]).await;
    let public = crate::identity::Principal::public("51");
    // Both at once over one pipeline: the answers differ as if each had come alone.
    let (first, second, third, fourth) = tokio::join!(
        may.ask(query),
        may.ask_as(&public, query),
        may.ask(query),
        may.ask_as(&public, query),
    );
    let both = [first, second, third, fourth];
    assert_eq!(both[0]["data"]["desks"][0], json!({"id": "7", "note": "n"}));
    assert_eq!(
        both[1]["data"]["desks"][0],
        json!({"id": "7", "note": null})
    );
    assert_eq!(
        both[1]["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
    assert_eq!((&both[0], &both[1]), (&both[2], &both[3]));
}

#[tokio::test]
async fn an_answer_with_errors_is_nobody_elses() {
    let world = warmed(registry(), &[DIVISIONS]).await;
    let world = world.fault("places", Fault::Unavailable);
    let answers: Vec<Value> = join_all((0..4).map(|_| world.ask(DIVISIONS))).await;
    assert_eq!(world.calls().len(), 4);
    assert!(answers.iter().all(|answer| answer["errors"].is_array()));
    assert_eq!(world.pipeline.joined.under_way(), 0);
}

#[tokio::test]
async fn when_the_first_ones_client_leaves_the_others_are_answered() {
    let world = warmed(registry(), &[DIVISIONS]).await;
    let mut first = Box::pin(world.ask(DIVISIONS));
    let polled = futures_util::poll!(&mut first);
    assert!(polled.is_pending());
    let mut second = Box::pin(world.ask(DIVISIONS));
    assert!(futures_util::poll!(&mut second).is_pending());
    drop(first);
    assert_eq!(second.await["data"]["divisions"][0]["name"], "Xinjin");
    assert_eq!(world.calls().len(), 2);
    assert_eq!(world.pipeline.joined.under_way(), 0);
}

#[tokio::test]
async fn a_request_after_a_mutation_does_not_join_one_from_before() {
    let mutation = "mutation { rename { name } }";
    let world = warmed(registry(), &[DIVISIONS, mutation]).await;
    let mut before = Box::pin(world.ask(DIVISIONS));
    assert!(futures_util::poll!(&mut before).is_pending());
    world.ask(mutation).await;
    world.ask(DIVISIONS).await;
    before.await;
    assert_eq!(world.calls().len(), 3);
}
