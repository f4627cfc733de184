//! What the supervision was told of: terms at risk and ratings that run out.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text;

/// Adds the table.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0007_told"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("told")
                    .col(text("what"))
                    .col(text("key"))
                    .col(text("due"))
                    .primary_key(Index::create().col("what").col("key").col("due"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("told").to_owned())
            .await
    }
}
