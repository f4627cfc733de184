//! The log in PostgreSQL: one table of lines, one of seals, in a schema of their own.
//!
//! One row for each record, one statement for each group, `synchronous_commit = on`: when the statement
//! is answered the group is on disk (and, where the server is set up so, on its standby). The connection
//! is made when it is first needed and made anew after a failure, so that a gateway starts, and serves
//! what is public, without its log.

use std::future::Future;
use std::time::Duration;

use chrono::NaiveDate;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, QueryResult,
    Statement, Value,
};
use tokio::runtime::Handle;

use super::Class;
use super::store::{Group, Segment, Store, StoreError};
use crate::config::Secret;

/// The schema of the log, unless its address ends in `?schema=NAME`.
const SCHEMA: &str = "access_log";
/// Rows read at a time.
const PAGE: u64 = 2_000;
/// The number of the lock under which the tables are made, any constant of ours.
const LOCK: i64 = 0x6d7a_6c6f_6731;

/// The log in a database.
pub struct Postgres {
    url: Secret,
    schema: String,
    patience: Duration,
    runtime: Handle,
    connection: Option<DatabaseConnection>,
}

impl Postgres {
    /// The log at this address. Nothing is connected yet.
    #[must_use]
    pub fn new(url: &Secret, patience: Duration, runtime: Handle) -> Self {
        // The other parameters, such as those of TLS, are the driver's.
        let last = url.reveal().rsplit_once(['?', '&']);
        let (url, schema) = last
            .and_then(|(url, last)| Some((url, last.strip_prefix("schema=")?)))
            .unwrap_or((url.reveal(), SCHEMA));
        // It stands in statements, so nothing but letters, digits and underscores.
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        Self {
            url: Secret::new(url),
            schema: schema.chars().filter(plain).collect(),
            patience,
            runtime,
            connection: None,
        }
    }

    /// Runs something with the connection within the patience; after a failure the next one connects
    /// anew.
    fn with<T, F>(
        &mut self,
        within: Duration,
        work: impl FnOnce(DatabaseConnection) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        let (url, schema, runtime) = (&self.url, &self.schema, self.runtime.clone());
        let known = self.connection.take();
        let all = async {
            let connection = match known {
                Some(connection) => connection,
                None => connect(url, schema, within).await?,
            };
            let done = work(connection.clone()).await?;
            Ok::<_, DbErr>((connection, done))
        };
        let outcome = runtime.block_on(async { tokio::time::timeout(within, all).await });
        match outcome {
            Ok(Ok((connection, done))) => {
                self.connection = Some(connection);
                Ok(done)
            }
            Ok(Err(error)) => Err(StoreError(format!("PostgreSQL: {error}"))),
            Err(_) => Err(StoreError::new("PostgreSQL did not answer in time")),
        }
    }
}

async fn connect(
    url: &Secret,
    schema: &str,
    within: Duration,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url.reveal());
    options
        .max_connections(1)
        .min_connections(1)
        .connect_timeout(within)
        .acquire_timeout(within)
        // A lost connection shows at the statement itself; a question before each would double its time.
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .set_application_name("minzheng-access-log");
    let connection = Database::connect(options).await?;
    for statement in [
        format!("SELECT pg_advisory_lock({LOCK})"),
        format!("CREATE SCHEMA IF NOT EXISTS {schema}"),
        format!(
            "CREATE TABLE IF NOT EXISTS {schema}.record (chain text NOT NULL, seq bigint NOT NULL, \
             class text NOT NULL, day date NOT NULL, line text NOT NULL, PRIMARY KEY (chain, seq))"
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS {schema}.seal (number bigint PRIMARY KEY, line text NOT NULL)"
        ),
        format!("SELECT pg_advisory_unlock({LOCK})"),
        "SET synchronous_commit = on".to_owned(),
    ] {
        connection
            .execute_raw(Statement::from_string(DbBackend::Postgres, statement))
            .await?;
    }
    Ok(connection)
}

impl Store for Postgres {
    fn append(&mut self, group: &Group) -> Result<(), StoreError> {
        let mut sql = format!(
            "INSERT INTO {}.record (chain, seq, class, day, line) VALUES ",
            self.schema
        );
        let mut values: Vec<Value> = Vec::with_capacity(group.records.len() * 5);
        for record in &group.records {
            let segment = group
                .segments
                .get(record.segment)
                .ok_or_else(|| StoreError::new("a record without a segment"))?;
            let n = values.len();
            if n > 0 {
                sql.push(',');
            }
            sql.push_str(&format!(
                "(${},${},${},${},${})",
                n + 1,
                n + 2,
                n + 3,
                n + 4,
                n + 5
            ));
            let line = String::from_utf8(record.line.clone()).map_err(StoreError::new)?;
            let seq = i64::try_from(record.seq).map_err(StoreError::new)?;
            values.extend([
                segment.chain.clone().into(),
                seq.into(),
                segment.class.as_str().into(),
                segment.day.into(),
                Value::from(line),
            ]);
        }
        if values.is_empty() {
            return Ok(());
        }
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        self.with(self.patience, |connection| async move {
            connection.execute_raw(statement).await.map(drop)
        })
    }

    fn segments(&mut self) -> Result<Vec<Segment>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT class, day, chain FROM {}.record",
            self.schema
        );
        let rows = self.rows(Statement::from_string(DbBackend::Postgres, sql))?;
        let mut segments = Vec::with_capacity(rows.len());
        for row in rows {
            let class: String = row.try_get("", "class").map_err(StoreError::new)?;
            segments.push(Segment {
                class: Class::parse(&class).ok_or_else(|| StoreError::new("an unknown class"))?,
                day: row
                    .try_get::<NaiveDate>("", "day")
                    .map_err(StoreError::new)?,
                chain: row.try_get("", "chain").map_err(StoreError::new)?,
            });
        }
        segments.sort();
        Ok(segments)
    }

    fn lines(&mut self, segment: &Segment, each: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        loop {
            let sql = format!(
                "SELECT seq, line FROM {}.record WHERE chain = $1 AND day = $2 AND seq > $3 \
                 ORDER BY seq LIMIT {PAGE}",
                self.schema
            );
            let values: [Value; 3] = [
                segment.chain.clone().into(),
                segment.day.into(),
                after.into(),
            ];
            let rows = self.rows(Statement::from_sql_and_values(
                DbBackend::Postgres,
                sql,
                values,
            ))?;
            let full = rows.len() as u64 == PAGE;
            for row in rows {
                after = row.try_get("", "seq").map_err(StoreError::new)?;
                let line: String = row.try_get("", "line").map_err(StoreError::new)?;
                each(line.as_bytes());
            }
            if !full {
                return Ok(());
            }
        }
    }

    fn seals(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = format!("SELECT line FROM {}.seal ORDER BY number", self.schema);
        let rows = self.rows(Statement::from_string(DbBackend::Postgres, sql))?;
        rows.into_iter()
            .map(|row| {
                let line: String = row.try_get("", "line").map_err(StoreError::new)?;
                Ok(line.into_bytes())
            })
            .collect()
    }

    fn add_seal(&mut self, number: u64, line: &[u8]) -> Result<bool, StoreError> {
        let sql = format!(
            "INSERT INTO {}.seal (number, line) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            self.schema
        );
        let number = i64::try_from(number).map_err(StoreError::new)?;
        let line = String::from_utf8(line.to_vec()).map_err(StoreError::new)?;
        let values: [Value; 2] = [number.into(), line.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        let done = self.with(LONG, |connection| async move {
            connection.execute_raw(statement).await
        })?;
        Ok(done.rows_affected() == 1)
    }

    fn drop_segment(&mut self, segment: &Segment) -> Result<(), StoreError> {
        let sql = format!(
            "DELETE FROM {}.record WHERE chain = $1 AND day = $2",
            self.schema
        );
        let values: [Value; 2] = [segment.chain.clone().into(), segment.day.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        self.with(LONG, |connection| async move {
            connection.execute_raw(statement).await.map(drop)
        })
    }
}

/// For what nobody waits for: sealing, verifying, purging.
const LONG: Duration = Duration::from_secs(60);

impl Postgres {
    fn rows(&mut self, statement: Statement) -> Result<Vec<QueryResult>, StoreError> {
        self.with(LONG, |connection| async move {
            connection.query_all_raw(statement).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_schema_is_the_last_parameter_and_the_others_are_the_drivers() {
        let base = "postgres://u:p@h/d";
        let tls = "sslmode=verify-full&sslrootcert=/tls/ca.pem";
        for (address, url, schema) in [
            (base.to_owned(), base.to_owned(), SCHEMA),
            (format!("{base}?schema=one"), base.to_owned(), "one"),
            (format!("{base}?{tls}"), format!("{base}?{tls}"), SCHEMA),
            (
                format!("{base}?{tls}&schema=two;drop"),
                format!("{base}?{tls}"),
                "twodrop",
            ),
        ] {
            let log = Postgres::new(
                &Secret::new(address),
                Duration::from_secs(1),
                Handle::current(),
            );
            assert_eq!((log.url.reveal(), log.schema.as_str()), (&*url, schema));
        }
    }
}
