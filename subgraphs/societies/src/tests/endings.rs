//! How organizations end: never without their liquidation; and while they end, they do not grow.

use super::enforcement::{CLEANUP, told, zombie};
use super::registration::{CASE, accept, decide};
use super::supervision::quiet;
use super::{Stage, code_of, division};
use crate::demo::{CITIZENS_ASSOCIATION, STORY_ASSOCIATION};
use serde_json::{Value, json};

const ENDED: &str = "organization { state record { liquidation { groupFormedOn endedOn } } }";

async fn version(stage: &Stage, code: &str) -> Value {
    stage.organization(code).await["version"].clone()
}

/// A penalty by an officer of the province.
async fn punish(stage: &Stage, code: &str, kind: &str, until: Value) -> Value {
    let input = json!({ "requestKey": format!("p-{kind}-{code}"), "creditCode": code,
        "version": version(stage, code).await, "kind": kind, "ground": "UNLAWFUL_CHARGES",
        "decidedOn": "2026-11-20", "until": until });
    let done = stage
        .change(
            stage.officer("510000"),
            "imposePenalty",
            input,
            "organization { state }",
        )
        .await;
    assert_eq!(code_of(&done), "OK", "{done:#}");
    done["organization"]["state"].clone()
}

async fn liquidate(stage: &Stage, key: &str, code: &str) -> Value {
    let input = json!({ "requestKey": key, "creditCode": code, "version": version(stage, code).await,
        "reason": "OTHER", "groupFormedOn": "2026-11-10" });
    stage
        .change(stage.officer("510000"), "startLiquidation", input, ENDED)
        .await
}

/// What is handed in at the end.
fn papers(ended: &str, seals: bool) -> Value {
    json!({ "liquidationEndedOn": ended, "report": true, "certificate": true, "seals": seals, "accounts": true })
}

#[tokio::test]
async fn a_cleanup_deregisters_nobody_without_group_papers_and_end_of_the_liquidation() {
    for stage in Stage::everywhere("51", "cleaned").await {
        let (code, case) = zombie(&stage).await;
        let case = told(&stage, case).await;
        let close = async |key: &str, deregistration: Value| {
            let input = json!({ "requestKey": key, "id": case["id"], "version": case["version"],
                "result": "DEREGISTER", "deregistration": deregistration });
            stage
                .change(stage.officer("510000"), "closeCleanup", input, CLEANUP)
                .await
        };
        let living = close("d0", papers("2026-11-20", true)).await;
        assert_eq!(code_of(&living), "LIQUIDATION_FIRST");
        assert_eq!(
            punish(&stage, &code, "REVOCATION", Value::Null).await,
            "REVOKED"
        );
        assert_eq!(code_of(&close("d1", Value::Null).await), "PART_MISSING");
        let alone = close("d2", papers("2026-11-20", true)).await;
        assert_eq!(code_of(&alone), "LIQUIDATION_GROUP_MISSING");
        // A revoked body has its group too, one, and stays revoked.
        let begun = liquidate(&stage, "g1", &code).await;
        assert_eq!(begun["organization"]["state"], "REVOKED", "{begun:#}");
        let second = liquidate(&stage, "g2", &code).await;
        assert_eq!(code_of(&second), "LIQUIDATION_GROUP_FORMED");
        for (key, given, expected) in [
            ("d3", papers("2026-11-20", false), "PAPERS_NOT_HANDED_IN"),
            (
                "d4",
                papers("2026-11-09", true),
                "LIQUIDATION_ENDS_BEFORE_IT_BEGINS",
            ),
            ("d5", papers("2026-11-23", true), "LIQUIDATION_NOT_OVER"),
        ] {
            assert_eq!(code_of(&close(key, given).await), expected);
        }
        let closed = close("d6", papers("2026-11-20", true)).await;
        assert_eq!(
            closed["cleanupCase"]["organization"]["state"], "DEREGISTERED",
            "{closed:#}"
        );
        // It ended on the day of the form.
        let query = "query ($code: CreditCode!) { organization(creditCode: $code) { record { liquidation { groupFormedOn endedOn } } } }";
        let ended = stage
            .data(stage.officer("510000"), query, json!({ "code": code }))
            .await;
        assert_eq!(
            ended["organization"]["record"]["liquidation"],
            json!({ "groupFormedOn": "2026-11-10", "endedOn": "2026-11-20" })
        );
    }
}

#[tokio::test]
async fn a_revoked_body_is_deregistered_on_application_after_its_liquidation_only() {
    for stage in Stage::everywhere("51", "revokedend").await {
        let code = quiet(&stage).await;
        punish(&stage, &code, "REVOCATION", Value::Null).await;
        let submit = async |key: &str| {
            let input = json!({ "requestKey": key, "item": "DEREGISTER", "creditCode": code,
                "deregistration": papers("2026-11-19", true) });
            stage
                .change(stage.officer("510118"), "submitRegistration", input, CASE)
                .await
        };
        let alone = submit("s1").await;
        assert_eq!(code_of(&alone), "LIQUIDATION_GROUP_MISSING");
        liquidate(&stage, "g", &code).await;
        let asked = submit("s2").await;
        assert_eq!(code_of(&asked), "OK", "{asked:#}");
        let accepted = accept(&stage, &asked["permitCase"], &[]).await;
        let granted = decide(&stage, &accepted["permitCase"], true).await;
        assert_eq!(
            granted["permitCase"]["organization"]["state"], "DEREGISTERED",
            "{granted:#}"
        );
    }
}

/// One of each act by which a body grows: what is asked, of whom and what is answered.
fn growth(code: &str, version: &Value, year: &str) -> Vec<(&'static str, Value, &'static str)> {
    let key = |what: &str| format!("{what}-{code}-{year}");
    let organization = "organization { name }";
    vec![
        (
            "openBranch",
            json!({ "requestKey": key("b"), "creditCode": code, "kind": "BRANCH", "name": "火锅专业委员会", "isRegional": false }),
            organization,
        ),
        (
            "rateOrganization",
            json!({ "requestKey": key("r"), "creditCode": code, "score": 900 }),
            "rating { level }",
        ),
        (
            "recogniseCharity",
            json!({ "requestKey": key("c"), "creditCode": code }),
            CASE,
        ),
        (
            "licensePublicRaising",
            json!({ "requestKey": key("l"), "creditCode": code }),
            CASE,
        ),
        (
            "submitRegistration",
            json!({ "requestKey": key("s"), "item": "CHARTER", "creditCode": code }),
            CASE,
        ),
        (
            "declareFeeReduction",
            json!({ "requestKey": key("f"), "creditCode": code, "month": "2026-11",
                "lines": [{ "item": "会费", "oldFee": "2000", "newFee": "1500", "enterprisesHelped": 10 }] }),
            organization,
        ),
        (
            "declareAdoption",
            json!({ "requestKey": key("a"), "creditCode": code, "households": 3, "startedOn": "2026-11-01" }),
            organization,
        ),
        (
            "setHubKind",
            json!({ "requestKey": key("h"), "creditCode": code, "version": version, "hubKind": "BRAND" }),
            organization,
        ),
        (
            "createProject",
            json!({ "requestKey": key("p"), "name": "邻里食堂", "division": division("510118"), "startedOn": "2026-11-01",
                "isPilot": true, "amount": "1", "creditCode": code,
                "partners": [{ "kind": "COMMUNITY", "name": "五津社区" }, { "kind": "VOLUNTEERS", "name": "志愿队" }] }),
            "project { id }",
        ),
        (
            "createProject",
            json!({ "requestKey": key("q"), "name": "邻里食堂", "division": division("510118"), "startedOn": "2026-11-01",
                "isPilot": true, "amount": "1",
                "partners": [{ "kind": "COMMUNITY", "name": "五津社区" },
                    { "kind": "SOCIAL_ORGANIZATION", "name": "协会", "creditCode": code }] }),
            "project { id }",
        ),
        (
            "establishPartyUnit",
            json!({ "requestKey": key("e"), "creditCode": code, "establishedOn": "2026-11-01" }),
            organization,
        ),
    ]
}

#[tokio::test]
async fn who_is_suspended_or_in_liquidation_does_not_grow_and_is_supervised_on() {
    for stage in Stage::everywhere("51", "growth").await {
        let (suspended, ending) = (
            stage.code(STORY_ASSOCIATION),
            stage.code(CITIZENS_ASSOCIATION),
        );
        punish(&stage, &suspended, "SUSPENSION", json!("2026-12-20")).await;
        liquidate(&stage, "g", &ending).await;
        for (code, expected) in [
            (&suspended, "ACTIVITY_SUSPENDED"),
            (&ending, "ONLY_LIQUIDATION"),
        ] {
            let version = version(&stage, code).await;
            for (field, input, selection) in growth(code, &version, "2026") {
                let refused = stage
                    .change(stage.officer("510118"), field, input, selection)
                    .await;
                assert_eq!(code_of(&refused), expected, "{field}: {refused:#}");
            }
            let letter = json!({ "requestKey": format!("x-{code}"), "creditCode": code, "sentOn": "2026-11-20", "isReturned": true });
            let inspection = json!({ "requestKey": format!("y-{code}"), "creditCode": code, "kind": "COMPLAINT", "inspectedOn": "2026-11-20" });
            // A name that was given may be taken back.
            let unnamed = json!({ "requestKey": format!("z-{code}"), "creditCode": code, "version": version });
            for (field, input) in [
                ("recordLetter", letter),
                ("recordOrgInspection", inspection),
                ("setHubKind", unnamed),
            ] {
                let done = stage
                    .change(
                        stage.officer("510118"),
                        field,
                        input,
                        "organization { name }",
                    )
                    .await;
                assert_eq!(code_of(&done), "OK", "{field}: {done:#}");
            }
        }
        // Neither takes over anybody.
        let (_, case) = zombie(&stage).await;
        let case = told(&stage, case).await;
        for (key, into) in [("m1", &suspended), ("m2", &ending)] {
            let merge = json!({ "requestKey": key, "id": case["id"], "version": case["version"], "result": "MERGE", "mergedInto": into });
            let refused = stage
                .change(stage.officer("510000"), "closeCleanup", merge, CLEANUP)
                .await;
            assert_eq!(code_of(&refused), "SUCCESSOR_UNFIT", "{refused:#}");
        }
    }
}

#[tokio::test]
async fn a_grant_is_judged_by_what_the_organization_is_by_then() {
    for stage in Stage::everywhere("51", "regrant").await {
        let code = stage.code(STORY_ASSOCIATION);
        let ask = async |field: &str, input: Value| {
            let asked = stage
                .change(stage.officer("510118"), field, input, CASE)
                .await;
            assert_eq!(code_of(&asked), "OK", "{asked:#}");
            accept(&stage, &asked["permitCase"], &[]).await["permitCase"].take()
        };
        let charity = ask(
            "recogniseCharity",
            json!({ "requestKey": "c", "creditCode": code }),
        )
        .await;
        let charter = ask(
            "submitRegistration",
            json!({ "requestKey": "s", "item": "CHARTER", "creditCode": code }),
        )
        .await;
        punish(&stage, &code, "SUSPENSION", json!("2026-12-20")).await;
        for case in [&charity, &charter] {
            let refused = decide(&stage, case, true).await;
            assert_eq!(code_of(&refused), "ACTIVITY_SUSPENDED", "{refused:#}");
        }
        punish(&stage, &code, "REVOCATION", Value::Null).await;
        for case in [&charity, &charter] {
            let refused = decide(&stage, case, true).await;
            assert_eq!(code_of(&refused), "ORGANIZATION_ENDED", "{refused:#}");
            // It is refused to the applicant instead.
            let closed = decide(&stage, case, false).await;
            assert_eq!(closed["permitCase"]["state"], "REFUSED", "{closed:#}");
        }
        let query =
            "query ($code: CreditCode!) { organization(creditCode: $code) { charity { basis } } }";
        let seen = stage
            .data(stage.officer("510118"), query, json!({ "code": code }))
            .await;
        assert!(seen["organization"]["charity"].is_null());
    }
}
