//! Whether another name's number was shown since it was joined; and every subsystem is told of the names of
//! before once more, so that it can keep them ([`crate::kit::merged`]). What had moved then does not move again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::boolean;

/// Adds the column, and tells the names.
pub(super) struct Used;

impl MigrationName for Used {
    fn name(&self) -> &str {
        "persons_0004_alias_used"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Used {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("person")
                    .add_column(boolean("alias_used").default(false))
                    .to_owned(),
            )
            .await?;
        // Tokens and ids hold nothing that JSON would have to escape. A UUID is a blob in SQLite.
        let merge = match manager.get_database_backend() {
            sea_orm::DbBackend::Sqlite => {
                let hex = "lower(hex(alias_case))";
                let part = |from: u8, length: u8| format!("substr({hex}, {from}, {length})");
                [
                    part(1, 8),
                    part(9, 4),
                    part(13, 4),
                    part(17, 4),
                    part(21, 12),
                ]
                .join(" || '-' || ")
            }
            _ => "CAST(alias_case AS TEXT)".to_owned(),
        };
        let sql = format!(
            "INSERT INTO outbox (kind, key, at, body) SELECT 'PersonAliased', token, updated_at, \
             '{{\"version\":1,\"cause\":\"MERGE\",\"old\":\"' || token || '\",\"new\":\"' || alias_of \
             || '\",\"merge\":' || CASE WHEN alias_case IS NULL THEN 'null' ELSE '\"' || {merge} || '\"' END \
             || '}}' FROM person WHERE alias_of IS NOT NULL ORDER BY token"
        );
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("person")
                    .drop_column("alias_used")
                    .to_owned(),
            )
            .await
    }
}
