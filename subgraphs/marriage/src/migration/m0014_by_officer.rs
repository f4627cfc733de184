//! Which appointments an officer has booked for somebody.

use sea_orm_migration::prelude::*;

/// Adds the column; of those booked before, nobody knows.
pub(super) struct ByOfficer;

impl MigrationName for ByOfficer {
    fn name(&self) -> &'static str {
        "marriage_0014_by_officer"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ByOfficer {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "ALTER TABLE appointment ADD COLUMN by_officer BOOLEAN NOT NULL DEFAULT FALSE";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }
}
