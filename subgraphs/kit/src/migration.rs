//! The tables that every subgraph's database has: answers of mutations kept for repetition,
//! history, outbox, cursors of consumers, what moved from one person's token to another, the wrapped
//! keys of encrypted columns, the changes of divisions that were told, the tokens that were given up for others,
//! and a few facts about the database itself.

use sea_orm_migration::{
    async_trait::async_trait,
    prelude::*,
    schema::{big_integer, binary, integer, text, text_null, timestamp_with_time_zone},
};

/// Kit's migrations; they run before a subgraph's own.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(KitTables),
        Box::new(AliasMoves),
        Box::new(ColumnKeys),
        Box::new(DivisionsTold),
        Box::new(MergedTokens),
    ]
}

struct KitTables;

impl MigrationName for KitTables {
    fn name(&self) -> &str {
        "kit_0001_tables"
    }
}

#[async_trait]
impl MigrationTrait for KitTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("request_key")
                    .col(text("principal"))
                    .col(text("request_key"))
                    .col(text("body_hash"))
                    .col(text_null("answer"))
                    .col(timestamp_with_time_zone("at"))
                    .primary_key(Index::create().col("principal").col("request_key"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("history")
                    .col(big_integer("id").primary_key().auto_increment())
                    .col(text("entity"))
                    .col(text("entity_id"))
                    .col(timestamp_with_time_zone("at"))
                    .col(text("actor_role"))
                    .col(text_null("actor"))
                    .col(text_null("purpose"))
                    .col(text_null("case_id"))
                    .col(text_null("before"))
                    .col(text_null("after"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("history_entity")
                    .table("history")
                    .col("entity")
                    .col("entity_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("outbox")
                    .col(big_integer("id").primary_key().auto_increment())
                    .col(text("kind"))
                    .col(text("key"))
                    .col(timestamp_with_time_zone("at"))
                    .col(text("body"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("consumer_cursor")
                    .col(text("consumer").primary_key())
                    .col(big_integer("seq"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("meta")
                    .col(text("key").primary_key())
                    .col(text("value"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "meta",
            "consumer_cursor",
            "outbox",
            "history",
            "request_key",
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

/// What [`crate::aliases`] has moved, so that it can go back.
struct AliasMoves;

impl MigrationName for AliasMoves {
    fn name(&self) -> &str {
        "kit_0002_alias_moves"
    }
}

#[async_trait]
impl MigrationTrait for AliasMoves {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("alias_move")
                    .col(text("merge_id"))
                    .col(text("place"))
                    .col(text("row_id"))
                    .primary_key(Index::create().col("merge_id").col("place").col("row_id"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("alias_move").to_owned())
            .await
    }
}

/// The keys of encrypted columns ([`crate::seal`]), each wrapped by the master key, which is not in the
/// database.
struct ColumnKeys;

impl MigrationName for ColumnKeys {
    fn name(&self) -> &str {
        "kit_0003_column_keys"
    }
}

#[async_trait]
impl MigrationTrait for ColumnKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("column_key")
                    .col(text("purpose"))
                    .col(integer("id"))
                    .col(text("cipher"))
                    .col(binary("wrapped"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("purpose").col("id"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("column_key").to_owned())
            .await
    }
}

/// The changes of divisions since the embedded set was made ([`crate::divisions::told`]).
struct DivisionsTold;

impl MigrationName for DivisionsTold {
    fn name(&self) -> &str {
        "kit_0004_divisions_told"
    }
}

#[async_trait]
impl MigrationTrait for DivisionsTold {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("division_told")
                    .col(big_integer("seq").primary_key().auto_increment())
                    .col(text("change_id").unique_key())
                    .col(text("effective"))
                    .col(text("body"))
                    .to_owned(),
            )
            .await?;
        // Changes that were consumed before there was a table for them are read once more; every consumer may
        // see an event again.
        let again = Query::delete()
            .from_table("consumer_cursor")
            .and_where(Expr::col("consumer").like("places:%DivisionChanged%"))
            .to_owned();
        manager.execute(again).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("division_told").to_owned())
            .await
    }
}

/// Which tokens are other names of somebody ([`crate::merged`]).
struct MergedTokens;

impl MigrationName for MergedTokens {
    fn name(&self) -> &str {
        "kit_0005_merged_tokens"
    }
}

#[async_trait]
impl MigrationTrait for MergedTokens {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("merged_token")
                    .col(text("token").primary_key())
                    .col(text("leads_to"))
                    .col(text_null("merge_id"))
                    .to_owned(),
            )
            .await?;
        for column in ["leads_to", "merge_id"] {
            let index = Index::create()
                .name(format!("ix_merged_token_{column}"))
                .table("merged_token")
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("merged_token").to_owned())
            .await
    }
}
