//! Penalties, inspections, clean-up, and what charities spend.

use super::supervision::{officer, quiet};
use super::{Stage, code_of, division};
use crate::demo::STORY_ASSOCIATION;
use minzheng_kit::{Principal, Role};
use serde_json::{Value, json};

pub(super) const CLEANUP: &str = "cleanupCase { id kind illegalState result closedOn version steps { step } organization { state } }";

#[tokio::test]
async fn penalties_change_the_state_and_the_lists_follow() {
    for stage in Stage::everywhere("51", "penalty").await {
        let code = quiet(&stage).await;
        let selection = "organization { state version isRegistered listings { list reason } record { penalties { kind } } }";
        let punish = async |stage: &Stage, key: &str, changes: Value| {
            let version = stage.organization(&code).await["version"].clone();
            let mut input = json!({ "requestKey": key, "creditCode": code, "version": version, "kind": "WARNING",
                "ground": "UNLAWFUL_CHARGES", "decidedOn": "2026-11-20" });
            for (field, value) in changes.as_object().unwrap() {
                input[field] = value.clone();
            }
            stage
                .change(officer(stage), "imposePenalty", input, selection)
                .await
        };
        let low = json!({ "kind": "FINE", "fine": "2999", "illegalIncome": "1000" });
        assert_eq!(
            code_of(&punish(&stage, "p0", low).await),
            "FINE_OUT_OF_RANGE"
        );
        let warned = punish(&stage, "p1", json!({})).await;
        assert_eq!(
            warned["organization"]["listings"],
            json!([{ "list": "ABNORMAL", "reason": "MINOR_PENALTY" }]),
            "{warned:#}"
        );
        // Two minor ones in three years are serious.
        let fined = punish(
            &stage,
            "p2",
            json!({ "kind": "FINE", "fine": "3000", "illegalIncome": "1000" }),
        )
        .await;
        let reasons: Vec<&str> = fined["organization"]["listings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["reason"].as_str().unwrap())
            .collect();
        assert!(reasons.contains(&"REPEATED_PENALTIES"), "{fined:#}");
        let stopped = punish(
            &stage,
            "p3",
            json!({ "kind": "SUSPENSION", "until": "2026-12-20" }),
        )
        .await;
        assert_eq!(stopped["organization"]["state"], "SUSPENDED", "{stopped:#}");
        let resume = |key: &str, version: &Value| json!({ "requestKey": key, "creditCode": code, "version": version });
        let version = &stopped["organization"]["version"];
        let early = stage
            .change(
                officer(&stage),
                "endSuspension",
                resume("e1", version),
                selection,
            )
            .await;
        assert_eq!(code_of(&early), "SUSPENSION_NOT_OVER");
        let later = stage.at("2026-12-21T04:00:00Z");
        let resumed = later
            .change(
                officer(&later),
                "endSuspension",
                resume("e2", version),
                selection,
            )
            .await;
        assert_eq!(
            resumed["organization"]["state"], "REGISTERED",
            "{resumed:#}"
        );
        let fraud = punish(&later, "p4", json!({ "ground": "FRAUD" })).await;
        assert_eq!(code_of(&fraud), "FRAUD_IS_REVOKED");
        let revoked = punish(
            &later,
            "p5",
            json!({ "kind": "REVOCATION", "ground": "FRAUD" }),
        )
        .await;
        assert_eq!(
            (
                &revoked["organization"]["state"],
                &revoked["organization"]["isRegistered"]
            ),
            (&json!("REVOKED"), &json!(false))
        );
        assert_eq!(
            code_of(&punish(&later, "p6", json!({})).await),
            "ORGANIZATION_ENDED"
        );
    }
}

#[tokio::test]
async fn what_is_not_put_right_in_time_goes_to_the_abnormal_list() {
    for stage in Stage::everywhere("51", "inspect").await {
        let code = quiet(&stage).await;
        let selection = "organization { listings { reason } record { inspections { id result isOverdue version } } }";
        let input = json!({ "requestKey": "i", "creditCode": code, "kind": "SPOT_CHECK",
            "inspectedOn": "2026-11-20", "rectifyBy": "2026-12-10" });
        let found = stage
            .change(officer(&stage), "recordOrgInspection", input, selection)
            .await;
        let one = &found["organization"]["record"]["inspections"][0];
        assert_eq!(
            (&one["result"], &one["isOverdue"]),
            (&json!("RECTIFICATION_ORDERED"), &json!(false)),
            "{found:#}"
        );
        let close = |key: &str| json!({ "requestKey": key, "id": one["id"], "version": 1, "isPutRight": false });
        let early = stage
            .change(
                officer(&stage),
                "closeOrgInspection",
                close("c1"),
                selection,
            )
            .await;
        assert_eq!(code_of(&early), "TERM_NOT_OVER");
        let later = stage.at("2026-12-11T04:00:00Z");
        let closed = later
            .change(
                officer(&later),
                "closeOrgInspection",
                close("c2"),
                selection,
            )
            .await;
        assert_eq!(
            closed["organization"]["listings"],
            json!([{ "reason": "NOT_PUT_RIGHT" }]),
            "{closed:#}"
        );
        assert_eq!(
            closed["organization"]["record"]["inspections"][0]["result"],
            "NOT_PUT_RIGHT"
        );
    }
}

/// Somebody registered who has not reported for years and had no case yet, with the case that was opened.
pub(super) async fn zombie(stage: &Stage) -> (String, Value) {
    let missing = "query ($d: ID!) { annualReportsMissing(year: 2024, division: $d, first: 500) { nodes { creditCode state } } }";
    let missing = stage
        .data(
            Principal::public("51"),
            missing,
            json!({ "d": division("510000") }),
        )
        .await;
    for one in missing["annualReportsMissing"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["state"] == "REGISTERED")
    {
        let code = one["creditCode"].as_str().unwrap().to_owned();
        let case = opened(stage, &code).await;
        if case.is_object() {
            return (code, case);
        }
    }
    panic!("nobody is a \"zombie\"");
}

/// The case against an organization; null when it may not be opened.
pub(super) async fn opened(stage: &Stage, code: &str) -> Value {
    let open = json!({ "requestKey": format!("o-{code}"), "kind": "ZOMBIE", "creditCode": code });
    stage
        .change(stage.officer("510000"), "openCleanup", open, CLEANUP)
        .await["cleanupCase"]
        .take()
}

/// The case when its facts are verified and the organization was told.
pub(super) async fn told(stage: &Stage, mut case: Value) -> Value {
    for step in ["VERIFIED", "NOTICE_SERVED"] {
        let input = json!({ "requestKey": format!("{step}-{}", case["id"]), "id": case["id"],
            "version": case["version"], "step": step });
        case = stage
            .change(stage.officer("510000"), "stepCleanup", input, CLEANUP)
            .await["cleanupCase"]
            .take();
    }
    case
}

#[tokio::test]
async fn a_zombie_is_proved_told_and_revoked() {
    for stage in Stage::everywhere("51", "zombie").await {
        let act = stage.officer("510000");
        let open = |key: &str, code: &str| json!({ "requestKey": key, "kind": "ZOMBIE", "creditCode": code });
        let good = stage
            .change(
                act.clone(),
                "openCleanup",
                open("o1", &quiet(&stage).await),
                CLEANUP,
            )
            .await;
        assert_eq!(code_of(&good), "NO_ZOMBIE_SIGN");
        let (code, mut case) = zombie(&stage).await;
        let close = |key: &str, case: &Value| json!({ "requestKey": key, "id": case["id"], "version": case["version"], "result": "REVOKE", "ground": "SUPERVISION_REFUSED" });
        let early = stage
            .change(act.clone(), "closeCleanup", close("c1", &case), CLEANUP)
            .await;
        assert_eq!(code_of(&early), "STEP_OUT_OF_ORDER");
        case = told(&stage, case).await;
        // 条例 29, 30: a revocation has a ground, and the case must have shown it.
        for (key, result, ground, expected) in [
            ("g1", "REVOKE", Value::Null, "GROUND_MISSING"),
            ("g2", "REVOKE", json!("FOR_PROFIT"), "GROUND_DOES_NOT_FIT"),
            ("g3", "DEREGISTER", Value::Null, "LIQUIDATION_FIRST"),
            ("g4", "MERGE", Value::Null, "SUCCESSOR_MISSING"),
            ("g5", "BAN", Value::Null, "RESULT_DOES_NOT_FIT"),
        ] {
            let input = json!({ "requestKey": key, "id": case["id"], "version": case["version"], "result": result, "ground": ground });
            let refused = stage
                .change(act.clone(), "closeCleanup", input, CLEANUP)
                .await;
            assert_eq!(code_of(&refused), expected, "{result}");
        }
        assert_eq!(
            case["steps"],
            json!([{ "step": "VERIFIED" }, { "step": "NOTICE_SERVED" }])
        );
        let stats = "query ($d: ID!) { cleanupStats(division: $d, from: \"2026-11\", to: \"2026-11\") { zombieCleaned illegalBanned asOf } }";
        let before = stage
            .data(
                Principal::public("51"),
                stats,
                json!({ "d": division("510000") }),
            )
            .await;
        let closed = stage
            .change(act.clone(), "closeCleanup", close("c2", &case), CLEANUP)
            .await;
        assert_eq!(
            closed["cleanupCase"]["organization"]["state"], "REVOKED",
            "{closed:#}"
        );
        assert_eq!(stage.organization(&code).await["isRegistered"], false);
        // The revocation is a penalty on record, and listed as one.
        let record = "query ($code: CreditCode!) { organization(creditCode: $code) { listings { reason } record { penalties { kind ground } } } }";
        let record = stage
            .data(act.clone(), record, json!({ "code": code }))
            .await["organization"]
            .take();
        assert_eq!(
            record["record"]["penalties"][0],
            json!({ "kind": "REVOCATION", "ground": "SUPERVISION_REFUSED" }),
            "{record:#}"
        );
        let listed = record["listings"].as_array().unwrap();
        assert!(listed.iter().any(|one| one["reason"] == "REVOCATION"));
        let after = stage
            .data(
                Principal::public("51"),
                stats,
                json!({ "d": division("510000") }),
            )
            .await;
        let count = |data: &Value| data["cleanupStats"]["zombieCleaned"].as_i64().unwrap();
        assert_eq!(count(&after), count(&before) + 1);
    }
}

#[tokio::test]
async fn an_illegal_organization_is_verified_told_and_banned() {
    for stage in Stage::everywhere("51", "illegal").await {
        let open = json!({ "requestKey": "o", "kind": "ILLEGAL", "name": "天下养生总会", "division": division("510118"),
            "ground": "UNREGISTERED" });
        let mut case = stage
            .change(officer(&stage), "openCleanup", open, CLEANUP)
            .await["cleanupCase"]
            .clone();
        assert_eq!(case["illegalState"], "UNREGISTERED_ILLEGAL");
        let ban = |key: &str, case: &Value| json!({ "requestKey": key, "id": case["id"], "version": case["version"], "confiscated": "1200.50" });
        let early = stage
            .change(
                officer(&stage),
                "banOrganization",
                ban("b1", &case),
                CLEANUP,
            )
            .await;
        assert_eq!(code_of(&early), "STEP_OUT_OF_ORDER");
        for step in ["VERIFIED", "NOTICE_SERVED"] {
            let input = json!({ "requestKey": step, "id": case["id"], "version": case["version"], "step": step });
            case = stage
                .change(officer(&stage), "stepCleanup", input, CLEANUP)
                .await["cleanupCase"]
                .clone();
        }
        let banned = stage
            .change(
                officer(&stage),
                "banOrganization",
                ban("b2", &case),
                CLEANUP,
            )
            .await;
        assert_eq!(
            banned["cleanupCase"]["illegalState"], "BANNED",
            "{banned:#}"
        );
        assert_eq!(banned["cleanupCase"]["closedOn"], "2026-11-22");
        let registered = json!({ "requestKey": "r", "kind": "ILLEGAL", "creditCode": stage.code(STORY_ASSOCIATION),
            "ground": "UNREGISTERED" });
        let registered = stage
            .change(officer(&stage), "openCleanup", registered, CLEANUP)
            .await;
        assert_eq!(code_of(&registered), "NOT_ILLEGAL");
        let list = "query ($d: ID!) { cleanupCases(division: $d, open: true, first: 20) { nodes { name steps { step } organization { name } } } }";
        let (open, statements) = stage
            .counted(stage.data(officer(&stage), list, json!({ "d": division("510118") })))
            .await;
        assert!(!open["cleanupCases"]["nodes"].as_array().unwrap().is_empty());
        assert!(statements <= 3, "{statements}");
        let other = stage
            .ask(
                stage.role(Role::Dashboard),
                list,
                json!({ "d": division("510118") }),
            )
            .await;
        assert_eq!(other["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn charities_are_measured_year_by_year() {
    let stage = Stage::of("35").await;
    let query = "query ($d: ID!) { division: searchOrganizations(kind: FOUNDATION, division: $d, first: 20) {
        nodes { charity { publicRaisingSince } record { charityYears {
            year isBinding lastIncome isEnoughSpent isManagementWithin } } } } }";
    let (all, statements) = stage
        .counted(stage.data(
            Principal::public("35"),
            query,
            json!({ "d": division("350000") }),
        ))
        .await;
    assert_eq!(statements, 2);
    let nodes = all["division"]["nodes"].as_array().unwrap();
    for one in nodes {
        let years = one["record"]["charityYears"].as_array().unwrap();
        for year in years {
            assert_eq!(
                year["isBinding"],
                one["charity"]["publicRaisingSince"].is_string()
            );
            assert_eq!(year["isManagementWithin"], true);
            assert_eq!(
                year["isEnoughSpent"].is_null(),
                year["lastIncome"].is_null()
            );
        }
    }
    assert!(
        nodes
            .iter()
            .any(|one| !one["record"]["charityYears"].as_array().unwrap().is_empty())
    );
}

/// 社会组织信用信息管理办法: what is entered is what was shown; no order was given that could have been left unheeded.
#[tokio::test]
async fn a_warned_zombie_is_listed_for_what_its_signs_prove() {
    for stage in Stage::everywhere("51", "warned").await {
        let code = quiet(&stage).await;
        let read = "query ($code: CreditCode!) { organization(creditCode: $code) { listings { list reason } } }";
        // Three years on, it has handed nothing in since.
        let later = stage.at("2029-07-02T04:00:00Z");
        let case = told(&later, opened(&later, &code).await).await;
        let warn = json!({ "requestKey": "w", "id": case["id"], "version": case["version"], "result": "WARN" });
        let warned = later
            .change(later.officer("510000"), "closeCleanup", warn, CLEANUP)
            .await;
        assert_eq!(warned["cleanupCase"]["result"], "WARN", "{warned:#}");
        let listed = later
            .data(Principal::public("51"), read, json!({ "code": code }))
            .await;
        assert_eq!(
            listed["organization"]["listings"],
            json!([{ "list": "ABNORMAL", "reason": "NO_ANNUAL_REPORT" }])
        );
    }
}

#[tokio::test]
async fn a_charity_that_falls_short_is_on_the_officers_list_and_may_be_warned() {
    for stage in Stage::everywhere("35", "breach").await {
        let officer = || stage.officer("350000");
        let here = division("350000");
        let all = "query ($d: ID!) { searchOrganizations(kind: FOUNDATION, division: $d, first: 500) {
            nodes { creditCode version isRegistered record { charityYears { year isBinding isEnoughSpent isManagementWithin } } } } }";
        let all = stage
            .data(Principal::public("35"), all, json!({ "d": here }))
            .await;
        let nodes = all["searchOrganizations"]["nodes"].as_array().unwrap();
        let short = |one: &Value, year: i32| {
            let years = one["record"]["charityYears"].as_array().unwrap();
            years.iter().any(|of| {
                let missed = of["isEnoughSpent"] == false || of["isManagementWithin"] == false;
                of["year"] == year && of["isBinding"] == true && missed
            })
        };
        let list = "query ($d: ID!, $year: Int!) { charityBreaches(division: $d, year: $year, first: 500) { nodes { creditCode } } }";
        let mut found = 0;
        for year in [2023, 2024, 2025] {
            let asked = json!({ "d": here, "year": year });
            let (listed, statements) = stage.counted(stage.data(officer(), list, asked)).await;
            // Who is bound, their reports, the page.
            assert_eq!(statements, 3);
            let listed: Vec<&Value> = listed["charityBreaches"]["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| &one["creditCode"])
                .collect();
            let mut expected: Vec<&Value> = nodes
                .iter()
                .filter(|one| one["isRegistered"] == true && short(one, year))
                .map(|one| &one["creditCode"])
                .collect();
            expected.sort_by_key(|code| code.to_string());
            assert_eq!(listed, expected, "{year}");
            found += listed.len();
        }
        assert!(found > 0);
        for stranger in [stage.officer("350100"), stage.role(Role::Supervisor)] {
            let asked = json!({ "d": here, "year": 2025 });
            let refused = stage.ask(stranger, list, asked).await;
            assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        }
        // A warning for it stands only where the register shows it, and leads to the abnormal list.
        let selection = "organization { listings { reason } record { penalties { kind ground } } }";
        let warn = async |one: &Value| {
            let input = json!({ "requestKey": one["creditCode"], "creditCode": one["creditCode"], "version": one["version"],
                "kind": "WARNING", "ground": "CHARITY_SPENDING", "decidedOn": "2026-11-20" });
            stage
                .change(officer(), "imposePenalty", input, selection)
                .await
        };
        let living = || nodes.iter().filter(|one| one["isRegistered"] == true);
        let kept = living()
            .find(|one| !short(one, 2024) && !short(one, 2025))
            .unwrap();
        assert_eq!(code_of(&warn(kept).await), "BREACH_NOT_SHOWN");
        let fell = living()
            .find(|one| short(one, 2024) || short(one, 2025))
            .unwrap();
        let warned = warn(fell).await;
        assert_eq!(
            warned["organization"]["record"]["penalties"][0],
            json!({ "kind": "WARNING", "ground": "CHARITY_SPENDING" }),
            "{warned:#}"
        );
        let listed = warned["organization"]["listings"].as_array().unwrap();
        assert!(listed.iter().any(|one| one["reason"] == "MINOR_PENALTY"));
    }
}
