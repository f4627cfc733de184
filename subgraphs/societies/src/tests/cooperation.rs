//! What organizations do for others: fees that sum, projects, adoptions, funds, hubs, party bodies.

use super::{Stage, code_of, division};
use crate::demo::{CITIZENS_ASSOCIATION, STORY_ASSOCIATION};
use minzheng_kit::Principal;
use serde_json::{Value, json};

#[tokio::test]
async fn the_dashboard_shows_the_sum_of_what_was_declared() {
    for stage in Stage::everywhere("51", "fees").await {
        let summary = "query ($d: ID!) { feeReductionSummary(division: $d, from: \"2026-11\", to: \"2026-11\") {
            associations enterprisesHelped feesCut asOf } }";
        let read = async || {
            let all = stage
                .data(
                    Principal::public("51"),
                    summary,
                    json!({ "d": division("510118") }),
                )
                .await;
            all["feeReductionSummary"].clone()
        };
        assert_eq!(read().await["feesCut"], "0.00");
        let declare = |key: &str, code: String, lines: Value| json!({ "requestKey": key, "creditCode": code, "month": "2026-11", "lines": lines });
        let lines = json!([
            { "item": "会费", "oldFee": "2000", "newFee": "1500.50", "enterprisesHelped": 10 },
            { "item": "培训费", "oldFee": "300", "newFee": "0", "enterprisesHelped": 4 },
        ]);
        let selection = "organization { feesCut(from: \"2026-11\", to: \"2026-11\") }";
        let input = declare("f1", stage.code(STORY_ASSOCIATION), lines.clone());
        let done = stage
            .change(stage.citizen(12), "declareFeeReduction", input, selection)
            .await;
        assert_eq!(done["organization"]["feesCut"], "6195.00", "{done:#}");
        let shown = read().await;
        assert_eq!(
            (
                &shown["associations"],
                &shown["enterprisesHelped"],
                &shown["feesCut"]
            ),
            (&json!(1), &json!(14), &json!("6195.00"))
        );
        assert_eq!(shown["asOf"], "2026-11-22T04:00:00Z");
        let ask = async |input: Value| {
            stage
                .change(stage.citizen(12), "declareFeeReduction", input, selection)
                .await
        };
        let story = || stage.code(STORY_ASSOCIATION);
        assert_eq!(
            code_of(&ask(declare("f2", story(), lines)).await),
            "FEE_DECLARED_TWICE"
        );
        let dearer =
            json!([{ "item": "会费二", "oldFee": "1", "newFee": "2", "enterprisesHelped": 1 }]);
        assert_eq!(
            code_of(&ask(declare("f3", story(), dearer)).await),
            "NOT_A_REDUCTION"
        );
        assert_eq!(
            code_of(&ask(declare("f4", story(), json!([]))).await),
            "LINES_OUT_OF_RANGE"
        );
        assert_eq!(read().await["feesCut"], "6195.00");
    }
}

#[tokio::test]
async fn a_project_joins_partners_and_reports_what_it_brought() {
    for stage in Stage::everywhere("51", "project").await {
        let officer = || stage.officer("510118");
        let selection = "project { id version amount organizationsGrown peopleServed isHonoured partners { kind name creditCode } }";
        let create = |key: &str, partners: Value| {
            json!({ "requestKey": key, "name": "邻里食堂", "division": division("510118"), "startedOn": "2026-11-01",
                "isPilot": true, "amount": "80000", "partners": partners })
        };
        let one = json!([{ "kind": "COMMUNITY", "name": "五津社区" }]);
        let alone = stage
            .change(officer(), "createProject", create("p1", one), selection)
            .await;
        assert_eq!(code_of(&alone), "TOO_FEW_PARTNERS");
        let two = json!([
            { "kind": "COMMUNITY", "name": "五津社区" },
            { "kind": "SOCIAL_ORGANIZATION", "name": "餐饮行业协会", "creditCode": stage.code(STORY_ASSOCIATION) },
        ]);
        let made = stage
            .change(officer(), "createProject", create("p2", two), selection)
            .await;
        assert_eq!(
            made["project"]["partners"].as_array().unwrap().len(),
            2,
            "{made:#}"
        );
        let result = json!({ "requestKey": "r", "id": made["project"]["id"], "version": 1,
            "organizationsGrown": 2, "peopleServed": 900, "isHonoured": false });
        let done = stage
            .change(officer(), "recordProjectResult", result, selection)
            .await;
        assert_eq!(
            (
                &done["project"]["peopleServed"],
                &done["project"]["version"]
            ),
            (&json!(900), &json!(2))
        );
        // A page of projects with their partners costs two statements.
        let list = "query ($d: ID!) { projects(division: $d, first: 40) { nodes { name partners { kind } } } }";
        let (page, statements) = stage
            .counted(stage.data(
                Principal::public("51"),
                list,
                json!({ "d": division("510000") }),
            ))
            .await;
        assert!(
            page["projects"]["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .all(|one| !one["partners"].as_array().unwrap().is_empty())
        );
        assert_eq!(statements, 2);
    }
}

#[tokio::test]
async fn so_few_households_that_one_would_know_them_are_withheld() {
    for stage in Stage::everywhere("51", "adopt").await {
        let query = "query ($d: ID!) { adoptions(division: $d) { organizations households } }";
        let read = async || {
            let all = stage
                .data(
                    Principal::public("51"),
                    query,
                    json!({ "d": division("510118") }),
                )
                .await;
            all["adoptions"].clone()
        };
        assert_eq!(read().await, json!({ "organizations": 0, "households": 0 }));
        let adopt = |key: &str, n: usize, households: i32| json!({ "requestKey": key, "creditCode": stage.code(n), "households": households, "startedOn": "2026-11-01" });
        let first = adopt("a", STORY_ASSOCIATION, 2);
        stage
            .change(
                stage.citizen(12),
                "declareAdoption",
                first,
                "organization { name }",
            )
            .await;
        assert_eq!(
            read().await,
            json!({ "organizations": 1, "households": null })
        );
        let second = adopt("b", CITIZENS_ASSOCIATION, 5);
        stage
            .change(
                stage.citizen(0),
                "declareAdoption",
                second,
                "organization { name }",
            )
            .await;
        assert_eq!(read().await, json!({ "organizations": 2, "households": 7 }));
        let none = adopt("c", STORY_ASSOCIATION, 0);
        let none = stage
            .change(
                stage.citizen(12),
                "declareAdoption",
                none,
                "organization { name }",
            )
            .await;
        assert_eq!(code_of(&none), "ADOPTION_IMPOSSIBLE");
    }
}

#[tokio::test]
async fn a_fund_never_holds_less_than_nothing_and_two_movements_do_not_overtake_each_other() {
    for stage in Stage::everywhere("51", "fund").await {
        let officer = || stage.officer("510118");
        let selection = "microFund { id amount version }";
        let create = json!({ "requestKey": "c", "name": "五津社区微基金", "division": division("510118"),
            "amount": "1000", "openedOn": "2026-11-01" });
        let made = stage
            .change(officer(), "createMicroFund", create, selection)
            .await;
        let spend = |key: &str, version: i64, amount: &str| json!({ "requestKey": key, "id": made["microFund"]["id"], "version": version, "amount": amount });
        let done = stage
            .change(
                officer(),
                "moveMicroFund",
                spend("m1", 1, "-400.50"),
                selection,
            )
            .await;
        assert_eq!(done["microFund"]["amount"], "599.50", "{done:#}");
        let blind = stage
            .change(
                officer(),
                "moveMicroFund",
                spend("m2", 1, "-400"),
                selection,
            )
            .await;
        assert_eq!(code_of(&blind), "VERSION_CONFLICT");
        let much = stage
            .change(
                officer(),
                "moveMicroFund",
                spend("m3", 2, "-599.51"),
                selection,
            )
            .await;
        assert_eq!(code_of(&much), "FUND_TOO_SMALL");
        let list =
            "query ($d: ID!) { microFundList(division: $d, first: 100) { nodes { name amount } }
            microFunds(division: $d) { funds amount } }";
        let all = stage
            .data(
                Principal::public("51"),
                list,
                json!({ "d": division("510118") }),
            )
            .await;
        assert_eq!(all["microFundList"]["nodes"].as_array().unwrap().len(), 36);
        assert_eq!(
            all["microFunds"],
            json!({ "funds": 36, "amount": "1100599.50" })
        );
    }
}

#[tokio::test]
async fn hubs_are_named_and_party_bodies_assessed() {
    for stage in Stage::everywhere("51", "hub").await {
        let officer = || stage.officer("510118");
        let code = stage.code(CITIZENS_ASSOCIATION);
        let version = stage.organization(&code).await["version"].clone();
        let hub =
            json!({ "requestKey": "h", "creditCode": code, "version": version, "hubKind": "HUB" });
        let named = stage
            .change(officer(), "setHubKind", hub, "organization { hubKind }")
            .await;
        assert_eq!(named["organization"]["hubKind"], "HUB", "{named:#}");
        let read = "query ($d: ID!) { hubs(division: $d) { hubs } hubOrganizations(division: $d, first: 9) { nodes { creditCode } }
            partyCover(division: $d) { covered assessed } }";
        let before = stage
            .data(
                Principal::public("51"),
                read,
                json!({ "d": division("510118") }),
            )
            .await;
        assert_eq!(before["hubs"]["hubs"], 2);
        assert_eq!(
            before["hubOrganizations"]["nodes"]
                .as_array()
                .unwrap()
                .len(),
            3
        );
        // Find somebody without a party body.
        let none = "query ($d: ID!) { searchOrganizations(division: $d, first: 100) { nodes { creditCode isRegistered founded partyUnit { score } } } }";
        let none = stage
            .data(
                Principal::public("51"),
                none,
                json!({ "d": division("510118") }),
            )
            .await;
        let bare = none["searchOrganizations"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["partyUnit"].is_null() && one["isRegistered"] == true)
            .unwrap()["creditCode"]
            .clone();
        let selection = "organization { partyUnit { establishedOn score aspects version } }";
        let set_up =
            json!({ "requestKey": "e", "creditCode": bare, "establishedOn": "2026-11-01" });
        let done = stage
            .change(officer(), "establishPartyUnit", set_up, selection)
            .await;
        assert_eq!(done["organization"]["partyUnit"]["version"], 1, "{done:#}");
        let assess = |key: &str, aspects: Value| {
            json!({ "requestKey": key, "creditCode": bare, "version": 1,
            "assessedOn": "2026-11-20", "aspects": aspects })
        };
        let four = stage
            .change(
                officer(),
                "assessPartyUnit",
                assess("a1", json!([20, 20, 20, 20])),
                selection,
            )
            .await;
        assert_eq!(code_of(&four), "ASPECTS_MALFORMED");
        let five = stage
            .change(
                officer(),
                "assessPartyUnit",
                assess("a2", json!([18, 17, 16, 15, 14])),
                selection,
            )
            .await;
        assert_eq!(five["organization"]["partyUnit"]["score"], 80);
        let after = stage
            .data(
                Principal::public("51"),
                read,
                json!({ "d": division("510118") }),
            )
            .await;
        for count in ["covered", "assessed"] {
            let of = |data: &Value| data["partyCover"][count].as_i64().unwrap();
            assert_eq!(of(&after), of(&before) + 1, "{count}");
        }
    }
}
