//! Persons that a subgraph names beside its answer, because no field of it leads to them: recorded before the
//! answer is shown, as what was given to another handler when a peer asked, and shown to nobody.

use serde_json::{Value, json};

use super::mock::{Fault, Subgraph, World, codes};
use super::personal::Log;
use crate::identity::Role;

const SDL: &str = r#"
    directive @personal(category: String!, subject: String!) on FIELD_DEFINITION
    type Query { open: String }
    type Mutation {
        interopExchange(jws: String!): String! @personal(category: "marital", subject: "@told")
        other: String
    }
"#;

/// The one document that a peer may run.
async fn ask(world: &World) -> Value {
    let variables = json!({ "jws": "signed" });
    world
        .ask_with(crate::contract::PEER_DOCUMENT, variables)
        .await
}

/// A peer before a subgraph that answers so.
fn world(answer: &Value) -> World {
    let ledger = Subgraph {
        name: "ledger",
        sdl: SDL,
        data: json!({}),
    };
    let mut world = World::new(vec![ledger])
        .signed_in(&[])
        .fault("ledger", Fault::Body(answer.to_string()));
    world.principal.role = Role::Peer;
    world
}

fn telling(told: Value) -> Value {
    json!({ "data": { "interopExchange": "signed answer" }, "extensions": { "told": told } })
}

async fn asked(answer: &Value) -> (Value, Vec<Value>) {
    let (log, recorder) = Log::new();
    let mut world = world(answer);
    world.pipeline = world.pipeline.recording(Some(recorder.into()));
    let answer = ask(&world).await;
    drop(world);
    (answer, log.lines())
}

#[tokio::test]
async fn what_a_peer_is_told_of_somebody_is_recorded_for_three_years_with_its_purpose() {
    let told = json!({ "persons": ["b", "a", "b"], "purpose": "MARRIAGE_REGISTRATION",
        "case": "019ab1c2-0000-7000-8000-000000000001" });
    let (answer, lines) = asked(&telling(told)).await;
    assert_eq!(
        answer,
        json!({ "data": { "interopExchange": "signed answer" } })
    );
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    for (member, expected) in [
        ("class", json!("sharing")),
        ("decision", json!("DISCLOSED")),
        ("actorRole", json!("peer")),
        ("fields", json!(["Mutation.interopExchange"])),
        ("persons", json!(["a", "b"])),
        ("purpose", json!("MARRIAGE_REGISTRATION")),
        ("case", json!("019ab1c2-0000-7000-8000-000000000001")),
    ] {
        assert_eq!(line[member], expected, "{member}");
    }
}

#[tokio::test]
async fn an_answer_that_tells_of_nobody_makes_no_record() {
    for answer in [
        telling(json!({ "persons": [] })),
        telling(Value::Null),
        json!({ "data": { "interopExchange": "signed answer" } }),
        json!({ "data": { "interopExchange": "signed answer" }, "extensions": null }),
        json!({ "data": { "interopExchange": "signed answer" }, "extensions": { "cost": 5 } }),
    ] {
        let (shown, lines) = asked(&answer).await;
        assert_eq!(
            shown,
            json!({ "data": { "interopExchange": "signed answer" } })
        );
        assert_eq!(lines, Vec::<Value>::new(), "{answer}");
        // Nor does it need the log.
        let shown = ask(&world(&answer)).await;
        assert_eq!(
            shown,
            json!({ "data": { "interopExchange": "signed answer" } })
        );
    }
}

#[tokio::test]
async fn without_its_log_nothing_of_anybody_is_told_to_a_peer() {
    let told = telling(json!({ "persons": ["a"] }));
    let answer = ask(&world(&told)).await;
    assert_eq!(answer["data"], Value::Null);
    assert_eq!(
        codes(&answer),
        [(
            "ACCESS_LOG_UNAVAILABLE".to_owned(),
            json!(["interopExchange"])
        )]
    );
    assert!(!answer.to_string().contains("signed answer"), "{answer}");
}

#[tokio::test]
async fn who_is_told_of_in_words_that_nobody_understands_is_told_of_to_nobody() {
    for told in [
        json!({ "persons": "a" }),
        json!({ "persons": [1] }),
        json!({ "people": ["a"] }),
        json!(["a"]),
        json!("a"),
    ] {
        let (answer, lines) = asked(&telling(told.clone())).await;
        assert_eq!(answer["data"], Value::Null, "{told}");
        assert_eq!(codes(&answer)[0].0, "SUBGRAPH_MALFORMED", "{told}");
        assert_eq!(lines, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn a_purpose_that_could_be_a_number_or_is_prose_is_not_kept() {
    for stated in ["519901199003030032", "案由", "", &"x".repeat(129)] {
        let told = json!({ "persons": ["a"], "purpose": stated, "case": stated });
        let (_, lines) = asked(&telling(told)).await;
        assert_eq!(lines[0]["purpose"], Value::Null, "{stated}");
        assert_eq!(lines[0]["case"], Value::Null, "{stated}");
    }
}
