//! What is told as it happens.

use super::*;
use crate::kit::testing::{subscribe, told, watching};
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger::{self, Fact};

const QUEUE: &str = "subscription ($r: ID!) { queueMoved(registry: $r) { registry { id name } queue { drawn waiting called { number } } } }";
const MINE: &str =
    "subscription ($s: Int) { myMaritalEvent(since: $s) { person { id } entry { seq event } } }";

#[tokio::test]
async fn a_queue_is_told_as_it_is_and_each_time_it_moves() {
    let p = Province::of("51").await;
    let id = registry("510118-1");
    let mut events = subscribe(&p.graph, p.public(), QUEUE, json!({ "r": id }));
    let mut elsewhere = subscribe(
        &p.graph,
        p.public(),
        QUEUE,
        json!({ "r": registry("510107-1") }),
    );
    let first = told(&mut events).await;
    let begun = &first["data"]["queueMoved"];
    assert_eq!(begun["registry"]["id"], json!(id), "{first}");
    let drawn = begun["queue"]["drawn"].as_i64().unwrap();
    told(&mut elsewhere).await;
    let input = json!({ "requestKey": "l", "registry": id, "service": "MARRIAGE" });
    p.change(
        p.citizen(2),
        "takeTicket",
        "TakeTicketInput",
        "ticket { id }",
        input,
    )
    .await;
    let after = told(&mut events).await;
    assert_eq!(after["data"]["queueMoved"]["queue"]["drawn"], drawn + 1);
    let input = json!({ "requestKey": "c", "registry": id, "desk": 1 });
    p.change(
        p.officer("a"),
        "callNextTicket",
        "CallNextInput",
        "ticket { id }",
        input,
    )
    .await;
    let called = told(&mut events).await;
    assert_eq!(
        called["data"]["queueMoved"]["queue"]["waiting"],
        after["data"]["queueMoved"]["queue"]["waiting"]
            .as_i64()
            .unwrap()
            - 1
    );
    // Another registry's queue has not moved.
    let quiet = tokio::time::timeout(
        std::time::Duration::from_millis(100),
        futures_util::StreamExt::next(&mut elsewhere),
    );
    assert!(quiet.await.is_err());
}

#[tokio::test]
async fn a_queue_of_no_registry_is_refused() {
    let p = Province::of("51").await;
    let nowhere = json!({ "r": "00000000-0000-4000-8000-000000000000" });
    for (variables, code) in [
        (nowhere, "NOT_FOUND"),
        (json!({ "r": "nonsense" }), "BAD_USER_INPUT"),
    ] {
        let mut events = subscribe(&p.graph, p.public(), QUEUE, variables);
        assert_eq!(codes(&told(&mut events).await), [code]);
    }
}

async fn enter(p: &Province, person: &str, event: LedgerEvent) {
    let (person, at) = (person.to_owned(), p.services.clock.now());
    let fact = Fact {
        event,
        effective_on: p.services.clock.today(),
        record: None,
    };
    p.services
        .db
        .write(move |tx| {
            let person = person.clone();
            Box::pin(async move {
                ledger::append(tx, &person, fact, at).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_persons_own_ledger_is_told_to_that_person_from_where_they_were() {
    let p = Province::of("51").await;
    let person = p.token(90);
    let (_, before) = ledger::behind(p.services.db.read(), &person, None)
        .await
        .unwrap();
    let before = before.unwrap();
    enter(&p, &person, LedgerEvent::Married).await;
    enter(&p, &person, LedgerEvent::Divorced).await;
    let events = |since: Value| subscribe(&p.graph, p.citizen(90), MINE, json!({ "s": since }));
    let mut from_the_first = events(json!(before + 1));
    let second = told(&mut from_the_first).await;
    let mine = &second["data"]["myMaritalEvent"];
    assert_eq!(
        mine["entry"],
        json!({ "seq": before + 2, "event": "DIVORCED" })
    );
    assert_eq!(mine["person"]["id"], json!(person));
    let mut from_now = events(Value::Null);
    let asking = async {
        // Another's entry in between is nobody else's business.
        enter(&p, &p.token(91), LedgerEvent::Married).await;
        enter(&p, &person, LedgerEvent::Married).await;
    };
    let (third, ()) = tokio::join!(told(&mut from_the_first), asking);
    assert_eq!(third["data"]["myMaritalEvent"]["entry"]["seq"], before + 3);
    // From now on: what was entered before it was first polled is the past.
    let watches = p.services.db.watchers().rested();
    let (_, fourth) = tokio::join!(
        async {
            watching(&p.services.db, watches + 1).await;
            enter(&p, &person, LedgerEvent::Divorced).await;
        },
        told(&mut from_now)
    );
    assert_eq!(fourth["data"]["myMaritalEvent"]["entry"]["seq"], before + 4);
    let mut stranger = subscribe(&p.graph, p.public(), MINE, json!({}));
    assert_eq!(codes(&told(&mut stranger).await), ["FORBIDDEN"]);
}
