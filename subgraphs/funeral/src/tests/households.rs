//! Waivers by household where its register was shown, and what a grant shows near kin; on both databases.

use minzheng_kit::events::{Consumer, Event};
use serde_json::{Value, json};

use super::steps::{number, officer};
use super::{Stage, databases, division};
use crate::consumers::Aliases;
use crate::demo;

/// A cremated case with a charged cremation, whose register shows person 41 as head of the household.
async fn of_household(stage: &Stage, deceased: usize, head: Option<usize>) -> Value {
    let case = stage.cremated(deceased, 40).await;
    let case = match head {
        Some(head) => {
            let kin = json!({ "kin": number(head), "kinName": "赵有户", "relation": "CHILD", "proof": "户口簿-1", "headsHousehold": true });
            stage.step(officer(), "recordKin", &case, kin).await
        }
        None => case,
    };
    let items = json!({ "items": [{ "item": "B04", "quantity": 1, "on": "2026-11-22" }, { "item": "B01", "quantity": 1, "on": "2026-11-22" }] });
    stage.step(officer(), "chargeItems", &case, items).await
}

/// What may still be waived for a deceased, item by item.
async fn open_items(stage: &Stage, deceased: usize) -> Vec<(String, bool)> {
    let query = "query ($d: ID!, $dead: ID!) { waiverEligibility(division: $d) { household(deceased: $dead) { itemCode open } } }";
    let who = json!({ "d": division("510118"), "dead": stage.token(deceased) });
    let data = stage.data(officer(), query, who).await;
    let items = data["waiverEligibility"]["household"].as_array().unwrap();
    let of = |i: &Value| {
        (
            i["itemCode"].as_str().unwrap().to_owned(),
            i["open"] == true,
        )
    };
    items.iter().map(of).collect()
}

/// F-11, 惠民殡葬政策: 每户每项减免一次, and a second funeral of the household is the same household.
#[tokio::test]
async fn a_household_that_is_named_gets_each_item_once_whoever_died() {
    for services in databases("household").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let first = of_household(&stage, 7_840, Some(41)).await;
        stage
            .step(officer(), "grantWaivers", &first, json!({}))
            .await;
        // Another of the same household: nothing is left; and that is what eligibility says.
        let second = of_household(&stage, 7_841, Some(41)).await;
        let left: Vec<String> = open_items(&stage, 7_841)
            .await
            .into_iter()
            .filter_map(|(item, open)| open.then_some(item))
            .collect();
        assert!(
            !left.contains(&"B04".to_owned()) && left.contains(&"B02".to_owned()),
            "{left:?}"
        );
        let code = stage
            .refused(officer(), "grantWaivers", &second, json!({}))
            .await;
        assert_eq!(code, "NOTHING_TO_WAIVE");
        // Whose register nobody has shown is a household by themselves.
        let alone = of_household(&stage, 7_842, None).await;
        let alone = stage
            .step(officer(), "grantWaivers", &alone, json!({}))
            .await;
        // Shown later, what was granted before still counts as the household's.
        let kin = json!({ "kin": number(43), "kinName": "赵有户", "relation": "CHILD", "proof": "户口簿-2", "headsHousehold": true });
        let alone = stage.step(officer(), "recordKin", &alone, kin).await;
        let code = stage
            .refused(officer(), "grantWaivers", &alone, json!({}))
            .await;
        assert_eq!(code, "NOTHING_TO_WAIVE");
        // And whoever else dies in that household finds it used up, though it was granted in the first deceased's name.
        let late = of_household(&stage, 7_846, Some(43)).await;
        let code = stage
            .refused(officer(), "grantWaivers", &late, json!({}))
            .await;
        assert_eq!(code, "NOTHING_TO_WAIVE");
        // Another head for a deceased who had it opens nothing anew.
        let kin = json!({ "kin": number(45), "kinName": "赵有户", "relation": "CHILD", "proof": "户口簿-3", "headsHousehold": true });
        let alone = stage.step(officer(), "recordKin", &alone, kin).await;
        let code = stage
            .refused(officer(), "grantWaivers", &alone, json!({}))
            .await;
        assert_eq!(code, "NOTHING_TO_WAIVE");
        // Two names of one head, each with the item: the merge goes on, and the waivers stay for an officer.
        let other = of_household(&stage, 7_843, Some(44)).await;
        stage
            .step(officer(), "grantWaivers", &other, json!({}))
            .await;
        let event = Event {
            kind: "PersonAliased".to_owned(),
            key: "merge-1".to_owned(),
            at: stage.services.clock.now(),
            body: json!({ "old": stage.token(44), "new": stage.token(41), "merge": "merge-1" }),
        };
        let services = stage.services.clone();
        let done = stage.services.db.write(move |tx| {
            let (services, event) = (services.clone(), event.clone());
            Box::pin(async move { Aliases.apply(&services, tx, &event).await })
        });
        done.await.unwrap();
        let third = of_household(&stage, 7_844, Some(41)).await;
        let code = stage
            .refused(officer(), "grantWaivers", &third, json!({}))
            .await;
        assert_eq!(code, "NOTHING_TO_WAIVE");
    }
}

/// F-20, 个人信息保护法 45, 46, 49: a grant of access shows what is kept; one of a correction needs that it was made.
#[tokio::test]
async fn what_near_kin_were_granted_is_shown_to_them_and_to_nobody_else() {
    for services in databases("kin_grants").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let case = stage.cremated(7_845, 40).await;
        let ask = async |right: &str| {
            let input = json!({ "requestKey": right, "case": case["id"], "right": right });
            let asked = stage
                .act(
                    stage.citizen(40),
                    "useKinRight",
                    input,
                    "request { id version shows { death { diedOn } } }",
                )
                .await;
            assert_eq!(asked["request"]["shows"], Value::Null, "{asked}");
            asked["request"]["id"].clone()
        };
        let decide = async |key: &str, request: &Value| {
            let input =
                json!({ "requestKey": key, "request": request, "version": 1, "grant": true });
            stage
                .act(officer(), "decideKinRequest", input, "request { state }")
                .await
        };
        let access = ask("ACCESS").await;
        let done = decide("d1", &access).await;
        assert_eq!(done["request"]["state"], "GRANTED", "{done}");
        let query = "{ kinRequests { nodes { id state shows { deceased { id } death { diedOn } corrections { reason diedOnBefore } cremation { certificateNo } ashesCustody { boxNo } interment { kind } } } } }";
        let shown = async |request: &Value| {
            let data = stage.data(stage.citizen(40), query, json!({})).await;
            let all = data["kinRequests"]["nodes"].as_array().unwrap().clone();
            all.into_iter().find(|r| &r["id"] == request).unwrap()["shows"].take()
        };
        let shows = shown(&access).await;
        assert_eq!(shows["deceased"]["id"], stage.token(7_845).as_str());
        assert_eq!(shows["death"]["diedOn"], "2026-11-21");
        assert!(
            shows["cremation"]["certificateNo"]
                .as_str()
                .unwrap()
                .starts_with("HH510118-")
        );
        assert_eq!(
            (&shows["corrections"], &shows["interment"]),
            (&json!([]), &Value::Null)
        );
        // A correction is granted when it was made, and then shows what stood there before.
        let correction = ask("CORRECTION").await;
        let early = decide("d2", &correction).await;
        assert_eq!(
            early["userErrors"][0]["code"], "CORRECTION_NOT_MADE",
            "{early}"
        );
        let record = "query ($id: ID!) { funeralCase(id: $id) { death { id version } } }";
        let data = stage
            .data(officer(), record, json!({ "id": case["id"] }))
            .await;
        let death = &data["funeralCase"]["death"];
        let mut right = super::confirmed::paper(7_845, "2026-11-20", Value::Null);
        for field in ["deceasedName", "relation", "deceased"] {
            right.as_object_mut().unwrap().remove(field);
        }
        right["requestKey"] = json!("fix");
        right["record"] = death["id"].clone();
        right["version"] = death["version"].clone();
        right["reason"] = json!("KIN_EVIDENCE");
        let fixed = stage
            .act(officer(), "correctDeath", right, "death { diedOn }")
            .await;
        assert_eq!(fixed["death"]["diedOn"], "2026-11-20", "{fixed}");
        let done = decide("d3", &correction).await;
        assert_eq!(done["request"]["state"], "GRANTED", "{done}");
        let shows = shown(&correction).await;
        assert_eq!(shows["death"]["diedOn"], "2026-11-20");
        assert_eq!(
            shows["corrections"],
            json!([{ "reason": "KIN_EVIDENCE", "diedOnBefore": "2026-11-21" }])
        );
        // Another deceased of theirs costs no further statement.
        let statements = async || {
            let before = stage.services.db.statements();
            stage.data(stage.citizen(40), query, json!({})).await;
            stage.services.db.statements() - before
        };
        let one = statements().await;
        let other = stage.cremated(7_847, 40).await;
        let input = json!({ "requestKey": "other", "case": other["id"], "right": "ACCESS" });
        let asked = stage
            .act(stage.citizen(40), "useKinRight", input, "request { id }")
            .await;
        decide("d4", &asked["request"]["id"]).await;
        assert_ne!(shown(&asked["request"]["id"]).await, Value::Null);
        assert_eq!(statements().await, one);
        // Neither a stranger nor an officer of elsewhere has any of it in their lists.
        let data = stage.data(stage.citizen(42), query, json!({})).await;
        assert_eq!(data["kinRequests"]["nodes"], json!([]));
    }
}
