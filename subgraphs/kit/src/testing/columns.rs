//! The columns of text that a subgraph's tables have, so that each is sealed or has been looked at.

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::Database;

/// Every column of text of a SQLite database, as `table.column`, in order.
///
/// # Panics
/// When the database cannot be read.
pub async fn of_text(db: &Database) -> Vec<String> {
    let sql = "SELECT t.name || '.' || c.name AS name FROM sqlite_master t JOIN pragma_table_info(t.name) c \
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' \
               AND lower(c.type) IN ('text', 'varchar', 'jsonb_text') ORDER BY 1";
    let asked = Statement::from_string(DatabaseBackend::Sqlite, sql);
    let rows = db.read().query_all_raw(asked).await.expect("the tables");
    rows.iter()
        .map(|row| row.try_get("", "name").expect("a name"))
        .collect()
}
