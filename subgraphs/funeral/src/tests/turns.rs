//! Turns that a case may take: a correction, being called off, a body that nobody claims, a burial.

use minzheng_kit::Principal;
use serde_json::{Value, json};

use super::steps::{cremation, here, number, officer};
use super::{Stage, division};

#[tokio::test]
async fn a_correction_is_an_entry_of_its_own() {
    let stage = Stage::of("51").await;
    let case = stage.cremated(7_102, 40).await;
    let before = "query ($id: ID!) { funeralCase(id: $id) { cremation { id certificateNo cremator isCorrection } timeline { id act corrects reason } } }";
    let first = stage
        .data(officer(), before, json!({ "id": case["id"] }))
        .await;
    let mut right = cremation();
    right["cremator"] = json!(2);
    right["reason"] = json!("CLERICAL");
    let case = stage
        .step(officer(), "correctCremation", &case, right)
        .await;
    let second = stage
        .data(officer(), before, json!({ "id": case["id"] }))
        .await;
    let (old, new) = (
        &first["funeralCase"]["cremation"],
        &second["funeralCase"]["cremation"],
    );
    assert_eq!(
        (&new["cremator"], &new["isCorrection"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(old["certificateNo"], new["certificateNo"]);
    let entries = second["funeralCase"]["timeline"].as_array().unwrap();
    let last = entries.last().unwrap();
    assert_eq!(
        (&last["act"], &last["reason"]),
        (&json!("CORRECTED"), &json!("CLERICAL"))
    );
    let cremated = entries.iter().find(|e| e["act"] == "CREMATED").unwrap();
    assert_eq!(last["corrects"], cremated["id"]);
    assert_eq!(
        &entries[..entries.len() - 1],
        first["funeralCase"]["timeline"].as_array().unwrap()
    );
}

#[tokio::test]
async fn a_case_is_called_off_by_its_applicant_and_frees_what_it_held() {
    let stage = Stage::of("51").await;
    let case = stage.open(7_103, 40, "CHILD").await;
    let case = stage
        .step(
            officer(),
            "dispatchHearse",
            &case,
            json!({ "from": here() }),
        )
        .await;
    let halls = "query ($id: ID!) { funeralCase(id: $id) { facility { id halls { id calendar(from: \"2026-11-23\", days: 1) { day takenHours } } } } }";
    let data = stage
        .data(officer(), halls, json!({ "id": case["id"] }))
        .await;
    let hall = data["funeralCase"]["facility"]["halls"][0]["id"].clone();
    let booking = json!({ "hall": hall, "day": "2026-11-23", "startsHour": 9, "hours": 2 });
    let case = stage
        .step(stage.citizen(40), "bookHall", &case, booking.clone())
        .await;
    let data = stage
        .data(officer(), halls, json!({ "id": case["id"] }))
        .await;
    assert_eq!(
        data["funeralCase"]["facility"]["halls"][0]["calendar"][0]["takenHours"],
        json!([9, 10])
    );
    let other = stage.open(7_104, 41, "CHILD").await;
    let overlapping = json!({ "hall": hall, "day": "2026-11-23", "startsHour": 10, "hours": 1 });
    assert_eq!(
        stage
            .refused(officer(), "bookHall", &other, overlapping.clone())
            .await,
        "HALL_TAKEN"
    );
    // Nobody else calls it off.
    let reason = json!({ "reason": "ANOTHER_HOME" });
    let query = "mutation ($input: CancelFuneralCaseInput!) { cancelFuneralCase(input: $input) { case { id } userErrors { code } } }";
    let input = json!({ "requestKey": "x", "case": case["id"], "version": case["version"], "reason": "ANOTHER_HOME" });
    let answer = stage
        .ask(stage.citizen(41), query, json!({ "input": input }))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let case = stage
        .step(stage.citizen(40), "cancelFuneralCase", &case, reason)
        .await;
    assert_eq!(case["state"], "CANCELLED");
    stage.step(officer(), "bookHall", &other, overlapping).await;
    let data = stage.data(officer(), "query ($id: ID!) { funeralCase(id: $id) { cancelReason hallBookings { state } transports { state } } }", json!({ "id": case["id"] })).await;
    assert_eq!(
        data["funeralCase"],
        json!({ "cancelReason": "ANOTHER_HOME", "hallBookings": [{ "state": "CANCELLED" }], "transports": [{ "state": "CANCELLED" }] })
    );
}

#[tokio::test]
async fn an_unclaimed_body_waits_for_its_notice_unless_someone_claims_it() {
    let stage = Stage::of("51").await;
    let case = stage.stored(7_105, 40, "INSTITUTION").await;
    stage.came_yesterday().await;
    // F-16: not publishing the notice is no way round it.
    assert_eq!(
        stage
            .refused(officer(), "recordCremation", &case, cremation())
            .await,
        "NOTICE_REQUIRED"
    );
    // F-14: a body beyond its time is found in one list.
    let late = "{ funeralCases(storageOverdue: true, first: 500) { nodes { number storage { overdue leftAt } } } }";
    let data = stage.data(officer(), late, json!({})).await;
    assert!(
        data["funeralCases"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|c| c["storage"][0]["overdue"] == true)
    );
    let notice = json!({ "policePaper": "公告-1", "policeNotifiedOn": "2026-11-21", "publishedOn": "2026-11-22" });
    let case = stage
        .step(officer(), "publishUnclaimedNotice", &case, notice)
        .await;
    assert_eq!(
        stage
            .refused(officer(), "recordCremation", &case, cremation())
            .await,
        "NOTICE_STILL_RUNNING"
    );
    let claim = json!({ "claimant": number(41), "claimantName": "赵有名", "relation": "CHILD", "phone": "13900001234" });
    let case = stage.step(officer(), "claimBody", &case, claim).await;
    let case = stage
        .step(officer(), "recordCremation", &case, cremation())
        .await;
    let data = stage.data(stage.citizen(41), "query ($id: ID!) { funeralCase(id: $id) { relation applicantPhone unclaimedNotice { endsOn claimedOn } } }", json!({ "id": case["id"] })).await;
    assert_eq!(data["funeralCase"]["relation"], "CHILD");
    assert_eq!(
        data["funeralCase"]["unclaimedNotice"],
        json!({ "endsOn": "2027-01-21", "claimedOn": "2026-11-22" })
    );
    // A body of a family needs no notice.
    let other = stage.stored(7_106, 42, "CHILD").await;
    let notice = json!({ "policePaper": "公告-2", "policeNotifiedOn": "2026-11-21", "publishedOn": "2026-11-22" });
    assert_eq!(
        stage
            .refused(officer(), "publishUnclaimedNotice", &other, notice)
            .await,
        "STATE_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn a_body_is_buried_only_where_a_custom_is_respected() {
    let stage = Stage::of("51").await;
    let case = stage.stored(7_107, 40, "CHILD").await;
    let park = "query ($d: ID!) { facilities(division: $d, kind: CEMETERY, subKind: URBAN_PUBLIC) { nodes { id } } }";
    let data = stage
        .data(
            Principal::public("51"),
            park,
            json!({ "d": division("510118") }),
        )
        .await;
    let park = &data["facilities"]["nodes"][0]["id"];
    // 深埋不留坟头 is for ashes; a body is not yet any.
    let deep = json!({ "kind": "DEEP_BURIAL", "facility": park, "on": "2026-11-22", "keepsAshes": false, "custom": "HUI" });
    assert_eq!(
        stage.refused(officer(), "inter", &case, deep).await,
        "STATE_NOT_ALLOWED"
    );
    let plots = json!({ "requestKey": "plots", "facility": park, "kind": "BODY_PLOT", "row": "东区一排", "first": 1, "count": 2, "areaM2": 4.0, "occupantLimit": 1 });
    let added = stage
        .act(
            officer(),
            "addPlots",
            plots,
            "facility { plots(state: FREE) { nodes { id kind } } }",
        )
        .await;
    let plot = added["facility"]["plots"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["kind"] == "BODY_PLOT")
        .unwrap()["id"]
        .clone();
    let hold = json!({ "requestKey": "hold", "plot": plot, "case": case["id"] });
    stage
        .act(officer(), "reserveNiche", hold, "plot { id }")
        .await;
    let mut case = case;
    case["version"] = json!(case["version"].as_i64().unwrap() + 1);
    let take = json!({ "requestKey": "take", "case": case["id"], "version": case["version"], "plot": plot });
    let taken = stage
        .act(officer(), "allocatePlot", take, "plot { state }")
        .await;
    assert_eq!(taken["plot"]["state"], "OCCUPIED", "{taken}");
    case["version"] = json!(case["version"].as_i64().unwrap() + 1);
    let bury = |custom: Value| json!({ "kind": "BODY_PLOT", "on": "2026-11-22", "keepsAshes": false, "custom": custom });
    assert_eq!(
        stage
            .refused(officer(), "inter", &case, bury(Value::Null))
            .await,
        "CREMATION_AREA"
    );
    assert_eq!(
        stage
            .refused(officer(), "inter", &case, bury(json!("TIBETAN")))
            .await,
        "CREMATION_AREA"
    );
    let case = stage
        .step(officer(), "inter", &case, bury(json!("HUI")))
        .await;
    assert_eq!(case["state"], "INTERRED");
    let data = stage.data(officer(), "query ($id: ID!) { caseTimeline(case: $id) { act } funeralCase(id: $id) { storage { leftAt } } }", json!({ "id": case["id"] })).await;
    let acts: Vec<&Value> = data["caseTimeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["act"])
        .rev()
        .take(2)
        .collect();
    assert_eq!(acts, ["INTERRED", "BODY_BURIED"]);
    assert_ne!(data["funeralCase"]["storage"][0]["leftAt"], Value::Null);
}
