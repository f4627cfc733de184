//! What follows registration: silence, liquidation, charity, branches; and the numbers of the law.

use super::registration::{APPLICANT, CASE, accept, decide, founding};
use super::{Stage, code_of, division};
use crate::demo::{CITIZENS_ASSOCIATION, STORY_ASSOCIATION};
use minzheng_kit::{Principal, Subsystem};
use serde_json::{Value, json};

#[tokio::test]
async fn an_organization_ends_after_its_liquidation_only() {
    for stage in Stage::everywhere("51", "ending").await {
        let code = stage.code(CITIZENS_ASSOCIATION);
        let head = || stage.citizen(0);
        let ending = |key: &str, certificate: bool| {
            json!({ "requestKey": key, "item": "DEREGISTER", "creditCode": code, "deregistration": {
                "liquidationEndedOn": "2026-11-20", "report": true, "certificate": certificate,
                "seals": true, "accounts": true } })
        };
        let early = stage
            .change(head(), "submitRegistration", ending("e1", true), CASE)
            .await;
        assert_eq!(code_of(&early), "STATE_FORBIDS");
        let version = stage.organization(&code).await["version"].clone();
        let input = json!({ "requestKey": "l", "creditCode": code, "version": version,
            "reason": "SELF_DISSOLVED", "groupFormedOn": "2026-11-01" });
        let begun = stage
            .change(
                head(),
                "startLiquidation",
                input,
                "organization { state record { liquidation { reason endedOn } } }",
            )
            .await;
        assert_eq!(begun["organization"]["state"], "LIQUIDATING", "{begun:#}");
        // Only acts of liquidation are allowed now.
        let change = json!({ "requestKey": "c", "item": "CHANGE", "creditCode": code,
            "change": { "item": "FUNDS", "funds": "50000", "consentedOn": "2026-11-20" } });
        let change = stage
            .change(head(), "submitRegistration", change, CASE)
            .await;
        assert_eq!(code_of(&change), "STATE_FORBIDS");
        let without = stage
            .change(head(), "submitRegistration", ending("e2", false), CASE)
            .await;
        assert_eq!(code_of(&without), "PAPERS_NOT_HANDED_IN");
        let asked = stage
            .change(head(), "submitRegistration", ending("e3", true), CASE)
            .await;
        assert_eq!(asked["permitCase"]["isLate"], false, "{asked:#}");
        let accepted = accept(&stage, &asked["permitCase"], &[]).await;
        let granted = decide(&stage, &accepted["permitCase"], true).await;
        assert_eq!(
            granted["permitCase"]["organization"]["state"], "DEREGISTERED",
            "{granted:#}"
        );
        let ended = stage.organization(&code).await;
        assert_eq!(
            (&ended["isRegistered"], &ended["ended"]),
            (&json!(false), &json!("2026-11-22"))
        );
        let person = json!([{ "__typename": "Person", "id": stage.token(0) }]);
        let selection =
            "... on Person { officesHeld(includeEnded: true) { endedBy } legalRepOf { name } }";
        let seen = stage
            .resolve(stage.officer("510118"), person, selection)
            .await;
        assert_eq!(seen[0]["legalRepOf"], json!([]));
        assert_eq!(seen[0]["officesHeld"][0]["endedBy"], "ORGANIZATION_ENDED");
    }
}

#[tokio::test]
async fn silence_of_five_working_days_accepts_and_shows_as_a_risk() {
    for stage in Stage::everywhere("51", "silence").await {
        let submitted = stage
            .change(
                stage.citizen(APPLICANT),
                "submitRegistration",
                founding(&stage, "f", json!({})),
                CASE,
            )
            .await;
        let id = submitted["permitCase"]["id"].clone();
        let query = "query ($id: ID!) { permitCase(id: $id) { state receivedOn isDeadlineProvisional version } }";
        // Handed in on a Sunday: the fifth working day is Friday the 27th.
        for (instant, state) in [
            ("2026-11-27T04:00:00Z", "SUBMITTED"),
            ("2026-11-28T04:00:00Z", "ACCEPTED"),
        ] {
            let later = stage.at(instant);
            let seen = later
                .data(later.officer("510118"), query, json!({ "id": id }))
                .await;
            assert_eq!(seen["permitCase"]["state"], state, "{instant}");
        }
        let later = stage.at("2026-11-30T04:00:00Z");
        // Too late to give it back; the decision counts its days from the day it came in.
        let returned = accept(&later, &submitted["permitCase"], &["章程草案"]).await;
        assert_eq!(code_of(&returned), "CASE_STATE_FORBIDS");
        let risk =
            "query ($d: ID!) { slaAtRisk(division: $d, first: 50) { nodes { id item isAtRisk } } }";
        let risk = later
            .data(
                later.officer("510100"),
                risk,
                json!({ "d": division("510118") }),
            )
            .await;
        let nodes = risk["slaAtRisk"]["nodes"].as_array().unwrap();
        assert!(nodes.iter().any(|node| node["id"] == id));
        // The job writes down once what is so already.
        for _ in 0..2 {
            crate::Societies.tick(&later.services).await.unwrap();
        }
        let seen = later
            .data(later.officer("510118"), query, json!({ "id": id }))
            .await;
        assert_eq!(
            (
                &seen["permitCase"]["version"],
                &seen["permitCase"]["receivedOn"]
            ),
            (&json!(2), &json!("2026-11-22"))
        );
        let decided = decide(&later, &json!({ "id": id, "version": 2 }), true).await;
        assert_eq!(decided["permitCase"]["daysTaken"], 8, "{decided:#}");
    }
}

#[tokio::test]
async fn a_charity_is_recognised_and_waits_a_year_for_the_licence() {
    for stage in Stage::everywhere("51", "charity").await {
        let code = stage.code(STORY_ASSOCIATION);
        let ask = async |stage: &Stage, field: &str, key: &str| {
            let input = json!({ "requestKey": key, "creditCode": code });
            stage.change(stage.citizen(12), field, input, CASE).await
        };
        assert_eq!(
            code_of(&ask(&stage, "licensePublicRaising", "p0").await),
            "NOT_A_CHARITY"
        );
        let asked = ask(&stage, "recogniseCharity", "r").await;
        let accepted = accept(&stage, &asked["permitCase"], &[]).await;
        // Twenty days by the Charity Law, counted by the calendar.
        assert_eq!(accepted["permitCase"]["statutoryDue"], "2026-12-14");
        decide(&stage, &accepted["permitCase"], true).await;
        assert_eq!(
            code_of(&ask(&stage, "recogniseCharity", "r2").await),
            "ALREADY_A_CHARITY"
        );
        assert_eq!(
            code_of(&ask(&stage, "licensePublicRaising", "p1").await),
            "CHARITY_TOO_YOUNG"
        );
        let next_year = stage.at("2027-11-22T04:00:00Z");
        let asked = ask(&next_year, "licensePublicRaising", "p2").await;
        assert_eq!(code_of(&asked), "OK", "{asked:#}");
        let accepted = accept(&next_year, &asked["permitCase"], &[]).await;
        decide(&next_year, &accepted["permitCase"], true).await;
        let query = "query ($code: CreditCode!) { organization(creditCode: $code) {
            charity { basis since publicRaisingSince } reportDuty } }";
        let one = stage
            .data(Principal::public("51"), query, json!({ "code": code }))
            .await;
        assert_eq!(
            one["organization"]["charity"],
            json!({ "basis": "RECOGNISED", "since": "2026-11-22", "publicRaisingSince": "2027-11-22" })
        );
        assert_eq!(one["organization"]["reportDuty"], "WORK_REPORT");
    }
}

#[tokio::test]
async fn branches_stay_one_level_deep() {
    let stage = Stage::of("51").await;
    let code = stage.code(STORY_ASSOCIATION);
    let selection = "organization { record { branches { id name version } } }";
    let open = |key: &str, name: &str, regional: bool, under: Value| {
        json!({ "requestKey": key, "creditCode": code, "kind": "BRANCH", "name": name,
            "isRegional": regional, "under": under })
    };
    let first = stage
        .change(
            stage.citizen(12),
            "openBranch",
            open("b1", "火锅专业委员会", false, json!(null)),
            selection,
        )
        .await;
    let branches = first["organization"]["record"]["branches"]
        .as_array()
        .unwrap();
    assert_eq!(branches.len(), 2, "{first:#}");
    let under = branches[0]["id"].clone();
    for (key, regional, under, expected) in [
        ("b2", true, json!(null), "REGIONAL_BRANCH"),
        ("b3", false, under, "BRANCH_OF_BRANCH"),
    ] {
        let answer = stage
            .change(
                stage.citizen(12),
                "openBranch",
                open(key, "分会", regional, under),
                selection,
            )
            .await;
        assert_eq!(code_of(&answer), expected);
    }
    let close = json!({ "requestKey": "x", "id": branches[0]["id"], "version": 1 });
    let closed = stage
        .change(stage.citizen(12), "closeBranch", close, selection)
        .await;
    assert_eq!(
        closed["organization"]["record"]["branches"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn the_numbers_of_the_law_are_shown_with_their_time_and_source() {
    let stage = Stage::of("36").await;
    let query =
        "{ orgThresholds(on: \"2026-11-22\") { kind level measure value isProvisional legalBasis }
        before: orgThresholds(on: \"2026-03-19\") { kind isProvisional }
        societiesLegalParameters { code value unit legalBasis source verifiedOn } }";
    let data = stage.data(Principal::public("36"), query, json!({})).await;
    let rows = data["orgThresholds"].as_array().unwrap();
    let members = rows
        .iter()
        .find(|row| row["measure"] == "INDIVIDUAL_MEMBERS")
        .unwrap();
    assert_eq!(
        (&members["value"], &members["isProvisional"]),
        (&json!(50), &json!(true))
    );
    assert!(
        data["before"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["isProvisional"] == false)
    );
    let all = data["societiesLegalParameters"].as_array().unwrap();
    let promise = all
        .iter()
        .find(|row| row["code"] == "O-4.promisedPermitDays")
        .unwrap();
    assert_eq!(
        (&promise["value"], &promise["unit"]),
        (&json!("10"), &json!("WORKING_DAYS"))
    );
    assert!(
        all.iter()
            .all(|row| row["legalBasis"] != "" && row["source"] != "")
    );
}
