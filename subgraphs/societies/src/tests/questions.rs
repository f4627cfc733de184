//! The questions of clients: request 5, searching, lists of the supervision.

use super::{Stage, division};
use crate::demo::{CITIZENS_ASSOCIATION, OLD_NAMED_ASSOCIATION, STORY_ASSOCIATION};
use minzheng_kit::{Principal, Role};
use serde_json::json;

#[tokio::test]
async fn check_this_association_before_joining() {
    for stage in Stage::everywhere("51", "check").await {
        let query = "query ($code: CreditCode!) { organization(creditCode: $code) {
            name before: name(asOf: \"2015-01-01\") earlier: name(asOf: \"2011-01-01\")
            names { name divisionName validFrom validTo }
            kind state isRegistered founded
            rating { level validTo state enjoysPolicies } ratings { level state }
            listings { list } feesCut(from: \"2026-01\", to: \"2026-12\")
            feeReductions(from: \"2026-01\", to: \"2026-12\") { item oldFee newFee enterprisesHelped cut month }
            division { id } nameDivision { id } place { id } point
            reportDuty annualReports { year isLate result } partyUnit { establishedOn }
        } }";
        let code = json!({ "code": stage.code(STORY_ASSOCIATION) });
        let one = &stage.data(stage.citizen(0), query, code).await["organization"];
        assert_eq!(one["name"], "新津区餐饮行业协会");
        assert_eq!(one["before"], "新津县餐饮行业协会");
        assert!(one["earlier"].is_null());
        assert_eq!(one["names"][0]["validTo"], one["names"][1]["validFrom"]);
        assert_eq!(
            (&one["state"], &one["isRegistered"]),
            (&json!("REGISTERED"), &json!(true))
        );
        assert_eq!(
            one["rating"],
            json!({ "level": "A4", "validTo": "2028-12-20", "state": "VALID", "enjoysPolicies": true })
        );
        assert_eq!(
            one["ratings"][1],
            json!({ "level": "A3", "state": "EXPIRED" })
        );
        assert_eq!(one["listings"], json!([]));
        assert_eq!(one["feesCut"], "98000.00");
        assert_eq!(one["feeReductions"].as_array().unwrap().len(), 2);
        assert_eq!(one["division"]["id"], division("510118"));
        assert_eq!(one["nameDivision"]["id"], division("510118"));
        assert_eq!(one["point"]["type"], "Point");
        assert_eq!(one["annualReports"][0]["year"], 2025);
        assert!(one["partyUnit"]["establishedOn"].is_string());
    }
}

#[tokio::test]
async fn an_association_may_still_carry_the_old_name_of_its_division() {
    let stage = Stage::of("51").await;
    let query = "query ($code: CreditCode!) { organization(creditCode: $code) {
        name names { divisionName validTo } nameDivision { id } } }";
    let code = json!({ "code": stage.code(OLD_NAMED_ASSOCIATION) });
    let one = &stage.data(Principal::public("51"), query, code).await["organization"];
    assert_eq!(one["name"], "新津县茶叶行业协会");
    assert_eq!(
        one["names"],
        json!([{ "divisionName": "新津县", "validTo": null }])
    );
    assert_eq!(one["nameDivision"]["id"], division("510118"));
}

#[tokio::test]
async fn a_bad_code_is_refused_without_being_repeated_and_an_unknown_one_is_null() {
    let stage = Stage::of("36").await;
    let query = "query ($code: CreditCode!) { organization(creditCode: $code) { name } }";
    let bad = stage
        .ask(
            Principal::public("36"),
            query,
            json!({ "code": "51369901YYYY0001XX" }),
        )
        .await;
    assert_eq!(bad["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert!(!bad.to_string().contains("51369901YYYY0001XX"));
    let unknown = minzheng_kit::demo::credit_code("36", "361103", '1', 9_000);
    let answer = stage
        .data(Principal::public("36"), query, json!({ "code": unknown }))
        .await;
    assert!(answer["organization"].is_null());
}

#[tokio::test]
async fn the_legal_representative_is_shown_to_whoever_may_see_masked_persons() {
    let stage = Stage::of("51").await;
    let query =
        "query ($code: CreditCode!) { organization(creditCode: $code) { name legalRep { id } } }";
    let code = json!({ "code": stage.code(CITIZENS_ASSOCIATION) });
    let seen = stage
        .data(stage.role(Role::Registrar), query, code.clone())
        .await;
    assert_eq!(seen["organization"]["legalRep"]["id"], stage.token(0));
    for role in [Role::Public, Role::Dashboard, Role::Auditor, Role::Operator] {
        let answer = stage.ask(stage.role(role), query, code.clone()).await;
        assert!(
            answer["data"]["organization"]["legalRep"].is_null(),
            "{role:?}"
        );
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{role:?}"
        );
        assert!(answer["data"]["organization"]["name"].is_string());
    }
}

#[tokio::test]
async fn searching_finds_by_name_and_code_and_pages_without_gap() {
    for stage in Stage::everywhere("51", "search").await {
        let query = "query ($text: String, $d: ID, $kind: OrgKind, $after: String) {
            searchOrganizations(text: $text, division: $d, kind: $kind, first: 40, after: $after) {
                nodes { creditCode name kind } pageInfo { hasNextPage endCursor } } }";
        let public = || Principal::public("51");
        let by_name = stage
            .data(public(), query, json!({ "text": "新津区餐饮" }))
            .await;
        assert_eq!(
            by_name["searchOrganizations"]["nodes"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        let by_code = stage
            .data(public(), query, json!({ "text": stage.code(60) }))
            .await;
        assert_eq!(
            by_code["searchOrganizations"]["nodes"][0]["name"],
            "新津区餐饮行业协会"
        );
        let wild = stage.data(public(), query, json!({ "text": "%" })).await;
        assert_eq!(wild["searchOrganizations"]["nodes"], json!([]));
        let mut seen = std::collections::BTreeSet::new();
        let mut after = json!(null);
        loop {
            let variables =
                json!({ "d": division("510118"), "kind": "SOCIAL_GROUP", "after": after });
            let page = stage.data(public(), query, variables).await["searchOrganizations"].take();
            for node in page["nodes"].as_array().unwrap() {
                assert_eq!(node["kind"], "SOCIAL_GROUP");
                assert!(seen.insert(node["creditCode"].as_str().unwrap().to_owned()));
            }
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert!(seen.len() > 80, "{}", seen.len());
    }
}

#[tokio::test]
async fn the_supervision_sees_what_runs_out_and_what_is_missing() {
    for stage in Stage::everywhere("51", "lists").await {
        let query = "query ($d: ID) {
            ratingsExpiring(before: \"2027-11-22\", first: 500) {
                nodes { rating { validTo state } organization { name isRegistered } } }
            annualReportsMissing(year: 2025, division: $d, first: 500) { nodes { creditCode annualReports { year } } } }";
        let (data, statements) = stage
            .counted(stage.data(
                stage.role(Role::Registrar),
                query,
                json!({ "d": division("510118") }),
            ))
            .await;
        let ratings = data["ratingsExpiring"]["nodes"].as_array().unwrap();
        assert!(ratings.len() > 10);
        let days: Vec<&str> = ratings
            .iter()
            .map(|one| one["rating"]["validTo"].as_str().unwrap())
            .collect();
        assert!(days.is_sorted());
        assert!(
            days.iter()
                .all(|day| *day > "2026-11-22" && *day < "2027-11-22")
        );
        assert!(
            ratings
                .iter()
                .all(|one| one["organization"]["name"].is_string())
        );
        let missing = data["annualReportsMissing"]["nodes"].as_array().unwrap();
        assert!(
            missing
                .iter()
                .any(|one| one["creditCode"] == stage.code(CITIZENS_ASSOCIATION))
        );
        let none_of_2025 = |one: &serde_json::Value| {
            one["annualReports"]
                .as_array()
                .unwrap()
                .iter()
                .all(|report| report["year"] != 2025)
        };
        assert!(missing.iter().all(none_of_2025));
        // Ratings, their organizations, organizations without a report, their other reports.
        assert_eq!(statements, 4);
    }
}

#[tokio::test]
async fn a_range_of_months_the_wrong_way_round_is_refused() {
    let stage = Stage::of("36").await;
    let query = "query ($d: ID!) { orgCount(division: $d)
        cleanupStats(division: $d, from: \"2026-02\", to: \"2026-01\") { total } }";
    let answer = stage
        .ask(
            Principal::public("36"),
            query,
            json!({ "d": division("361103") }),
        )
        .await;
    assert_eq!(
        answer["errors"][0]["extensions"]["reason"],
        "BAD_MONTH_RANGE"
    );
    assert!(answer["data"]["cleanupStats"].is_null());
    assert!(answer["data"]["orgCount"].as_i64().unwrap() > 0);
}
