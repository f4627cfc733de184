//! Facilities of a division that was divided are assigned, and their cases go along while their cremations stay counted
//! where they were (D-7); the first of two officers is kept as a person too, and what waited too long for the second is
//! over; a household that a case names. This only adds; the one index that changes lets more in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text_null, uuid_null};

/// Adds the columns.
pub(super) struct Assigned;

impl MigrationName for Assigned {
    fn name(&self) -> &str {
        "m0005_funeral_assigned"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Assigned {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            // SQLite takes one change a statement.
            let change = Table::alter()
                .table(table)
                .add_column(&mut column)
                .to_owned();
            manager.alter_table(change).await?;
        }
        for statement in STATEMENTS {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("funeral_case", uuid_null("counted_in")),
        ("funeral_case", text_null("household")),
        ("death_revocation", text_null("asked_person")),
        ("ashes_release", text_null("asked_person")),
    ]
}

/// The index that changes, and those that the new columns are asked by.
const STATEMENTS: &[&str] = &[
    // F-15: one release of ashes waits or is done at a time, not counting what was withdrawn or ran out.
    "DROP INDEX one_release_at_a_time",
    "CREATE UNIQUE INDEX one_release_at_a_time ON ashes_release (case_id) WHERE state NOT IN ('WITHDRAWN', 'EXPIRED')",
    // Figures of months are read from this index alone.
    "CREATE INDEX funeral_case_cremations ON funeral_case (cremated_month, division_id, counted_in)",
    "CREATE INDEX funeral_case_household ON funeral_case (household) WHERE household IS NOT NULL",
];
