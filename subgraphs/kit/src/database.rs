//! The one way to a database.
//!
//! SQLite: write-ahead log, `synchronous=FULL`, foreign keys on, **one** writer connection whose
//! transactions begin immediately (so a transaction never fails half-way for want of the lock), and
//! four readers that cannot write. PostgreSQL: one pool and one schema per subgraph; writing
//! transactions are serializable and run again when the database asks for it (40001, 40P01), so
//! that what is right with SQLite's single writer is right there too.
//!
//! Statement logging is off everywhere: bound values are personal data. A statement becomes a span
//! that carries its verb and its time, nothing else.

use std::{
    fmt,
    future::Future,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use opentelemetry::{
    KeyValue,
    trace::{Span as _, TraceContextExt, Tracer},
};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, EntityTrait, IntoActiveModel, IsolationLevel, Iterable, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::Notify;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::error::{Error, Result};

/// How many readers a SQLite file has.
const SQLITE_READERS: u32 = 4;

/// How long SQLite waits for another process's lock (a backup, an import) before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many connections a subgraph holds to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;

/// How often a writing transaction is run when the database asks to run it again.
const WRITE_TRIES: u32 = 12;

/// Bound values per statement: SQLite allows 32,766, PostgreSQL 65,535.
const MAX_BOUND_VALUES: usize = 30_000;

/// Rows per statement of [`insert_many`]. More rows are no faster, and every full chunk has the same
/// text, so that it is prepared once.
const ROWS_PER_INSERT: usize = 200;

/// A subgraph's database. Cloning is cheap.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    read: DatabaseConnection,
    write: DatabaseConnection,
    backend: DbBackend,
    statements: Arc<AtomicU64>,
    committed: Notify,
    /// Removes the file of an in-memory database when the last clone goes.
    _temporary: Option<TemporaryFile>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("backend", &self.0.backend)
            .finish_non_exhaustive()
    }
}

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

impl Database {
    /// The readers. On SQLite they see every committed write at once.
    pub fn read(&self) -> &DatabaseConnection {
        &self.0.read
    }

    /// The writer, for migrations.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.0.write
    }

    /// The kind of database.
    pub fn backend(&self) -> DbBackend {
        self.0.backend
    }

    /// SQL statements run so far, over all connections; for tests of batching.
    pub fn statements(&self) -> u64 {
        self.0.statements.load(Ordering::Relaxed)
    }

    /// Is notified after every committed write of this process; wakes event consumers early.
    pub fn committed(&self) -> &Notify {
        &self.0.committed
    }

    /// Closes all connections, so that the files of an SQLite database can be moved. Use it last.
    ///
    /// # Errors
    /// When a connection cannot be closed.
    pub async fn close(&self) -> Result<()> {
        self.0.read.close_by_ref().await?;
        Ok(self.0.write.close_by_ref().await?)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.0.read.ping().await?)
    }

    /// Runs `f` in one writing transaction: committed when it gives `Ok`, undone otherwise. It may run
    /// several times, so it must do nothing outside the transaction.
    ///
    /// Never call it, nor anything that does, from inside `f`: SQLite has one writer.
    ///
    /// # Errors
    /// What `f` gives; [`Error::Unavailable`] when the database kept asking to run again.
    pub async fn write<T, F>(&self, f: F) -> Result<T>
    where
        F: for<'c> Fn(&'c DatabaseTransaction) -> BoxFuture<'c, Result<T>> + Send,
        T: Send,
    {
        let options = match self.0.backend {
            DbBackend::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
            _ => TransactionOptions {
                isolation_level: Some(IsolationLevel::Serializable),
                ..TransactionOptions::default()
            },
        };
        for attempt in 0..WRITE_TRIES {
            let tx = self.0.write.begin_with_options(options).await?;
            // `f` is called before anything is awaited, so it need not be `Sync`.
            let running = f(&tx);
            let outcome = match running.await {
                Ok(value) => tx.commit().await.map(|()| value).map_err(Error::from),
                Err(error) => {
                    tx.rollback().await?;
                    Err(error)
                }
            };
            match outcome {
                Ok(value) => {
                    self.0.committed.notify_waiters();
                    return Ok(value);
                }
                Err(Error::Busy) => {
                    // Full jitter, from 4 ms to about half a second.
                    let ceiling = 4_u64 << attempt.min(7);
                    let wait = rand::random_range(1..=ceiling);
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Unavailable)
    }

    /// Runs `f` while no other process of the same schema runs something under the same name.
    pub async fn exclusively<T, F, Fut>(&self, name: &str, f: F) -> Result<T>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        if self.0.backend != DbBackend::Postgres {
            return f().await;
        }
        let guard = self.0.read.begin().await?;
        let lock = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_advisory_xact_lock(hashtext(current_schema() || ':' || $1))",
            [name.into()],
        );
        guard.execute_raw(lock).await?;
        let outcome = f().await;
        guard.commit().await?;
        outcome
    }
}

/// Inserts many rows in few statements, within the databases' limit of bound values. All rows must
/// set the same columns.
pub async fn insert_many<A, C>(db: &C, rows: impl IntoIterator<Item = A>) -> Result<()>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    C: ConnectionTrait,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let per_statement = (MAX_BOUND_VALUES / columns).clamp(1, ROWS_PER_INSERT);
    let mut rows = rows.into_iter();
    loop {
        let chunk: Vec<A> = rows.by_ref().take(per_statement).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        <A::Entity as EntityTrait>::insert_many(chunk)
            .exec_without_returning(db)
            .await?;
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

    let write = connect(&url, 1, synchronous, false).await.map_err(fail)?;
    let verdict = write
        .query_one_raw(Statement::from_string(
            DbBackend::Sqlite,
            "PRAGMA quick_check(1)",
        ))
        .await
        .map_err(fail)?
        .map(|row| row.try_get_by_index::<String>(0))
        .transpose()
        .map_err(fail)?;
    if verdict.as_deref() != Some("ok") {
        return Err(Error::internal(format!(
            "The data file {shown} is damaged; nothing was changed, restore it from a backup."
        )));
    }
    let read = connect(&url, SQLITE_READERS, synchronous, true)
        .await
        .map_err(fail)?;
    Ok(Database::assemble(
        read,
        write,
        DbBackend::Sqlite,
        temporary,
    ))
}

async fn connect(
    url: &str,
    connections: u32,
    synchronous: &'static str,
    read_only: bool,
) -> std::result::Result<DatabaseConnection, DbErr> {
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
                .pragma("cache_size", "-16384")
                .pragma("mmap_size", "134217728")
                .pragma("query_only", if read_only { "1" } else { "0" })
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

impl Database {
    fn assemble(
        mut read: DatabaseConnection,
        mut write: DatabaseConnection,
        backend: DbBackend,
        temporary: Option<TemporaryFile>,
    ) -> Self {
        let statements = Arc::new(AtomicU64::new(0));
        for connection in [&mut read, &mut write] {
            let statements = Arc::clone(&statements);
            connection.set_metric_callback(move |info| {
                statements.fetch_add(1, Ordering::Relaxed);
                span_of(backend, info);
            });
        }
        Self(Arc::new(Inner {
            read,
            write,
            backend,
            statements,
            committed: Notify::new(),
            _temporary: temporary,
        }))
    }
}

/// Makes a span of a statement that has run, below the present one, if that is sampled: the verb
/// and the time, never the text (which may hold literals) nor the values.
fn span_of(backend: DbBackend, info: &sea_orm::metric::Info<'_>) {
    let context = tracing::Span::current().context();
    if !context.span().span_context().is_sampled() {
        return;
    }
    let verb = info
        .statement
        .sql
        .split_whitespace()
        .next()
        .unwrap_or("SQL")
        .to_owned();
    let end = SystemTime::now();
    let start = end.checked_sub(info.elapsed).unwrap_or(end);
    let tracer = opentelemetry::global::tracer("minzheng");
    let mut span = tracer
        .span_builder(format!("sql {verb}"))
        .with_start_time(start)
        .with_attributes([
            KeyValue::new("db.system.name", backend.as_str().to_lowercase()),
            KeyValue::new("db.operation.name", verb),
        ])
        .start_with_context(&tracer, &context);
    if info.failed {
        span.set_status(opentelemetry::trace::Status::error("failed"));
    }
    span.end_with_timestamp(end);
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
fn split_schema(url: &str) -> (String, Option<String>) {
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
struct TemporaryFile(PathBuf);

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

#[cfg(test)]
pub(crate) mod tests;
