//! The reader of the log as its callers see it.

mod masked;

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::{
    Graph, Principal, Role, Services, Subsystem,
    events::{Consumer, Event},
    testing,
};
use crate::{Audit, Source, consumers::Tokens};

const OWN: &str = "{ myAccessLog(first: 2) { edges { cursor } pageInfo { hasNextPage endCursor } \
     nodes { role division province purpose fields decision at } } }";

/// A line as the gateway writes it.
fn line(seq: i64, at: &str, role: &str, persons: &[&str], class: &str) -> String {
    json!({
        "v": 1, "chain": "c", "seq": seq, "id": Uuid::now_v7(), "at": at, "class": class,
        "decision": if persons.is_empty() { "REFUSED" } else { "DISCLOSED" },
        "traceId": null, "actor": format!("{role}-1"), "actorIssuer": "i", "actorRole": role,
        "actorDivision": if role == "citizen" { None } else { Some("510104") }, "province": "51",
        "purpose": "MARRIAGE_REGISTRATION", "case": "case-1", "document": "sha256:0",
        "operation": "Op", "fields": ["Person.maskedName"], "persons": persons,
        "prevHash": "sha256:0", "hash": format!("sha256:{seq}"),
    })
    .to_string()
}

fn write(folder: &Path, segment: &str, text: &str) {
    let path = folder.join(format!("{segment}.jsonl"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

struct World {
    folder: tempfile::TempDir,
    audit: Audit,
    services: Services,
    graph: Graph,
}

const SEGMENT: &str = "general/2026-11-21/c";

/// A log of two days on each kind of database.
async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for services in testing::databases(&Audit::default(), "51").await {
        let folder = tempfile::tempdir().unwrap();
        let text = [
            line(
                1,
                "2026-11-21T02:00:00.000001Z",
                "registrar",
                &["a", "b"],
                "general",
            ),
            line(
                2,
                "2026-11-21T03:00:00.000001Z",
                "citizen",
                &["a"],
                "general",
            ),
            line(
                3,
                "2026-11-21T04:00:00.000001Z",
                "supervisor",
                &["b"],
                "general",
            ),
            line(
                4,
                "2026-11-21T05:00:00.000001Z",
                "dashboard",
                &[],
                "general",
            ),
        ]
        .join("\n");
        write(folder.path(), SEGMENT, &format!("{text}\n"));
        // A line that is on its way still.
        let reveal = line(
            1,
            "2026-10-31T16:30:00.000001Z",
            "registrar",
            &["a"],
            "reveal",
        );
        write(
            folder.path(),
            "reveal/2026-11-01/r",
            &format!("{reveal}\n{{\"v\":1,"),
        );
        let audit = Audit::reading(Source::at(&folder.path().display().to_string()));
        let graph = audit.schema(services.clone());
        worlds.push(World {
            folder,
            audit,
            services,
            graph,
        });
    }
    worlds
}

impl World {
    async fn ask(&self, who: &Principal, query: &str, variables: Value) -> Value {
        testing::execute(&self.graph, who.clone(), query, variables).await
    }
}

fn auditor() -> Principal {
    Principal::of(Role::Auditor, "51")
}

#[tokio::test]
async fn a_citizen_sees_who_looked_at_them_by_role_and_division_and_nobody_elses() {
    for world in worlds().await {
        let me = Principal::citizen("51", "a");
        let answer = world.ask(&me, OWN, json!({})).await;
        let own = &answer["data"]["myAccessLog"];
        assert_eq!(own["nodes"][0]["role"], "CITIZEN", "{answer}");
        assert_eq!(
            own["nodes"][1],
            json!({
                "role": "REGISTRAR", "division": "510104", "province": "51",
                "purpose": "MARRIAGE_REGISTRATION", "fields": ["Person.maskedName"],
                "decision": "DISCLOSED", "at": own["nodes"][1]["at"],
            })
        );
        assert!(
            !answer.to_string().contains("registrar-1"),
            "by role, never by name"
        );
        assert_eq!(own["pageInfo"]["hasNextPage"], true);
        let rest = "query ($c: String) { myAccessLog(first: 9, after: $c) { nodes { at } } }";
        let cursor = &own["pageInfo"]["endCursor"];
        let rest = world.ask(&me, rest, json!({ "c": cursor })).await;
        assert_eq!(
            rest["data"]["myAccessLog"]["nodes"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        let stranger = Principal::citizen("51", "nobody");
        let answer = world.ask(&stranger, OWN, json!({})).await;
        assert_eq!(answer["data"]["myAccessLog"]["nodes"], json!([]));
    }
}

#[tokio::test]
async fn an_auditor_searches_and_never_sees_a_value() {
    let find = "query ($f: AccessLogFilter) { accessLog(filter: $f) { nodes { chain number } } }";
    let table = [
        (json!({}), 5),
        (json!({"person": "b"}), 2),
        (json!({"role": "REGISTRAR"}), 2),
        (json!({"role": "REGISTRAR", "from": "2026-11-02"}), 1),
        (json!({"to": "2026-11-01"}), 1),
        (json!({"to": "2026-10-31"}), 0),
        (json!({"retention": "REVEAL"}), 1),
        (json!({"decision": "REFUSED"}), 1),
        (json!({"division": "510100"}), 4),
        (json!({"division": "320000"}), 0),
        (json!({"actor": "supervisor-1", "case": "case-1"}), 1),
    ];
    for world in worlds().await {
        for (filter, expected) in &table {
            let answer = world.ask(&auditor(), find, json!({ "f": filter })).await;
            let nodes = answer["data"]["accessLog"]["nodes"].as_array();
            assert_eq!(nodes.map(Vec::len), Some(*expected), "{filter}: {answer}");
        }
        let whole =
            "{ accessLog { nodes { actor role persons fields case document hash retention } } }";
        let answer = world.ask(&auditor(), whole, json!({})).await;
        let last = &answer["data"]["accessLog"]["nodes"][4];
        assert_eq!(last["retention"], "REVEAL");
        assert_eq!(last["persons"], json!(["a"]));
    }
}

#[tokio::test]
async fn each_sees_only_what_is_theirs_to_see() {
    let world = worlds().await.remove(0);
    let log = "{ accessLog { nodes { id } } }";
    let counts =
        r#"{ accessCounts(from: "2026-10", to: "2026-12") { month role decision records } }"#;
    for role in [
        Role::Public,
        Role::Citizen,
        Role::Registrar,
        Role::Supervisor,
        Role::Dashboard,
        Role::Peer,
        Role::Auditor,
        Role::Operator,
        Role::Service,
    ] {
        let who = Principal::of(role, "51");
        for (query, allowed) in [
            (log, role == Role::Auditor),
            (
                counts,
                matches!(
                    role,
                    Role::Auditor | Role::Dashboard | Role::Registrar | Role::Supervisor
                ),
            ),
            (OWN, false),
        ] {
            let answer = world.ask(&who, query, json!({})).await;
            let field = answer["data"].as_object().unwrap().values().next().unwrap();
            assert_eq!(!field.is_null(), allowed, "{role:?} {query}: {answer}");
            if !allowed {
                assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
            }
        }
    }
}

#[tokio::test]
async fn counts_are_by_month_of_beijing() {
    for world in worlds().await {
        let query = r#"{ accessCounts(from: "2026-10", to: "2026-11") { month role records } }"#;
        let who = Principal::of(Role::Dashboard, "51");
        let answer = world.ask(&who, query, json!({})).await;
        let counts = answer["data"]["accessCounts"].as_array().unwrap();
        assert!(
            counts.iter().all(|count| count["month"] == "2026-11"),
            "{answer}"
        );
        let of = |role: &str| counts.iter().find(|c| c["role"] == role).unwrap()["records"].clone();
        assert_eq!((of("REGISTRAR"), of("DASHBOARD")), (json!(2), json!(1)));
        let wrong = r#"{ accessCounts(from: "2026-10", to: "2026-09") { records } }"#;
        let answer = world.ask(&who, wrong, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn what_is_written_later_is_found_once_and_what_is_purged_is_forgotten() {
    let all = "{ accessLog { nodes { number } } }";
    for world in worlds().await {
        let count = async || {
            let answer = world.ask(&auditor(), all, json!({})).await;
            answer["data"]["accessLog"]["nodes"]
                .as_array()
                .unwrap()
                .len()
        };
        assert_eq!(count().await, 5);
        let next = line(
            5,
            "2026-11-21T06:00:00.000001Z",
            "registrar",
            &["a"],
            "general",
        );
        write(world.folder.path(), SEGMENT, &next[..40]);
        assert_eq!(count().await, 5, "half a line");
        write(
            world.folder.path(),
            SEGMENT,
            &format!("{}\nno record\n", &next[40..]),
        );
        assert_eq!(count().await, 6);
        world.audit.tick(&world.services).await.unwrap();
        assert_eq!(count().await, 6);
        // An index made anew finds the same.
        let again = Audit::reading(Source::at(&world.folder.path().display().to_string()));
        let services = testing::memory(&again, "51").await;
        let answer = testing::execute(&again.schema(services), auditor(), all, json!({})).await;
        assert_eq!(
            answer["data"]["accessLog"]["nodes"]
                .as_array()
                .unwrap()
                .len(),
            6
        );
        let old = world.folder.path().join("reveal/2026-11-01/r.jsonl");
        std::fs::remove_file(old).unwrap();
        world.audit.tick(&world.services).await.unwrap();
        assert_eq!(count().await, 5);
        // A folder that is away is no purge.
        let elsewhere = world.folder.path().with_extension("away");
        std::fs::rename(world.folder.path(), &elsewhere).unwrap();
        assert!(world.audit.tick(&world.services).await.is_err());
        let answer = world.ask(&auditor(), all, json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "SUBGRAPH_UNAVAILABLE",
            "{answer}"
        );
        std::fs::rename(&elsewhere, world.folder.path()).unwrap();
        assert_eq!(count().await, 5);
    }
}

#[tokio::test]
async fn whoever_gets_another_token_keeps_their_history() {
    for world in worlds().await {
        let before = Principal::citizen("51", "b");
        let answer = world.ask(&before, OWN, json!({})).await;
        assert_eq!(
            answer["data"]["myAccessLog"]["nodes"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        let at: DateTime<Utc> = testing::clock().now() + TimeDelta::seconds(1);
        let event = Event {
            kind: "PersonAliased".to_owned(),
            key: "b".to_owned(),
            at,
            body: json!({"version": 1, "old": "b", "new": "z", "cause": "MERGE", "merge": "m1"}),
        };
        world
            .services
            .db
            .write(|tx| {
                let (event, services) = (event.clone(), world.services.clone());
                Box::pin(async move { Tokens.apply(&services, tx, &event).await })
            })
            .await
            .unwrap();
        let after = Principal::citizen("51", "z");
        let answer = world.ask(&after, OWN, json!({})).await;
        assert_eq!(
            answer["data"]["myAccessLog"]["nodes"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }
}
