//! A change of divisions over all subsystems: two districts become one new one, a third gets another kind and
//! code; then whoever works there under the new codes works everywhere, and whoever worked there before still
//! does. Places tells, the others consume, as in a running installation.

use std::sync::Arc;

use minzheng_kit::events::drain;
use minzheng_kit::testing::{Outbox, execute, seeded};
use minzheng_kit::{Database, Graph, Principal, Role, Services, demo, divisions};
use serde_json::{Value, json};

use crate::subsystems;

struct Opened {
    services: Services,
    graph: Graph,
}

/// A subsystem with its demonstration data, that has consumed what places told.
async fn following(name: &str, places: &Database) -> Opened {
    let subsystem = subsystems::named(name, minzheng_audit::Source::default()).unwrap();
    let services = seeded(subsystem.as_ref(), "51").await;
    let feed = Outbox(places.clone());
    // Twice: an event may come again.
    for _ in 0..2 {
        for consumer in subsystem.consumers() {
            if consumer.source() == "places" {
                let consumer = Arc::from(consumer);
                drain(&consumer, &services, &feed).await.unwrap();
            }
        }
    }
    Opened {
        graph: subsystem.schema(services.clone()),
        services,
    }
}

fn officer(role: Role, division: &str) -> Principal {
    Principal {
        division: Some(division.to_owned()),
        subject: Some(format!("{} of {division}", role.as_str())),
        ..Principal::of(role, "51")
    }
}

/// The payload of a mutation, or the code by which it was refused.
async fn change(graph: &Graph, who: Principal, form: &str, field: &str, input: Value) -> Value {
    let query = format!(
        "mutation ($input: {form}!) {{ {field}(input: $input) {{ __typename userErrors {{ code }} }} }}"
    );
    let answer = execute(graph, who, &query, json!({ "input": input })).await;
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => json!(code),
        None => match answer["data"][field]["userErrors"][0]["code"].as_str() {
            Some(code) => json!(code),
            None => json!("OK"),
        },
    }
}

fn id(code: &str) -> String {
    divisions::dataset().by_code(code).unwrap().id.to_string()
}

fn approved(relation: &str, sources: &[&str], code: &str, name: &str, kind: &str) -> Value {
    let sources: Vec<String> = sources.iter().map(|code| id(code)).collect();
    json!({ "requestKey": code, "change": { "relation": relation, "sourceIds": sources,
        "targets": [{ "code": code, "name": name, "kind": kind }],
        "effective": "2026-11-22", "approvedOn": "2026-11-02", "authority": "STATE_COUNCIL",
        "approvalDoc": "国函〔2026〕1号",
        "papers": ["REASONS", "SITUATION", "RISK", "EXPERT", "OPINIONS", "MAPS"] } })
}

#[tokio::test]
async fn after_a_merger_and_a_new_code_the_officers_of_the_new_order_act_everywhere() {
    let places = following(
        "places",
        &minzheng_kit::database::open("sqlite::memory:")
            .await
            .unwrap(),
    )
    .await;
    let chief = || officer(Role::Supervisor, "510100");
    for input in [
        approved(
            "MERGE",
            &["510104", "510105"],
            "510198",
            "锦青演示区",
            "DISTRICT",
        ),
        approved("RETYPE", &["510118"], "510197", "新津市", "COUNTY_CITY"),
    ] {
        let done = change(
            &places.graph,
            chief(),
            "ApplyDivisionChangeInput",
            "applyDivisionChange",
            input,
        );
        assert_eq!(done.await, "OK");
    }
    let merged = divisions::division_id("510198").to_string();
    let retyped = id("510118");
    assert_eq!(
        places
            .services
            .db
            .divisions()
            .meaning("510105")
            .unwrap()
            .id
            .to_string(),
        merged
    );

    let societies = following("societies", &places.services.db).await;
    let funeral = following("funeral", &places.services.db).await;
    let persons = following("persons", &places.services.db).await;
    for followed in [&societies, &funeral, &persons] {
        let now = followed.services.db.divisions();
        for old in ["510104", "510105"] {
            assert_eq!(now.meaning(old).unwrap().code, "510198");
        }
    }

    let (longitude, latitude) = demo::point_of("510104");
    // Who, where, and whether they may.
    let table = [
        ("510198", merged.as_str(), true),
        ("510104", &merged, true),
        ("510105", &merged, true),
        ("510197", &retyped, true),
        ("510118", &retyped, true),
        ("510198", &retyped, false),
        ("510118", &merged, false),
        ("510106", &merged, false),
    ];
    for (n, (own, division, may)) in table.into_iter().enumerate() {
        let clerk = || officer(Role::Registrar, own);
        let expected = if may { "OK" } else { "FORBIDDEN" };
        let specific = [
            "青丝溪",
            "白芷坞",
            "丹枫谷",
            "紫苏坪",
            "玄参岭",
            "金盏坡",
            "银杏坳",
            "碧桃湾",
        ][n];
        let road = json!({ "requestKey": format!("p{n}"), "kind": "NAME", "placeKind": "ROAD",
            "divisionId": division, "specific": specific, "generic": "路", "reasons": "新建城市道路命名" });
        let named = change(
            &places.graph,
            clerk(),
            "SubmitNamingInput",
            "submitNaming",
            road,
        )
        .await;
        assert_eq!(named, expected, "places: {own} in {division}");

        let head = demo::person("51", 9_200 + n);
        let begins = if division == merged {
            "锦青演示区"
        } else {
            "新津市"
        };
        let society = json!({ "requestKey": format!("s{n}"), "item": "FOUND",
            "legalRepresentative": { "number": head.id_number, "name": head.name },
            "founding": { "kind": "SOCIAL_GROUP", "name": format!("{begins}{specific}读书协会"),
                "division": division, "hasBodies": true, "hasStaff": true, "hasPremises": true,
                "hasProperty": true, "bearsLiability": true, "funds": "30000", "paidInCash": true,
                "individualMembers": 50, "supervisor": "教育局", "consentedOn": "2026-11-10" } });
        let founded = change(
            &societies.graph,
            clerk(),
            "SubmitRegistrationInput",
            "submitRegistration",
            society,
        );
        assert_eq!(founded.await, expected, "societies: {own} in {division}");

        let call = json!({ "requestKey": format!("t{n}"), "category": "COLLECT",
            "phone": "13900001234", "division": division,
            "point": { "longitude": longitude, "latitude": latitude } });
        let called = change(
            &funeral.graph,
            clerk(),
            "OpenTicketInput",
            "openTicket",
            call,
        )
        .await;
        assert_eq!(called, expected, "funeral: {own} in {division}");
    }
}
