//! Plain operations that must work.

use serde_json::json;

use super::mock::{Subgraph, World};
use super::shop;

#[tokio::test]
async fn a_root_fetch_is_answered_in_the_clients_order() {
    let world = shop();
    let answer = world
        .pipeline_text("{ product(id: \"2\") { n: name id __typename name } }")
        .await;
    assert_eq!(
        answer,
        r#"{"data":{"product":{"n":"Table","id":"2","__typename":"Product","name":"Table"}}}"#
    );
    assert_eq!(world.calls(), ["products"]);
}

#[tokio::test]
async fn entities_are_joined_and_represented_once() {
    let world = shop();
    let answer = world.ask("{ products { name price rating } }").await;
    assert_eq!(
        answer["data"],
        json!({"products": [
            {"name": "Lamp", "price": 5, "rating": 4.5},
            {"name": "Table", "price": 50, "rating": null},
            {"name": "Lamp", "price": 5, "rating": 4.5}
        ]})
    );
    assert_eq!(world.calls().len(), 3);
    assert_eq!(
        world.bodies("stock")[0]["variables"]["representations"],
        json!([{"__typename": "Product", "id": "1"}, {"__typename": "Product", "id": "2"}])
    );
}

#[tokio::test]
async fn an_entity_error_is_told_at_every_place_of_that_entity_only() {
    let world = shop();
    let answer = world
        .ask("{ products { id r: rating reviews { stars text } } }")
        .await;
    assert_eq!(
        answer["data"]["products"][1],
        json!({"id": "2", "r": null, "reviews": []})
    );
    assert_eq!(
        super::mock::codes(&answer),
        [
            (
                "TEXT_GONE".to_owned(),
                json!(["products", 0, "reviews", 1, "text"])
            ),
            (
                "TEXT_GONE".to_owned(),
                json!(["products", 2, "reviews", 1, "text"])
            ),
            ("NO_RATING".to_owned(), json!(["products", 1, "r"])),
        ]
    );
    assert_eq!(
        answer["errors"][0]["extensions"]["messageZh"],
        json!("该字段所属子系统内部错误。")
    );
}

#[tokio::test]
async fn inputs_required_from_elsewhere_are_fetched_first() {
    let world = shop();
    let answer = world.ask("{ cheapest { shipping } }").await;
    assert_eq!(answer, json!({"data": {"cheapest": {"shipping": 3}}}));
    assert_eq!(world.calls(), ["stock", "products", "stock"]);
}

#[tokio::test]
async fn lists_in_lists_are_joined() {
    let answer = shop().ask("{ matrix { id price } }").await;
    assert_eq!(
        answer["data"]["matrix"],
        json!([[{"id": "1", "price": 5}], [], [{"id": "2", "price": 50}, {"id": "1", "price": 5}]])
    );
}

#[tokio::test]
async fn interfaces_are_joined_by_their_runtime_type() {
    let world = shop();
    let answer = world
        .ask("{ search { __typename id ... on Product { name price } ... on Book { title p: price } } }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {"search": [
            {"__typename": "Product", "id": "1", "name": "Lamp", "price": 5},
            {"__typename": "Book", "id": "b1", "title": "Rites", "p": 8}
        ]}})
    );
}

#[tokio::test]
async fn fields_are_skipped_and_included_by_variables_and_literals() {
    let world = shop();
    let query = "query($with: Boolean!, $without: Boolean = false) {
        product(id: \"2\") { id name @include(if: $with) size @skip(if: $with) price @include(if: $without) ... @skip(if: true) { weight } }
        me @skip(if: true) { id }
    }";
    let answer = world.ask_with(query, json!({"with": true})).await;
    assert_eq!(
        answer,
        json!({"data": {"product": {"id": "2", "name": "Table"}}})
    );
    let answer = world.ask_with(query, json!({"with": false})).await;
    assert_eq!(answer, json!({"data": {"product": {"id": "2", "size": 9}}}));
    assert_eq!(world.calls(), ["products", "products"]);
    let answer = world
        .ask_with(query, json!({"with": false, "without": true}))
        .await;
    assert_eq!(
        answer,
        json!({"data": {"product": {"id": "2", "size": 9, "price": 50}}})
    );
}

#[tokio::test]
async fn what_needs_no_subgraph_asks_none() {
    let world = shop();
    assert_eq!(
        world.ask("{ __typename }").await,
        json!({"data": {"__typename": "Query"}})
    );
    assert_eq!(
        world.ask("mutation { t: __typename }").await,
        json!({"data": {"t": "Mutation"}})
    );
    assert_eq!(
        world.ask("{ me @skip(if: true) { id } }").await,
        json!({"data": {}})
    );
    let answer = world
        .ask("query($n: String!) { __schema { queryType { name } } b: __type(name: $n) { name kind } __type(name: \"Nope\") { name } }")
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    let answer = world
        .ask_with(
            "query($n: String!) { __schema { ...q } b: __type(name: $n) { name kind } __type(name: \"Nope\") { name } } fragment q on __Schema { queryType { name } }",
            json!({"n": "Product"}),
        )
        .await;
    assert_eq!(
        answer,
        json!({"data": {"__schema": {"queryType": {"name": "Query"}}, "b": {"name": "Product", "kind": "OBJECT"}, "__type": null}})
    );
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn mutations_run_one_after_the_other_with_what_hangs_on_them() {
    let world = shop();
    let answer = world
        .ask("mutation { a: rename(name: \"x\") { name price } order(id: \"1\") { id product { name } } touch }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {
            "a": {"name": "New", "price": 5},
            "order": {"id": "o1", "product": {"name": "Table"}},
            "touch": 1
        }})
    );
    assert_eq!(
        world.calls(),
        ["products", "stock", "stock", "products", "products"]
    );
}

#[tokio::test]
async fn a_fetch_carries_the_variables_it_uses_and_no_others() {
    let world = shop();
    world
        .ask_with(
            "query($id: ID!, $b: Boolean!) { product(id: $id) { name price } me @include(if: $b) { id } }",
            json!({"id": 404, "b": true}),
        )
        .await;
    assert_eq!(
        world.bodies("products")[0]["variables"],
        json!({"id": "404"})
    );
}

#[tokio::test]
async fn aliases_of_one_field_with_different_arguments_stay_apart() {
    let world = shop();
    let answer = world
        .ask("{ a: product(id: \"404\") { id } b: product(id: \"2\") { id price p2: price } }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {"a": null, "b": {"id": "2", "price": 50, "p2": 50}}})
    );
}

#[tokio::test]
async fn fragments_are_merged_into_one_selection() {
    let world = shop();
    let answer = world
        .ask("{ ...q product(id: \"2\") { id ...p } } fragment q on Query { product(id: \"2\") { price } } fragment p on Item { ... on Product { name id } }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {"product": {"price": 50, "id": "2", "name": "Table"}}})
    );
}

#[tokio::test]
async fn an_entity_of_an_entity_is_joined() {
    let world = shop();
    let answer = world
        .ask("{ products { maker { city fame } } me { reviews { stars } } }")
        .await;
    assert_eq!(
        answer["data"]["products"][1],
        json!({"maker": {"city": "Chengdu", "fame": 3}})
    );
    assert_eq!(answer["data"]["me"], json!({"reviews": [{"stars": 5}]}));
    let makers = world.bodies("reviews");
    assert!(
        makers
            .iter()
            .any(|b| b["variables"]["representations"]
                == json!([{"__typename": "Maker", "id": "m1"}]))
    );
}

#[tokio::test]
async fn introspection_of_one_request_has_a_bound_whatever_its_aliases() {
    let types: String = (0..300)
        .map(|n| {
            let fields: String = (0..8)
                .map(|m| format!("f{m}: T{} ", (n + m) % 300))
                .collect();
            format!("type T{n} {{ {fields} }} ")
        })
        .collect();
    let sdl = format!("type Query {{ t: T0 }} {types}");
    let world = World::new(vec![Subgraph {
        name: "wide",
        sdl: Box::leak(sdl.into_boxed_str()),
        data: json!({}),
    }]);
    let full = "types { kind name description fields { name description type { kind name ofType { name } } } }";
    let few = world.ask(&format!("{{ a: __schema {{ {full} }} }}")).await;
    assert!(few["errors"].is_null());
    // Many roots, and many names for one value in each type.
    let roots: String = (0..60)
        .map(|n| format!("a{n}: __schema {{ {full} }} "))
        .collect();
    let names: String = (0..90).map(|n| format!("d{n}: name ")).collect();
    let deep = format!(
        "{{ __schema {{ types {{ fields {{ type {{ fields {{ type {{ {names} }} }} }} }} }} }} }}"
    );
    let mut refused = 0;
    for query in [format!("{{ {roots} }}"), deep] {
        let answer = world.ask(&query).await;
        assert!(answer.to_string().len() < 40 << 20);
        for error in answer["errors"].as_array().into_iter().flatten() {
            assert_eq!(error["extensions"]["code"], "TOO_MANY_FIELDS", "{error}");
            refused += 1;
        }
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn who_asks_what_is_known_does_not_wait_for_those_who_ask_what_is_not() {
    let mut world = shop();
    let known = "{ products { id } }";
    let first = world.ask(known).await;
    // Every place for preparing is taken.
    world.pipeline.preparing = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    world.pipeline.limits.deadline = std::time::Duration::from_millis(20);
    assert_eq!(world.ask(known).await, first);
    let refused = world.ask("{ products { name } }").await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "OVERLOADED");
}
