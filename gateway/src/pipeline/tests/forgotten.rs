//! What the planner forgets is never a silent null.

use serde_json::json;

use super::mock::{Subgraph, World, codes};
use super::shop;
use crate::plan::graph::{FetchGraph, PathStep, Source};

/// The ratings are fetched only under a condition that belongs to another field.
fn conditional(graph: &mut FetchGraph) {
    for fetch in &mut graph.fetches {
        if fetch.text.contains("rating") {
            fetch.conditions.push(("weighed".to_owned(), true));
        }
    }
}

#[tokio::test]
async fn a_value_that_no_request_of_this_one_was_to_bring_is_null_with_an_error() {
    let query =
        "query($weighed: Boolean = false) { cheapest { id rating weight @include(if: $weighed) } }";
    let world = shop().bent(conditional);
    let answer = world.ask(query).await;
    assert_eq!(
        answer["data"],
        json!({"cheapest": {"id": "1", "rating": null}})
    );
    let error = ("PLANNING_FAILED".to_owned(), json!(["cheapest", "rating"]));
    assert_eq!(codes(&answer), [error]);
    let all = world.ask_with(query, json!({"weighed": true})).await;
    assert!(all.get("errors").is_none(), "{all}");
    assert_eq!(all["data"]["cheapest"]["rating"], 4.5);
    // Where a request was to bring it, and there is none, null is the answer.
    let world = shop();
    let none = world.ask("{ latest { product { id rating } text } }").await;
    assert_eq!(none["data"]["latest"][0]["text"], json!(null), "{none}");
    assert!(
        codes(&none).iter().all(|(code, _)| code == "NO_RATING"),
        "{none}"
    );
}

/// Books and films with what one subgraph says of both.
fn lent() -> World {
    let catalogue = Subgraph {
        name: "catalogue",
        sdl: r#"
            type Query { things: [Thing!]! }
            union Thing = Book | Film
            type Book @key(fields: "id") { id: ID! }
            type Film @key(fields: "id") { id: ID! }
        "#,
        data: json!({"Query": {"things": [{"__typename": "Book", "id": "1"}, {"__typename": "Film", "id": "2"}]}}),
    };
    let lending = Subgraph {
        name: "lending",
        sdl: r#"
            type Book @key(fields: "id") { id: ID! loans: Int }
            type Film @key(fields: "id") { id: ID! loans: Int }
        "#,
        data: json!({"Query": {}, "entities": {"Book": [{"id": "1", "loans": 3}], "Film": [{"id": "2", "loans": 5}]}}),
    };
    World::new(vec![catalogue, lending])
}

/// Only books are looked at where objects are of several types.
fn books_only(graph: &mut FetchGraph) {
    for fetch in &mut graph.fetches {
        if let Source::Entities(sets) = &mut fetch.source {
            for path in sets.iter_mut().flat_map(|set| &mut set.paths) {
                path.push(PathStep::Types(vec!["Book".to_owned()]));
            }
        }
    }
}

#[tokio::test]
async fn a_value_that_was_to_be_brought_of_another_type_only_is_null_with_an_error() {
    let query = "{ things { __typename ... on Book { loans } ... on Film { loans } } }";
    let right = lent().ask(query).await;
    assert_eq!(
        right,
        json!({"data": {"things": [{"__typename": "Book", "loans": 3}, {"__typename": "Film", "loans": 5}]}})
    );
    let answer = lent().bent(books_only).ask(query).await;
    assert_eq!(
        answer["data"],
        json!({"things": [{"__typename": "Book", "loans": 3}, {"__typename": "Film", "loans": null}]})
    );
    let error = ("PLANNING_FAILED".to_owned(), json!(["things", 1, "loans"]));
    assert_eq!(codes(&answer), [error]);
}
