//! What events of other subsystems do here, and that doing them twice changes nothing.

use super::steps::open_slots;
use super::*;
use crate::kit::events::Event;
use crate::rules::ledger::Status;
use crate::service::ledger;

pub(super) async fn deliver(p: &Province, kind: &str, body: Value) {
    let event = Event {
        kind: kind.into(),
        key: "k".into(),
        at: p.services.clock.now(),
        body,
    };
    let services = p.services.clone();
    p.services
        .db
        .write(move |tx| {
            let (event, services) = (event.clone(), services.clone());
            Box::pin(async move {
                for consumer in crate::consumers::all() {
                    if consumer.kinds().contains(&event.kind.as_str()) {
                        consumer.apply(&services, tx, &event).await?;
                    }
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

pub(super) async fn status(p: &Province, token: &str) -> (Status, bool, usize) {
    let token = token.to_owned();
    let found = ledger::of_persons(p.services.db.read(), std::slice::from_ref(&token))
        .await
        .unwrap();
    let ledger = &found[&token];
    (ledger.status, ledger.chain_intact, ledger.entries.len())
}

#[tokio::test]
async fn a_death_leaves_a_widow_and_ends_an_open_application_once() {
    let p = Province::of("51").await;
    for _ in 0..2 {
        deliver(
            &p,
            "DeathRegistered",
            json!({ "person": p.token(4), "diedOn": "2026-11-20" }),
        )
        .await;
    }
    assert_eq!(status(&p, &p.token(5)).await, (Status::Widowed, true, 2));
    let mine = "{ myMarriage { status marriage { id } divorceApplication { id } } }";
    let data = p.data(p.citizen(5), mine, none()).await;
    assert_eq!(
        data["myMarriage"],
        json!({ "status": "WIDOWED", "marriage": null, "divorceApplication": null })
    );
}

#[tokio::test]
async fn a_new_token_takes_the_whole_chain_along() {
    let p = Province::of("51").await;
    for _ in 0..2 {
        deliver(
            &p,
            "PersonAliased",
            json!({ "old": p.token(0), "new": "newtoken" }),
        )
        .await;
    }
    assert_eq!(status(&p, "newtoken").await, (Status::Married, true, 1));
    assert_eq!(status(&p, &p.token(0)).await.0, Status::NoRecord);
    let mine = "{ myMarriage { status marriage { certificates { number } } } }";
    let data = p
        .data(Principal::citizen("51", "newtoken"), mine, none())
        .await;
    assert_eq!(
        data["myMarriage"]["marriage"]["certificates"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn merging_two_persons_appends_the_old_facts_to_the_new_chain() {
    let p = Province::of("51").await;
    for _ in 0..2 {
        deliver(
            &p,
            "PersonAliased",
            json!({ "old": p.token(12), "new": p.token(0) }),
        )
        .await;
    }
    let (status, intact, entries) = status(&p, &p.token(0)).await;
    assert_eq!(
        (status, intact, entries),
        (Status::Disputed, true, 2),
        "two marriages at once raise a case"
    );
}

#[tokio::test]
async fn a_death_stops_what_was_booked_and_applied_for_once() {
    let p = Province::of("51").await;
    let slot = open_slots(&p, "2026-11-24", "MARRIAGE").await.remove(0);
    let booking = json!({ "requestKey": "b", "slot": slot["id"], "partner": p.number(3) });
    let booked = p
        .change(
            p.citizen(2),
            "bookSlot",
            "BookSlotInput",
            "appointment { id }",
            booking,
        )
        .await;
    let draft = json!({ "requestKey": "d", "registry": registry("510118-1"), "kind": "MARRIAGE", "own": p.number(2),
        "partner": p.number(3), "appointment": booked["appointment"]["id"] });
    p.change(
        p.citizen(2),
        "draftApplication",
        "DraftApplicationInput",
        "application { state }",
        draft,
    )
    .await;
    for _ in 0..2 {
        let body = json!({ "person": p.token(3), "diedOn": "2026-11-21" });
        deliver(&p, "DeathRegistered", body).await;
    }
    let mine = "{ myMarriage { appointments { state } } myRegistrationApplications { state } }";
    let mine = p.data(p.citizen(2), mine, none()).await;
    assert_eq!(
        mine["myMarriage"]["appointments"],
        json!([{ "state": "CANCELLED" }])
    );
    assert_eq!(
        mine["myRegistrationApplications"],
        json!([{ "state": "ABORTED" }])
    );
    let after = open_slots(&p, "2026-11-24", "MARRIAGE").await;
    assert_eq!(after[0], slot, "the place is free again");
}

#[tokio::test]
async fn two_tokens_of_one_person_keep_one_place_and_the_event_goes_through() {
    let p = Province::of("51").await;
    let open = open_slots(&p, "2026-11-26", "MARRIAGE").await;
    for (citizen, slot) in [(2, 0), (6_580, 1)] {
        let booking = json!({ "requestKey": "b", "slot": open[slot]["id"] });
        let made = p
            .change(
                p.citizen(citizen),
                "bookSlot",
                "BookSlotInput",
                "appointment { id }",
                booking,
            )
            .await;
        assert!(refusals(&made).is_empty(), "{made}");
    }
    for _ in 0..2 {
        deliver(
            &p,
            "PersonAliased",
            json!({ "old": p.token(2), "new": p.token(6_580) }),
        )
        .await;
    }
    // Kinship that was known of the old token is known of the new one.
    deliver(
        &p,
        "PersonAliased",
        json!({ "old": p.token(6_550), "new": p.token(6_580) }),
    )
    .await;
    let mine = p
        .data(
            p.citizen(6_580),
            "{ myMarriage { appointments { state } } }",
            none(),
        )
        .await;
    assert_eq!(
        mine["myMarriage"]["appointments"].as_array().unwrap().len(),
        2
    );
    use sea_orm::EntityTrait;
    let edges = crate::model::kin_edge::Entity::find()
        .all(p.services.db.read())
        .await
        .unwrap();
    assert_eq!(edges[0].person_a, p.token(6_580));
}
