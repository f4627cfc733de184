//! What the planner forgets is never a silent null.

use serde_json::json;

use super::mock::{Subgraph, World, codes};
use super::parts::told;
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

/// Books and films with their copies, and another subgraph that says when each copy is due.
fn copies() -> World {
    let catalogue = Subgraph {
        name: "catalogue",
        sdl: r#"
            type Query { things: [Thing!]! }
            union Thing = Book | Film
            type Book @key(fields: "id") { id: ID! copies: [Copy!]! }
            type Film @key(fields: "id") { id: ID! copies: [Copy!]! }
            type Copy @key(fields: "no") { no: ID! }
        "#,
        data: json!({"Query": {"things": [
            {"__typename": "Book", "id": "1", "copies": [{"__typename": "Copy", "no": "a"}, {"__typename": "Copy", "no": "b"}]},
            {"__typename": "Film", "id": "2", "copies": [{"__typename": "Copy", "no": "c"}]},
        ]}}),
    };
    let lending = Subgraph {
        name: "lending",
        sdl: r#"type Copy @key(fields: "no") { no: ID! due: Int }"#,
        data: json!({"Query": {}, "entities": {"Copy": [{"no": "a", "due": 3}, {"no": "c", "due": 5}]}}),
    };
    World::new(vec![catalogue, lending])
}

/// Only the copies of books are looked at.
fn of_books_only(graph: &mut FetchGraph) {
    for fetch in &mut graph.fetches {
        if let Source::Entities(sets) = &mut fetch.source {
            for set in sets {
                set.paths = vec![vec![
                    PathStep::Key("things".to_owned()),
                    PathStep::Types(vec!["Book".to_owned()]),
                    PathStep::Key("copies".to_owned()),
                ]];
            }
        }
    }
}

#[tokio::test]
async fn a_value_inside_an_object_of_another_type_than_was_asked_is_null_with_an_error() {
    let query = "{ things { __typename ... on Book { copies { no due } } ... on Film { copies { no due } } } }";
    let book =
        json!({"__typename": "Book", "copies": [{"no": "a", "due": 3}, {"no": "b", "due": null}]});
    let of_film = |due| json!({"things": [book, {"__typename": "Film", "copies": [{"no": "c", "due": due}]}]});
    // There is no second copy in the lending's books: that null is an answer.
    let right = copies().ask(query).await;
    assert_eq!(right, json!({"data": of_film(json!(5))}));
    let answer = copies().bent(of_books_only).ask(query).await;
    assert_eq!(answer["data"], of_film(json!(null)));
    let place = json!(["things", 1, "copies", 0, "due"]);
    let error = ("PLANNING_FAILED".to_owned(), place);
    assert_eq!(codes(&answer), [error]);
}

#[tokio::test]
async fn a_value_told_later_that_was_not_asked_of_the_object_around_it_is_null_with_an_error() {
    let query = "{ things { __typename ... on Book { copies { ...C @defer } } ... on Film { copies { ...C @defer } } } }
        fragment C on Copy { no due }";
    for (world, due) in [
        (copies(), json!(5)),
        (copies().bent(of_books_only), json!(null)),
    ] {
        let (parts, _) = told(&world, query, json!({})).await;
        let later = parts
            .iter()
            .flat_map(|part| part["incremental"].as_array().into_iter().flatten());
        let mut later: Vec<_> = later.collect();
        later.sort_by_key(|one| one["path"].to_string());
        let data: Vec<_> = later.iter().map(|one| &one["data"]["due"]).collect();
        assert_eq!(data, [&json!(3), &json!(null), &due], "{parts:?}");
        let told = later.iter().map(|one| codes(one)).collect::<Vec<_>>();
        let place = json!(["things", 1, "copies", 0, "due"]);
        let missing = [("PLANNING_FAILED".to_owned(), place)];
        assert!(told[0].is_empty() && told[1].is_empty(), "{parts:?}");
        assert_eq!(told[2], if due.is_null() { &missing[..] } else { &[] });
    }
}
