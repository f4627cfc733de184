//! Unions, interfaces across subgraphs, nested keys, shared entities, mismatching types.

use serde_json::{Value, json};

use super::mock::{Subgraph, World};

fn library() -> World {
    World::new(vec![
        Subgraph {
            name: "catalogue",
            sdl: r#"
                type Query { things: [Thing!]! owned: Owned media: [Media] tree: Node first: Box second: Box json: JSON moods: [Mood] }
                scalar JSON
                enum Mood { GOOD BAD }
                union Thing = Book | Film
                interface Media { title: String }
                type Book implements Media @key(fields: "isbn") { isbn: ID! title: String pages: Int! parts: [Part!]! }
                type Film implements Media @key(fields: "code { country number }") { code: Code! title: String pages: String }
                type Code @shareable { country: String! number: Int! }
                type Part { no: Int! book: Book }
                type Owned { owner: Person borrower: Person }
                type Person @key(fields: "id") { id: ID! }
                type Node { name: String child: Node book: Book }
                type Box { owner: Person }
            "#,
            data: json!({
                "Query": {
                    "json": {"a": [1, {"b": null}], "c": "x"},
                    "moods": ["GOOD", "UGLY", null],
                    "things": [
                        {"__typename": "Book", "isbn": "1", "title": "Li Ji", "pages": 49, "parts": [{"__typename": "Part", "no": 1, "book": {"__typename": "Book", "isbn": "1"}}]},
                        {"__typename": "Film", "title": "Yi Yi", "pages": "none", "code": {"__typename": "Code", "country": "TW", "number": 2}}
                    ],
                    "media": [
                        {"__typename": "Film", "$is": ["Media"], "title": "Yi Yi", "pages": "none", "code": {"__typename": "Code", "country": "TW", "number": 2}},
                        null,
                        {"__typename": "Book", "$is": ["Media"], "isbn": "1", "title": "Li Ji", "pages": 49}
                    ],
                    "owned": {"__typename": "Owned", "owner": {"__typename": "Person", "id": "p"}, "borrower": {"__typename": "Person", "id": "p"}},
                    "tree": {"__typename": "Node", "name": "a", "child": {"__typename": "Node", "name": "b", "book": {"__typename": "Book", "isbn": "1"}, "child": null}},
                    "first": {"__typename": "Box", "owner": {"__typename": "Person", "id": "p"}},
                    "second": {"__typename": "Box", "owner": {"__typename": "Person", "id": "p"}}
                },
                "entities": {}
            }),
        },
        Subgraph {
            name: "people",
            sdl: r#"
                type Query { everyone: [Person] }
                type Person @key(fields: "id") { id: ID! name: String home: Home }
                type Home @key(fields: "id") { id: ID! }
            "#,
            data: json!({
                "Query": {},
                "entities": {"Person": [{"id": "p", "name": "Wang", "home": {"__typename": "Home", "id": "h"}}]}
            }),
        },
        Subgraph {
            name: "facts",
            sdl: r#"
                type Query { x: Int }
                type Book @key(fields: "isbn") { isbn: ID! loans: Int }
                type Film @key(fields: "code { country number }") { code: Code! loans: Int }
                type Code @shareable { country: String! number: Int! }
                type Home @key(fields: "id") { id: ID! greet(in: String): String }
            "#,
            data: json!({
                "Query": {},
                "entities": {
                    "Book": [{"isbn": "1", "loans": 3}],
                    "Film": [{"__typename": "Film", "code": {"__typename": "Code", "country": "TW", "number": 2}, "loans": 5, "any": 1}],
                    "Home": [{"id": "h", "greet(in:\"zh\")": "你好", "greet(in:\"en\")": "Hello"}]
                }
            }),
        },
    ])
}

async fn data(query: &str) -> Value {
    let answer = library().ask(query).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"].clone()
}

#[tokio::test]
async fn fields_of_one_name_and_different_types_stay_apart() {
    assert_eq!(
        data("{ things { ... on Book { isbn p: pages } ... on Film { title q: pages } } }").await,
        json!({"things": [{"isbn": "1", "p": 49}, {"title": "Yi Yi", "q": "none"}]})
    );
}

#[tokio::test]
async fn an_interface_is_asked_without_fragments() {
    assert_eq!(
        data("{ media { title __typename } }").await,
        json!({"media": [{"title": "Yi Yi", "__typename": "Film"}, null, {"title": "Li Ji", "__typename": "Book"}]})
    );
}

#[tokio::test]
async fn members_of_a_union_are_joined_each_by_its_own_key() {
    let world = library();
    let answer = world.ask("{ things { ... on Book { loans parts { no book { loans } } } ... on Film { title } } }").await;
    assert_eq!(
        answer,
        json!({"data": {"things": [{"loans": 3, "parts": [{"no": 1, "book": {"loans": 3}}]}, {"title": "Yi Yi"}]}})
    );
}

#[tokio::test]
async fn a_compound_key_is_sent_whole() {
    let world = library();
    world.ask("{ things { ... on Film { loans } } }").await;
    assert_eq!(
        world.bodies("facts")[0]["variables"]["representations"],
        json!([{"__typename": "Film", "code": {"country": "TW", "number": 2}}])
    );
}

#[tokio::test]
async fn one_entity_in_two_places_may_be_asked_differently_inside() {
    let world = library();
    let answer = world
        .ask("{ owned { owner { name home { greet(in: \"zh\") } } borrower { name home { greet(in: \"en\") } } } }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {"owned": {
            "owner": {"name": "Wang", "home": {"greet": "你好"}},
            "borrower": {"name": "Wang", "home": {"greet": "Hello"}}
        }}})
    );
}

#[tokio::test]
async fn one_fetch_serves_equal_selections_at_several_places() {
    let world = library();
    let answer = world
        .ask("{ first { owner { name } } second { owner { name home { id } } } }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {"first": {"owner": {"name": "Wang"}}, "second": {"owner": {"name": "Wang", "home": {"id": "h"}}}}})
    );
    assert_eq!(world.calls(), ["catalogue", "people"]);
}

#[tokio::test]
async fn a_type_inside_itself_keeps_its_levels_apart() {
    assert_eq!(
        data("{ tree { name book { loans } child { name book { loans } child { name } } } }").await,
        json!({"tree": {"name": "a", "book": null, "child": {"name": "b", "book": {"loans": 3}, "child": null}}})
    );
}

#[tokio::test]
async fn a_custom_scalar_passes_whole_and_an_unknown_enum_value_does_not() {
    assert_eq!(
        data("{ json }").await,
        json!({"json": {"a": [1, {"b": null}], "c": "x"}})
    );
    let answer = library().ask("{ moods }").await;
    assert_eq!(answer["data"], json!({"moods": ["GOOD", null, null]}));
    assert_eq!(answer["errors"][0]["path"], json!(["moods", 1]));
}

/// An interface whose extra fields another subgraph gives to all implementations at once.
fn catalogued() -> World {
    World::new(vec![
        Subgraph {
            name: "nodes",
            sdl: r#"
                type Query { media: [Media!] one: Media }
                interface Media @key(fields: "id") { id: ID! title: String @shareable }
                type Book implements Media @key(fields: "id") { id: ID! title: String @shareable pages: Int }
                type Film implements Media @key(fields: "id") { id: ID! title: String @shareable }
            "#,
            data: json!({
                "Query": {
                    "media": [
                        {"__typename": "Book", "$is": ["Media"], "id": "1", "title": "Li Ji", "pages": 49},
                        {"__typename": "Film", "$is": ["Media"], "id": "2", "title": "Yi Yi"}
                    ],
                    "one": {"__typename": "Book", "$is": ["Media"], "id": "1", "title": "Li Ji", "pages": 49}
                },
                "entities": {"Media": [
                    {"__typename": "Book", "$is": ["Media"], "id": "1", "title": "Li Ji", "pages": 49},
                    {"__typename": "Film", "$is": ["Media"], "id": "2", "title": "Yi Yi"}
                ]}
            }),
        },
        Subgraph {
            name: "marks",
            sdl: r#"
                type Query { best: Media }
                type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }
            "#,
            data: json!({
                "Query": {"best": {"__typename": "Media", "id": "2", "stars": 5}},
                "entities": {"Media": [{"id": "1", "stars": 4}, {"id": "2", "stars": 5}]}
            }),
        },
    ])
}

#[tokio::test]
async fn an_interface_object_adds_to_every_implementation_and_never_shows_its_name() {
    let world = catalogued();
    let answer = world
        .ask("{ media { __typename id stars ... on Book { pages s: stars } } }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {"media": [
            {"__typename": "Book", "id": "1", "stars": 4, "pages": 49, "s": 4},
            {"__typename": "Film", "id": "2", "stars": 5}
        ]}})
    );
    let answer = catalogued()
        .ask("{ best { __typename stars title } }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {"best": {"__typename": "Film", "stars": 5, "title": "Yi Yi"}}})
    );
}

#[tokio::test]
async fn the_deepest_operation_allowed_is_planned_and_answered() {
    let query = |depth: usize| {
        format!(
            "{{ tree {}{{ name book {{ loans }} }}{} }}",
            "{ name book { loans } child ".repeat(depth),
            "}".repeat(depth)
        )
    };
    let world = library();
    let start = std::time::Instant::now();
    let answer = world.ask(&query(26)).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    assert_eq!(answer["data"]["tree"]["child"]["book"]["loans"], 3);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert_eq!(
        world.ask(&query(35)).await["errors"][0]["extensions"]["code"],
        "TOO_DEEP"
    );
}

#[tokio::test]
async fn a_hidden_type_or_enum_value_is_null_to_clients_and_cannot_be_given() {
    let world = World::new(vec![Subgraph {
        name: "zoo",
        sdl: r#"
            type Query { animals: [Animal] moods: [Mood] inMood(mood: Mood!): Int }
            interface Animal { id: ID! }
            type Cat implements Animal { id: ID! }
            type Yeti implements Animal @inaccessible { id: ID! }
            enum Mood { GOOD SECRET @inaccessible }
        "#,
        data: json!({"Query": {
            "animals": [
                {"__typename": "Cat", "$is": ["Animal"], "id": "c"},
                {"__typename": "Yeti", "$is": ["Animal"], "id": "y"}
            ],
            "moods": ["GOOD", "SECRET"],
            "inMood": 1
        }}),
    }]);
    for query in [
        "{ animals { id } moods }",
        "{ animals { id __typename } moods }",
    ] {
        let answer = world.ask(query).await;
        assert_eq!(answer["data"]["animals"][0]["id"], "c");
        assert_eq!(answer["data"]["animals"][1], Value::Null, "{answer}");
        assert_eq!(answer["data"]["moods"], json!(["GOOD", null]));
        assert!(!answer.to_string().contains("Yeti") && !answer.to_string().contains("SECRET"));
    }
    let refused = world.ask("{ inMood(mood: SECRET) }").await;
    assert_eq!(refused["data"], Value::Null);
    assert!(!refused.to_string().contains("SECRET"), "{refused}");
    assert_eq!(
        world.ask("{ inMood(mood: GOOD) }").await["data"]["inMood"],
        1
    );
}
