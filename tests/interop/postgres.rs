//! Databases of a case on the PostgreSQL that `MINZHENG_TEST_POSTGRES` names: made, copied whole, and dropped.

use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{ConnectionTrait, Database};

use crate::Outcome;

/// The server's address, if there is one to test with.
pub(crate) fn server() -> Option<String> {
    std::env::var("MINZHENG_TEST_POSTGRES").ok()
}

/// The address of a database.
pub(crate) fn url(name: &str) -> Result<String, String> {
    let server = server().ok_or("there is no PostgreSQL to test with")?;
    let (before, _) = server.rsplit_once('/').ok_or("no address of a database")?;
    Ok(format!("{before}/{name}"))
}

/// A new database; gives its name.
pub(crate) fn create(code: &str) -> Result<String, String> {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let nth = MADE.fetch_add(1, Ordering::SeqCst);
    let name = format!("interop_{}_{nth}_{code}", std::process::id());
    say(&format!("CREATE DATABASE {name}"))?;
    Ok(name)
}

/// A database that is what another one is.
pub(crate) fn copy(from: &str, to: &str) -> Outcome {
    drop(to)?;
    // A server that was killed may take a moment to notice.
    say(&format!(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '{from}'"
    ))?;
    say(&format!("CREATE DATABASE {to} TEMPLATE {from}"))
}

/// Drops a database, if there is one.
pub(crate) fn drop(name: &str) -> Outcome {
    say(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
}

fn say(sql: &str) -> Outcome {
    let server = server().ok_or("there is no PostgreSQL to test with")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let db = Database::connect(&server)
            .await
            .map_err(|error| error.to_string())?;
        db.execute_unprepared(sql)
            .await
            .map_err(|error| format!("{sql}: {error}"))?;
        db.close().await.map_err(|error| error.to_string())
    })
}
