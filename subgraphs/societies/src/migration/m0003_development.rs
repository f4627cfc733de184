//! Development: fee reductions, projects, adoptions, funds, party bodies, targets.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// Creates the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_development"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("fee_reduction")
                    .col(uuid("id"))
                    .col(text("credit_code"))
                    .col(uuid("division_id"))
                    .col(text("item"))
                    .col(big_integer("old_fen"))
                    .col(big_integer("new_fen"))
                    .col(big_integer("enterprises"))
                    .col(integer("month"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("fee_reduction_by_division_id_month").table("fee_reduction").col("division_id").col("month").take())
            .await?;
        manager
            .create_index(Index::create().name("fee_reduction_by_credit_code_month").table("fee_reduction").col("credit_code").col("month").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("project")
                    .col(uuid("id"))
                    .col(text("name"))
                    .col(uuid("division_id"))
                    .col(text_null("credit_code"))
                    .col(date("started"))
                    .col(boolean("pilot"))
                    .col(boolean("honoured"))
                    .col(big_integer("amount_fen"))
                    .col(integer("organizations_grown"))
                    .col(big_integer("people_served"))
                    .col(boolean("people_approximate"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("project_by_division_id").table("project").col("division_id").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("adoption")
                    .col(uuid("id"))
                    .col(text("credit_code"))
                    .col(uuid("division_id"))
                    .col(integer("households"))
                    .col(boolean("approximate"))
                    .col(date("started"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("adoption_by_division_id").table("adoption").col("division_id").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("micro_fund")
                    .col(uuid("id"))
                    .col(text("name"))
                    .col(uuid("division_id"))
                    .col(big_integer("amount_fen"))
                    .col(boolean("approximate"))
                    .col(date("opened"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("micro_fund_by_division_id").table("micro_fund").col("division_id").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("party_unit")
                    .col(text("credit_code"))
                    .col(uuid("division_id"))
                    .col(date("established"))
                    .col(integer_null("score"))
                    .primary_key(Index::create().col("credit_code"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("party_unit_by_division_id").table("party_unit").col("division_id").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("target")
                    .col(uuid("division_id"))
                    .col(integer("year"))
                    .col(text("indicator"))
                    .col(big_integer("value"))
                    .primary_key(Index::create().col("division_id").col("year").col("indicator"))
                    .take(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["target", "party_unit", "micro_fund", "adoption", "project", "fee_reduction"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
