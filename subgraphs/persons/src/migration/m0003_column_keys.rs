//! The wrapped data keys move to kit's table. The vault's own table stays for a program of before that runs
//! beside this one; a rotation empties it.

use sea_orm_migration::prelude::*;

/// Copies the keys.
pub(super) struct Keys;

impl MigrationName for Keys {
    fn name(&self) -> &str {
        "persons_0003_column_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Keys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(
                "INSERT INTO column_key (purpose, id, cipher, wrapped, created_at) \
                 SELECT 'data', id, 'aes-256-gcm', wrapped, created_at FROM data_key",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("DELETE FROM column_key WHERE purpose = 'data'")
            .await?;
        Ok(())
    }
}
