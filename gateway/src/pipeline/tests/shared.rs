//! Places of an answer that show one entity may hold the same objects; what is asked at one of them never shows at
//! another.

use serde_json::{Value, json};

use super::mock::{Subgraph, World, codes};
use super::parts::told;

/// Three names for two books; their authors, what is told of these elsewhere, and a page about each book that two
/// subgraphs write.
fn books() -> World {
    let book = |id: &str| json!({"__typename": "Book", "id": id});
    let catalogue = Subgraph {
        name: "catalogue",
        sdl: r#"
            type Query { one: Book same: Book other: Book shelf: [Book!]! }
            type Book @key(fields: "id") { id: ID! }
        "#,
        data: json!({"Query": {
            "one": book("1"), "same": book("1"), "other": book("2"),
            "shelf": [book("1"), book("2"), book("1"), book("1")],
        }}),
    };
    let writers = Subgraph {
        name: "writers",
        sdl: r#"
            type Book @key(fields: "id") { id: ID! author: Author about: About @shareable }
            type Author @key(fields: "id") { id: ID! name: String }
            type About { pages: Int }
        "#,
        data: json!({"Query": {}, "entities": {
            "Book": [
                {"id": "1", "author": {"__typename": "Author", "id": "a", "name": "Ru"}, "about": {"pages": 7}},
                {"id": "2", "author": {"__typename": "Author", "id": "b", "name": "Shi"}, "about": {"pages": 8}},
            ],
        }}),
    };
    let lives = Subgraph {
        name: "lives",
        sdl: r#"
            type Author @key(fields: "id") {
                id: ID! born: Int! died: Int
            }
        "#,
        data: json!({"Query": {}, "entities": {"Author": [
            {"id": "a", "born": 1037, "died": 1101},
            {"id": "b", "born": {"$error": "UNKNOWN_YEAR"}, "died": 1155},
        ]}}),
    };
    let words = Subgraph {
        name: "words",
        sdl: r#"
            type Book @key(fields: "id") { id: ID! about: About @shareable }
            type About { motto: String slogan: String }
        "#,
        data: json!({"Query": {}, "entities": {"Book": [
            {"id": "1", "about": {"motto": "m1", "slogan": "s1"}},
            {"id": "2", "about": {"motto": "m2", "slogan": "s2"}},
        ]}}),
    };
    World::new(vec![catalogue, writers, lives, words])
}

#[tokio::test]
async fn each_place_shows_what_was_asked_there_whoever_shares_its_entity() {
    let ru = |value: Value| json!({"author": value});
    let died = [1101, 1155, 1101, 1101].map(|year| ru(json!({"died": year})));
    for (query, data) in [
        (
            "{ one { author { name born } } same { author { born } } }",
            json!({"one": ru(json!({"name": "Ru", "born": 1037})), "same": ru(json!({"born": 1037}))}),
        ),
        (
            "{ one { author { name born } } same { author { name } } }",
            json!({"one": ru(json!({"name": "Ru", "born": 1037})), "same": ru(json!({"name": "Ru"}))}),
        ),
        // One name for different values: of an entity inside, and of an object that two subgraphs bring.
        (
            "{ one { author { name year: born } } same { author { name year: died } } }",
            json!({"one": ru(json!({"name": "Ru", "year": 1037})), "same": ru(json!({"name": "Ru", "year": 1101}))}),
        ),
        (
            "{ one { about { pages line: motto } } same { about { pages line: slogan } } }",
            json!({"one": {"about": {"pages": 7, "line": "m1"}}, "same": {"about": {"pages": 7, "line": "s1"}}}),
        ),
        (
            "{ one { about { pages motto } } same { about { pages motto slogan } } other { about { pages motto } } }",
            json!({
                "one": {"about": {"pages": 7, "motto": "m1"}},
                "same": {"about": {"pages": 7, "motto": "m1", "slogan": "s1"}},
                "other": {"about": {"pages": 8, "motto": "m2"}},
            }),
        ),
        (
            "{ shelf { author { died } } other { author { died name } } }",
            json!({
                "shelf": died,
                "other": ru(json!({"died": 1155, "name": "Shi"})),
            }),
        ),
    ] {
        let world = books();
        let answer = world.ask(query).await;
        let asked = world.bodies("lives");
        assert_eq!(answer, json!({"data": data}), "{query} {asked:#?}");
    }
}

#[tokio::test]
async fn a_condition_of_one_place_is_none_of_another_that_shares_its_entity() {
    for asked in [true, false] {
        for (query, data) in [
            (
                "query($asked: Boolean!) { one { author { name born @include(if: $asked) } } same { author { born } } }",
                json!({"one": {"author": match asked {
                    true => json!({"name": "Ru", "born": 1037}),
                    false => json!({"name": "Ru"}),
                }}, "same": {"author": {"born": 1037}}}),
            ),
            (
                "query($asked: Boolean!) { one { author @include(if: $asked) { name died } } same { author { name born @skip(if: $asked) } } }",
                match asked {
                    true => {
                        json!({"one": {"author": {"name": "Ru", "died": 1101}}, "same": {"author": {"name": "Ru"}}})
                    }
                    false => json!({"one": {}, "same": {"author": {"name": "Ru", "born": 1037}}}),
                },
            ),
        ] {
            let answer = books().ask_with(query, json!({"asked": asked})).await;
            assert_eq!(answer, json!({"data": data}), "{query} {asked}");
        }
    }
}

#[tokio::test]
async fn an_error_and_its_null_are_told_where_the_value_was_asked_for_and_nowhere_else() {
    let error = |place: &str| ("UNKNOWN_YEAR".to_owned(), json!([place, "author", "born"]));
    let shi = json!({"author": {"name": "Shi"}});
    let none = json!({"author": null});
    for (query, data, errors) in [
        (
            "{ other { author { name born } } again: other { author { name } } }",
            json!({"other": none, "again": shi}),
            vec![error("other")],
        ),
        (
            "{ other { author { name } } again: other { author { name born } } }",
            json!({"other": shi, "again": none}),
            vec![error("again")],
        ),
        (
            "{ other { author { name born } } again: other { author { born } } }",
            json!({"other": none, "again": none}),
            vec![error("again"), error("other")],
        ),
    ] {
        let answer = books().ask(query).await;
        assert_eq!(answer["data"], data, "{query}");
        let mut told = codes(&answer);
        told.sort_by_key(|(_, place)| place.to_string());
        assert_eq!(told, errors, "{query}");
    }
}

#[tokio::test]
async fn what_one_place_tells_later_another_may_tell_at_once() {
    let query = "{ one { author { name ... @defer { born } } } same { author { born } } }";
    let (parts, _) = told(&books(), query, json!({})).await;
    let first = json!({"one": {"author": {"name": "Ru"}}, "same": {"author": {"born": 1037}}});
    assert_eq!(parts[0]["data"], first, "{parts:?}");
    let later = parts
        .iter()
        .flat_map(|part| part["incremental"].as_array().into_iter().flatten());
    let later: Vec<_> = later.map(|one| &one["data"]).collect();
    assert_eq!(later, [&json!({"born": 1037})], "{parts:?}");
}

#[tokio::test]
async fn an_entity_in_many_places_is_asked_about_once() {
    let world = books();
    let answer = world
        .ask("{ shelf { author { died } } one { author { died } } }")
        .await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let bodies = world.bodies("lives");
    let asked: Vec<usize> = bodies
        .iter()
        .flat_map(|body| body["variables"].as_object().into_iter().flatten())
        .filter_map(|(_, list)| Some(list.as_array()?.len()))
        .collect();
    assert_eq!(asked, [2], "{bodies:?}");
}
