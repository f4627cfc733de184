//! Subgraphs that fail: their own part is null with an error, the rest is served.

use serde_json::{Value, json};

use super::mock::{Fault, Subgraph, World, codes};
use super::shop;
use crate::error::ErrorCode;

fn away(path: Value) -> (String, Value) {
    ("SUBGRAPH_UNAVAILABLE".to_owned(), path)
}

#[tokio::test]
async fn a_subgraph_that_is_away_blanks_its_own_part_only() {
    let world = shop().fault("reviews", Fault::Unavailable);
    let answer = world
        .ask("{ products { id price rating } latest { stars } }")
        .await;
    assert_eq!(
        answer["data"]["products"][1],
        json!({"id": "2", "price": 50, "rating": null})
    );
    assert_eq!(answer["data"]["latest"], json!(null));
    assert_eq!(
        codes(&answer),
        [
            away(json!(["products", 0, "rating"])),
            away(json!(["products", 1, "rating"])),
            away(json!(["products", 2, "rating"])),
            away(json!(["latest"])),
        ]
    );
    assert_eq!(answer["errors"][0]["extensions"]["service"], "reviews");
    let answer = shop()
        .fault("reviews", Fault::Timeout)
        .ask("{ latest { stars } }")
        .await;
    assert_eq!(
        codes(&answer),
        [("SUBGRAPH_TIMEOUT".to_owned(), json!(["latest"]))]
    );
}

#[tokio::test]
async fn what_lives_on_a_fetch_that_failed_names_the_fetch_that_failed() {
    // The maker's fame is of reviews, its key of stock: no fetch for it can start.
    let world = shop().fault("stock", Fault::Unavailable);
    let answer = world.ask("{ product(id: \"2\") { maker { fame } } }").await;
    assert_eq!(answer["data"], json!({"product": {"maker": null}}));
    assert_eq!(codes(&answer), [away(json!(["product", "maker"]))]);
    assert_eq!(answer["errors"][0]["extensions"]["service"], "stock");
}

#[tokio::test]
async fn an_entity_that_fails_is_told_at_each_value_it_leaves_out_and_the_others_stay() {
    let body = r#"{"data":{"_entities":[null,{"__typename":"Product","rating":2.5,"reviews":[]}]},"errors":[{"message":"Row 0.","path":["_entities",0],"extensions":{"code":"ROW_BAD"}}]}"#;
    let world = shop().fault("reviews", Fault::Body(body.to_owned()));
    let answer = world
        .ask("{ products { id rating reviews { stars } } }")
        .await;
    let bad = json!({"id": "1", "rating": null, "reviews": null});
    let good = json!({"id": "2", "rating": 2.5, "reviews": []});
    assert_eq!(answer["data"]["products"], json!([bad, good, bad]));
    let places = [(0, "rating"), (0, "reviews"), (2, "rating"), (2, "reviews")];
    let expected =
        places.map(|(row, field)| ("ROW_BAD".to_owned(), json!(["products", row, field])));
    assert_eq!(codes(&answer), expected);
}

#[tokio::test]
async fn a_missing_value_that_cannot_be_null_nulls_the_nearest_nullable_parent() {
    let world = shop().fault("stock", Fault::Unavailable);
    let answer = world
        .ask("{ product(id: \"2\") { name price } search { id ... on Book { price } } }")
        .await;
    assert_eq!(answer["data"], json!({"product": null, "search": null}));
    let answer = world.ask("{ products { price } }").await;
    assert_eq!(answer["data"], json!(null));
    assert_eq!(codes(&answer), [away(json!(["products", 0, "price"]))]);
}

#[tokio::test]
async fn an_unusable_answer_is_told_as_such() {
    let bodies = [
        "",
        "<html>",
        "null",
        "[]",
        "{}",
        "{\"data\":",
        "{\"data\":[]}",
        "{\"data\":null}",
        "{\"data\":{\"latest\":3}}",
        "{\"data\":{\"latest\":[3]}}",
        "{\"data\":{\"latest\":[],\"latest\":[]}}",
        "{\"data\":{},\"data\":{}}",
        "{\"data\":{\"latest\":[{\"stars\":1}]}} x",
        "{\"data\":{\"latest\":[{\"stars\":\"\\ud800\"}]}}",
        "{\"data\":{\"latest\":[{\"stars\":01}]}}",
        "{\"data\":{},\"errors\":3}",
    ];
    for body in bodies {
        let world = shop().fault("reviews", Fault::Body(body.to_owned()));
        let answer = world.ask("{ latest { stars } }").await;
        assert_eq!(answer["data"], json!({"latest": null}), "{body}");
        assert_eq!(
            codes(&answer),
            [("SUBGRAPH_MALFORMED".to_owned(), json!(["latest"]))],
            "{body}"
        );
    }
    let deep = format!(
        "{{\"data\":{{\"latest\":{}{}}}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let empty = format!("{{\"data\":{{\"latest\":[{}]}}}}", ["{}"; 10].join(","));
    for (body, data) in [(deep, json!(null)), (empty, json!(null))] {
        let world = shop().fault("reviews", Fault::Body(body));
        let answer = world.ask("{ latest { stars } }").await;
        assert_eq!(answer["data"]["latest"], data);
        assert!(!codes(&answer).is_empty());
    }
}

#[tokio::test]
async fn entities_that_are_too_few_too_many_or_of_no_type_are_refused() {
    for rows in [
        "[]",
        "[{\"rating\":1}]",
        "[null,null,null]",
        "{}",
        "null",
        "[1,2]",
        "[[],[]]",
    ] {
        let body = format!("{{\"data\":{{\"_entities\":{rows}}}}}");
        let world = shop().fault("reviews", Fault::Body(body));
        let answer = world.ask("{ products { id rating } }").await;
        assert_eq!(
            answer["data"]["products"][0],
            json!({"id": "1", "rating": null}),
            "{rows}"
        );
        assert_eq!(codes(&answer).len(), 3, "{rows}: {answer}");
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_null() {
    for (stars, text) in [
        ("\"5\"", "null"),
        ("1.5", "null"),
        ("true", "null"),
        ("{}", "null"),
    ] {
        let body = format!("{{\"data\":{{\"latest\":[{{\"stars\":{stars},\"text\":{text}}}]}}}}");
        let world = shop().fault("reviews", Fault::Body(body));
        let answer = world.ask("{ latest { stars text } }").await;
        assert_eq!(answer["data"], json!({"latest": null}), "{stars}");
        assert_eq!(codes(&answer)[0].0, "SUBGRAPH_MALFORMED");
        assert_eq!(codes(&answer)[0].1, json!(["latest", 0, "stars"]));
    }
}

#[tokio::test]
async fn errors_without_a_code_or_path_keep_their_words_to_themselves() {
    let body = r#"{"data":null,"errors":[{"message":"SELECT secret FROM x"},{"message":"Kit says so.","extensions":{"code":"CONFLICT","messageZh":"今日不可"}}]}"#;
    let world = shop().fault("reviews", Fault::Body(body.to_owned()));
    let answer = world.ask("{ latest { stars } products { rating } }").await;
    let text = answer.to_string();
    assert!(!text.contains("SELECT"), "{text}");
    let found = codes(&answer);
    assert!(found.contains(&("CONFLICT".to_owned(), json!(["latest"]))));
    let rating = json!(["products", 0, "rating"]);
    assert!(found.contains(&("CONFLICT".to_owned(), rating)));
    assert!(found.contains(&("SUBGRAPH_MALFORMED".to_owned(), json!(["products"]))));
    assert!(text.contains("今日不可") && text.contains("Kit says so."));
}

/// What other frameworks make of exceptions, each with a value in its words.
#[tokio::test]
async fn the_words_of_a_foreign_subgraph_are_never_told_and_its_error_is() {
    const NUMBER: &str = "519901199003030032";
    for (extensions, code) in [
        (
            json!({"code": "INTERNAL_SERVER_ERROR"}),
            "INTERNAL_SERVER_ERROR",
        ),
        (
            json!({"code": "DOWNSTREAM_SERVICE_ERROR", "messageZh": format!("重复键 {NUMBER}")}),
            "DOWNSTREAM_SERVICE_ERROR",
        ),
        (json!({"code": "INTERNAL", "messageZh": NUMBER}), "INTERNAL"),
        (json!({"code": format!("no {NUMBER}")}), "INTERNAL"),
        (json!({"code": NUMBER, "reference": NUMBER}), "INTERNAL"),
        // Of another form than ours, which is no reason to lose the data beside it.
        (json!({"code": 404, "messageZh": 5}), "SUBGRAPH_MALFORMED"),
        (json!(NUMBER), "SUBGRAPH_MALFORMED"),
        (
            json!({"code": "CONFLICT", "reason": {"a": NUMBER}}),
            "CONFLICT",
        ),
        // Codes of the same names, by a framework that has no second sentence.
        (
            json!({"code": "BAD_USER_INPUT", "reason": NUMBER}),
            "BAD_USER_INPUT",
        ),
        (json!({"code": "FORBIDDEN", "messageZh": ""}), "FORBIDDEN"),
        (json!({"code": "CONFLICT"}), "CONFLICT"),
    ] {
        let body = json!({"data": {"latest": null}, "errors": [{
            "message": format!("duplicate key value violates \"person_id\": ({NUMBER})"),
            "path": ["latest"], "extensions": extensions,
        }]});
        let world = shop().fault("reviews", Fault::Body(body.to_string()));
        let answer = world.ask("{ latest { stars } }").await;
        let text = answer.to_string();
        assert!(
            !text.contains("5199") && !text.contains("duplicate"),
            "{text}"
        );
        assert_eq!(answer["data"], json!({"latest": null}), "{text}");
        assert_eq!(
            codes(&answer),
            [(code.to_owned(), json!(["latest"]))],
            "{text}"
        );
        let told = &answer["errors"][0];
        assert_eq!(told["extensions"]["service"], "reviews");
        let sentences = [&told["message"], &told["extensions"]["messageZh"]];
        assert!(
            sentences
                .iter()
                .all(|said| !said.as_str().unwrap().is_empty())
        );
        let unexpected = ErrorCode::is_unexpected(code);
        assert_eq!(
            told["extensions"]["reference"].is_string(),
            unexpected,
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_error_in_another_form_than_ours_does_not_cost_the_data_beside_it() {
    for error in [
        json!({"message": "m", "extensions": {"code": 404}}),
        json!({"message": null, "extensions": [1]}),
        json!({"message": {"m": 1}, "extensions": "E"}),
    ] {
        let mut error = error;
        error["path"] = json!(["latest", 0, "text"]);
        let body = json!({"data": {"latest": [{"stars": 4, "text": null}]}, "errors": [error]});
        let world = shop().fault("reviews", Fault::Body(body.to_string()));
        let answer = world.ask("{ latest { stars text } }").await;
        assert_eq!(
            answer["data"],
            json!({"latest": [{"stars": 4, "text": null}]})
        );
        let told = (
            "SUBGRAPH_MALFORMED".to_owned(),
            json!(["latest", 0, "text"]),
        );
        assert_eq!(codes(&answer), [told]);
    }
}

#[tokio::test]
async fn unknown_keys_and_extensions_of_an_answer_are_passed_over() {
    let body = r#"{"extensions":{"a":[1,{"b":"}"}]},"data":{"extra":[{"x":{}}],"latest":[{"more":1,"text":"\"q\"","stars":4}]}}"#;
    let world = shop().fault("reviews", Fault::Body(body.to_owned()));
    let answer = world.ask("{ latest { stars text } }").await;
    assert_eq!(
        answer,
        json!({"data": {"latest": [{"stars": 4, "text": "\"q\""}]}})
    );
}

#[tokio::test]
async fn a_wide_answer_is_joined_in_one_request_a_step() {
    let rows: Vec<String> = (0..20_000)
        .map(|i| {
            format!(
                r#"{{"__typename":"Product","id":"{}","size":{i}}}"#,
                i % 500
            )
        })
        .collect();
    let body = format!(r#"{{"data":{{"products":[{}]}}}}"#, rows.join(","));
    let world = shop().fault("products", Fault::Body(body));
    let answer = world.ask("{ products { size rating } }").await;
    assert_eq!(answer["data"]["products"].as_array().unwrap().len(), 20_000);
    assert_eq!(world.calls(), ["products", "reviews"]);
    let sent = world.bodies("reviews")[0]["variables"]["representations"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(sent, 500);
}

#[tokio::test]
async fn what_lives_on_an_input_that_failed_is_null_with_its_reason_and_nobody_is_asked() {
    let a = Subgraph {
        name: "a",
        sdl: r#"type Query { ways: [Way] } type Way @key(fields: "id") { id: ID! course: Int at: Point } type Point @shareable { x: Int }"#,
        data: json!({"Query": {"ways": [
            {"__typename": "Way", "id": "1", "course": {"$error": "GONE"}, "at": {"x": 1}},
            {"__typename": "Way", "id": "2", "course": null, "at": {"x": {"$error": "LOST"}}},
        ]}}),
    };
    let b = Subgraph {
        name: "b",
        sdl: r#"type Way @key(fields: "id") { id: ID! course: Int @external at: Point @external near: Int @requires(fields: "course") far: Int @requires(fields: "at { x }") } type Point @shareable { x: Int }"#,
        data: json!({"entities": {"Way": [
            {"id": "1", "near": 10, "far": 11},
            {"id": "2", "near": 20, "far": 21},
        ]}}),
    };
    let world = World::new(vec![a, b]);
    let answer = world.ask("{ ways { near } }").await;
    assert_eq!(
        answer["data"],
        json!({"ways": [{"near": null}, {"near": 20}]}),
        "null is a value"
    );
    assert_eq!(
        codes(&answer),
        [("GONE".to_owned(), json!(["ways", 0, "near"]))]
    );
    let asked = &world.bodies("b")[0]["variables"]["representations"];
    assert_eq!(asked.as_array().map(Vec::len), Some(1));
    let answer = world.ask("{ ways { far course } }").await;
    assert_eq!(
        answer["data"],
        json!({"ways": [{"far": 11, "course": null}, {"far": null, "course": null}]})
    );
    let mut told = codes(&answer);
    told.sort_by_key(|(code, _)| code.clone());
    let place = |at: usize, field: &str| json!(["ways", at, field]);
    assert_eq!(
        told,
        [
            ("GONE".to_owned(), place(0, "course")),
            ("LOST".to_owned(), place(1, "far"))
        ]
    );
}

#[tokio::test]
async fn a_mutation_that_failed_explains_nothing_that_a_later_one_lacks() {
    let query =
        "mutation { rename(name: \"x\") { name } order(id: \"1\") { id product { name rating } } }";
    // Both are away: each says so of itself, once.
    let world = shop()
        .fault("products", Fault::Unavailable)
        .fault("stock", Fault::Timeout);
    let answer = world.ask(query).await;
    assert_eq!(
        codes(&answer),
        [
            away(json!(["rename"])),
            ("SUBGRAPH_TIMEOUT".to_owned(), json!(["order"]))
        ]
    );
    assert_eq!(answer["errors"][0]["extensions"]["service"], "products");
    assert_eq!(answer["errors"][1]["extensions"]["service"], "stock");
    // The first is away: what lives on the second is fetched, and its own failure is its own.
    let world = shop().fault("products", Fault::Unavailable);
    let answer = world
        .ask("mutation { rename(name: \"x\") { name } order(id: \"1\") { id product { rating } } }")
        .await;
    assert_eq!(
        answer["data"],
        json!({"rename": null, "order": {"id": "o1", "product": {"rating": null}}})
    );
    assert_eq!(
        codes(&answer),
        [
            (
                "NO_RATING".to_owned(),
                json!(["order", "product", "rating"])
            ),
            away(json!(["rename"]))
        ]
    );
}

#[tokio::test]
async fn a_few_received_bytes_do_not_become_an_answer_without_bound() {
    let row = json!({"__typename": "Product", "id": "1"});
    let rows = json!({"data": {"products": vec![row; 80]}}).to_string();
    let long = "x".repeat(1 << 20);
    let entity = format!(
        "{{\"data\":{{\"_entities\":[{{\"__typename\":\"Product\",\"reviews\":[{{\"stars\":1,\"text\":\"{long}\"}}]}}]}}}}"
    );
    let world = shop()
        .fault("products", Fault::Body(rows))
        .fault("reviews", Fault::Body(entity));
    let answer = world.ask("{ products { reviews { stars text } } }").await;
    assert_eq!(answer["data"], json!(null));
    let all: Vec<_> = answer["errors"].as_array().unwrap().iter().collect();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["extensions"]["code"], "ANSWER_TOO_LARGE");
    // Asked for by fewer, it is given.
    let few = json!({"data": {"products": [{"__typename": "Product", "id": "1"}]}}).to_string();
    let world = world.fault("products", Fault::Body(few));
    let answer = world.ask("{ products { reviews { stars } } }").await;
    assert_eq!(answer["data"]["products"][0]["reviews"][0]["stars"], 1);
}

#[tokio::test]
async fn what_an_error_inside_took_along_is_told_at_each_value_that_it_leaves_out() {
    // The size is no wish of the client's: shipping needs it. Its error nulls the row, and with it the weight.
    let row = r#"{"data":{"_entities":[null]},"errors":[{"message":"Gone.","path":["_entities",0,"size"],"extensions":{"code":"SIZE_GONE"}}]}"#;
    let whole = r#"{"data":null,"errors":[{"message":"Gone.","path":["_entities",0,"size"],"extensions":{"code":"SIZE_GONE"}}]}"#;
    for body in [row, whole] {
        let world = shop().fault("products", Fault::Body(body.to_owned()));
        let answer = world.ask("{ cheapest { id weight shipping } }").await;
        let expected = json!({"cheapest": {"id": "1", "weight": null, "shipping": null}});
        assert_eq!(answer["data"], expected);
        let mut told = codes(&answer);
        told.sort_by_key(|(_, place)| place.to_string());
        assert_eq!(
            told,
            ["shipping", "weight"]
                .map(|field| ("SIZE_GONE".to_owned(), json!(["cheapest", field])))
        );
    }
    // The same at the root: nothing else of the fetch came either.
    let body = r#"{"data":null,"errors":[{"message":"Gone.","path":["search",0,"id"],"extensions":{"code":"ID_GONE"}}]}"#;
    let world = shop().fault("products", Fault::Body(body.to_owned()));
    let answer = world.ask("{ search { id } me { nick } }").await;
    assert_eq!(answer["data"], json!({"search": null, "me": null}));
    assert_eq!(
        codes(&answer),
        ["search", "me"].map(|field| ("ID_GONE".to_owned(), json!([field])))
    );
}
