//! Divorces between provinces: which transaction an application is in, and the couple sealed to this province, so
//! that the acts of the weeks to come can be sealed to whoever keeps the ledgers then. An application has several
//! transactions, one after the other.

use super::m0001_tables::table;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, text, timestamp_with_time_zone_null, uuid, uuid_null};

/// Creates the table.
pub(super) struct InteropDivorce;

impl MigrationName for InteropDivorce {
    fn name(&self) -> &'static str {
        "m0007_marriage_interop_divorce"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for InteropDivorce {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            uuid("application_id"),
            uuid("marriage_id"),
            uuid_null("txn"),
            text("deed"),
            text("officer"),
            text("couple"),
            timestamp_with_time_zone_null("due_at"),
            integer("attempts"),
        ];
        manager
            .create_table(table("interop_divorce", columns, &["application_id"]))
            .await?;
        for sql in [
            "CREATE INDEX ix_interop_divorce_due ON interop_divorce (due_at) WHERE due_at IS NOT NULL",
            "DROP INDEX ux_interop_log_application",
            "CREATE INDEX ix_interop_log_application ON interop_log (application_id) WHERE application_id IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
