//! Of which last day for filing the officers of an area were told.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::date_null;

/// Adds the column.
pub(super) struct FilingTold;

impl MigrationName for FilingTold {
    fn name(&self) -> &str {
        "m004_filing_told"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FilingTold {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("filing")
                    .add_column(date_null("due_told"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("filing")
                    .drop_column("due_told")
                    .to_owned(),
            )
            .await
    }
}
