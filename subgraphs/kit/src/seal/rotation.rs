//! Changing keys while they are in use, and encrypting what was written before a column was encrypted.
//!
//! Each change is a pass over rows in small transactions. It may be cut off at any point and run again: what
//! is done already is told by the values themselves, which carry their key's number. Reading goes on all the
//! while, since old keys open old values until the last one has gone.
//!
//! Why the old key can be dropped although other processes write: whoever encrypts reads the newest key in
//! the same transaction ([`super::Keyring::load`]), and the transaction that drops the old key has looked at
//! all values. Transactions are serial on both kinds of database, so a writer that still took the old key
//! either is seen by the last look or has to run again.
//!
//! Each transaction locks the tables that it goes through against writers before it reads (PostgreSQL; SQLite
//! has one writer anyway): a pass reads a whole table, and of two serial transactions the one that read much
//! would be the one to run again, for as long as others write. Readers never wait.

use std::{collections::BTreeSet, sync::Arc};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, Value};

use super::{
    cipher::Cipher,
    column::{Form, SEALED, SealedColumn},
    ring::{Columns, Purpose, bytes_of, read},
};
use crate::{error::Result, mutation::execute, subsystem::Services};

/// Rows of one transaction.
const BATCH: u64 = 200;

/// How often values that came meanwhile are looked for before the rotation is left to be run again.
const SWEEPS: usize = 8;

/// What is told while it goes on: the column, how many rows are done and how many there are.
pub type Progress<'p> = &'p (dyn Fn(&SealedColumn, usize, usize) + Sync);

/// Which rows a pass takes.
#[derive(Clone, Copy, Debug)]
enum Pass {
    /// Texts that are not encrypted.
    Plain,
    /// Values whose key is not this one.
    Data(u32),
    /// Blind indexes whose key is not this one.
    Index(u32),
}

impl Pass {
    /// The condition on a row, and what is bound to `$1`.
    fn condition(self, column: &SealedColumn) -> (String, Value) {
        let name = column.column;
        match (self, column.form) {
            (Self::Plain, _) => (
                format!("\"{name}\" <> '' AND \"{name}\" NOT LIKE $1"),
                format!("{SEALED}%").into(),
            ),
            (Self::Data(id), Form::Text) => (
                format!("\"{name}\" <> '' AND \"{name}\" NOT LIKE $1"),
                format!("{SEALED}{id}:%").into(),
            ),
            (Self::Data(id), Form::Bytes) => (
                format!("substr(\"{name}\", 2, 4) <> $1"),
                id.to_be_bytes().to_vec().into(),
            ),
            (Self::Index(id), _) => {
                let index = column.index.unwrap_or(name);
                (
                    format!(
                        "\"{name}\" IS NOT NULL AND (\"{index}\" IS NULL OR substr(\"{index}\", 1, 4) <> $1)"
                    ),
                    id.to_be_bytes().to_vec().into(),
                )
            }
        }
    }

    fn takes(self, column: &SealedColumn) -> bool {
        match self {
            Self::Plain => column.form == Form::Text,
            Self::Data(_) => true,
            Self::Index(_) => column.index.is_some(),
        }
    }
}

/// Encrypts what was written in plain before a column was encrypted; answers how many rows. Run at every
/// start: when there is nothing to do it costs one statement for each column.
///
/// # Errors
/// When there is no master key, or the database's own.
pub async fn seal_existing(
    services: &Services,
    columns: &[SealedColumn],
    progress: Progress<'_>,
) -> Result<usize> {
    let done = sweep(services, columns, Pass::Plain, progress).await?;
    if done > 0 {
        wipe(services, columns).await?;
    }
    Ok(done)
}

/// Brings a new data key, or goes on with one that an earlier try brought, encrypts everything with it and
/// drops the keys of before; answers how many values were encrypted anew.
///
/// # Errors
/// When a value cannot be opened (nothing is dropped then), or the database's own.
pub async fn data_keys(
    services: &Services,
    columns: &[SealedColumn],
    cipher: Option<Cipher>,
    progress: Progress<'_>,
) -> Result<usize> {
    let newest = begin(services, Purpose::Data, cipher).await?;
    let done = finish(
        services,
        columns,
        Purpose::Data,
        Pass::Data(newest),
        progress,
    )
    .await?;
    wipe(services, columns).await?;
    Ok(done)
}

/// The same for the key of blind indexes.
///
/// # Errors
/// As [`data_keys`].
pub async fn index_keys(
    services: &Services,
    columns: &[SealedColumn],
    progress: Progress<'_>,
) -> Result<usize> {
    let newest = begin(services, Purpose::Index, None).await?;
    finish(
        services,
        columns,
        Purpose::Index,
        Pass::Index(newest),
        progress,
    )
    .await
}

/// Wraps all data keys with the newest master key; answers how many there are.
///
/// # Errors
/// When a key cannot be opened with any master key held.
pub async fn master_key(services: &Services) -> Result<usize> {
    let job = Arc::new(services.clone());
    services
        .db
        .write(move |tx| {
            let services = Arc::clone(&job);
            Box::pin(async move {
                let master = services.columns.master();
                let rows = read(tx).await?;
                for row in &rows {
                    let secret = master.unwrap(&row.bound(), &row.wrapped).await?;
                    let wrapped = master.wrap(&row.bound(), &secret).await?;
                    execute(
                        tx,
                        "UPDATE column_key SET wrapped = $1 WHERE purpose = $2 AND id = $3",
                        vec![
                            wrapped.into(),
                            row.purpose.as_str().into(),
                            i64::from(row.id).into(),
                        ],
                    )
                    .await?;
                }
                Ok(rows.len())
            })
        })
        .await
}

/// The key to go over to. More than one key means that a rotation was cut off: it goes on.
async fn begin(services: &Services, purpose: Purpose, cipher: Option<Cipher>) -> Result<u32> {
    let job = Arc::new(services.clone());
    services
        .db
        .write(move |tx| {
            let services = Arc::clone(&job);
            Box::pin(async move {
                let now = services.clock.now();
                let there = services.columns.for_writing(tx, now).await?;
                if there.count_of(purpose) > 1 {
                    return Ok(there.newest_of(purpose));
                }
                let cipher = cipher.unwrap_or(services.columns.cipher());
                services.columns.add(tx, purpose, cipher, now).await
            })
        })
        .await
}

/// Sweeps until the transaction that drops the old keys sees none of their values.
async fn finish(
    services: &Services,
    columns: &[SealedColumn],
    purpose: Purpose,
    pass: Pass,
    progress: Progress<'_>,
) -> Result<usize> {
    let mut done = 0;
    for _ in 0..SWEEPS {
        done += sweep(services, columns, pass, progress).await?;
        let job = Arc::new(columns.to_vec());
        let dropped = services
            .db
            .write(move |tx| {
                let columns = Arc::clone(&job);
                Box::pin(async move { drop_old(tx, &columns, purpose, pass).await })
            })
            .await?;
        if dropped {
            return Ok(done);
        }
    }
    Err(crate::Error::internal(
        "Values with the old key keep coming: some process still writes with it. Stop it and run the rotation again.",
    ))
}

async fn drop_old(
    tx: &DatabaseTransaction,
    columns: &[SealedColumn],
    purpose: Purpose,
    pass: Pass,
) -> Result<bool> {
    let columns: Vec<SealedColumn> = columns
        .iter()
        .filter(|column| pass.takes(column))
        .copied()
        .collect();
    hold_writers(tx, &columns).await?;
    for column in &columns {
        if count(tx, column, pass).await? > 0 {
            return Ok(false);
        }
    }
    let (Pass::Data(newest) | Pass::Index(newest)) = pass else {
        return Ok(true);
    };
    execute(
        tx,
        "DELETE FROM column_key WHERE purpose = $1 AND id < $2",
        vec![purpose.as_str().into(), i64::from(newest).into()],
    )
    .await?;
    Ok(true)
}

/// Lets writers of these columns' tables wait for the transaction's end. Must be its first statement, so that
/// it sees all that was written before.
async fn hold_writers(tx: &DatabaseTransaction, columns: &[SealedColumn]) -> Result<()> {
    let tables: Vec<String> = tables_of(columns)
        .map(|table| format!("\"{table}\""))
        .collect();
    if tx.get_database_backend() != DbBackend::Postgres || tables.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE",
        tables.join(", ")
    );
    tx.execute_unprepared(&sql).await?;
    Ok(())
}

/// The tables of columns, each once and in one order.
fn tables_of(columns: &[SealedColumn]) -> impl Iterator<Item = &'static str> {
    let tables: BTreeSet<&str> = columns.iter().map(|column| column.table).collect();
    tables.into_iter()
}

async fn count(db: &impl ConnectionTrait, column: &SealedColumn, pass: Pass) -> Result<usize> {
    let (condition, bound) = pass.condition(column);
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            format!(
                "SELECT count(*) AS n FROM \"{}\" WHERE {condition}",
                column.table
            ),
            [bound],
        ))
        .await?;
    let n: i64 = row.map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok(usize::try_from(n).unwrap_or(0))
}

/// One pass over all columns.
async fn sweep(
    services: &Services,
    columns: &[SealedColumn],
    pass: Pass,
    progress: Progress<'_>,
) -> Result<usize> {
    let mut done = 0;
    for column in columns.iter().filter(|column| pass.takes(column)) {
        let all = count(services.db.read(), column, pass).await?;
        if all == 0 {
            continue;
        }
        let (mut here, mut after) = (0, None);
        progress(column, 0, all);
        loop {
            let job = Arc::new((services.clone(), *column, after));
            let (count, last) = services
                .db
                .write(move |tx| {
                    let job = Arc::clone(&job);
                    Box::pin(async move {
                        let (services, column, after) = job.as_ref();
                        batch(services, tx, column, pass, after.as_ref()).await
                    })
                })
                .await?;
            let Some(last) = last else { break };
            here += count;
            after = Some(last);
            progress(column, here, all.max(here));
        }
        done += here;
    }
    Ok(done)
}

/// Encrypts the next rows anew; gives their number and the last one's key.
async fn batch(
    services: &Services,
    tx: &DatabaseTransaction,
    column: &SealedColumn,
    pass: Pass,
    after: Option<&Value>,
) -> Result<(usize, Option<Value>)> {
    hold_writers(tx, std::slice::from_ref(column)).await?;
    let columns = services
        .columns
        .for_writing(tx, services.clock.now())
        .await?;
    let (condition, bound) = pass.condition(column);
    let (table, name, key) = (column.table, column.column, column.key.name());
    let mut values = vec![bound];
    let beyond = after.map_or_else(String::new, |after| {
        values.push(after.clone());
        format!(" AND \"{key}\" > $2")
    });
    let rows = tx
        .query_all_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            format!(
                "SELECT \"{key}\" AS k, \"{name}\" AS v FROM \"{table}\" \
                 WHERE {condition}{beyond} ORDER BY \"{key}\" LIMIT {BATCH}"
            ),
            values,
        ))
        .await?;
    let mut last = None;
    for row in &rows {
        let (id, bind) = column.key.read(row)?;
        let (value, index) = match column.form {
            Form::Bytes => {
                let value: Vec<u8> = row.try_get("", "v")?;
                let plain = columns.decrypt(column, &id, &value)?;
                let sealed: Value = columns.encrypt(column, &id, &plain)?.into();
                (sealed, blind(&columns, column, &plain)?)
            }
            Form::Text => {
                let value: String = row.try_get("", "v")?;
                let plain = match bytes_of(&value) {
                    Some(bytes) => columns.decrypt(column, &id, &bytes)?,
                    None => value.into(),
                };
                let sealed: Value = columns.encrypt_text(column, &id, &plain)?.into();
                (sealed, blind(&columns, column, &plain)?)
            }
        };
        let mut set = format!("\"{name}\" = $1");
        let mut values = vec![value, bind.clone()];
        if let (Some(name), Some(index)) = (column.index, index) {
            set.push_str(&format!(", \"{name}\" = $3"));
            values.push(index.into());
        }
        let sql = format!("UPDATE \"{table}\" SET {set} WHERE \"{key}\" = $2");
        execute(tx, &sql, values).await?;
        last = Some(bind);
    }
    Ok((rows.len(), last))
}

fn blind(columns: &Columns, column: &SealedColumn, plain: &str) -> Result<Option<Vec<u8>>> {
    column
        .index
        .map(|_| columns.index(column, plain))
        .transpose()
}

/// Takes away what the old rows left in the files: SQLite overwrites freed cells (`secure_delete`) and its log
/// is cut; PostgreSQL's dead rows go with VACUUM.
async fn wipe(services: &Services, columns: &[SealedColumn]) -> Result<()> {
    match services.db.backend() {
        DbBackend::Sqlite => {
            services
                .db
                .writer()
                .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
                .await?;
        }
        _ => {
            for table in tables_of(columns) {
                let sql = format!("VACUUM \"{table}\"");
                services.db.read().execute_unprepared(&sql).await?;
            }
        }
    }
    Ok(())
}
