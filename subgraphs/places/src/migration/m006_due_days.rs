//! Whether a last day may still move, because the rest days of a year were not known when it was written: so that the
//! job finds those days once they are.
//!
//! Of a row of before, and of one that the program of before writes, that is not known: it counts as one that may, and
//! the job looks at it once.

use sea_orm_migration::{prelude::*, schema::boolean};

/// Adds the columns.
pub(super) struct DueDays;

impl MigrationName for DueDays {
    fn name(&self) -> &str {
        "m006_due_days"
    }
}

const TABLES: [&str; 3] = ["filing", "public_notice", "boundary_line"];

#[async_trait::async_trait]
impl MigrationTrait for DueDays {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let added = Table::alter()
                .table(table)
                .add_column(boolean("due_provisional").default(true))
                .take();
            manager.alter_table(added).await?;
            let index =
                format!("CREATE INDEX ix_{table}_provisional ON {table} (due_provisional, due_on)");
            manager.get_connection().execute_unprepared(&index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager
                .get_connection()
                .execute_unprepared(&format!("DROP INDEX ix_{table}_provisional"))
                .await?;
            let dropped = Table::alter()
                .table(table)
                .drop_column("due_provisional")
                .take();
            manager.alter_table(dropped).await?;
        }
        Ok(())
    }
}
