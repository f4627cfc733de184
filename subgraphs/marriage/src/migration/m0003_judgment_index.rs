//! The blind index of the number of a judgment, by which a second notice of the same one is found although the
//! number is encrypted.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::blob_null;

/// Adds the index beside the number; the unique index of before stays true of what is not encrypted yet.
pub(super) struct JudgmentIndex;

impl MigrationName for JudgmentIndex {
    fn name(&self) -> &str {
        "marriage_0003_judgment_index"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for JudgmentIndex {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("court_notice")
                    .add_column(blob_null("doc_index"))
                    .to_owned(),
            )
            .await?;
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX ux_court_notice_judgment ON court_notice (court, doc_index)",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("DROP INDEX ux_court_notice_judgment")
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table("court_notice")
                    .drop_column("doc_index")
                    .to_owned(),
            )
            .await
    }
}
