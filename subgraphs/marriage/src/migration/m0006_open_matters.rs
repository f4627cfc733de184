//! What is open for a person is found at once, and a proposal in a case of impersonation knows its age.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

/// The index and the column.
pub(super) struct OpenMatters;

impl MigrationName for OpenMatters {
    fn name(&self) -> &str {
        "marriage_0006_open_matters"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for OpenMatters {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("impersonation_case")
                    .add_column(timestamp_with_time_zone_null("proposed_at"))
                    .to_owned(),
            )
            .await?;
        // Of the man there is one already, over all notices.
        let index = "CREATE INDEX ix_court_notice_open_woman ON court_notice (woman) WHERE state = 'WAITING'";
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = "DROP INDEX ix_court_notice_open_woman";
        manager.get_connection().execute_unprepared(index).await?;
        manager
            .alter_table(
                Table::alter()
                    .table("impersonation_case")
                    .drop_column("proposed_at")
                    .to_owned(),
            )
            .await
    }
}
