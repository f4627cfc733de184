//! What later decisions need of earlier ones: how a foundation raises, by which class a body goes without a
//! supervising department, a term that was made longer, who took over a merged organization.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// Adds the columns.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_what_decides"
    }
}

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        (
            "organization",
            boolean("raises_publicly").default(false).take(),
        ),
        ("organization", text_null("direct_class").take()),
        ("permit_case", integer("extended_days").default(0).take()),
        ("permit_case", text_null("extension_reason").take()),
        ("cleanup_case", text_null("merged_into").take()),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let added = Table::alter().table(table).add_column(column).take();
            manager.alter_table(added).await?;
        }
        // A foundation that holds the licence raises from the public.
        manager
            .get_connection()
            .execute_unprepared(
                "UPDATE organization SET raises_publicly = TRUE \
                 WHERE kind = 'FOUNDATION' AND public_raising_since IS NOT NULL",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let name = column.get_column_name();
            let dropped = Table::alter()
                .table(table)
                .drop_column(Alias::new(name))
                .take();
            manager.alter_table(dropped).await?;
        }
        Ok(())
    }
}
