//! Records without the persons: registrars see their own acts, supervisors those of their division as it is now, other
//! provinces what they asked for themselves, and nobody whom a record is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::write;
use crate::kit::{
    Graph, Principal, Result, Role, Services, Subsystem,
    divisions::dataset,
    events::{
        self, Consumer, DivisionChanged, DivisionSide, FeedEvent, FeedSource, Known as _, Relation,
    },
    testing,
};
use crate::{Audit, Source};

const ISSUER: &str = "https://idp.example.org";
const ASK: &str =
    "query ($f: MaskedAccessFilter) { maskedAccessLog(filter: $f) { nodes { case people } } }";
/// A person whose token must be in no answer.
const WHO: &str = "person-token-of-somebody";

/// Who read: role, account, issuer, division, province, and the case by which the tests know the record.
type Reading<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, &'a str, &'a str);

const READINGS: [Reading<'static>; 11] = [
    ("registrar", "li", ISSUER, Some("510104"), "51", "li"),
    ("registrar", "wang", ISSUER, Some("510104"), "51", "wang"),
    ("supervisor", "zhao", ISSUER, Some("510104"), "51", "zhao"),
    // Another issuer's account of the same name.
    (
        "registrar",
        "li",
        "elsewhere",
        Some("510106"),
        "51",
        "li of elsewhere",
    ),
    (
        "registrar",
        "sun",
        ISSUER,
        Some("510118"),
        "51",
        "before the change",
    ),
    ("registrar", "qian", ISSUER, Some("510100"), "51", "city"),
    (
        "registrar",
        "chen",
        ISSUER,
        Some("511500"),
        "51",
        "another city",
    ),
    // Citizens and auditors are no officers of the division, whatever their tokens say of it.
    (
        "citizen",
        "somebody",
        ISSUER,
        Some("510104"),
        "51",
        "a citizen",
    ),
    (
        "auditor",
        "shen",
        ISSUER,
        Some("510104"),
        "51",
        "an auditor",
    ),
    (
        "peer",
        "platform",
        "minzheng-peer-32",
        None,
        "32",
        "32 asked",
    ),
    (
        "peer",
        "platform",
        "minzheng-peer-50",
        None,
        "50",
        "50 asked",
    ),
];

/// The graph over a log of all these readings, on each kind of database.
async fn graphs() -> Vec<(tempfile::TempDir, Services, Graph)> {
    let mut graphs = Vec::new();
    for services in testing::databases(&Audit::default(), "51").await {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = (1..)
            .zip(READINGS)
            .map(|(seq, (role, actor, issuer, division, province, case))| {
                let record = json!({
                    "v": 1, "chain": "c", "seq": seq, "id": Uuid::now_v7(),
                    "at": format!("2026-11-21T02:00:{seq:02}.000001Z"), "class": "general",
                    "decision": if case == "wang" { "REFUSED" } else { "DISCLOSED" },
                    "traceId": null, "actor": actor, "actorIssuer": issuer, "actorRole": role,
                    "actorDivision": division, "province": province, "purpose": "P", "case": case,
                    "document": "sha256:0", "operation": "Op", "fields": ["Person.maskedName"],
                    "persons": [WHO, "another"], "prevHash": "sha256:0", "hash": "sha256:1",
                });
                format!("{record}\n")
            })
            .collect();
        write(folder.path(), "general/2026-11-21/c", &lines);
        let audit = Audit::reading(Source::at(&folder.path().display().to_string()));
        let graph = audit.schema(services.clone());
        graphs.push((folder, services, graph));
    }
    graphs
}

fn officer(role: Role, account: &str, division: Option<&str>) -> Principal {
    Principal {
        subject: Some(format!("{ISSUER}|{account}")),
        division: division.map(str::to_owned),
        ..Principal::of(role, "51")
    }
}

fn peer(province: &str) -> Principal {
    Principal {
        subject: Some(format!("minzheng-peer-{province}|platform of today")),
        ..Principal::of(Role::Peer, province)
    }
}

/// The cases of the records that somebody is shown.
async fn shown(graph: &Graph, who: &Principal, filter: Value) -> BTreeSet<String> {
    let answer = testing::execute(graph, who.clone(), ASK, json!({ "f": filter })).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let nodes = answer["data"]["maskedAccessLog"]["nodes"].as_array();
    nodes
        .unwrap()
        .iter()
        .map(|node| node["case"].as_str().unwrap().to_owned())
        .collect()
}

fn set(cases: &[&str]) -> BTreeSet<String> {
    cases.iter().map(|&case| case.to_owned()).collect()
}

#[tokio::test]
async fn a_registrar_sees_the_own_acts_and_a_peer_its_own_exchanges() {
    for (_folder, _, graph) in graphs().await {
        for (who, expected) in [
            (officer(Role::Registrar, "li", Some("510104")), &["li"][..]),
            (officer(Role::Registrar, "li", None), &["li"]),
            (officer(Role::Registrar, "nobody", Some("510104")), &[]),
            // No part of an account passes for the whole of another one.
            (officer(Role::Registrar, "x|li", Some("510104")), &[]),
            (peer("32"), &["32 asked"]),
            (peer("50"), &["50 asked"]),
            (peer("44"), &[]),
            // Whoever signs as that province's platform is of that province.
            (
                Principal {
                    province: "50".to_owned(),
                    ..peer("32")
                },
                &[],
            ),
        ] {
            let seen = shown(&graph, &who, json!({})).await;
            assert_eq!(seen, set(expected), "{who:?}");
        }
    }
}

#[tokio::test]
async fn a_supervisor_sees_what_officers_of_the_own_division_did() {
    for (_folder, _, graph) in graphs().await {
        for (division, expected) in [
            (Some("510104"), &["li", "wang", "zhao"][..]),
            (Some("510106"), &["li of elsewhere", "zhao"]),
            (
                Some("510100"),
                &[
                    "li",
                    "wang",
                    "zhao",
                    "li of elsewhere",
                    "before the change",
                    "city",
                ],
            ),
            // Of nowhere: what they did themselves.
            (None, &["zhao"]),
        ] {
            let who = officer(Role::Supervisor, "zhao", division);
            let seen = shown(&graph, &who, json!({})).await;
            assert_eq!(seen, set(expected), "{division:?}");
        }
        let who = officer(Role::Supervisor, "zhao", Some("510104"));
        for (filter, expected) in [
            (json!({"actor": "li"}), &["li"][..]),
            (json!({"decision": "REFUSED"}), &["wang"]),
            (json!({"case": "zhao"}), &["zhao"]),
            (json!({"case": "another city"}), &[]),
            (json!({"to": "2026-11-20"}), &[]),
            (
                json!({"from": "2026-11-21", "to": "2026-11-21"}),
                &["li", "wang", "zhao"],
            ),
        ] {
            let seen = shown(&graph, &who, filter.clone()).await;
            assert_eq!(seen, set(expected), "{filter}");
        }
    }
}

/// A feed with one event.
struct Told(FeedEvent);

#[async_trait::async_trait]
impl FeedSource for Told {
    async fn fetch(&self, after: i64, _: i32) -> Result<Vec<FeedEvent>> {
        Ok((after < 1).then(|| self.0.clone()).into_iter().collect())
    }
}

/// 新津区 goes to another city under a new code, and what its officers did before goes with it.
#[tokio::test]
async fn a_supervisors_division_is_that_of_now() {
    let county = dataset().by_code("510118").unwrap();
    let other = dataset().by_code("511500").unwrap();
    let side = |code: &str, parent| DivisionSide {
        id: county.id,
        code: code.to_owned(),
        name: county.name.clone(),
        parent,
        share_permille: None,
    };
    let change = DivisionChanged {
        change: Uuid::now_v7(),
        relation: Relation::Transfer,
        effective: "2026-11-22".parse().unwrap(),
        from: vec![side("510118", county.parent)],
        to: vec![side("511599", Some(other.id))],
        below: Vec::new(),
    };
    let told = Told(FeedEvent {
        seq: 1,
        kind: DivisionChanged::KIND.to_owned(),
        key: change.key(),
        at: testing::NOW.to_owned(),
        body: serde_json::to_string(&change).unwrap(),
    });
    for (_folder, services, graph) in graphs().await {
        let followers = Audit::default().consumers();
        let places = followers.into_iter().find(|one| one.source() == "places");
        let places: Arc<dyn Consumer> = Arc::from(places.unwrap());
        assert_eq!(events::drain(&places, &services, &told).await.unwrap(), 1);
        for (division, expected) in [
            (
                "510100",
                &["li", "wang", "zhao", "li of elsewhere", "city"][..],
            ),
            ("511500", &["another city", "before the change", "zhao"]),
            // A token of before the change, and one of after it.
            ("510118", &["before the change", "zhao"]),
            ("511599", &["before the change", "zhao"]),
        ] {
            let who = officer(Role::Supervisor, "zhao", Some(division));
            let seen = shown(&graph, &who, json!({})).await;
            assert_eq!(seen, set(expected), "{division}");
            let who = who.amid(services.db.divisions());
            for (_, _, _, code, _, case) in READINGS.iter().filter(|one| one.0 == "registrar") {
                let overseen = code.is_some_and(|code| who.oversees(code));
                assert_eq!(seen.contains(*case), overseen, "{division} {case}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_else_is_shown_any_and_whom_they_are_about_is_shown_to_nobody() {
    let all = "{ maskedAccessLog { nodes { id at decision retention actor actorIssuer role division \
               purpose case fields people } edges { cursor } pageInfo { endCursor hasNextPage } } }";
    for (_folder, _, graph) in graphs().await {
        for role in [
            Role::Public,
            Role::Citizen,
            Role::Dashboard,
            Role::Auditor,
            Role::Operator,
            Role::Service,
        ] {
            for scopes in [
                Principal::of(role, "51").scopes,
                ["audit.own".to_owned()].into(),
            ] {
                let who = Principal {
                    scopes,
                    division: Some("510104".to_owned()),
                    ..officer(role, "li", None)
                };
                let answer = testing::execute(&graph, who, all, json!({})).await;
                assert_eq!(answer["data"]["maskedAccessLog"], Value::Null, "{role:?}");
                let code = &answer["errors"][0]["extensions"]["code"];
                assert_eq!(code, "FORBIDDEN", "{role:?}");
            }
        }
        // An office of another province is none here; the gateway's word is not all that holds.
        let stranger = Principal {
            province: "32".to_owned(),
            ..officer(Role::Supervisor, "zhao", Some("510104"))
        };
        let answer = testing::execute(&graph, stranger.in_province("51"), all, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");

        for who in [
            officer(Role::Registrar, "li", Some("510104")),
            officer(Role::Supervisor, "zhao", Some("510100")),
            peer("32"),
        ] {
            let answer = testing::execute(&graph, who, all, json!({})).await;
            let node = &answer["data"]["maskedAccessLog"]["nodes"][0];
            assert_eq!(node["people"], 2, "{answer}");
            assert_eq!(node["fields"], json!(["Person.maskedName"]));
            assert!(!answer.to_string().contains(WHO), "{answer}");
        }
    }
}

#[tokio::test]
async fn the_records_of_an_office_are_turned_over_page_by_page() {
    let page = "query ($c: String) { maskedAccessLog(first: 2, after: $c) { nodes { case } \
                pageInfo { endCursor hasNextPage } } }";
    let who = officer(Role::Supervisor, "zhao", Some("510100"));
    for (_folder, _, graph) in graphs().await {
        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let answer = testing::execute(&graph, who.clone(), page, json!({ "c": cursor })).await;
            let log = &answer["data"]["maskedAccessLog"];
            let nodes = log["nodes"].as_array().unwrap();
            seen.extend(
                nodes
                    .iter()
                    .map(|node| node["case"].as_str().unwrap().to_owned()),
            );
            if log["pageInfo"]["hasNextPage"] == false {
                break;
            }
            cursor = log["pageInfo"]["endCursor"].clone();
        }
        // The latest first, each once.
        let expected = [
            "city",
            "before the change",
            "li of elsewhere",
            "zhao",
            "wang",
            "li",
        ];
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn officers_count_what_they_may_see_and_dashboards_count_all() {
    let ask = r#"{ accessCounts(from: "2026-11", to: "2026-11") { records } }"#;
    for (_folder, _, graph) in graphs().await {
        for (who, expected) in [
            (officer(Role::Registrar, "li", Some("510104")), 1),
            (officer(Role::Registrar, "nobody", Some("510104")), 0),
            (officer(Role::Supervisor, "zhao", Some("510104")), 3),
            (Principal::of(Role::Dashboard, "51"), READINGS.len()),
            (Principal::of(Role::Auditor, "51"), READINGS.len()),
        ] {
            let answer = testing::execute(&graph, who, ask, json!({})).await;
            let counts = answer["data"]["accessCounts"].as_array().unwrap();
            let records = counts
                .iter()
                .map(|count| count["records"].as_u64().unwrap());
            assert_eq!(records.sum::<u64>(), expected as u64, "{answer}");
        }
    }
}
