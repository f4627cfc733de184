//! Names that the planner gives for itself: clients never see them, neither in data nor in errors.

use serde_json::{Value, json};

use super::mock::{Subgraph, World, codes};

/// Books have a title and films may have one, as this subgraph sees it; all of them together only may. So
/// one request for both titles needs two names.
fn titles(title: &Value) -> World {
    let catalogue = Subgraph {
        name: "catalogue",
        sdl: r#"
            type Query { things: [Thing] shelf: Shelf }
            union Thing = Book | Film
            type Book @key(fields: "id") { id: ID! title: String! @shareable }
            type Film @key(fields: "id") { id: ID! title: String @shareable }
            type Shelf @key(fields: "id") { id: ID! }
        "#,
        data: json!({
            "Query": {
                "things": [
                    {"__typename": "Book", "id": "1", "title": "Li Ji"},
                    {"__typename": "Film", "id": "2", "title": title},
                ],
                "shelf": {"__typename": "Shelf", "id": "s"}
            },
            "entities": {}
        }),
    };
    let lending = Subgraph {
        name: "lending",
        sdl: r#"
            type Query { x: Int }
            union Thing = Book | Film
            type Book @key(fields: "id") { id: ID! title: String @shareable }
            type Film @key(fields: "id") { id: ID! title: String! @shareable }
            type Shelf @key(fields: "id") { id: ID! lent: [Thing] }
        "#,
        data: json!({
            "Query": {},
            "entities": {"Shelf": [{"id": "s", "lent": [
                {"__typename": "Film", "id": "2", "title": "Yi Yi"},
                {"__typename": "Book", "id": "1", "title": title},
            ]}]}
        }),
    };
    World::new(vec![catalogue, lending])
}

fn gone() -> Value {
    json!({"$error": "TITLE_GONE"})
}

#[tokio::test]
async fn an_error_under_a_name_of_the_planners_is_told_at_the_clients_place() {
    let told = |path: Value| ("TITLE_GONE".to_owned(), path);
    // In a list of the root, by a name of the client's own.
    let query = "{ all: things { ... on Book { t: title } ... on Film { t: title } } }";
    let world = titles(&gone());
    let answer = world.ask(query).await;
    let asked = world.bodies("catalogue")[0]["query"].clone();
    assert!(asked.as_str().unwrap().contains("_internal"), "{asked}");
    assert_eq!(
        answer["data"],
        json!({"all": [{"t": "Li Ji"}, {"t": null}]})
    );
    assert_eq!(codes(&answer), [told(json!(["all", 1, "t"]))]);
    // In an entity.
    let query = "{ mine: shelf { lent { ... on Book { title } ... on Film { title } } } }";
    let world = titles(&gone());
    let answer = world.ask(query).await;
    let asked = world.bodies("lending")[0]["query"].clone();
    assert!(asked.as_str().unwrap().contains("_internal"), "{asked}");
    assert_eq!(
        answer["data"],
        json!({"mine": {"lent": [{"title": "Yi Yi"}, {"title": null}]}})
    );
    assert_eq!(codes(&answer), [told(json!(["mine", "lent", 1, "title"]))]);
    // And nothing is told where nothing fails.
    let answer = titles(&json!("Yi Yi")).ask(query).await;
    assert!(answer.get("errors").is_none(), "{answer}");
}

/// Prices in currencies, which others reckon with.
fn prices() -> World {
    World::new(vec![
        Subgraph {
            name: "goods",
            sdl: r#"
                type Query { good: Good }
                type Good @key(fields: "id") { id: ID! label: String }
            "#,
            data: json!({
                "Query": {"good": {"__typename": "Good", "id": "1", "label": "l"}},
                "entities": {}
            }),
        },
        Subgraph {
            name: "prices",
            sdl: r#"
                type Query { x: Int }
                type Good @key(fields: "id") { id: ID! price(currency: String): Int name: String }
            "#,
            data: json!({
                "Query": {},
                "entities": {"Good": [{
                    "id": "1", "name": "n", "price(currency:\"EUR\")": 1, "price(currency:\"USD\")": 2, "price(currency:\"CNY\")": 3
                }]}
            }),
        },
        Subgraph {
            name: "shipping",
            sdl: r#"
                type Query { y: Int }
                type Good @key(fields: "id") { id: ID! price(currency: String): Int @external shipping: Int @requires(fields: "price(currency: \"EUR\")") }
            "#,
            data: json!({
                "Query": {},
                "entities": {"Good": [{"id": "1", "shipping": {"$echo": "price"}}]}
            }),
        },
        Subgraph {
            name: "taxes",
            sdl: r#"
                type Query { z: Int }
                type Good @key(fields: "id") { id: ID! price(currency: String): Int @external tax: Int @requires(fields: "price(currency: \"USD\")") }
            "#,
            data: json!({
                "Query": {},
                "entities": {"Good": [{"id": "1", "tax": {"$echo": "price"}}]}
            }),
        },
    ])
}

#[tokio::test]
async fn what_two_require_with_other_arguments_is_never_taken_for_one_another() {
    for (query, right) in [
        ("{ good { shipping } }", json!({"shipping": 1})),
        ("{ good { tax } }", json!({"tax": 2})),
        (
            "{ good { shipping tax } }",
            json!({"shipping": 1, "tax": 2}),
        ),
        (
            "{ good { tax shipping price(currency: \"CNY\") } }",
            json!({"tax": 2, "shipping": 1, "price": 3}),
        ),
        (
            "{ good { shipping price: name } }",
            json!({"shipping": 1, "price": "n"}),
        ),
        (
            "{ good { price: name tax shipping } }",
            json!({"price": "n", "tax": 2, "shipping": 1}),
        ),
        (
            "{ good { shipping price(currency: \"EUR\") } }",
            json!({"shipping": 1, "price": 1}),
        ),
    ] {
        let answer = prices().ask(query).await;
        assert_eq!(answer, json!({"data": {"good": right}}), "{query}");
    }
    // What stands in one request the planner keeps apart; across requests it does not.
    for query in [
        "{ good { shipping price: label } }",
        "{ good { price: label tax } }",
    ] {
        let world = prices();
        let answer = world.ask(query).await;
        assert_eq!(
            codes(&answer),
            [("PLANNING_FAILED".to_owned(), Value::Null)]
        );
        assert!(answer.get("data").is_none(), "{answer}");
        assert_eq!(world.calls(), Vec::<String>::new());
    }
}
