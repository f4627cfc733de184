//! Where the access log is read: the files `CLASS/DAY/CHAIN.jsonl`, or the table of PostgreSQL that the
//! gateways write. Read only, from a position on, so that what was read once is not read again.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};

use crate::kit::{Error, Result};

/// Lines read at a time.
pub const BATCH: usize = 500;

/// Where the log is.
#[derive(Clone, Debug, Default)]
pub enum Source {
    /// There is none.
    #[default]
    Nothing,
    /// In files below this folder.
    Folder(PathBuf),
    /// In this database.
    Database(Connection),
}

/// A way to PostgreSQL, made when it is first needed.
#[derive(Clone)]
pub struct Connection {
    url: String,
    schema: String,
    made: std::sync::Arc<tokio::sync::OnceCell<DatabaseConnection>>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.write_str("Connection")
    }
}

/// One segment and how much of it there is: bytes of a file, or the highest number of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name, `CLASS/DAY/CHAIN`.
    pub name: String,
    /// Its end.
    pub end: i64,
}

/// A line and the position behind it.
pub type Line = (i64, String);

impl Source {
    /// Of an address: `postgres://…` (perhaps with `?schema=NAME`), or the path of a folder.
    #[must_use]
    pub fn at(address: &str) -> Self {
        if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            let (url, schema) = address
                .rsplit_once(['?', '&'])
                .and_then(|(url, last)| Some((url, last.strip_prefix("schema=")?)))
                .unwrap_or((address, "access_log"));
            // It stands in statements, so nothing but letters, digits and underscores.
            let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
            Self::Database(Connection {
                url: url.to_owned(),
                schema: schema.chars().filter(plain).collect(),
                made: std::sync::Arc::default(),
            })
        } else {
            Self::Folder(PathBuf::from(address))
        }
    }

    /// All segments there are.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the log cannot be reached.
    pub async fn segments(&self) -> Result<Vec<Segment>> {
        match self {
            Self::Nothing => Ok(Vec::new()),
            Self::Folder(folder) => {
                let folder = folder.clone();
                blocking(move || files(&folder)).await
            }
            Self::Database(connection) => {
                let sql = format!(
                    "SELECT class || '/' || day || '/' || chain AS name, max(seq) AS last \
                     FROM {}.record GROUP BY class, day, chain",
                    connection.schema
                );
                let rows = connection.rows(&sql, []).await?;
                rows.into_iter()
                    .map(|row| {
                        Ok(Segment {
                            name: row.try_get("", "name")?,
                            end: row.try_get("", "last")?,
                        })
                    })
                    .collect()
            }
        }
    }

    /// The next lines of a segment behind a position, at most [`BATCH`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the log cannot be reached.
    pub async fn after(&self, segment: &str, position: i64) -> Result<Vec<Line>> {
        match self {
            Self::Nothing => Ok(Vec::new()),
            Self::Folder(folder) => {
                let path = folder.join(format!("{segment}.jsonl"));
                blocking(move || lines(&path, position)).await
            }
            Self::Database(connection) => {
                let mut parts = segment.splitn(3, '/');
                let (_, day, chain) = (parts.next(), parts.next(), parts.next());
                let (day, chain) = (day.unwrap_or_default(), chain.unwrap_or_default());
                let sql = format!(
                    "SELECT seq, line FROM {}.record WHERE chain = $1 AND day = $2::date \
                     AND seq > $3 ORDER BY seq LIMIT {BATCH}",
                    connection.schema
                );
                let rows = connection
                    .rows(&sql, [chain.into(), day.into(), position.into()])
                    .await?;
                rows.into_iter()
                    .map(|row| Ok((row.try_get("", "seq")?, row.try_get("", "line")?)))
                    .collect()
            }
        }
    }
}

impl Connection {
    async fn rows(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<sea_orm::QueryResult>> {
        let connect = || async {
            let mut options = ConnectOptions::new(&self.url);
            options
                .max_connections(2)
                .connect_timeout(Duration::from_secs(5))
                .acquire_timeout(Duration::from_secs(5))
                .sqlx_logging(false)
                .record_stmt_in_spans(false)
                .set_application_name("minzheng-audit");
            sea_orm::Database::connect(options).await
        };
        let away = |_| Error::Unavailable;
        let connection = self.made.get_or_try_init(connect).await.map_err(away)?;
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        connection.query_all_raw(statement).await.map_err(away)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    match done {
        Ok(Ok(done)) => Ok(done),
        _ => Err(Error::Unavailable),
    }
}

fn files(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut all = Vec::new();
    // A folder that is not there is an error: it must not look like a log that was purged.
    for class in entries(folder)?
        .into_iter()
        .filter(|(path, _)| path.is_dir())
    {
        for day in entries(&class.0)? {
            for (path, file) in entries(&day.0)? {
                if let Some(chain) = file.strip_suffix(".jsonl") {
                    let end = path.metadata()?.len();
                    all.push(Segment {
                        name: format!("{}/{}/{chain}", class.1, day.1),
                        end: i64::try_from(end).unwrap_or(i64::MAX),
                    });
                }
            }
        }
    }
    Ok(all)
}

fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            Ok((
                entry.path(),
                entry.file_name().to_string_lossy().into_owned(),
            ))
        })
        .collect()
}

fn lines(path: &Path, position: i64) -> io::Result<Vec<Line>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(u64::try_from(position).unwrap_or(0)))?;
    let mut reader = BufReader::new(file);
    let (mut at, mut all) = (position, Vec::new());
    while all.len() < BATCH {
        let mut line = Vec::new();
        let read = reader.read_until(b'\n', &mut line)?;
        // The last line may be on its way still.
        if line.pop() != Some(b'\n') {
            break;
        }
        at += i64::try_from(read).unwrap_or(0);
        all.push((at, String::from_utf8_lossy(&line).into_owned()));
    }
    Ok(all)
}
