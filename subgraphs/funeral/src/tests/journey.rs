//! A case from the call to its end, through the endpoint, on both databases.

use minzheng_kit::Principal;
use minzheng_kit::events::read_outbox;
use serde_json::{Value, json};

use super::steps::{colleague, cremation, here, number, officer};
use super::{Stage, databases, division};
use crate::demo;
use crate::model::custody_link;
use crate::rules::custody::unbroken;
use crate::service::course::link_of;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

#[tokio::test]
async fn a_case_goes_from_the_hearse_to_the_tree_and_is_closed() {
    for services in databases("journey").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let case = stage.open(7_100, 40, "CHILD").await;
        // Nothing is skipped.
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "recordStorage",
                    &case,
                    json!({ "cabinetNo": "A-1" })
                )
                .await,
            "STATE_NOT_ALLOWED"
        );
        assert_eq!(
            stage
                .refused(officer(), "recordCremation", &case, cremation())
                .await,
            "STATE_NOT_ALLOWED"
        );
        let sent = stage
            .step(
                officer(),
                "dispatchHearse",
                &case,
                json!({ "from": here() }),
            )
            .await;
        assert_eq!(sent["state"], "COLLECTING");
        // The version that was based on is past.
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "recordArrival",
                    &case,
                    json!({ "sealNo": "封-1" })
                )
                .await,
            "VERSION_CONFLICT"
        );
        let case = stage
            .step(
                officer(),
                "recordArrival",
                &sent,
                json!({ "sealNo": "封-1" }),
            )
            .await;
        let stored = stage
            .step(
                officer(),
                "recordStorage",
                &case,
                json!({ "cabinetNo": "A-1" }),
            )
            .await;
        assert_eq!(stored["state"], "STORED");
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "cancelFuneralCase",
                    &stored,
                    json!({ "reason": "ANOTHER_HOME" })
                )
                .await,
            "STATE_NOT_ALLOWED"
        );
        let extended = stage
            .step(
                officer(),
                "extendStorage",
                &stored,
                json!({ "kind": "ORDINARY" }),
            )
            .await;
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "extendStorage",
                    &extended,
                    json!({ "kind": "APPROVED", "until": "2027-01-30" })
                )
                .await,
            "APPROVAL_REQUIRED"
        );
        stage.came_yesterday().await;
        let case = stage
            .step(officer(), "holdFarewell", &extended, json!({}))
            .await;
        assert_eq!(case["state"], "FAREWELL");
        let future = json!({ "cremator": 1, "startedAt": "2026-11-22T03:00:00Z", "endedAt": "2026-11-22T05:00:00Z" });
        assert_eq!(
            stage
                .refused(officer(), "recordCremation", &case, future)
                .await,
            "CREMATION_TIMES"
        );
        let mut other = cremation();
        other["cremator"] = json!(99);
        assert_eq!(
            stage
                .refused(officer(), "recordCremation", &case, other)
                .await,
            "CREMATOR_UNKNOWN"
        );
        let case = stage
            .step(officer(), "recordCremation", &case, cremation())
            .await;
        let case = stage
            .step(
                officer(),
                "takeIntoCustody",
                &case,
                json!({ "boxNo": "骨-7100" }),
            )
            .await;
        assert_eq!(case["state"], "ASHES_IN_CUSTODY");
        let park = "query ($d: ID!) { facilities(division: $d, kind: CEMETERY, subKind: URBAN_PUBLIC) { nodes { id } } }";
        let data = stage
            .data(
                Principal::public("51"),
                park,
                json!({ "d": division("510118") }),
            )
            .await;
        let park = data["facilities"]["nodes"][0]["id"].clone();
        let inter = |kind: &str, keeps: bool| json!({ "kind": kind, "facility": park, "on": "2026-11-22", "keepsAshes": keeps });
        assert_eq!(
            stage
                .refused(officer(), "inter", &case, inter("SEA", false))
                .await,
            "SEA_BY_VOYAGE"
        );
        assert_eq!(
            stage
                .refused(officer(), "inter", &case, inter("NICHE", true))
                .await,
            "PLOT_NOT_ALLOCATED"
        );
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "inter",
                    &case,
                    json!({ "kind": "TREE", "on": "2026-11-22", "keepsAshes": false })
                )
                .await,
            "OUTSIDE_CEMETERY"
        );
        let case = stage
            .step(officer(), "inter", &case, inter("TREE", false))
            .await;
        assert_eq!(case["state"], "INTERRED");
        // F-12: nothing is left to be kept.
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "takeIntoCustody",
                    &case,
                    json!({ "boxNo": "骨-1" })
                )
                .await,
            "NO_ASHES_KEPT"
        );
        let case = stage
            .step(officer(), "settleFuneralCase", &case, json!({}))
            .await;
        let case = stage
            .step(officer(), "closeFuneralCase", &case, json!({}))
            .await;
        assert_eq!(case["state"], "CLOSED");

        let query = "query ($id: ID!) { funeralCase(id: $id) { closedOn crematedOn payable timeline { seq act state } \
             transports { state sealNo deliveredAt } storage { extension until overdue leftAt } cremation { certificateNo cremator } \
             custodyChain { giver taker } ashesCustody { boxNo endedAt } interment { kind keepsAshes subsidy } } \
             caseTimeline(case: $id) { act } }";
        let data = stage
            .data(officer(), query, json!({ "id": case["id"] }))
            .await;
        let whole = &data["funeralCase"];
        let acts: Vec<&str> = whole["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["act"].as_str().unwrap())
            .collect();
        assert_eq!(
            acts,
            [
                "OPENED",
                "HEARSE_SENT",
                "HEARSE_ARRIVED",
                "BODY_STORED",
                "STORAGE_EXTENDED",
                "FAREWELL_HELD",
                "CREMATED",
                "ASHES_TAKEN",
                "INTERRED",
                "SETTLED",
                "CLOSED"
            ]
        );
        assert_eq!(data["caseTimeline"].as_array().unwrap().len(), 11);
        assert_eq!(whole["crematedOn"], "2026-11-22");
        assert_eq!(whole["transports"][0]["state"], "DELIVERED");
        assert_eq!(whole["storage"][0]["extension"], "ORDINARY");
        assert_eq!(whole["interment"]["subsidy"], "1000.00");
        let holders: Vec<&str> = whole["custodyChain"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["taker"].as_str().unwrap())
            .collect();
        assert_eq!(
            holders,
            ["HEARSE", "STORE", "CREMATOR", "ASH_STORE", "GRAVE"]
        );
        let id = minzheng_kit::id::parse(case["id"].as_str().unwrap()).unwrap();
        let chain: Vec<_> = custody_link::Entity::find()
            .filter(custody_link::Column::CaseId.eq(id))
            .order_by_asc(custody_link::Column::Seq)
            .all(stage.services.db.read())
            .await
            .unwrap()
            .iter()
            .map(link_of)
            .collect();
        assert!(unbroken(&chain));
        // Each step told the others, and no name or number went along.
        let feed = read_outbox(stage.services.db.read(), 0, 100).await.unwrap();
        assert_eq!(
            feed.iter()
                .filter(|e| e.kind == "FuneralCaseAdvanced")
                .count(),
            10
        );
        assert!(
            feed.iter()
                .all(|e| !e.body.contains(&number(7_100)) && !e.body.contains("赵"))
        );
    }
}

#[tokio::test]
async fn ashes_are_released_by_two_officers_to_the_right_person() {
    let stage = Stage::of("51").await;
    let case = stage.cremated(7_101, 40).await;
    let case = stage
        .step(
            officer(),
            "takeIntoCustody",
            &case,
            json!({ "boxNo": "骨-7101" }),
        )
        .await;
    let to = |index: usize, authority: Value| json!({ "receiver": number(index), "receiverName": "赵有名", "relation": "CHILD", "authority": authority });
    assert_eq!(
        stage
            .refused(officer(), "releaseAshes", &case, to(41, Value::Null))
            .await,
        "AUTHORITY_REQUIRED"
    );
    let case = stage
        .step(officer(), "releaseAshes", &case, to(40, Value::Null))
        .await;
    assert_eq!(
        stage
            .refused(
                officer(),
                "confirmAshesRelease",
                &case,
                json!({ "confirm": true })
            )
            .await,
        "SECOND_OFFICER_REQUIRED"
    );
    let case = stage
        .step(
            colleague(),
            "confirmAshesRelease",
            &case,
            json!({ "confirm": true }),
        )
        .await;
    let query = "query ($id: ID!) { funeralCase(id: $id) { ashesRelease { state byAuthority receiver { id } } ashesCustody { endedAt } \
         custodyChain { taker checkedByTwo } } }";
    let data = stage
        .data(officer(), query, json!({ "id": case["id"] }))
        .await;
    let whole = &data["funeralCase"];
    assert_eq!(whole["ashesRelease"]["state"], "CONFIRMED");
    assert_eq!(
        whole["ashesRelease"]["receiver"]["id"],
        stage.token(40).as_str()
    );
    assert_ne!(whole["ashesCustody"][0]["endedAt"], Value::Null);
    let last = whole["custodyChain"].as_array().unwrap().last().unwrap();
    assert_eq!(last, &json!({ "taker": "FAMILY", "checkedByTwo": true }));
    // Once released they are not released again, and the case can be settled.
    assert_eq!(
        stage
            .refused(officer(), "releaseAshes", &case, to(40, Value::Null))
            .await,
        "STATE_NOT_ALLOWED"
    );
    stage
        .step(officer(), "settleFuneralCase", &case, json!({}))
        .await;
}

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
    let bury = |custom: Value| json!({ "kind": "DEEP_BURIAL", "facility": data["facilities"]["nodes"][0]["id"], "on": "2026-11-22", "keepsAshes": false, "custom": custom });
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
