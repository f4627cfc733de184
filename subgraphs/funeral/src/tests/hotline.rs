//! The hotline from the call to the feedback, and its timers.

use chrono::TimeDelta;
use minzheng_kit::{Clock, Principal};
use serde_json::{Value, json};

use super::steps::{here, number, officer};
use super::{Stage, databases, division};
use crate::demo;
use crate::service::timers;

async fn call(stage: &Stage, key: &str) -> Value {
    let input = json!({ "requestKey": key, "category": "COLLECT", "phone": "13900001234", "caller": number(6), "division": division("510118"), "point": here() });
    let payload = stage
        .act(
            officer(),
            "openTicket",
            input,
            "ticket { id version state dueAt }",
        )
        .await;
    assert_eq!(payload["userErrors"], json!([]));
    payload["ticket"].clone()
}

async fn step(stage: &Stage, name: &str, ticket: &Value, more: Value) -> Value {
    let mut input = json!({ "requestKey": format!("{name} {} {}", ticket["id"], ticket["version"]), "ticket": ticket["id"], "version": ticket["version"] });
    for (field, value) in more.as_object().unwrap() {
        input[field] = value.clone();
    }
    stage
        .act(
            officer(),
            name,
            input,
            "ticket { id version state satisfaction reopened overdue arrivalOverdue arrivalDueAt }",
        )
        .await
}

#[tokio::test]
async fn a_ticket_goes_from_the_call_to_the_feedback_and_may_come_back() {
    for services in databases("ticket").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let mut ticket = call(&stage, "call").await;
        let early = step(&stage, "resolveTicket", &ticket, json!({})).await;
        assert_eq!(early["userErrors"][0]["code"], "STATE_NOT_ALLOWED");
        for (name, state) in [
            ("dispatchTicket", "DISPATCHED"),
            ("acceptTicket", "ACCEPTED"),
            ("recordOnSite", "ON_SITE"),
            ("resolveTicket", "RESOLVED"),
        ] {
            let stale = ticket.clone();
            let payload = step(&stage, name, &ticket, json!({})).await;
            assert_eq!(payload["ticket"]["state"], state, "{payload}");
            assert_ne!(payload["ticket"]["arrivalDueAt"], Value::Null);
            ticket = payload["ticket"].clone();
            let late = step(&stage, "escalateTicket", &stale, json!({})).await;
            assert_eq!(late["userErrors"][0]["code"], "VERSION_CONFLICT");
        }
        let mute = step(&stage, "closeTicket", &ticket, json!({})).await;
        assert_eq!(mute["userErrors"][0]["code"], "FEEDBACK_REQUIRED");
        let closed = step(&stage, "closeTicket", &ticket, json!({ "satisfaction": 4 })).await;
        assert_eq!(
            (
                &closed["ticket"]["state"],
                &closed["ticket"]["satisfaction"]
            ),
            (&json!("CLOSED"), &json!(4))
        );
        let again = step(&stage, "reopenTicket", &closed["ticket"], json!({})).await;
        assert_eq!(
            (&again["ticket"]["state"], &again["ticket"]["reopened"]),
            (&json!("REOPENED"), &json!(1))
        );
        let raised = step(&stage, "escalateTicket", &again["ticket"], json!({})).await;
        assert_eq!(raised["ticket"]["state"], "ESCALATED");
        let sent = step(&stage, "dispatchTicket", &raised["ticket"], json!({})).await;
        assert_eq!(sent["ticket"]["state"], "DISPATCHED");
        let query = "query ($d: ID!) { ticketSla(division: $d, from: \"2025-12\", to: \"2026-11\") { tickets late arrivedLate reopened meanSatisfaction \
             toDispatch { p50 p90 p99 } toAccept { p50 } toArrival { p50 p90 } toResolve { p50 } } }";
        let sla = stage
            .data(officer(), query, json!({ "d": division("510118") }))
            .await;
        assert_eq!(sla["ticketSla"]["reopened"], 1);
        let head = Principal::registrar("51", "510000", None);
        let sla = stage
            .data(head, query, json!({ "d": division("510000") }))
            .await;
        let of = |path: &str| {
            sla["ticketSla"]
                .pointer(path)
                .and_then(Value::as_i64)
                .unwrap()
        };
        assert!(
            of("/toDispatch/p50") <= of("/toAccept/p50")
                && of("/toAccept/p50") <= of("/toArrival/p50")
        );
        assert!(
            of("/toArrival/p50") <= of("/toArrival/p90")
                && of("/toResolve/p50") > of("/toArrival/p50")
        );
        assert!(sla["ticketSla"]["meanSatisfaction"].as_f64().unwrap() > 3.0);
    }
}

#[tokio::test]
async fn a_call_that_nobody_dispatches_is_raised_on_read_and_by_the_timer() {
    let stage = Stage::of("51").await;
    let ticket = call(&stage, "call").await;
    let mut services = stage.services.clone();
    services.clock = Clock::fixed(stage.services.clock.now() + TimeDelta::minutes(31));
    let later = Stage::over(services);
    let query = "query ($id: ID!) { hotlineTicket(id: $id) { state overdue version } }";
    let seen = later
        .data(officer(), query, json!({ "id": ticket["id"] }))
        .await;
    assert_eq!(
        seen["hotlineTicket"],
        json!({ "state": "ESCALATED", "overdue": true, "version": 1 })
    );
    // The story's call and this one; a second run has nothing left to do.
    assert_eq!(timers::run(&later.services).await.unwrap().tickets, 2);
    assert_eq!(
        timers::run(&later.services).await.unwrap(),
        timers::Ran::default()
    );
    let written = stage
        .data(officer(), query, json!({ "id": ticket["id"] }))
        .await;
    assert_eq!(
        written["hotlineTicket"],
        json!({ "state": "ESCALATED", "overdue": false, "version": 2 })
    );
}

#[tokio::test]
async fn holds_and_terms_that_ran_out_are_written_down() {
    let stage = Stage::of("51").await;
    let case = stage.stored(7_500, 40, "CHILD").await;
    let query = "query ($d: ID!) { facilities(division: $d, kind: COLUMBARIUM, subKind: URBAN_PUBLIC) { nodes { plots(state: FREE, first: 1) { nodes { id } } } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    let plot = data["facilities"]["nodes"][0]["plots"]["nodes"][0]["id"].clone();
    let hold = json!({ "requestKey": "hold", "plot": plot, "case": case["id"] });
    stage
        .act(officer(), "reserveNiche", hold, "plot { state }")
        .await;
    // Two terms in each of 183 halls are over already.
    let first = timers::run(&stage.services).await.unwrap();
    assert_eq!((first.holds, first.terms), (0, 366));
    // Each left a line of its history, and was told.
    let told = minzheng_kit::events::read_outbox(stage.services.db.read(), 0, 1_000)
        .await
        .unwrap();
    let ended = told
        .iter()
        .filter(|e| e.kind == "PlotChanged" && e.body.contains("EXPIRED"));
    assert_eq!(ended.count(), 366);
    let mut services = stage.services.clone();
    services.clock = Clock::fixed(stage.services.clock.now() + TimeDelta::hours(73));
    assert_eq!(timers::run(&services).await.unwrap().holds, 1);
    // Another case gets the place.
    let other = stage.open(7_501, 41, "CHILD").await;
    let later = Stage::over(services);
    let hold = json!({ "requestKey": "hold 2", "plot": plot, "case": other["id"] });
    let held = later
        .act(officer(), "reserveNiche", hold, "plot { state }")
        .await;
    assert_eq!(held["plot"]["state"], "HELD");
}
