//! Divorce marks by application: whether one is open follows from all entries of its application and from the
//! marriage it is about, in whatever order they come, and not from the last entry of the ledger. And which
//! decisions have left somebody disputed, for the list of those who clear it.

use super::m0001_tables::table;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, text, uuid, uuid_null};

/// Creates the table and takes over the marks that are open.
pub(super) struct InteropMarks;

impl MigrationName for InteropMarks {
    fn name(&self) -> &'static str {
        "marriage_0013_interop_marks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for InteropMarks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            text("person"),
            uuid("application"),
            uuid_null("record_id"),
            boolean("opened"),
            boolean("closed"),
        ];
        manager
            .create_table(table("interop_mark", columns, &["person", "application"]))
            .await?;
        for sql in [
            "INSERT INTO interop_mark (person, application, record_id, opened, closed) SELECT person, mark, NULL, TRUE, FALSE FROM interop_person WHERE mark IS NOT NULL",
            "ALTER TABLE interop_person DROP COLUMN mark",
            "ALTER TABLE interop_row ADD COLUMN disputed BOOLEAN NOT NULL DEFAULT FALSE",
            "CREATE INDEX ix_interop_row_disputed ON interop_row (since) WHERE disputed",
        ] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
