//! Supervision as officers use it: reports, ratings, lists, penalties, inspections, clean-up.

use super::{Stage, code_of, division};
use crate::demo::{CITIZENS_ASSOCIATION, LISTED_FUNERAL_OPERATOR, STORY_ASSOCIATION};
use minzheng_kit::{Principal, Subsystem};
use serde_json::{Value, json};

const LISTING: &str =
    "listing { id list reason listedOn escalatesOn removedOn isEnteredLate version }";

/// A living organization of 新津 with good reports and no entry, behind the story's.
pub(super) async fn quiet(stage: &Stage) -> String {
    let query = "query ($d: ID!) { division: searchOrganizations(division: $d, first: 200) {
        nodes { creditCode state founded listings { id } annualReports { year result } } } }";
    let all = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    let good = |one: &Value| {
        let reports = one["annualReports"].as_array().unwrap();
        let passed = |year| {
            reports
                .iter()
                .any(|r| r["year"] == year && r["result"] == "PASS")
        };
        one["state"] == "REGISTERED"
            && one["listings"] == json!([])
            && one["founded"].as_str().unwrap() < "2020"
            && passed(2025)
            && passed(2024)
            && one["creditCode"] != stage.code(STORY_ASSOCIATION)
    };
    let found = all["division"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| good(one))
        .unwrap();
    found["creditCode"].as_str().unwrap().to_owned()
}

pub(super) fn officer(stage: &Stage) -> Principal {
    stage.officer("510118")
}

#[tokio::test]
async fn a_rating_is_given_lowered_and_taken_away() {
    for stage in Stage::everywhere("51", "rate").await {
        let selection = "rating { id level score state validTo version enjoysPolicies }";
        let code = quiet(&stage).await;
        let rate = |key: &str, score: i32| json!({ "requestKey": key, "creditCode": code, "score": score });
        let out = stage
            .change(
                officer(&stage),
                "rateOrganization",
                rate("r0", 1_001),
                selection,
            )
            .await;
        assert_eq!(code_of(&out), "SCORE_OUT_OF_RANGE");
        // Who is under an order that is not closed is under investigation, whatever the form says.
        let shown = "organization { record { inspections { id version } } }";
        let order = json!({ "requestKey": "i1", "creditCode": code, "kind": "SPOT_CHECK",
            "inspectedOn": "2026-11-20", "rectifyBy": "2026-12-10" });
        let order = stage
            .change(officer(&stage), "recordOrgInspection", order, shown)
            .await;
        let open = &order["organization"]["record"]["inspections"][0];
        let looked_at = stage
            .change(
                officer(&stage),
                "rateOrganization",
                rate("r5", 950),
                selection,
            )
            .await;
        assert_eq!(code_of(&looked_at), "NOT_IN_GOOD_STANDING");
        let right = json!({ "requestKey": "i2", "id": open["id"], "version": open["version"], "isPutRight": true });
        stage
            .change(officer(&stage), "closeOrgInspection", right, shown)
            .await;
        let rated = stage
            .change(
                officer(&stage),
                "rateOrganization",
                rate("r1", 950),
                selection,
            )
            .await;
        assert_eq!(rated["rating"]["level"], "A5", "{rated:#}");
        assert_eq!(rated["rating"]["validTo"], "2031-11-22");
        let twice = stage
            .change(
                officer(&stage),
                "rateOrganization",
                rate("r2", 900),
                selection,
            )
            .await;
        assert_eq!(code_of(&twice), "RATED_TODAY");
        let change = |key: &str, rating: &Value, change: &str, level: Value| json!({ "requestKey": key, "id": rating["id"], "version": rating["version"], "change": change, "level": level });
        let up = change("c0", &rated["rating"], "LOWER", json!("A5"));
        assert_eq!(
            code_of(
                &stage
                    .change(officer(&stage), "changeRating", up, selection)
                    .await
            ),
            "GRADE_DOES_NOT_FIT"
        );
        let down = change("c1", &rated["rating"], "LOWER", json!("A3"));
        let lowered = stage
            .change(officer(&stage), "changeRating", down, selection)
            .await;
        assert_eq!(
            (&lowered["rating"]["level"], &lowered["rating"]["validTo"]),
            (&json!("A3"), &json!("2031-11-22"))
        );
        let away = change("c2", &lowered["rating"], "REVOKE", json!(null));
        let revoked = stage
            .change(officer(&stage), "changeRating", away, selection)
            .await;
        assert_eq!(
            (
                &revoked["rating"]["state"],
                &revoked["rating"]["enjoysPolicies"]
            ),
            (&json!("REVOKED"), &json!(false))
        );
        // Who owes its last report is not rated.
        let owing = json!({ "requestKey": "r3", "creditCode": stage.code(CITIZENS_ASSOCIATION), "score": 900 });
        let owing = stage
            .change(officer(&stage), "rateOrganization", owing, selection)
            .await;
        assert_eq!(code_of(&owing), "INSPECTION_NOT_PASSED");
        // Who handed it in is told that the registry has to judge first, not that it is missing.
        let submit = json!({ "requestKey": "s", "creditCode": stage.code(CITIZENS_ASSOCIATION), "year": 2025,
            "submittedToSupervisor": "2026-10-20", "income": "1", "spending": "1", "staff": 1, "activities": 1 });
        let report = stage
            .change(
                stage.citizen(0),
                "submitAnnualReport",
                submit,
                "annualReport { result }",
            )
            .await;
        assert_eq!(report["annualReport"]["result"], json!(null), "{report:#}");
        let waiting = json!({ "requestKey": "r4", "creditCode": stage.code(CITIZENS_ASSOCIATION), "score": 900 });
        let waiting = stage
            .change(officer(&stage), "rateOrganization", waiting, selection)
            .await;
        assert_eq!(code_of(&waiting), "INSPECTION_NOT_CONCLUDED");
    }
}

#[tokio::test]
async fn an_entry_needs_its_proof_and_is_left_when_the_reason_is_gone() {
    for stage in Stage::everywhere("51", "list").await {
        let code = quiet(&stage).await;
        let list = |key: &str, code: &str, reason: &str| json!({ "requestKey": key, "creditCode": code, "reason": reason, "aroseOn": "2026-11-10" });
        let ask = async |input: Value| {
            stage
                .change(officer(&stage), "listAbnormal", input, LISTING)
                .await
        };
        assert_eq!(
            code_of(&ask(list("l1", &code, "NO_ANNUAL_REPORT")).await),
            "NO_REPORT_MISSING"
        );
        assert_eq!(
            code_of(&ask(list("l2", &code, "UNREACHABLE")).await),
            "TWO_LETTERS_NEEDED"
        );
        for (key, day) in [("a", "2026-09-01"), ("b", "2026-10-10")] {
            let letter =
                json!({ "requestKey": key, "creditCode": code, "sentOn": day, "isReturned": true });
            stage
                .change(
                    officer(&stage),
                    "recordLetter",
                    letter,
                    "organization { name }",
                )
                .await;
        }
        let listed = ask(list("l3", &code, "UNREACHABLE")).await;
        let entry = &listed["listing"];
        assert_eq!(
            (&entry["list"], &entry["escalatesOn"]),
            (&json!("ABNORMAL"), &json!("2028-11-22")),
            "{listed:#}"
        );
        // Arose on a Tuesday, entered twelve days later: more than five working days.
        assert_eq!(entry["isEnteredLate"], true);
        assert_eq!(
            code_of(&ask(list("l4", &code, "UNREACHABLE")).await),
            "ALREADY_LISTED"
        );
        let remove = |key: &str, entry: &Value, right: bool| json!({ "requestKey": key, "id": entry["id"], "version": entry["version"], "isPutRight": right });
        let not = stage
            .change(
                officer(&stage),
                "removeListing",
                remove("x1", entry, false),
                LISTING,
            )
            .await;
        assert_eq!(code_of(&not), "NOT_PUT_RIGHT");
        let gone = stage
            .change(
                officer(&stage),
                "removeListing",
                remove("x2", entry, true),
                LISTING,
            )
            .await;
        assert_eq!(gone["listing"]["removedOn"], "2026-11-22");
        // A missing report is handed in before its entry goes.
        let query = "query ($code: CreditCode!) { organization(creditCode: $code) { listings { id version reason } } }";
        let owing = json!({ "code": stage.code(CITIZENS_ASSOCIATION) });
        let owing = stage.data(Principal::public("51"), query, owing).await;
        let entry = &owing["organization"]["listings"][0];
        assert_eq!(entry["reason"], "NO_ANNUAL_REPORT");
        let owing = stage
            .change(
                officer(&stage),
                "removeListing",
                remove("x3", entry, true),
                LISTING,
            )
            .await;
        assert_eq!(code_of(&owing), "REPORT_STILL_MISSING");
        let foreign = stage
            .ask(
                stage.officer("510104"),
                "mutation ($input: ListOrganizationInput!) { listAbnormal(input: $input) { listing { id } } }",
                json!({ "input": list("l6", &code, "NO_PARTY_BODY") }),
            )
            .await;
        assert_eq!(foreign["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn two_years_make_an_entry_serious_on_reading_and_in_the_job() {
    for stage in Stage::everywhere("51", "escalate").await {
        let query = "query ($d: ID!, $list: CreditList) { creditLists(division: $d, filter: { list: $list, reason: UNREACHABLE }, first: 500) {
            nodes { listing { id list reason listedOn escalatesOn version } organization { creditCode } } } }";
        let d = division("510000");
        let read = async |list: &str| {
            let asked = json!({ "d": d, "list": list });
            let all = stage.data(Principal::public("51"), query, asked).await;
            all["creditLists"]["nodes"].as_array().unwrap().clone()
        };
        let due = |nodes: &[Value]| {
            nodes
                .iter()
                .find(|one| one["listing"]["escalatesOn"] == "2026-11-08")
                .cloned()
        };
        assert!(due(&read("ABNORMAL").await).is_none());
        let serious = due(&read("SERIOUS").await).unwrap();
        assert_eq!(serious["listing"]["list"], "SERIOUS");
        // The clean years count from the day it became serious.
        let remove = json!({ "requestKey": "x", "id": serious["listing"]["id"], "version": 1, "isPutRight": true });
        let early = stage
            .change(stage.officer("510000"), "removeListing", remove, LISTING)
            .await;
        assert_eq!(code_of(&early), "CLEAN_YEARS_NOT_OVER");
        crate::Societies.tick(&stage.services).await.unwrap();
        crate::Societies.tick(&stage.services).await.unwrap();
        let kinds = stage.told().await;
        assert_eq!(
            kinds
                .iter()
                .filter(|kind| *kind == "ListingEscalated")
                .count(),
            1
        );
        let code = serious["organization"]["creditCode"].as_str().unwrap();
        let entries = "query ($code: CreditCode!) { organization(creditCode: $code) {
            listings(includeRemoved: true) { list reason listedOn removedOn } } }";
        let entries = stage
            .data(Principal::public("51"), entries, json!({ "code": code }))
            .await;
        assert_eq!(
            entries["organization"]["listings"],
            json!([
                { "list": "SERIOUS", "reason": "ABNORMAL_TWO_YEARS", "listedOn": "2026-11-08", "removedOn": null },
                { "list": "ABNORMAL", "reason": "UNREACHABLE", "listedOn": "2024-11-08", "removedOn": "2026-11-08" },
            ])
        );
    }
}

/// 社会组织信用信息管理办法: two years do not make good what the entry was made for, before the job as after it.
#[tokio::test]
async fn a_serious_entry_is_left_only_when_its_first_ground_is_gone() {
    for stage in Stage::everywhere("51", "first").await {
        let code = stage.code(CITIZENS_ASSOCIATION);
        let query = "query ($code: CreditCode!) { organization(creditCode: $code) {
            listings { id version list reason firstReason } } }";
        // Listed in July 2026, serious in July 2028, two clean years until July 2030.
        let later = stage.at("2030-08-01T04:00:00Z");
        let entry = async || {
            let asked = json!({ "code": code });
            let mut all = later.data(Principal::public("51"), query, asked).await;
            all["organization"]["listings"][0].take()
        };
        let leave = async |key: &str, entry: &Value| {
            let input = json!({ "requestKey": key, "id": entry["id"], "version": entry["version"], "isPutRight": true });
            later
                .change(officer(&later), "removeListing", input, LISTING)
                .await
        };
        let before = entry().await;
        assert_eq!(
            (&before["list"], &before["reason"], &before["firstReason"]),
            (&json!("SERIOUS"), &json!("NO_ANNUAL_REPORT"), &json!(null))
        );
        let refused = leave("x1", &before).await;
        assert_eq!(code_of(&refused), "REPORT_STILL_MISSING");
        crate::service::listings::escalate(&later.services)
            .await
            .unwrap();
        let after = entry().await;
        assert_eq!(
            (&after["list"], &after["reason"], &after["firstReason"]),
            (
                &json!("SERIOUS"),
                &json!("ABNORMAL_TWO_YEARS"),
                &json!("NO_ANNUAL_REPORT")
            )
        );
        let refused = leave("x2", &after).await;
        assert_eq!(code_of(&refused), "REPORT_STILL_MISSING");
        // The reports handed in, it may leave.
        for year in [2028, 2029] {
            let submit = json!({ "requestKey": format!("s{year}"), "creditCode": code, "year": year,
                "submittedToSupervisor": "2030-07-20", "income": "1", "spending": "1", "staff": 1, "activities": 1 });
            let done = later
                .change(
                    officer(&later),
                    "submitAnnualReport",
                    submit,
                    "annualReport { year }",
                )
                .await;
            assert_eq!(code_of(&done), "OK", "{done:#}");
        }
        let gone = leave("x3", &after).await;
        assert_eq!(gone["listing"]["removedOn"], "2030-08-01", "{gone:#}");
    }
}

/// 中国共产党章程 30: from three full members on.
#[tokio::test]
async fn a_missing_party_body_is_a_ground_only_where_one_is_required() {
    for stage in Stage::everywhere("51", "party").await {
        let query = "query ($d: ID!) { searchOrganizations(division: $d, first: 100) {
            nodes { creditCode state partyUnit { version } listings { reason } record { isPartyBodyRequired } } } }";
        let here = json!({ "d": division("510118") });
        let all = stage.data(Principal::public("51"), query, here).await;
        let nodes = all["searchOrganizations"]["nodes"].as_array().unwrap();
        // Whoever has a body has as many members as ask for one, by the reports.
        let bodies: Vec<&Value> = nodes
            .iter()
            .filter(|one| one["partyUnit"].is_object())
            .map(|one| &one["record"]["isPartyBodyRequired"])
            .collect();
        assert!(!bodies.is_empty());
        assert!(bodies.iter().all(|required| **required != json!(false)));
        let bare = nodes
            .iter()
            .find(|one| {
                one["partyUnit"].is_null()
                    && one["state"] == "REGISTERED"
                    && one["listings"] == json!([])
            })
            .unwrap();
        let code = bare["creditCode"].as_str().unwrap();
        let list = async |key: &str| {
            let input = json!({ "requestKey": key, "creditCode": code, "reason": "NO_PARTY_BODY", "aroseOn": "2026-11-20" });
            stage
                .change(officer(&stage), "listAbnormal", input, LISTING)
                .await
        };
        let found = async |key: &str, day: &str, members: i32| {
            let input = json!({ "requestKey": key, "creditCode": code, "kind": "SPECIAL", "inspectedOn": day, "partyMembers": members });
            let selection = "organization { record { isPartyBodyRequired } }";
            let done = stage
                .change(officer(&stage), "recordOrgInspection", input, selection)
                .await;
            assert_eq!(code_of(&done), "OK", "{done:#}");
            done["organization"]["record"]["isPartyBodyRequired"].clone()
        };
        assert_eq!(found("i1", "2026-11-10", 2).await, false);
        assert_eq!(code_of(&list("l1").await), "PARTY_BODY_NOT_REQUIRED");
        assert_eq!(found("i2", "2026-11-20", 3).await, true);
        let listed = list("l2").await;
        assert_eq!(listed["listing"]["reason"], "NO_PARTY_BODY", "{listed:#}");
        let negative = json!({ "requestKey": "i3", "creditCode": code, "kind": "SPECIAL", "inspectedOn": "2026-11-20", "partyMembers": -1 });
        let negative = stage
            .change(
                officer(&stage),
                "recordOrgInspection",
                negative,
                "organization { name }",
            )
            .await;
        assert_eq!(code_of(&negative), "NEGATIVE_FIGURE");
    }
}

#[tokio::test]
async fn funeral_operators_on_the_abnormal_list_are_found_in_a_fixed_number_of_statements() {
    for stage in Stage::everywhere("51", "request14").await {
        let query = "query ($d: ID!, $first: Int, $fields: [ActivityField!]) {
            creditLists(division: $d, filter: { list: ABNORMAL, activities: $fields }, first: $first) {
                nodes { listing { reason list } organization { creditCode name activity
                    record { penalties { kind ground } } } } } }";
        let ask = |fields: Value, first: i32| {
            let asked = json!({ "d": division("510000"), "fields": fields, "first": first });
            stage.counted(stage.data(Principal::public("51"), query, asked))
        };
        let (funeral, few) = ask(json!(["FUNERAL", "ELDERCARE"]), 500).await;
        let nodes = funeral["creditLists"]["nodes"].as_array().unwrap();
        assert!(nodes.iter().any(|one| one["organization"]["creditCode"]
            == stage.code(LISTED_FUNERAL_OPERATOR)
            && one["organization"]["record"]["penalties"][0]["kind"] == "WARNING"));
        assert!(nodes.iter().all(|one| one["listing"]["list"] == "ABNORMAL"));
        let (all, many) = ask(json!(null), 500).await;
        assert!(all["creditLists"]["nodes"].as_array().unwrap().len() > 50);
        // Entries, their organizations, the penalties of these.
        assert_eq!((few, many), (3, 3));
    }
}
