//! A million marriages on PostgreSQL: no hot path scans a table. The plans are those of the statements that the resolvers
//! and services themselves send ([`testing::listen`]). Slow, so it runs only when asked for:
//! `cargo test -p minzheng-marriage -- --ignored a_million`.

use super::*;
use crate::kit::{database, testing};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// How many marriages are made.
const MARRIAGES: usize = 1_000_000;

/// The tables that grow with them.
const LARGE: [&str; 4] = [
    "marriage_record",
    "ledger_entry",
    "certificate",
    "archive_file",
];

/// What makes them: persons are tokens `m1 …` and `w1 …`, registries repeat every 200.
const FILL: [&str; 4] = [
    "INSERT INTO marriage_record (id, registry_id, county_id, certificate_no, kind, registered_on, effective_from, man, woman, state, source, quality, cross_province, version)
     SELECT md5('r' || n)::uuid, md5('g' || n % 200)::uuid, md5('c' || n % 200)::uuid, 'J510118-' || (2010 + n % 16) || '-' || n, 'MARRIAGE',
            DATE '2010-01-01' + (n % 5800), DATE '2010-01-01' + (n % 5800), 'm' || n, 'w' || n, 'VALID', 'ONLINE', 'A', false, 1
     FROM generate_series(1, $N) AS n",
    "INSERT INTO ledger_entry (person, seq, event, effective_on, at, record_id, prev_hash, hash)
     SELECT p || n, 1, 'MARRIED', DATE '2010-01-01' + (n % 5800), now(), md5('r' || n)::uuid, ''::bytea, '\\x00'::bytea
     FROM generate_series(1, $N) AS n, (VALUES ('m'), ('w')) AS who (p)",
    "INSERT INTO certificate (id, number, kind, holder, record_id, issued_on, state, registry_id)
     SELECT md5(p || n)::uuid, 'J510118-' || (2010 + n % 16) || '-' || n, 'MARRIAGE', p || n, md5('r' || n)::uuid, DATE '2010-01-01' + (n % 5800), 'ISSUED', md5('g' || n % 200)::uuid
     FROM generate_series(1, $N) AS n, (VALUES ('m'), ('w')) AS who (p)",
    "INSERT INTO archive_file (id, record_kind, record_id, registry_id, man, woman, number, place_then, year, volume_no, pages, retention, archived_on)
     SELECT md5('a' || n)::uuid, 'MARRIAGE', md5('r' || n)::uuid, md5('g' || n % 200)::uuid, 'm' || n, 'w' || n, 'J510118-' || (2010 + n % 16) || '-' || n,
            'place' || n % 200, 2010 + n % 16, 'v', 8, 'LONG_TERM', DATE '2010-01-01' + (n % 5800)
     FROM generate_series(1, $N) AS n",
];

const OF_A_PERSON: &str = "... on Person { id marriages { id state certificates { number } annotations { kind } }
    maritalLedger { status entries { seq } } divorceApplications { id } marriageAppointments { id } }";

/// What people and officers ask most, one after the other, and what a counter writes.
async fn ask_all(p: &Province) {
    let mine = "{ myMarriage { status marriage { id certificates { number } } divorceApplication { id } } }";
    p.data(Principal::citizen("51", "m500000"), mine, none())
        .await;
    p.data(
        Principal::citizen("51", "m500000"),
        "{ myArchiveFiles { nodes { volume } } myMaritalEvents { entry { seq } } }",
        none(),
    )
    .await;
    let fifty: Vec<Value> = (1..=50)
        .map(|n| json!({ "__typename": "Person", "id": format!("m{}", n * 1_000) }))
        .collect();
    // A walk-in's ticket opens whom the officer asks about.
    let found = testing::entities(&p.graph, p.registrar("510118"), json!(fifty), OF_A_PERSON).await;
    let ids = found["data"]["_entities"].as_array().unwrap().iter();
    let records = ids.filter(|one| one["marriages"][0]["id"].is_string());
    assert_eq!(records.count(), 50, "{found}");
    let files = "query ($s: ArchiveSearchInput!) { archiveFiles(search: $s) { nodes { volume } } }";
    for search in [
        json!({ "number": "J510118-2010-500000" }),
        json!({ "placeThen": "place7", "year": 2017 }),
        json!({ "person": "w500000" }),
    ] {
        let asked = json!({ "s": search });
        p.data(p.registrar("510118"), files, asked).await;
    }
    let counted = "query ($r: ID!) { registry(id: $r) { certificatesIssued(year: 2020) } }";
    let at = json!({ "r": registry("510118-1") });
    p.data(p.registrar("510118"), counted, at).await;
    // A couple of the demonstration asks for a divorce, and another one's checks are run.
    let input = json!({ "requestKey": "d", "registry": registry("510118-1"), "man": p.number(0), "woman": p.number(1),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true });
    let fields = "application { id state }";
    let applied = p
        .change(
            p.officer("a"),
            "applyDivorce",
            "ApplyDivorceInput",
            fields,
            input,
        )
        .await;
    assert_eq!(applied["application"]["state"], "COOLING", "{applied}");
    let received = super::steps::received(p).await;
    let checked = super::steps::step(p, "runOnlineChecks", &received).await;
    assert!(refusals(&checked).is_empty(), "{checked}");
}

/// The tables that a plan reads from one end to the other.
fn scanned(plan: &[String]) -> Vec<&'static str> {
    LARGE
        .into_iter()
        .filter(|table| {
            let scan = format!("Seq Scan on {table}");
            plan.iter().any(|line| {
                let behind = line.split_once(&scan).map(|(_, behind)| behind);
                behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(' '))
            })
        })
        .collect()
}

#[test]
fn a_plan_that_scans_a_large_table_is_seen() {
    let plan = |line: &str| vec![line.to_owned()];
    assert_eq!(
        scanned(&plan("  ->  Seq Scan on certificate c (actual rows=9)")),
        ["certificate"]
    );
    assert_eq!(
        scanned(&plan("Parallel Seq Scan on ledger_entry")),
        ["ledger_entry"]
    );
    assert!(scanned(&plan("Seq Scan on certificate_run")).is_empty());
    assert!(scanned(&plan("Index Scan using x on certificate")).is_empty());
}

#[tokio::test]
#[ignore = "makes a million marriages; some minutes"]
async fn a_million_marriages_are_found_without_scanning_a_table() {
    let url =
        std::env::var("MINZHENG_TEST_POSTGRES").expect("MINZHENG_TEST_POSTGRES names a server");
    let schema = format!("marriage_scale_{}", crate::kit::id::new().simple());
    let db = database::open_in_schema(&url, &schema).await.unwrap();
    let services = testing::over(db, &Marriage, "51").await;
    Marriage.seed(&services, &|_, _, _| ()).await.unwrap();
    let run = |statement: Statement| {
        let services = services.clone();
        async move { services.db.read().query_all_raw(statement).await.unwrap() }
    };
    let text = |sql: String| Statement::from_string(DbBackend::Postgres, sql);
    for fill in FILL {
        run(text(fill.replace("$N", &MARRIAGES.to_string()))).await;
    }
    for table in LARGE {
        run(text(format!("ANALYZE {table}"))).await;
    }
    let p = Province {
        graph: Marriage.schema(services.clone()),
        services: services.clone(),
        digits: "51",
    };
    testing::listen(&services.db);
    ask_all(&p).await;
    let heard = testing::listen(&services.db);
    let mut scans = Vec::new();
    let mut seen = [0; LARGE.len()];
    for statement in &heard {
        let reads = statement.sql.starts_with("SELECT") || statement.sql.starts_with("WITH");
        let of_large: Vec<usize> = (0..LARGE.len())
            .filter(|at| statement.sql.contains(LARGE[*at]))
            .collect();
        if !reads || of_large.is_empty() {
            continue;
        }
        for at in of_large {
            seen[at] += 1;
        }
        let explain = Statement {
            sql: format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {}", statement.sql),
            ..statement.clone()
        };
        let plan: Vec<String> = run(explain)
            .await
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect();
        println!("{}\n    {}", statement.sql, plan.join("\n    "));
        for table in scanned(&plan) {
            scans.push((table, statement.sql.clone()));
        }
    }
    println!(
        "{} statements heard; of each table {LARGE:?}: {seen:?}",
        heard.len()
    );
    run(text(format!("DROP SCHEMA \"{schema}\" CASCADE"))).await;
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
    assert!(scans.is_empty(), "{scans:#?}");
}
