//! A million marriages on PostgreSQL: no hot path scans a table. Slow, so it runs only when asked for:
//! `cargo test -p minzheng-marriage -- --ignored a_million`.

use super::*;
use crate::kit::{database, testing};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// How many marriages are made.
const MARRIAGES: usize = 1_000_000;

/// What makes them: persons are tokens `m1 …` and `w1 …`, registries repeat every 200.
const FILL: [&str; 4] = [
    "INSERT INTO marriage_record (id, registry_id, county_id, certificate_no, kind, registered_on, effective_from, man, woman, state, source, quality, cross_province, version)
     SELECT md5('r' || n)::uuid, md5('g' || n % 200)::uuid, md5('c' || n % 200)::uuid, 'J510118-' || (2010 + n % 16) || '-' || n, 'MARRIAGE',
            DATE '2010-01-01' + (n % 5800), DATE '2010-01-01' + (n % 5800), 'm' || n, 'w' || n, 'VALID', 'ONLINE', 'A', false, 1
     FROM generate_series(1, $N) AS n",
    "INSERT INTO ledger_entry (person, seq, event, effective_on, at, record_id, prev_hash, hash)
     SELECT p || n, 1, 'MARRIED', DATE '2010-01-01' + (n % 5800), now(), md5('r' || n)::uuid, ''::bytea, '\\x00'::bytea
     FROM generate_series(1, $N) AS n, (VALUES ('m'), ('w')) AS who (p)",
    "INSERT INTO certificate (id, number, kind, holder, record_id, issued_on, state)
     SELECT md5(p || n)::uuid, 'J510118-' || (2010 + n % 16) || '-' || n, 'MARRIAGE', p || n, md5('r' || n)::uuid, DATE '2010-01-01' + (n % 5800), 'ISSUED'
     FROM generate_series(1, $N) AS n, (VALUES ('m'), ('w')) AS who (p)",
    "INSERT INTO archive_file (id, record_kind, record_id, registry_id, man, woman, number, place_then, year, volume_no, pages, retention, archived_on)
     SELECT md5('a' || n)::uuid, 'MARRIAGE', md5('r' || n)::uuid, md5('g' || n % 200)::uuid, 'm' || n, 'w' || n, 'J510118-' || (2010 + n % 16) || '-' || n,
            'place' || n % 200, 2010 + n % 16, 'v', 8, 'LONG_TERM', DATE '2010-01-01' + (n % 5800)
     FROM generate_series(1, $N) AS n",
];

/// The hot paths: what the services ask, with values of the middle of the data.
const HOT: [(&str, &str); 9] = [
    (
        "the marriages of a person",
        "SELECT * FROM marriage_record WHERE man IN ('m500000') OR woman IN ('m500000') ORDER BY registered_on DESC",
    ),
    (
        "the marriages of fifty persons",
        "SELECT * FROM marriage_record WHERE man IN ($FIFTY) OR woman IN ($FIFTY) ORDER BY registered_on DESC",
    ),
    (
        "the ledgers of two persons",
        "SELECT * FROM ledger_entry WHERE person IN ('m500000', 'w500000') ORDER BY person, seq",
    ),
    (
        "the end of a ledger",
        "SELECT * FROM ledger_entry WHERE person = 'm500000' ORDER BY seq DESC LIMIT 1",
    ),
    (
        "the certificates of a record",
        "SELECT * FROM certificate WHERE record_id IN (md5('r500000')::uuid)",
    ),
    (
        "records by id",
        "SELECT * FROM marriage_record WHERE id IN (md5('r1')::uuid, md5('r2')::uuid)",
    ),
    (
        "an archive file by number",
        "SELECT * FROM archive_file WHERE number = 'J510118-2010-500000' ORDER BY id LIMIT 51",
    ),
    (
        "archive files by place and year",
        "SELECT * FROM archive_file WHERE place_then = 'place7' AND year = 2017 ORDER BY id LIMIT 51",
    ),
    (
        "archive files of a person",
        "SELECT * FROM archive_file WHERE man = 'm500000' OR woman = 'm500000' ORDER BY id LIMIT 51",
    ),
];

#[tokio::test]
#[ignore = "makes a million marriages; some minutes"]
async fn a_million_marriages_are_found_without_scanning_a_table() {
    let url =
        std::env::var("MINZHENG_TEST_POSTGRES").expect("MINZHENG_TEST_POSTGRES names a server");
    let schema = format!("marriage_scale_{}", crate::kit::id::new().simple());
    let db = database::open_in_schema(&url, &schema).await.unwrap();
    let services = testing::over(db, &Marriage, "51").await;
    let run = |sql: String| {
        let services = services.clone();
        async move {
            let statement = Statement::from_string(DbBackend::Postgres, sql);
            services.db.read().query_all_raw(statement).await.unwrap()
        }
    };
    for fill in FILL {
        run(fill.replace("$N", &MARRIAGES.to_string())).await;
    }
    for table in [
        "marriage_record",
        "ledger_entry",
        "certificate",
        "archive_file",
    ] {
        run(format!("ANALYZE {table}")).await;
    }
    let fifty: Vec<String> = (1..=50).map(|n| format!("'m{}'", n * 1_000)).collect();
    let mut scans = Vec::new();
    for (what, sql) in HOT {
        let sql = sql.replace("$FIFTY", &fifty.join(", "));
        // Once to warm, once to measure.
        run(sql.clone()).await;
        let plan = run(format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}")).await;
        let lines: Vec<String> = plan
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect();
        println!("{what}\n    {}", lines.join("\n    "));
        if lines.iter().any(|line| line.contains("Seq Scan")) {
            scans.push(what);
        }
    }
    run(format!("DROP SCHEMA \"{schema}\" CASCADE")).await;
    assert!(scans.is_empty(), "{scans:?}");
}
