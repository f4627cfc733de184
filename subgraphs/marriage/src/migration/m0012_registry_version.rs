//! The version of a registry: two officers of a bureau who change the same registry or its hours do not overwrite
//! one another unseen.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

/// Adds the column; what stands there is at version 1, and so is what an older program inserts.
pub(super) struct RegistryVersion;

impl MigrationName for RegistryVersion {
    fn name(&self) -> &str {
        "marriage_0012_registry_version"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for RegistryVersion {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("registry")
                    .add_column(big_integer("version").default(1))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("registry")
                    .drop_column("version")
                    .to_owned(),
            )
            .await
    }
}
