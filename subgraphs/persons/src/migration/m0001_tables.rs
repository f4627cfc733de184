//! The first tables: persons and the wrapped data keys.

use sea_orm_migration::{
    prelude::*,
    schema::{
        binary, binary_null, integer, integer_null, small_integer, text, text_null,
        timestamp_with_time_zone,
    },
};

/// Creates the vault's tables.
pub(super) struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "persons_0001_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("person")
                    .col(text("token").primary_key())
                    .col(binary_null("id_number"))
                    .col(binary_null("name"))
                    .col(small_integer("sex"))
                    .col(integer_null("birth_year"))
                    .col(text("id_kind"))
                    .col(text("status"))
                    .col(text_null("alias_of"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_person_alias_of")
                    .table("person")
                    .col("alias_of")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("data_key")
                    .col(integer("id").primary_key())
                    .col(binary("wrapped"))
                    .col(timestamp_with_time_zone("created_at"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["data_key", "person"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
