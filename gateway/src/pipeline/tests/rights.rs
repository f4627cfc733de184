//! What a caller may not ask is cut before planning.

use serde_json::json;

use super::mock::codes;
use super::shop;

const ME: &str = "{ me { id secret nick } }";

#[tokio::test]
async fn a_refused_field_is_null_with_an_error_and_no_fetch() {
    let world = shop();
    let answer = world.ask(ME).await;
    assert_eq!(
        answer["data"],
        json!({"me": {"id": "u1", "secret": null, "nick": "Li"}})
    );
    assert_eq!(
        codes(&answer),
        [("UNAUTHENTICATED".to_owned(), json!(["me", "secret"]))]
    );
    let asked = world.bodies("products")[0]["query"].to_string();
    assert!(!asked.contains("secret"), "{asked}");
}

#[tokio::test]
async fn a_signed_in_caller_without_the_scope_is_forbidden_and_with_it_served() {
    let answer = shop().signed_in(&["other"]).ask(ME).await;
    assert_eq!(
        codes(&answer),
        [("FORBIDDEN".to_owned(), json!(["me", "secret"]))]
    );
    let answer = shop().signed_in(&["self"]).ask(ME).await;
    assert_eq!(
        answer,
        json!({"data": {"me": {"id": "u1", "secret": "s", "nick": "Li"}}})
    );
}

#[tokio::test]
async fn callers_with_different_rights_never_share_a_plan() {
    let world = shop();
    world.ask(ME).await;
    let world = world.signed_in(&["self"]);
    let answer = world.ask(ME).await;
    assert_eq!(answer["data"]["me"]["secret"], "s");
}

#[tokio::test]
async fn a_refused_field_that_cannot_be_null_takes_its_parent_with_it() {
    let answer = shop().ask("{ me { id safe } }").await;
    assert_eq!(answer["data"], json!({"me": null}));
    assert_eq!(
        codes(&answer),
        [("UNAUTHENTICATED".to_owned(), json!(["me", "safe"]))]
    );
    let answer = shop().signed_in(&[]).ask("{ me { id safe } }").await;
    assert_eq!(answer, json!({"data": {"me": {"id": "u1", "safe": "ok"}}}));
}

#[tokio::test]
async fn when_all_of_an_object_is_refused_it_is_still_known_to_be_there() {
    let answer = shop()
        .ask("{ me { s: secret } latest { author { secret } } }")
        .await;
    assert_eq!(
        answer["data"],
        json!({"me": {"s": null}, "latest": [{"author": {"secret": null}}]})
    );
    assert_eq!(codes(&answer).len(), 2);
}

#[tokio::test]
async fn a_skipped_field_is_not_refused() {
    let answer = shop().ask("{ me { id secret @skip(if: true) } }").await;
    assert_eq!(answer, json!({"data": {"me": {"id": "u1"}}}));
}
