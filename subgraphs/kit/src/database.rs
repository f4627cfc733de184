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

mod open;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
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
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend,
    EntityTrait, IntoActiveModel, IsolationLevel, Iterable, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::Notify;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{
    divisions::{Divisions, Held},
    error::{Error, Result},
    events::{Readers, Watchers},
};

pub use open::{open, open_in_schema};

use open::TemporaryFile;

/// How often a writing transaction is run when the database asks to run it again.
const WRITE_TRIES: u32 = 12;

/// How often it is run again for a row that another transaction has made meanwhile (PostgreSQL). The first
/// such row may be hidden by the snapshot; what is still in the way after that is there to stay.
const CONFLICT_TRIES: u32 = 2;

/// Bound values per statement: SQLite allows 32,766, PostgreSQL 65,535.
const MAX_BOUND_VALUES: usize = 30_000;

/// Rows per statement of [`insert_many`]. More rows are no faster, and every full chunk has the same
/// text, so that it is prepared once.
const ROWS_PER_INSERT: usize = 200;

/// Begins a transaction in a task of its own, so that a caller who is dropped meanwhile (a client has gone, a
/// time is over) never leaves a connection behind on which the server has begun and the driver does not know:
/// the task ends the beginning, and the transaction that nobody takes is rolled back.
async fn begin(
    connection: &DatabaseConnection,
    options: TransactionOptions,
) -> Result<DatabaseTransaction> {
    let connection = connection.clone();
    let begun = tokio::spawn(async move { connection.begin_with_options(options).await });
    begun
        .await
        .map_err(|error| Error::internal(format!("beginning a transaction: {error}")))?
        .map_err(Error::from)
}

/// A subgraph's database. Cloning is cheap.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    read: DatabaseConnection,
    write: DatabaseConnection,
    backend: DbBackend,
    statements: Arc<AtomicU64>,
    /// What runs, with its values, while a test listens ([`crate::testing::listen`]); nobody else sets it.
    heard: Arc<OnceLock<Mutex<Vec<Statement>>>>,
    committed: Notify,
    commits: AtomicU64,
    readers: Readers,
    watchers: Watchers,
    divisions: Held,
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

    /// Keeps what runs from now on, or gives what was kept since the last call; for tests of plans, for the values
    /// are personal data.
    pub(crate) fn listened(&self) -> Vec<Statement> {
        let heard = self.0.heard.get_or_init(Mutex::default);
        std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Is notified after every committed write of this process; wakes event consumers early.
    pub fn committed(&self) -> &Notify {
        &self.0.committed
    }

    /// Committed writes of this process so far: who has seen this number and finds it again has missed
    /// nothing.
    pub fn commits(&self) -> u64 {
        self.0.commits.load(Ordering::SeqCst)
    }

    /// How far the readers of this database's events have come.
    pub fn readers(&self) -> &Readers {
        &self.0.readers
    }

    /// Who watches this database's events.
    pub fn watchers(&self) -> &Watchers {
        &self.0.watchers
    }

    /// The divisions of now, as this subsystem was told of them.
    pub fn divisions(&self) -> Divisions {
        self.0.divisions.now()
    }

    /// Reads the divisions of now again, after a change of them was kept ([`crate::divisions::learn`]).
    ///
    /// # Errors
    /// When the database cannot be read; then what was held stays.
    pub async fn renew_divisions(&self) -> Result<()> {
        self.0.divisions.renew(self.read()).await
    }

    /// The divisions of now for a request. Where other processes write to the same database it asks once a
    /// second whether they consumed a change; a database that does not answer leaves what was held.
    pub(crate) async fn divisions_now(&self) -> Divisions {
        if self.backend() != DbBackend::Sqlite {
            match self.0.divisions.look(self.read()).await {
                // Asked once a second, whatever the requests: it is none of theirs.
                Ok(asked) => {
                    self.0.statements.fetch_sub(asked, Ordering::Relaxed);
                }
                Err(error) => {
                    tracing::warn!(code = error.code(), "changes of divisions cannot be read");
                }
            }
        }
        self.divisions()
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
        let mut conflicts = 0;
        for attempt in 0..WRITE_TRIES {
            let tx = begin(&self.0.write, options).await?;
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
                    self.0.commits.fetch_add(1, Ordering::SeqCst);
                    self.0.committed.notify_waiters();
                    return Ok(value);
                }
                Err(Error::Busy) => {
                    // Full jitter, from 4 ms to about half a second.
                    let ceiling = 4_u64 << attempt.min(7);
                    let wait = rand::random_range(1..=ceiling);
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                // PostgreSQL tells of a duplicate key before it tells that two transactions cannot be put
                // in order: whoever asked first whether the row is there did not see it. Run again, they
                // see it, and answer what is the matter.
                Err(Error::Conflict)
                    if self.0.backend == DbBackend::Postgres && conflicts < CONFLICT_TRIES =>
                {
                    conflicts += 1;
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
        let guard = begin(&self.0.read, TransactionOptions::default()).await?;
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

impl Database {
    fn assemble(
        mut read: DatabaseConnection,
        mut write: DatabaseConnection,
        backend: DbBackend,
        temporary: Option<TemporaryFile>,
    ) -> Self {
        let statements = Arc::new(AtomicU64::new(0));
        let heard: Arc<OnceLock<Mutex<Vec<Statement>>>> = Arc::default();
        for connection in [&mut read, &mut write] {
            let statements = Arc::clone(&statements);
            let heard = Arc::clone(&heard);
            connection.set_metric_callback(move |info| {
                statements.fetch_add(1, Ordering::Relaxed);
                if let Some(heard) = heard.get() {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    heard.push(info.statement.clone());
                }
                span_of(backend, info);
            });
        }
        Self(Arc::new(Inner {
            read,
            write,
            backend,
            statements,
            heard,
            committed: Notify::new(),
            commits: AtomicU64::new(0),
            readers: Readers::default(),
            watchers: Watchers::default(),
            divisions: Held::default(),
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
