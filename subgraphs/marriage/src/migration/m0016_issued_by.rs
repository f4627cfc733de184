//! The certificates that a registry issued in a year are counted by an index.

use sea_orm_migration::prelude::*;

/// Adds the index.
pub(super) struct IssuedBy;

impl MigrationName for IssuedBy {
    fn name(&self) -> &'static str {
        "marriage_0016_issued_by"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for IssuedBy {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "CREATE INDEX ix_certificate_registry ON certificate (registry_id, issued_on)";
        let done = manager.get_connection().execute_unprepared(sql).await;
        done.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "DROP INDEX ix_certificate_registry";
        let done = manager.get_connection().execute_unprepared(sql).await;
        done.map(|_| ())
    }
}
