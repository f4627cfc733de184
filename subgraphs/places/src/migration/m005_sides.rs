//! Who signed for which side and who reviewed, so that two officers are two persons; the day of the event that called
//! for an inspection, so that the regular day of its line comes back; the keeper that two sides agree on.
//!
//! Only adds: every new column is null. Of what was signed before, nothing is known and nothing is invented.

use sea_orm_migration::{prelude::*, schema::*};

/// Adds the columns.
pub(super) struct Sides;

impl MigrationName for Sides {
    fn name(&self) -> &str {
        "m005_sides"
    }
}

fn columns() -> Vec<(&'static str, Vec<ColumnDef>)> {
    vec![
        (
            "joint_inspection",
            vec![
                text_null("left_signer"),
                text_null("left_signer_person"),
                text_null("right_signer"),
                text_null("right_signer_person"),
                date_null("occurred_on"),
            ],
        ),
        (
            "marker_act",
            vec![
                text_null("left_officer"),
                text_null("left_officer_person"),
                text_null("right_officer"),
                text_null("right_officer_person"),
                uuid_null("keeper"),
            ],
        ),
        ("boundary_line", vec![date_null("first_due_on")]),
        ("naming_application", vec![text_null("reviewer_person")]),
    ]
}

/// An open inspection of an event had overwritten the day of its line with the day of the event; a line that was never
/// inspected is due on the day it has.
const KNOWN: &[&str] = &[
    "UPDATE joint_inspection SET occurred_on = (SELECT due_on FROM boundary_line WHERE boundary_line.id = joint_inspection.line)
     WHERE cause <> 'PERIODIC' AND state IN ('SCHEDULED', 'SIGNED')",
    "UPDATE boundary_line SET first_due_on = due_on WHERE last_inspected IS NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Sides {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for (table, columns) in columns() {
            for mut column in columns {
                let mut alter = Table::alter();
                alter.table(Alias::new(table)).add_column(&mut column);
                manager.alter_table(alter).await?;
            }
        }
        for statement in KNOWN {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in columns() {
            for column in columns {
                let mut alter = Table::alter();
                alter
                    .table(Alias::new(table))
                    .drop_column(Alias::new(column.get_column_name()));
                manager.alter_table(alter).await?;
            }
        }
        Ok(())
    }
}
