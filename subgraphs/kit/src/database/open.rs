//! Opening a database: its settings, and what is wrong with it in one sentence.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement,
};

use super::Database;
use crate::error::{Error, Result};

/// How many readers a SQLite file has.
const SQLITE_READERS: u32 = 4;

/// How long SQLite waits for another process's lock (a backup, an import) before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many connections a subgraph holds to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;

/// Opens a database by its address.
///
/// `sqlite:///path/file.db?mode=rwc`; `sqlite::memory:` (a temporary file, removed at the end, since
/// several connections must share it); `postgres://…`, where `?schema=NAME` names the schema to live
/// in, made when it is missing.
///
/// # Errors
/// [`Error::Internal`] with one clear sentence for the operator: unreachable, unwritable, damaged.
pub async fn open(url: &str) -> Result<Database> {
    if url.starts_with("sqlite:") {
        open_sqlite(url).await
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        let (url, schema) = split_schema(url);
        open_postgres(&url, schema.as_deref()).await
    } else {
        Err(Error::internal(
            "A database address begins with sqlite: or postgres:.",
        ))
    }
}

/// Opens PostgreSQL in a schema of its own, made when it is missing.
pub async fn open_in_schema(url: &str, schema: &str) -> Result<Database> {
    if url.starts_with("sqlite:") {
        open_sqlite(url).await
    } else {
        open_postgres(&split_schema(url).0, Some(schema)).await
    }
}

async fn open_sqlite(url: &str) -> Result<Database> {
    let temporary = (url == "sqlite::memory:").then(TemporaryFile::new);
    let url = match &temporary {
        Some(file) => format!("sqlite://{}?mode=rwc", file.0.display()),
        None => url.to_owned(),
    };
    let shown = sqlite_path(&url).display().to_string();
    let fail = |error: DbErr| Error::internal(sqlite_sentence(&shown, &error));
    // A temporary file need not survive a power cut.
    let synchronous = if temporary.is_some() { "OFF" } else { "FULL" };

    // On a connection of its own: what the check reads of the whole file goes when it is closed.
    let check = connect(&url, Use::Check, synchronous).await.map_err(fail)?;
    let verdict = check
        .query_one_raw(Statement::from_string(
            DbBackend::Sqlite,
            "PRAGMA quick_check(1)",
        ))
        .await
        .map_err(fail)?
        .map(|row| row.try_get_by_index::<String>(0))
        .transpose()
        .map_err(fail)?;
    check.close().await.map_err(fail)?;
    if verdict.as_deref() != Some("ok") {
        return Err(Error::internal(format!(
            "The data file {shown} is damaged; nothing was changed, restore it from a backup."
        )));
    }
    let write = connect(&url, Use::Write, synchronous).await.map_err(fail)?;
    let read = connect(&url, Use::Read, synchronous).await.map_err(fail)?;
    Ok(Database::assemble(
        read,
        write,
        DbBackend::Sqlite,
        temporary,
    ))
}

/// What connections to an SQLite file are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Looking through the whole file once, at start.
    Check,
    /// The one writer.
    Write,
    /// The readers, which map the file into memory: only the pages they touch count.
    Read,
}

async fn connect(
    url: &str,
    used: Use,
    synchronous: &'static str,
) -> std::result::Result<DatabaseConnection, DbErr> {
    let connections = if used == Use::Read { SQLITE_READERS } else { 1 };
    let (cache, map) = match used {
        Use::Check => ("-2048", "0"),
        Use::Write => ("-16384", "0"),
        Use::Read => ("-16384", "134217728"),
    };
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |options| {
            options
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
                .statement_cache_capacity(256)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", synchronous)
                .pragma("cache_size", cache)
                .pragma("mmap_size", map)
                // What is deleted or replaced leaves nothing to read in freed space.
                .pragma("secure_delete", "1")
                .pragma("query_only", if used == Use::Read { "1" } else { "0" })
        });
    sea_orm::Database::connect(options).await
}

async fn open_postgres(url: &str, schema: Option<&str>) -> Result<Database> {
    let fail = |error: DbErr| {
        // The address may hold a password, so it is not repeated.
        Error::internal(format!("PostgreSQL cannot be reached: {error}"))
    };
    let options = |schema: Option<&str>, connections: u32| {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(connections)
            .min_connections(1)
            .connect_timeout(Duration::from_secs(5))
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire_if_idle_for(Duration::from_secs(10))
            .sqlx_logging(false)
            .record_stmt_in_spans(false)
            .set_application_name("minzheng");
        if let Some(schema) = schema {
            options.set_schema_search_path(schema);
        }
        options
    };
    if let Some(schema) = schema {
        let plain = schema
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !plain || schema.is_empty() {
            return Err(Error::internal(
                "A schema's name consists of small letters, digits and underscores.",
            ));
        }
        let first = sea_orm::Database::connect(options(None, 1))
            .await
            .map_err(fail)?;
        // Two processes that make the same schema at once: one fails, and then it is there.
        let made = first
            .execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""))
            .await;
        let there = first
            .query_one_raw(Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT 1 FROM pg_namespace WHERE nspname = $1",
                [schema.into()],
            ))
            .await
            .map_err(fail)?;
        first.close().await.map_err(fail)?;
        if there.is_none() {
            made.map_err(fail)?;
        }
    }
    let pool = sea_orm::Database::connect(options(schema, POSTGRES_CONNECTIONS))
        .await
        .map_err(fail)?;
    Ok(Database::assemble(
        pool.clone(),
        pool,
        DbBackend::Postgres,
        None,
    ))
}

/// The file of a `sqlite:` address.
fn sqlite_path(url: &str) -> &Path {
    let rest = url.trim_start_matches("sqlite:").trim_start_matches("//");
    Path::new(rest.split('?').next().unwrap_or(rest))
}

/// What is wrong with a SQLite file, in one sentence for the operator.
fn sqlite_sentence(path: &str, error: &DbErr) -> String {
    let code = match error {
        DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner))
        | DbErr::Conn(RuntimeErr::SqlxError(inner)) => inner
            .as_database_error()
            .and_then(|d| d.code())
            .map(|code| code.into_owned()),
        _ => None,
    };
    // The primary result code is the low byte of the extended one.
    match code
        .as_deref()
        .and_then(|code| code.parse::<u32>().ok())
        .map(|code| code & 0xff)
    {
        Some(11 | 26) => format!(
            "The data file {path} is damaged or is no SQLite database; nothing was changed, restore it from a backup."
        ),
        Some(14) => format!(
            "The data file {path} cannot be opened; check that its folder exists and may be written."
        ),
        Some(8) => format!("The data file {path} may not be written; check its permissions."),
        Some(5) => format!("The data file {path} is in use by another process."),
        Some(13) => format!("The disk of the data file {path} is full."),
        _ => format!("The data file {path} cannot be used: {error}"),
    }
}

/// Splits `?schema=NAME` off a PostgreSQL address.
pub(super) fn split_schema(url: &str) -> (String, Option<String>) {
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let mut schema = None;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| match pair.strip_prefix("schema=") {
            Some(name) => {
                schema = Some(name.to_owned());
                false
            }
            None => true,
        })
        .collect();
    let url = if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", rest.join("&"))
    };
    (url, schema)
}

/// A file that is removed, with SQLite's companions, when it is no longer used.
pub(super) struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("minzheng-{}.db", uuid::Uuid::new_v4())))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(suffix);
            // Nothing can be done, and nothing is lost, when a temporary file stays.
            let _ = std::fs::remove_file(path);
        }
    }
}
