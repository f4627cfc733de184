//! What is told as it happens.

use minzheng_kit::Principal;
use minzheng_kit::testing::{subscribe, told, watching};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::steps::{here, number, officer};
use super::{Stage, division};

const TICKETS: &str = "subscription { hotlineTicketChanged { id state } }";

#[tokio::test]
async fn the_operators_of_a_division_are_told_of_its_tickets() {
    let stage = Stage::of("51").await;
    let mut events = subscribe(&stage.graph, officer(), TICKETS, json!({}));
    let far = Principal::registrar("51", "513401", None);
    let mut elsewhere = subscribe(&stage.graph, far, TICKETS, json!({}));
    let before = stage.services.db.watchers().rested();
    let open = async {
        watching(&stage.services.db, before + 2).await;
        let input = json!({ "requestKey": "live", "category": "COLLECT", "phone": "13900001234", "caller": number(6), "division": division("510118"), "point": here() });
        stage
            .act(
                officer(),
                "openTicket",
                input,
                "ticket { id version state }",
            )
            .await["ticket"]
            .clone()
    };
    let listening = async {
        tokio::select! {
            event = told(&mut events) => event,
            _ = futures_util::StreamExt::next(&mut elsewhere) => panic!("told to another division"),
        }
    };
    let (ticket, event) = tokio::join!(open, listening);
    assert_eq!(
        event["data"]["hotlineTicketChanged"],
        json!({ "id": ticket["id"], "state": "OPEN" })
    );
    let input = json!({ "requestKey": "send", "ticket": ticket["id"] });
    stage
        .act(officer(), "dispatchTicket", input, "ticket { id }")
        .await;
    let event = told(&mut events).await;
    assert_eq!(event["data"]["hotlineTicketChanged"]["state"], "DISPATCHED");
    let mut stranger = subscribe(&stage.graph, stage.citizen(1), TICKETS, json!({}));
    let refused = told(&mut stranger).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn the_applicant_is_told_of_each_step_and_the_operators_of_each_hearse_that_moves() {
    let stage = Stage::of("51").await;
    let case = stage.open(7_720, 40, "CHILD").await;
    let steps = "subscription ($c: ID!) { caseAdvanced(case: $c) { id state } }";
    let asked = json!({ "c": case["id"] });
    let mut mine = subscribe(&stage.graph, stage.citizen(40), steps, asked.clone());
    let mut stranger = subscribe(&stage.graph, stage.citizen(41), steps, asked);
    let refused = told(&mut stranger).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let moves = "subscription { hearseMoved { id state point { longitude } } }";
    let mut vans = subscribe(&stage.graph, officer(), moves, json!({}));
    let before = stage.services.db.watchers().rested();
    let work = async {
        watching(&stage.services.db, before + 2).await;
        let case = stage
            .step(
                officer(),
                "dispatchHearse",
                &case,
                json!({ "from": here() }),
            )
            .await;
        let van = crate::model::transport::Entity::find()
            .filter(
                crate::model::transport::Column::CaseId
                    .eq(minzheng_kit::id::parse(case["id"].as_str().unwrap()).unwrap()),
            )
            .one(stage.services.db.read())
            .await
            .unwrap()
            .unwrap();
        let input = json!({ "requestKey": "moved", "hearse": van.hearse_id.to_string(), "point": { "longitude": 103.5, "latitude": 30.5 } });
        stage
            .act(officer(), "reportHearse", input, "hearse { id }")
            .await["hearse"]["id"]
            .clone()
    };
    let (van, step, moved) = tokio::join!(work, told(&mut mine), told(&mut vans));
    assert_eq!(
        step["data"]["caseAdvanced"],
        json!({ "id": case["id"], "state": "COLLECTING" })
    );
    assert_eq!(
        moved["data"]["hearseMoved"],
        json!({ "id": van, "state": "ON_TASK", "point": { "longitude": 103.5 } })
    );
}
