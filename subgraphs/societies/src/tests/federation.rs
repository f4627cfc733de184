//! Entities as the gateway asks for them: order, indexes of errors, numbers of statements.

use super::{Stage, division};
use crate::demo::{CITIZENS_ASSOCIATION, STORY_ASSOCIATION};
use minzheng_kit::divisions::{DemoPlace, demo_place_id};
use minzheng_kit::testing::entities;
use minzheng_kit::{Principal, Role};
use serde_json::{Value, json};

fn organization(code: &str) -> Value {
    json!({ "__typename": "Organization", "creditCode": code })
}

#[tokio::test]
async fn an_unknown_code_blanks_its_own_index_only() {
    for stage in Stage::everywhere("51", "index").await {
        let asked = json!([
            organization(&stage.code(STORY_ASSOCIATION)),
            organization("51519901YYYY99999X"),
            { "__typename": "Organization" },
            { "__typename": "Division", "id": "not an id" },
            organization(&stage.code(0)),
            { "__typename": "Something", "id": "1" },
        ]);
        let selection = "... on Organization { creditCode name }";
        let answer = entities(&stage.graph, Principal::public("51"), asked, selection).await;
        let all = answer["data"]["_entities"].as_array().unwrap();
        assert_eq!(all[0]["name"], "新津区餐饮行业协会");
        assert_eq!(all[4]["creditCode"], stage.code(0));
        for empty in [1, 2, 3, 5] {
            assert!(all[empty].is_null(), "{empty}");
        }
        let paths: Vec<&Value> = answer["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| &error["path"])
            .collect();
        assert_eq!(paths, [&json!(["_entities", 2]), &json!(["_entities", 3])]);
    }
}

#[tokio::test]
async fn the_month_of_all_districts_costs_the_same_for_one_and_for_all() {
    for stage in Stage::everywhere("51", "month").await {
        let all: Vec<Value> = minzheng_kit::divisions::dataset()
            .counties_of("51")
            .map(|county| json!({ "__typename": "Division", "id": county.id.to_string() }))
            .collect();
        let selection = "... on Division { id
            orgStats(from: \"2026-08\", to: \"2026-10\") {
                month live zombieCleaned illegalBanned feesCut enterprisesHelped permitMedianDays asOf }
            orgCount feeReductionSummary(from: \"2026-01\", to: \"2026-10\") { feesCut }
            organizations(first: 3) { nodes { creditCode name rating { level } } pageInfo { hasNextPage } } }";
        let ask = |representations: Vec<Value>| {
            stage.counted(stage.resolve(
                stage.role(Role::Dashboard),
                json!(representations),
                selection,
            ))
        };
        let (one, few) = ask(all[..1].to_vec()).await;
        let (every, many) = ask(all.clone()).await;
        // Four for the months, one each for count, fees, page, organizations, ratings.
        assert_eq!((few, many), (9, 9));
        let every = every.as_array().unwrap();
        assert_eq!(every.len(), all.len());
        assert_eq!(every[0], one[0]);
        for division in every {
            assert_eq!(division["orgStats"].as_array().unwrap().len(), 3);
            assert!(division["organizations"]["nodes"].as_array().unwrap().len() <= 3);
        }
    }
}

#[tokio::test]
async fn statistics_need_their_scope() {
    let stage = Stage::of("51").await;
    let asked = json!([{ "__typename": "Division", "id": division("510118") }]);
    let selection =
        "... on Division { orgCount orgStats(from: \"2026-10\", to: \"2026-10\") { live } }";
    for role in [Role::Public, Role::Citizen, Role::Operator] {
        let answer = entities(&stage.graph, stage.role(role), asked.clone(), selection).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{role:?}"
        );
        assert_eq!(answer["data"]["_entities"][0]["orgCount"], 174);
        assert!(answer["data"]["_entities"][0]["orgStats"].is_null());
    }
}

#[tokio::test]
async fn pages_under_a_division_meet_without_gap_or_double() {
    let stage = Stage::of("51").await;
    let asked = json!([{ "__typename": "Division", "id": division("510118") }]);
    let (mut seen, mut after) = (std::collections::BTreeSet::new(), String::new());
    loop {
        let selection = format!(
            "... on Division {{ organizations(first: 50{after}) {{ edges {{ node {{ creditCode }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = stage
            .resolve(Principal::public("51"), asked.clone(), &selection)
            .await[0]["organizations"]
            .take();
        for edge in page["edges"].as_array().unwrap() {
            assert!(seen.insert(edge["node"]["creditCode"].as_str().unwrap().to_owned()));
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
    assert_eq!(seen.len(), 174);
}

#[tokio::test]
async fn a_place_knows_the_organizations_with_their_domicile_there() {
    for stage in Stage::everywhere("51", "seat").await {
        let seat = demo_place_id("510118", DemoPlace::Offices).to_string();
        let asked = json!([{ "__typename": "Place", "id": seat }, { "__typename": "Place", "id": division("510118") }]);
        let selection = "... on Place { organizationsAt(first: 500) { nodes { place { id } } } }";
        let all = stage
            .resolve(Principal::public("51"), asked, selection)
            .await;
        let here = all[0]["organizationsAt"]["nodes"].as_array().unwrap();
        assert!(here.len() >= 174, "{}", here.len());
        assert!(here.iter().all(|one| one["place"]["id"] == seat));
        assert_eq!(all[1]["organizationsAt"]["nodes"], json!([]));
    }
}

#[tokio::test]
async fn offices_are_shown_to_officers_and_to_oneself() {
    let stage = Stage::of("51").await;
    let person = |index| json!({ "__typename": "Person", "id": stage.token(index) });
    let selection = "... on Person { officesHeld { role organization { creditCode } }
        legalRepOf { creditCode annualReports { year } } }";
    let asked = json!([person(0), person(12), person(9_600)]);
    let (all, statements) = stage
        .counted(stage.resolve(stage.officer("510118"), asked.clone(), selection))
        .await;
    assert_eq!(
        all[0]["legalRepOf"][0]["creditCode"],
        stage.code(CITIZENS_ASSOCIATION)
    );
    assert_eq!(
        all[1]["officesHeld"][0]["organization"]["creditCode"],
        stage.code(STORY_ASSOCIATION)
    );
    assert_eq!(all[2]["officesHeld"], json!([]));
    // Offices, their organizations, the reports of these.
    assert_eq!(statements, 3);
    // An officer of nowhere is nobody, whatever their role.
    let conflicts = "query ($person: ID!) { legalRepConflicts(person: $person) { isConflict } }";
    for role in [Role::Registrar, Role::Supervisor] {
        let nowhere = entities(&stage.graph, stage.role(role), asked.clone(), selection).await;
        let refused = &nowhere["errors"][0]["extensions"]["code"];
        assert_eq!(refused, "FORBIDDEN", "{nowhere:#}");
        for field in ["officesHeld", "legalRepOf"] {
            assert!(nowhere["data"]["_entities"][0][field].is_null(), "{role:?}");
        }
        let person = json!({ "person": stage.token(0) });
        let nowhere = stage.ask(stage.role(role), conflicts, person).await;
        let refused = &nowhere["errors"][0]["extensions"]["code"];
        assert_eq!(refused, "FORBIDDEN", "{nowhere:#}");
        assert!(nowhere["data"]["legalRepConflicts"].is_null());
    }
    let answer = entities(&stage.graph, stage.citizen(0), asked, selection).await;
    assert!(answer["data"]["_entities"][0]["officesHeld"].is_array());
    assert!(answer["data"]["_entities"][1]["officesHeld"].is_null());
    let answer = entities(
        &stage.graph,
        stage.role(Role::Dashboard),
        json!([person(0)]),
        selection,
    )
    .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn a_rehearsal_shows_what_is_keyed_to_a_county_in_one_statement() {
    for stage in Stage::everywhere("51", "keyed").await {
        let county = super::division("510118");
        let all: Vec<Value> = minzheng_kit::divisions::dataset()
            .counties_of("51")
            .map(|county| json!({ "__typename": "Division", "id": county.id.to_string() }))
            .collect();
        let selection = "... on Division { id societiesKeyed { organizations foundedHere openPermits openCleanups
            projects microFunds adoptions targets } }";
        let (divisions, statements) = stage
            .counted(stage.resolve(stage.role(Role::Dashboard), json!(all), selection))
            .await;
        assert_eq!(statements, 1);
        let shown = divisions
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == county)
            .unwrap();
        let keyed = &shown["societiesKeyed"];
        // What the register counts as living there, and what is still open.
        let counted = stage
            .data(
                Principal::public("51"),
                "query ($d: ID!) { orgCount(division: $d) }",
                json!({ "d": county }),
            )
            .await;
        assert_eq!(keyed["organizations"], counted["orgCount"], "{keyed}");
        assert!(keyed["openPermits"].as_i64().unwrap() > 0, "{keyed}");
        assert_eq!(keyed["foundedHere"], 0);
        // Nobody else's officer, and nobody without the right, is told.
        let refused = entities(
            &stage.graph,
            stage.officer("510300"),
            json!([{ "__typename": "Division", "id": county }]),
            selection,
        )
        .await;
        assert!(refused["data"]["_entities"][0]["societiesKeyed"].is_null());
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}
