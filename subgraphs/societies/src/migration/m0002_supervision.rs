//! Supervision: reports, ratings, credit lists, clean-up cases, permits.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// Creates the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_supervision"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("annual_report")
                    .col(uuid("id"))
                    .col(text("credit_code"))
                    .col(integer("year"))
                    .col(text("duty"))
                    .col(date_null("to_supervisor"))
                    .col(date("to_registry"))
                    .col(boolean("late"))
                    .col(text_null("result"))
                    .col(big_integer("income_fen"))
                    .col(big_integer("spending_fen"))
                    .col(big_integer("charitable_fen"))
                    .col(big_integer("management_fen"))
                    .col(integer("staff"))
                    .col(integer("activities"))
                    .col(big_integer("version"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("annual_report_by_credit_code_year").table("annual_report").col("credit_code").col("year").unique().take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("rating")
                    .col(uuid("id"))
                    .col(text("credit_code"))
                    .col(text("level"))
                    .col(integer_null("score"))
                    .col(date("valid_from"))
                    .col(date("valid_to"))
                    .col(text("state"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("rating_by_credit_code").table("rating").col("credit_code").take())
            .await?;
        manager
            .create_index(Index::create().name("rating_by_valid_to").table("rating").col("valid_to").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("credit_listing")
                    .col(uuid("id"))
                    .col(text("credit_code"))
                    .col(text("list"))
                    .col(text("reason"))
                    .col(date("listed"))
                    .col(date_null("escalates"))
                    .col(date_null("removed"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("credit_listing_by_credit_code").table("credit_listing").col("credit_code").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("cleanup_case")
                    .col(uuid("id"))
                    .col(text("kind"))
                    .col(text_null("credit_code"))
                    .col(text("name"))
                    .col(uuid("division_id"))
                    .col(date("opened"))
                    .col(date_null("closed"))
                    .col(integer_null("closed_month"))
                    .col(text_null("result"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("cleanup_case_by_division_id_closed_month").table("cleanup_case").col("division_id").col("closed_month").take())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("permit_case")
                    .col(uuid("id"))
                    .col(text("item"))
                    .col(text_null("credit_code"))
                    .col(uuid("division_id"))
                    .col(date("received"))
                    .col(text("unit"))
                    .col(integer("statutory_days"))
                    .col(integer("committed_days"))
                    .col(date_null("statutory_due"))
                    .col(date_null("committed_due"))
                    .col(date_null("decided"))
                    .col(integer_null("decided_month"))
                    .col(integer_null("days_taken"))
                    .col(boolean_null("granted"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(Index::create().name("permit_case_by_division_id_decided_month").table("permit_case").col("division_id").col("decided_month").take())
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["permit_case", "cleanup_case", "credit_listing", "rating", "annual_report"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
