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
