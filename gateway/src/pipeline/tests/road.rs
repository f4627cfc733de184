//! Plain operations that must work.

use serde_json::json;

use super::shop;

#[tokio::test]
async fn a_root_fetch_is_answered_in_the_clients_order() {
    let world = shop();
    let answer = world.pipeline_text("{ product(id: \"2\") { n: name id __typename name } }").await;
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
    let answer = world.ask("{ products { id r: rating reviews { stars text } } }").await;
    assert_eq!(answer["data"]["products"][1], json!({"id": "2", "r": null, "reviews": []}));
    assert_eq!(
        super::mock::codes(&answer),
        [
            ("TEXT_GONE".to_owned(), json!(["products", 0, "reviews", 1, "text"])),
            ("TEXT_GONE".to_owned(), json!(["products", 2, "reviews", 1, "text"])),
            ("NO_RATING".to_owned(), json!(["products", 1, "r"])),
        ]
    );
    assert_eq!(answer["errors"][0]["extensions"]["messageZh"], json!("失败。"));
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
