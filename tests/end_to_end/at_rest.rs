//! Personal data at rest and on the way out: after a day's work everything that the program keeps or sends
//! elsewhere is taken as raw bytes (database files and dumps, logs, traces, metrics, Redis) and searched for
//! every identity number and name of the demonstration register and for all that was told that day.
//!
//! Nothing may be found anywhere, not even in the dump of `persons`, whose key is elsewhere. That the search
//! would find it is shown in the same test, by one plain name that is put into a copy on purpose.

mod day;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aho_corasick::{AhoCorasick, MatchKind};
use libtest_mimic::Trial;
use minzheng_kit::demo;
use minzheng_kit::divisions::dataset;
use minzheng_tests::{Listener, Program, free_port};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use tempfile::TempDir;

use self::day::{Day, SEALED, TOLD, strangers};
use crate::fixtures::{Fixtures, NOON, SUBGRAPHS, Split, copy_folder};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "whatever_is_kept_encrypted_is_told_in_the_course_of_the_day",
            |_| day::tells_all_that_is_sealed(),
        ),
        case(
            fixtures,
            "no_dump_log_trace_or_metric_of_one_process_holds_an_identity",
            standalone,
        ),
        case(
            fixtures,
            "no_dump_log_trace_metric_or_cache_of_the_split_roles_holds_an_identity",
            split,
        ),
    ]
}

/// Searches bytes for all identities at once.
struct Search {
    automaton: AhoCorasick,
    patterns: Vec<String>,
    names: usize,
}

impl Search {
    /// The numbers of the whole register; the names of three characters and more that are no part of the name
    /// of a division either (a name like 文安 is also a county); and what was told that day.
    fn new(province: &str) -> Result<Self, String> {
        let names = dataset()
            .versions()
            .iter()
            .map(|version| version.name.as_str());
        let public: String = names.collect::<Vec<_>>().join("\n");
        let mut patterns: Vec<String> = Vec::new();
        let mut names = 0;
        for person in demo::persons(province) {
            patterns.push(person.id_number);
            let long = person.name.chars().count() >= 3;
            if long && !public.contains(&person.name) {
                names += 1;
                patterns.push(person.name);
            }
        }
        let sealed = SEALED.iter().map(|(_, text)| text);
        patterns.extend(TOLD.iter().chain(sealed).map(|text| (*text).to_owned()));
        patterns.extend(strangers());
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(&patterns)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            automaton,
            patterns,
            names,
        })
    }

    /// What of it stands in these bytes; in hexadecimal runs, too, as dumps write columns of bytes.
    fn find(&self, bytes: &[u8]) -> Option<&str> {
        let found = |bytes: &[u8]| {
            let found = self.automaton.find(bytes)?;
            self.patterns.get(found.pattern().as_usize())
        };
        found(bytes)
            .or_else(|| {
                bytes
                    .split(|byte| !byte.is_ascii_hexdigit())
                    .filter(|run| run.len() >= 12 && run.len().is_multiple_of(2))
                    .find_map(|run| {
                        let pairs = run.chunks(2).filter_map(|pair| {
                            u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
                        });
                        found(&pairs.collect::<Vec<u8>>())
                    })
            })
            .map(String::as_str)
    }

    fn nothing(&self, what: &str, bytes: &[u8]) -> Outcome {
        match self.find(bytes) {
            None => Ok(()),
            Some(text) => Err(format!("{what} ({} bytes) holds {text}", bytes.len())),
        }
    }

    /// A search that finds nothing anywhere proves nothing: it must find what is there.
    fn is_awake(&self) -> Outcome {
        let one = demo::person("51", 4_711);
        for text in [&one.id_number, TOLD[3]] {
            let text = text.to_owned();
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            for shape in [text.clone(), format!("\"\\x00{hex}\"")] {
                if self.find(format!("x{shape}y").as_bytes()).is_none() {
                    return Err("the search is blind".to_owned());
                }
            }
        }
        if self.names < 5_000 {
            return Err(format!("only {} names are searched for", self.names));
        }
        Ok(())
    }

    /// All files of a folder, as they lie there, log and index of SQLite with them.
    fn folder(&self, folder: &Path) -> Outcome {
        for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                self.folder(&path)?;
            } else {
                let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
                self.nothing(&path.display().to_string(), &bytes)?;
            }
        }
        Ok(())
    }
}

fn standalone(_: &Fixtures) -> Outcome {
    let search = Search::new("51")?;
    search.is_awake()?;
    let collector = Listener::start("{}")?;
    let endpoint = format!("http://{}/v1/traces", collector.address);
    let data = TempDir::new().map_err(|error| error.to_string())?;
    let port = free_port();
    let mut program = Program::start(
        &[
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--data",
            &data.path().to_string_lossy(),
        ],
        &[
            ("MINZHENG_CLOCK", NOON),
            ("RUST_LOG", "debug"),
            ("MINZHENG_TELEMETRY__OTLP_ENDPOINT", &endpoint),
        ],
        port,
        Duration::from_secs(180),
    )?;
    let day = Day::at(program.graphql(), data.path());
    day.work()?;
    let metrics = day.client.get(&format!("{}/metrics", program.url), &[])?;
    search.nothing("/metrics", &metrics.body)?;
    // While it runs (the log of SQLite is full) and after it has ended.
    search.folder(data.path())?;
    program
        .stop(Duration::from_secs(90))
        .ok_or("it does not end when asked to")?;
    search.folder(data.path())?;
    search.nothing("the log", program.output().as_bytes())?;
    let traces = collector.received();
    if traces.len() < 10_000 {
        return Err(format!("only {} bytes of traces arrived", traces.len()));
    }
    search.nothing("the traces", &traces)?;
    // The negative control: a developer keeps one name in plain.
    let copy = TempDir::new().map_err(|error| error.to_string())?;
    copy_folder(data.path(), copy.path()).map_err(|error| error.to_string())?;
    let file = copy.path().join("databases/funeral.db");
    let name = demo::persons("51")
        .map(|person| person.name)
        .find(|name| search.find(name.as_bytes()).is_some())
        .ok_or("no name is searched for")?;
    execute(
        &format!("sqlite://{}", file.display()),
        "UPDATE facility SET operator_name = $1",
        &name,
    )?;
    match search.folder(copy.path()) {
        Err(told) if told.contains("funeral.db") => Ok(()),
        other => Err(format!("a plain name in a dump is not found: {other:?}")),
    }
}

fn split(_: &Fixtures) -> Outcome {
    let search = Search::new("51")?;
    let collector = Listener::start("{}")?;
    let endpoint = format!("http://{}/v1/traces", collector.address);
    let also = [
        ("RUST_LOG", "debug"),
        ("MINZHENG_TELEMETRY__OTLP_ENDPOINT", &endpoint),
    ];
    let split = Split::start_with("at_rest", &also)?;
    let tokens = split.folder.path().join("keys");
    let day = Day::at(split.gateway.graphql(), &tokens);
    day.work()?;
    for program in split.subgraphs.values().chain([&split.gateway]) {
        let metrics = day.client.get(&format!("{}/metrics", program.url), &[])?;
        search.nothing("/metrics", &metrics.body)?;
        search.nothing("a log", program.output().as_bytes())?;
    }
    let postgres = std::env::var("MINZHENG_TEST_POSTGRES").map_err(|error| error.to_string())?;
    // The whole of the access log, too: what it is made of and every record.
    for name in SUBGRAPHS.into_iter().chain(["access_log"]) {
        let dump = dump(&postgres, &format!("at_rest_{name}"))?;
        // `audit` and the log begin with no data of demonstration.
        let small = matches!(name, "audit" | "access_log");
        if dump.len() < if small { 1_000 } else { 20_000 } {
            return Err(format!("the dump of {name} is empty"));
        }
        let text = String::from_utf8_lossy(&dump);
        if name == "access_log" && !(text.contains("DISCLOSED") && text.contains("REFUSED")) {
            return Err("the access log holds no record of that day".to_owned());
        }
        search.nothing(&format!("the dump of {name}"), &dump)?;
    }
    let redis = redis_dump()?;
    search.nothing("Redis", &redis)?;
    knows_nobody(&redis, &day, &postgres)?;
    let traces = collector.received();
    if traces.len() < 10_000 {
        return Err(format!("only {} bytes of traces arrived", traces.len()));
    }
    search.nothing("the traces", &traces)?;
    // The negative control, as in one process.
    execute(
        &postgres,
        "UPDATE at_rest_funeral.facility SET operator_name = $1",
        TOLD[0],
    )?;
    match search.find(&dump(&postgres, "at_rest_funeral")?) {
        Some(found) if found == TOLD[0] => Ok(()),
        other => Err(format!("a plain name in a dump is not found: {other:?}")),
    }
}

/// Neither the names of entries in Redis nor what they hold knows a person, be it by a token only, or a caller by theirs.
fn knows_nobody(redis: &[u8], day: &Day<'_>, postgres: &str) -> Outcome {
    let mut tokens = column(postgres, "SELECT token AS line FROM at_rest_persons.person")?;
    if tokens.len() < 5_000 {
        return Err(format!("only {} tokens of persons", tokens.len()));
    }
    let bearers = day.bearers();
    if bearers.is_empty() {
        return Err("nobody asked".to_owned());
    }
    // A bearer token is known by its signature, whatever stands around it.
    let signatures = bearers.iter().filter_map(|token| token.rsplit('.').next());
    tokens.extend(signatures.map(str::to_owned));
    let automaton = AhoCorasick::new(&tokens).map_err(|error| error.to_string())?;
    if let Some(found) = automaton.find(redis) {
        return Err(format!(
            "Redis knows somebody: pattern {}",
            found.pattern().as_usize()
        ));
    }
    // The search would find what is there.
    let one = [redis, tokens[4_711].as_bytes()].concat();
    match automaton.find(&one) {
        Some(_) => Ok(()),
        None => Err("the search is blind".to_owned()),
    }
}

/// The rows of a statement that gives one text each, as `line`.
fn column(url: &str, sql: &str) -> Result<Vec<String>, String> {
    let work = async {
        let db = Database::connect(url).await?;
        let rows = db
            .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
            .await?;
        let lines: Result<Vec<String>, _> =
            rows.iter().map(|row| row.try_get("", "line")).collect();
        db.close().await?;
        lines
    };
    runtime()?
        .block_on(work)
        .map_err(|error: sea_orm::DbErr| error.to_string())
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
}

fn execute(url: &str, sql: &str, value: &str) -> Outcome {
    let work = async {
        let db = Database::connect(url).await?;
        let backend = db.get_database_backend();
        db.execute_raw(Statement::from_sql_and_values(backend, sql, [value.into()]))
            .await?;
        db.close().await
    };
    runtime()?
        .block_on(work)
        .map_err(|error: sea_orm::DbErr| error.to_string())
}

/// What the tables of a schema are made of (columns with their defaults, constraints, indexes), and every row of
/// each as PostgreSQL writes it, one to a line.
fn dump(url: &str, schema: &str) -> Result<Vec<u8>, String> {
    let work = async {
        let db = Database::connect(url).await?;
        let tables = db
            .query_all_raw(Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
                [schema.into()],
            ))
            .await?;
        let mut dump = Vec::new();
        let made_of = "SELECT c.table_name || ' ' || c.column_name || ' ' || c.data_type || ' ' \
            || coalesce(c.column_default, '') AS line FROM information_schema.columns c WHERE c.table_schema = $1 \
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = $1 \
            UNION ALL SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k \
            JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname = $1";
        let made_of = Statement::from_sql_and_values(DbBackend::Postgres, made_of, [schema.into()]);
        for line in db.query_all_raw(made_of).await? {
            let line: String = line.try_get("", "line")?;
            dump.extend_from_slice(line.as_bytes());
            dump.push(b'\n');
        }
        for table in tables {
            let table: String = table.try_get("", "tablename")?;
            dump.extend_from_slice(format!("\n-- {table}\n").as_bytes());
            let sql = format!("SELECT t::text AS line FROM \"{schema}\".\"{table}\" AS t");
            let rows = db
                .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
                .await?;
            for row in rows {
                let line: String = row.try_get("", "line")?;
                dump.extend_from_slice(line.as_bytes());
                dump.push(b'\n');
            }
        }
        db.close().await?;
        Ok(dump)
    };
    runtime()?
        .block_on(work)
        .map_err(|error: sea_orm::DbErr| error.to_string())
}

/// Every key of Redis and what it holds.
fn redis_dump() -> Result<Vec<u8>, String> {
    let url = std::env::var("MINZHENG_TEST_REDIS").map_err(|error| error.to_string())?;
    let read = || -> redis::RedisResult<Vec<u8>> {
        let mut connection = redis::Client::open(url)?.get_connection()?;
        let mut dump = Vec::new();
        let mut cursor: u64 = 0;
        loop {
            let (next, keys): (u64, Vec<Vec<u8>>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("COUNT")
                .arg(1_000)
                .query(&mut connection)?;
            for key in keys {
                dump.extend_from_slice(&key);
                let kind: String = redis::cmd("TYPE").arg(&key).query(&mut connection)?;
                let command: &[&str] = match kind.as_str() {
                    "string" => &["GET"],
                    "hash" => &["HGETALL"],
                    "list" => &["LRANGE", "0", "-1"],
                    "set" => &["SMEMBERS"],
                    "zset" => &["ZRANGE", "0", "-1"],
                    "stream" => &["XRANGE", "-", "+"],
                    _ => continue,
                };
                let mut asked = redis::cmd(command[0]);
                asked.arg(&key);
                for argument in &command[1..] {
                    asked.arg(*argument);
                }
                let value: redis::Value = asked.query(&mut connection)?;
                flatten(&value, &mut dump);
            }
            if next == 0 {
                return Ok(dump);
            }
            cursor = next;
        }
    };
    read().map_err(|error| error.to_string())
}

fn flatten(value: &redis::Value, into: &mut Vec<u8>) {
    match value {
        redis::Value::BulkString(bytes) => into.extend_from_slice(bytes),
        redis::Value::SimpleString(text) => into.extend_from_slice(text.as_bytes()),
        redis::Value::Array(all) | redis::Value::Set(all) => {
            all.iter().for_each(|one| flatten(one, into));
        }
        redis::Value::Map(all) => all.iter().for_each(|(key, value)| {
            flatten(key, into);
            flatten(value, into);
        }),
        _ => {}
    }
    into.push(b'\n');
}
