//! Subscriptions that outlive the schema they began under.

use super::news::{Far, NEWS, News, PRICES, STORY, both_ways, connected, heard, started};
use super::websocket::{Client, code};
use super::*;

/// Tells until the client has heard an event of this kind: those before may still be by the old schema.
async fn heard_that(client: &mut Client, news: &News, is_it: impl Fn(&Value) -> bool) -> Value {
    let hearing = async {
        loop {
            let message = heard(client, news, "x").await;
            if is_it(&message) {
                return message;
            }
        }
    };
    tokio::time::timeout(PATIENCE, hearing).await.unwrap()
}

#[actix_web::test]
async fn a_subscription_goes_on_under_the_next_schema_and_by_what_that_demands() {
    let far = Far::start("127.0.0.1:0").await;
    let server = started(far.upstream(), "").await;
    let before = server.loads(&far.upstream(), (NEWS, PRICES), 2, None);
    let mut client = server.connect(json!({})).await;
    client.subscribe("a", STORY).await;
    let event = heard(&mut client, &far.news, "x").await["payload"].clone();
    let right = json!({"data": {"told": {"title": "x", "price": 3}}});
    assert_eq!(event, right);
    let more = PRICES.replace("price: Int", "price: Int weight: Int");
    server.loads(&far.upstream(), (NEWS, &more), 3, None);
    // A subscription does not hold the schema that it began under.
    let let_go = async {
        while before.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, let_go).await.unwrap();
    let event = heard(&mut client, &far.news, "x").await["payload"].clone();
    assert_eq!(event, right);
    // What the source is asked for is the same, so it was not asked again.
    assert_eq!(far.payloads.lock().unwrap().len(), 1);

    let guarded = PRICES.replace(
        "price: Int",
        r#"price: Int @requiresScopes(scopes: [["self"]])"#,
    );
    server.loads(&far.upstream(), (NEWS, &guarded), 4, None);
    let after = heard_that(&mut client, &far.news, |message| {
        message["payload"]["errors"].is_array()
    })
    .await;
    assert_eq!(
        after["payload"]["data"],
        json!({"told": {"title": "x", "price": null}})
    );
    let error = &after["payload"]["errors"][0];
    assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(error["path"], json!(["told", "price"]));
    server.stop().await;
}

#[actix_web::test]
async fn a_subscription_that_the_next_schema_does_not_answer_ends_with_a_code() {
    let (_far, all) = both_ways(1024).await;
    for (upstream, news) in all {
        let server = started(upstream.clone(), "").await;
        let mut client = server.connect(json!({})).await;
        client.subscribe("a", STORY).await;
        client
            .subscribe("b", "subscription { told { id title } }")
            .await;
        heard(&mut client, &news, "x").await;
        let dearer = PRICES.replace("price: Int", "cost: Int");
        server.loads(&upstream, (NEWS, &dearer), 2, None);
        let ended = heard_that(&mut client, &news, |message| message["type"] == "error").await;
        assert_eq!(ended["id"], "a");
        assert_eq!(code(&ended), "SUBSCRIPTION_OUTDATED");
        // The other one stays, and the first may come again.
        heard_that(&mut client, &news, |message| {
            assert_ne!(message["id"], "a", "{message}");
            message["id"] == "b"
        })
        .await;
        client
            .subscribe("a", "subscription { told { title cost } }")
            .await;
        let again = heard_that(&mut client, &news, |message| message["id"] == "a").await;
        assert_eq!(
            again["payload"]["data"]["told"],
            json!({"title": "x", "cost": null})
        );
        server.stop().await;
    }
}

#[actix_web::test]
async fn a_source_that_is_to_be_asked_for_something_else_goes_on_behind_its_last_event() {
    let (far, server, mut client) = connected().await;
    client
        .subscribe("a", "subscription { told { id title } }")
        .await;
    far.subscribed(1).await;
    let mut event = json!({"data": {"told": {"__typename": "Story", "id": "7", "title": "x"}}});
    event["extensions"]["resume"] = json!("one");
    far.news.send(event.to_string()).unwrap();
    client.message().await;
    // The title is told by the other from now on.
    let news = NEWS.replace("title: String", "");
    let prices = PRICES.replace("price: Int", "price: Int title: String");
    server.loads(&far.upstream(), (&news, &prices), 2, None);
    far.subscribed(2).await;
    let asked = far.payloads.lock().unwrap()[1].clone();
    assert_eq!(asked["resume"], "one");
    assert!(
        !asked["query"].as_str().unwrap().contains("title"),
        "{asked}"
    );
    server.stop().await;
}
