//! Illegal graves, burial places of villages, plans and the founding of facilities.

use minzheng_kit::{Principal, Role};
use serde_json::{Value, json};

use super::steps::{here, officer};
use super::{Stage, dashboard, division};

const GRAVE: &str = "grave { id version state number dueOn overdue restoredM2 closedOn }";

async fn step(stage: &Stage, name: &str, grave: &Value, more: Value) -> Value {
    let mut input = json!({ "requestKey": format!("{name} {} {}", grave["id"], grave["version"]), "grave": grave["id"], "version": grave["version"] });
    for (field, value) in more.as_object().unwrap() {
        input[field] = value.clone();
    }
    stage.act(officer(), name, input, GRAVE).await
}

async fn found(stage: &Stage, who: Principal, key: &str) -> Value {
    let input = json!({ "requestKey": key, "kind": "LIVING_PERSON", "division": division("510118"), "point": here(), "areaM2": 12.5 });
    stage.act(who, "reportIllegalGrave", input, GRAVE).await["grave"].clone()
}

#[tokio::test]
async fn an_illegal_grave_is_cleaned_up_step_by_step_and_the_land_counts() {
    let stage = Stage::of("51").await;
    let summary = "query ($d: ID!) { illegalGraves(division: $d) { registered restoredM2 } }";
    let figures = async || {
        stage
            .data(officer(), summary, json!({ "d": division("510118") }))
            .await["illegalGraves"]["restoredM2"]
            .as_f64()
            .unwrap()
    };
    let before = figures().await;
    let grave = found(&stage, stage.citizen(40), "report").await;
    assert_eq!(grave["state"], "FOUND");
    let mine = stage
        .data(
            stage.citizen(40),
            "{ myGraveReports { nodes { state kind areaM2 } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        mine["myGraveReports"]["nodes"],
        json!([{ "state": "FOUND", "kind": "LIVING_PERSON", "areaM2": 12.5 }])
    );
    let skipped = step(&stage, "verifyRectified", &grave, json!({})).await;
    assert_eq!(skipped["userErrors"][0]["code"], "STATE_NOT_ALLOWED");
    let grave = step(&stage, "registerIllegalGrave", &grave, json!({})).await["grave"].clone();
    assert!(
        grave["number"]
            .as_str()
            .unwrap()
            .starts_with("FM510118-20261122-")
    );
    let bare = step(&stage, "giveGraveNotice", &grave, json!({})).await;
    assert_eq!(bare["userErrors"][0]["code"], "TEXT_LENGTH");
    let mut again = grave.clone();
    again["id"] = grave["id"].clone();
    let input = json!({ "requestKey": "notice", "grave": grave["id"], "version": grave["version"], "paper": "告-1" });
    let grave = stage.act(officer(), "giveGraveNotice", input, GRAVE).await["grave"].clone();
    assert_eq!(
        (&grave["state"], &grave["dueOn"]),
        (&json!("NOTICE"), &json!("2026-12-22"))
    );
    let grave = step(&stage, "rectify", &grave, json!({})).await["grave"].clone();
    let force = step(&stage, "forceRemoval", &grave, json!({ "paper": "强-1" })).await;
    assert_eq!(force["userErrors"][0]["code"], "STILL_IN_TIME");
    let grave = step(&stage, "verifyRectified", &grave, json!({})).await["grave"].clone();
    let much = step(
        &stage,
        "recordRestoration",
        &grave,
        json!({ "restoredM2": 500.0 }),
    )
    .await;
    assert_eq!(much["userErrors"][0]["code"], "RESTORED_AREA");
    let input = json!({ "requestKey": "restore", "grave": grave["id"], "version": grave["version"], "restoredM2": 15.0 });
    let done = stage
        .act(officer(), "recordRestoration", input, GRAVE)
        .await["grave"]
        .clone();
    assert_eq!(
        (&done["state"], &done["restoredM2"], &done["closedOn"]),
        (&json!("RESTORED"), &json!(15.0), &json!("2026-11-22"))
    );
    assert!((figures().await - before - 15.0).abs() < 1e-9);
    let other = found(&stage, officer(), "heritage").await;
    // The number of a paper stands in plain: nobody's own number does.
    let numbered = json!({ "requestKey": "numbered", "paper": "家属519901199003030032" });
    let numbered = step(&stage, "exemptGrave", &other, numbered).await;
    assert_eq!(numbered["userErrors"][0]["code"], "NUMBER_IN_TEXT");
    let exempt = step(&stage, "exemptGrave", &other, json!({ "paper": "文保-1" })).await;
    assert_eq!(exempt["grave"]["state"], "EXEMPT");
}

#[tokio::test]
async fn single_graves_are_for_officers_of_the_division_and_overdue_ones_are_found() {
    let stage = Stage::of("36").await;
    let query = "query ($d: ID!, $box: BoxInput) { illegalGraveCases(division: $d, bbox: $box, state: NOTICE, overdue: true, first: 500) { nodes { state dueOn overdue steps { seq state } division { id } } } }";
    let place = json!({ "d": division("361103") });
    let officer = Principal::registrar("36", "361103", None);
    let data = stage.data(officer.clone(), query, place.clone()).await;
    let late = data["illegalGraveCases"]["nodes"].as_array().unwrap();
    assert!(
        !late.is_empty()
            && late
                .iter()
                .all(|g| g["overdue"] == true && g["dueOn"].as_str().unwrap() < "2026-11-22")
    );
    assert_eq!(late[0]["steps"].as_array().unwrap().len(), 3);
    let nowhere = json!({ "d": division("361103"), "box": { "low": { "longitude": 0, "latitude": 0 }, "high": { "longitude": 1, "latitude": 1 } } });
    let data = stage.data(officer, query, nowhere).await;
    assert_eq!(data["illegalGraveCases"]["nodes"], json!([]));
    let grid = "query ($d: ID!) { illegalGraveGrid(division: $d) { count point { longitude latitude } } illegalGraves(division: $d) { byState { state count } } }";
    let data = stage.data(dashboard("36"), grid, place.clone()).await;
    let squares: i64 = data["illegalGraveGrid"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["count"].as_i64().unwrap())
        .sum();
    assert_eq!(squares, 240);
    let supervisor = Principal {
        division: Some("361103".into()),
        ..Principal::of(Role::Supervisor, "36")
    };
    stage.data(supervisor, query, place.clone()).await;
    for stranger in [
        dashboard("36"),
        Principal::registrar("36", "361102", None),
        Principal::of(Role::Registrar, "36"),
        Principal::public("36"),
    ] {
        let answer = stage.ask(stranger, query, place.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_new_facility_is_public_and_says_who_runs_it() {
    let stage = Stage::of("51").await;
    let code = minzheng_kit::demo::credit_code("51", "510118", '9', 9_001);
    let found = |key: &str, operator: &str, credit: &str| {
        json!({
            "requestKey": key, "kind": "COLUMBARIUM", "subKind": "URBAN_PUBLIC", "operator": operator, "name": "新津区第二骨灰堂",
            "creditCode": credit, "operatorName": "新津区殡葬事务中心", "division": division("510118"), "place": division("510118"),
            "point": here(), "approvedOn": "2026-10-01", "approvedBy": "新津区民政局", "capacity": 3000, "phone": "0000-8000001",
        })
    };
    let sel =
        "facility { id version state operatorName operatorVerifiedOn organization { creditCode } }";
    let private = stage
        .act(
            officer(),
            "foundFacility",
            found("f1", "LEGACY_PRIVATE", &code),
            sel,
        )
        .await;
    assert_eq!(private["userErrors"][0]["code"], "OPERATOR_NOT_ALLOWED");
    assert_eq!(
        private["userErrors"][0]["field"],
        json!(["input", "operator"])
    );
    let wrong = stage
        .act(
            officer(),
            "foundFacility",
            found("f2", "GOVERNMENT", "519901199003030032"),
            sel,
        )
        .await;
    assert_eq!(wrong["userErrors"][0]["code"], "CREDIT_CODE");
    assert!(!wrong.to_string().contains("519901199003030032"));
    let made = stage
        .act(
            officer(),
            "foundFacility",
            found("f3", "GOVERNMENT", &code),
            sel,
        )
        .await;
    assert_eq!(made["facility"]["operatorName"], "新津区殡葬事务中心");
    let open = json!({ "requestKey": "o", "facility": made["facility"]["id"], "version": 1, "state": "OPEN" });
    let opened = stage.act(officer(), "changeFacilityState", open, sel).await;
    assert_eq!(opened["facility"]["state"], "OPEN");
    // Whoever is not in the register of societies has a name here.
    let all = stage
        .data(
            Principal::public("51"),
            "{ facilities(first: 500) { nodes { creditCode operatorName } } }",
            json!({}),
        )
        .await;
    for one in all["facilities"]["nodes"].as_array().unwrap() {
        let kind = one["creditCode"].as_str().unwrap().as_bytes()[1];
        assert!(kind == b'2' || one["operatorName"].is_string(), "{one}");
    }
}

#[tokio::test]
async fn plans_and_burial_places_show_what_is_missing_with_one_statement_for_all_counties() {
    let stage = Stage::of("51").await;
    let query = "query ($d: ID!) { facilityGap(division: $d) { kind needed capacity missing } ruralBurialSites(division: $d) { nodes { id name managed version } } burialZones(division: $d) { kind ring { longitude } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    let gaps = data["facilityGap"].as_array().unwrap();
    assert_eq!(gaps.len(), 2);
    for gap in gaps {
        let of = |field: &str| gap[field].as_i64().unwrap();
        assert_eq!(of("missing"), (of("needed") - of("capacity")).max(0));
    }
    let sites = data["ruralBurialSites"]["nodes"].as_array().unwrap();
    let other = sites.iter().find(|s| s["managed"] == false).unwrap();
    let inspect = json!({ "requestKey": "i", "site": other["id"], "version": other["version"], "graves": 12, "managed": true });
    let seen = stage
        .act(
            officer(),
            "inspectRuralBurialSite",
            inspect,
            "site { managed graves inspectedOn }",
        )
        .await;
    assert_eq!(
        seen["site"],
        json!({ "managed": true, "graves": 12, "inspectedOn": "2026-11-22" })
    );
    let register = json!({ "requestKey": "r", "division": division("510118"), "name": "青山集中安葬点", "point": here(), "areaM2": 900.0, "graves": 3 });
    let made = stage
        .act(
            officer(),
            "registerRuralBurialSite",
            register,
            "site { name areaM2 }",
        )
        .await;
    assert_eq!(
        made["site"],
        json!({ "name": "青山集中安葬点", "areaM2": 900.0 })
    );
    let all: Vec<Value> = minzheng_kit::divisions::dataset()
        .counties_of("51")
        .map(|d| json!({ "__typename": "Division", "id": d.id.to_string() }))
        .collect();
    let selection = "... on Division { facilityGap { missing } ruralBurialSites { name } }";
    let mut statements = Vec::new();
    for count in [1, 183] {
        let before = stage.services.db.statements();
        let answer = minzheng_kit::testing::entities(
            &stage.graph,
            Principal::public("51"),
            json!(all[..count]),
            selection,
        )
        .await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        statements.push(stage.services.db.statements() - before);
    }
    // Plans, capacities and burial places.
    assert_eq!(statements, [3, 3]);
}

#[tokio::test]
async fn nobody_is_laid_to_rest_in_a_forbidden_zone() {
    let stage = Stage::of("51").await;
    let query = "query ($d: ID!) { facilities(division: $d, kind: CEMETERY, subKind: URBAN_PUBLIC) { nodes { id point { longitude latitude } } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    let park = &data["facilities"]["nodes"][0];
    let at = |dx: f64, dy: f64| json!({ "longitude": park["point"]["longitude"].as_f64().unwrap() + dx, "latitude": park["point"]["latitude"].as_f64().unwrap() + dy });
    let zone = json!({ "requestKey": "z", "division": division("510118"), "kind": "WATER", "name": "水源地", "ring": [at(-0.01, -0.01), at(0.01, -0.01), at(0.01, 0.01), at(-0.01, 0.01)] });
    let made = stage
        .act(
            officer(),
            "designateBurialZone",
            zone,
            "zone { kind ring { latitude } }",
        )
        .await;
    assert_eq!(made["zone"]["ring"].as_array().unwrap().len(), 4);
    let case = stage.cremated(7_400, 40).await;
    // Nor is anything founded in it or near it; what lies farther away may be.
    let found = |key: &str, kind: &str, point: Value| {
        json!({
            "requestKey": key, "kind": kind, "subKind": "URBAN_PUBLIC", "operator": "GOVERNMENT", "name": "新津区第三设施",
            "creditCode": minzheng_kit::demo::credit_code("51", "510118", '9', 9_002), "operatorName": "新津区殡葬事务中心", "division": division("510118"), "place": division("510118"),
            "point": point, "approvedOn": "2026-10-01", "approvedBy": "新津区民政局", "capacity": 3000, "phone": "0000-8000001",
        })
    };
    for (key, kind, dy, code) in [
        ("in", "CEMETERY", 0.005, Some("FORBIDDEN_ZONE")),
        ("near", "CEMETERY", 0.014, Some("FORBIDDEN_ZONE")),
        ("near hall", "COLUMBARIUM", 0.014, Some("FORBIDDEN_ZONE")),
        ("near home", "FUNERAL_HOME", 0.014, None),
        ("far", "CEMETERY", 0.015, None),
    ] {
        let input = found(key, kind, at(0.0, dy));
        let done = stage
            .act(officer(), "foundFacility", input, "facility { id }")
            .await;
        assert_eq!(done["userErrors"][0]["code"].as_str(), code, "{key} {done}");
    }
    let inter =
        json!({ "kind": "TREE", "facility": park["id"], "on": "2026-11-22", "keepsAshes": false });
    assert_eq!(
        stage.refused(officer(), "inter", &case, inter).await,
        "FORBIDDEN_ZONE"
    );
}
