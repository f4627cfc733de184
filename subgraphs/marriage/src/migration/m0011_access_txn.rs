//! Whose ledgers were looked at for a transaction is asked with each answer to a peer.

use sea_orm_migration::prelude::*;

/// Adds the index.
pub(super) struct AccessTxn;

impl MigrationName for AccessTxn {
    fn name(&self) -> &'static str {
        "m0011_marriage_access_txn"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AccessTxn {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql =
            "CREATE INDEX ix_interop_access_txn ON interop_access (txn) WHERE txn IS NOT NULL";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }
}
